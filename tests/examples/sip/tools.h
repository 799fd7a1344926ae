// Runs the commands behind the model's functions.
#pragma once

#include "settings.h"

#include "common/pointers.h"

#include <functional>

namespace telephone {

// Commands of one call: they end with it.
class ToolRunner {
 public:
  ToolRunner();
  ~ToolRunner();
  ToolRunner(const ToolRunner&) = delete;
  ToolRunner& operator=(const ToolRunner&) = delete;

  // `done` gets what the command printed, or why it failed; not after the runner's end.
  using Done = std::function<void(const std::string& output)>;
  void run(const Tool& tool, const std::string& arguments, Done done);

 private:
  ObjectPtr<GCancellable> cancellable_;
};

} // namespace telephone

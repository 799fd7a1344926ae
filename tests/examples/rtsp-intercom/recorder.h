// Where the answers go by RECORD, for a camera that has no backchannel.
#pragma once

#include "common/pointers.h"

#include <functional>
#include <string>

namespace intercom {

// One connection; one that was lost is followed by another.
class Recorder {
 public:
  // `lost` is called on the main loop. Throws std::runtime_error when an element is missing.
  Recorder(const std::string& url, std::function<void(const std::string& why)> lost);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Audio of an answer, from any thread.
  void play(SamplePtr audio);

 private:
  const std::function<void(const std::string& why)> lost_;
  ElementPtr pipeline_, input_;
  SourceId watch_;
};

} // namespace intercom

// All traffic of a server as JSON lines: {"dir":"C" or "S","connection":N,"event":...}
#pragma once

#include "server/ws_server.h"

#include <cstdio>
#include <memory>
#include <string>

namespace rt::server {

class Recorder {
 public:
  static Result<std::unique_ptr<Recorder>> open(const std::string& path);
  void write(const Traffic& traffic); // one thread at a time

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  explicit Recorder(std::FILE* file) : file_(file) {}
  std::unique_ptr<std::FILE, Close> file_;
};

// One line, without the newline. Text that is no JSON is recorded as a JSON string.
std::string recorded_line(const Traffic& traffic);

} // namespace rt::server

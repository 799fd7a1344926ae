#include "server/recorder.h"

#include "protocol/codec.h"
#include "protocol/json_value.h"

#include <cerrno>
#include <cstring>

namespace rt::server {

Result<std::unique_ptr<Recorder>> Recorder::open(const std::string& path) {
  auto* file = std::fopen(path.c_str(), "w");
  if (!file)
    return Error{ErrorKind::invalid_settings, "Could not write '" + path + "': " + std::strerror(errno)};
  return std::unique_ptr<Recorder>(new Recorder(file));
}

void Recorder::write(const Traffic& traffic) {
  const auto line = recorded_line(traffic) + '\n';
  std::fwrite(line.data(), 1, line.size(), file_.get());
  std::fflush(file_.get());
}

std::string recorded_line(const Traffic& traffic) {
  const auto json = protocol::read_json(traffic.text);
  // As it was, but on one line.
  const auto event = json ? protocol::to_text(*json) : protocol::json_quote(traffic.text);
  return std::string(R"({"dir":")") + (traffic.from_client ? "C" : "S") + R"(","connection":)" +
         std::to_string(traffic.connection) + R"(,"event":)" + event + '}';
}

} // namespace rt::server

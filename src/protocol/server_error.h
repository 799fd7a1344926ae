// An `error` event's content, which other events carry as well.
#pragma once

#include <string>

namespace rt::protocol {

struct ErrorInfo {
  std::string type, code, message, param;
  std::string event_id; // the client event that caused it, or empty
  bool operator==(const ErrorInfo&) const = default;
};

} // namespace rt::protocol

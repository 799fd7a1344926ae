// The servers' own words for what ends a session, wherever they turn up: an `error` event, a close reason,
// the body of a refused handshake.
#pragma once

#include "base/error.h"

#include <optional>
#include <string_view>

namespace rt {

// Nothing for a code that says nothing about the session as a whole.
std::optional<ErrorKind> kind_of_server_code(std::string_view code);

} // namespace rt

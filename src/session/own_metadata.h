// A mark of ours in the metadata of a response, by which an out-of-band one is told from others.
#pragma once

#include "protocol/session_config.h"

#include <optional>
#include <string>
#include <string_view>

namespace rt::session {

// `metadata` with the mark; as it is when there is no room for one more.
std::optional<protocol::Json> with_mark(const std::optional<protocol::Json>& metadata, std::string_view mark);
// Empty when there is none.
std::string mark_in(const std::optional<protocol::Json>& metadata);
// The application's part; nothing when that is empty.
std::optional<protocol::Json> without_mark(const std::optional<protocol::Json>& metadata);

} // namespace rt::session

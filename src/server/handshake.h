// What a client's HTTP request says about the connection it wants. Pure text.
#pragma once

#include "protocol/codec.h"
#include "server/session_state.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rt::server {

// What follows the path of conversations in that of translations.
inline constexpr const char* translations = "/translations";

struct Wanted {
  protocol::Dialect dialect = protocol::Dialect::ga;
  std::string key;   // from whichever place held one
  std::string model; // none in a transcription session
  protocol::SessionType type = protocol::SessionType::conversation;
  std::optional<Refusal> refusal; // of an address that contradicts itself
};

// `header` gives a header's value, or "". `query` is the URI's, still escaped. Absent where there is nothing
// at that path.
std::optional<Wanted> read_handshake(const Manner& manner, std::string_view path, std::string_view query,
                                     const std::function<std::string(const char*)>& header);

} // namespace rt::server

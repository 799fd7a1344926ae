// What HTTP and WebSocket allow on the wire, checked before libsoup takes a violation for a programming
// error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rt::transport {

bool valid_header(std::string_view name, std::string_view value);
bool valid_utf8(std::string_view text);
// `code` if a client may send it in a close frame, otherwise 1000.
std::uint16_t sendable_close_code(std::uint16_t code);
// As much of `reason` as fits into a close frame, cut between characters.
std::string fitting_close_reason(std::string_view reason);

} // namespace rt::transport

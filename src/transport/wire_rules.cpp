#include "transport/wire_rules.h"

#include <glib.h>

#include <algorithm>
#include <array>

namespace rt::transport {
namespace {

constexpr std::uint16_t normal_closure = 1000;
constexpr std::array<std::uint16_t, 7> client_close_codes = {normal_closure, 1001, 1002, 1003,
                                                             1007,           1008, 1009};
constexpr std::size_t max_close_reason_bytes = 123; // a control frame's 125, less the code

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

} // namespace

bool valid_header(std::string_view name, std::string_view value) {
  using namespace std::string_view_literals;
  return !name.empty() && name.find_first_of(" \t\r\n:\0"sv) == name.npos &&
         value.find_first_of("\r\n\0"sv) == value.npos;
}

bool valid_utf8(std::string_view text) {
  const bool ascii = std::ranges::none_of(text, [](char c) { return (c & 0x80) != 0; });
  return ascii || g_utf8_validate_len(text.data(), text.size(), nullptr);
}

std::uint16_t sendable_close_code(std::uint16_t code) {
  const bool private_use = code >= 3000 && code < 5000;
  const bool standard = std::ranges::find(client_close_codes, code) != client_close_codes.end();
  return private_use || standard ? code : normal_closure;
}

std::string fitting_close_reason(std::string_view reason) {
  if (reason.size() > max_close_reason_bytes) {
    std::size_t size = max_close_reason_bytes;
    while (size > 0 && continues_character(reason[size]))
      --size;
    reason = reason.substr(0, size);
  }
  return valid_utf8(reason) ? std::string(reason) : std::string();
}

} // namespace rt::transport

// RFC 4648 base64 with padding, into storage that the caller reuses. Table driven: a profile showed GLib's
// own coder at a twentieth of a session's CPU, and no packaged library is faster.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rt::audio {

constexpr std::size_t base64_encoded_size(std::size_t bytes) {
  return (bytes + 2) / 3 * 4;
}
// Appends to `out`.
void base64_append(std::string& out, std::span<const std::uint8_t> bytes);
// At most this many bytes come out of `chars` characters.
constexpr std::size_t base64_decoded_bound(std::size_t chars) {
  return chars / 4 * 3 + 3;
}
// Writes to `out` (room for base64_decoded_bound) and returns the bytes written; nothing on an invalid
// character, on data after padding or on an impossible length. Missing padding is tolerated, as servers and
// libraries do.
std::optional<std::size_t> base64_decode(std::string_view text, std::uint8_t* out);

} // namespace rt::audio

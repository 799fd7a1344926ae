#include "audio/base64.h"

#include <array>
#include <cstring>

namespace rt::audio {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Two characters for every 12 bits: 8 KiB, which stays in the first-level cache.
constexpr auto pairs = [] {
  std::array<std::array<char, 2>, 4096> table{};
  for (std::size_t bits = 0; bits < table.size(); ++bits)
    table[bits] = {alphabet[bits >> 6], alphabet[bits & 63]};
  return table;
}();

// The value of a character at each of the four places of a group, or a bit that no value has.
constexpr std::uint32_t invalid = 1U << 24;
constexpr auto values = [] {
  std::array<std::array<std::uint32_t, 256>, 4> table{};
  for (auto& place : table)
    place.fill(invalid);
  for (std::uint32_t value = 0; value < alphabet.size(); ++value)
    for (std::size_t place = 0; place < 4; ++place)
      table[place][static_cast<unsigned char>(alphabet[value])] = value << (6 * (3 - place));
  return table;
}();

void put_pair(char* out, std::uint32_t bits) {
  std::memcpy(out, pairs[bits].data(), 2);
}

std::uint32_t value_at(std::size_t place, char c) {
  return values[place][static_cast<unsigned char>(c)];
}

// The characters that carry data, or nothing when the padding is not what their number asks for.
std::optional<std::string_view> without_padding(std::string_view text) {
  if (!text.ends_with('=')) return text;
  if (text.size() % 4 != 0) return std::nullopt;
  text.remove_suffix(text.ends_with("==") ? 2 : 1);
  return text;
}

} // namespace

void base64_append(std::string& out, std::span<const std::uint8_t> bytes) {
  const std::size_t start = out.size();
  out.resize(start + base64_encoded_size(bytes.size()));
  char* to = out.data() + start;
  const std::uint8_t* from = bytes.data();
  for (std::size_t group = bytes.size() / 3; group > 0; --group, from += 3, to += 4) {
    const std::uint32_t bits =
        static_cast<std::uint32_t>(from[0]) << 16 | static_cast<std::uint32_t>(from[1]) << 8 | from[2];
    put_pair(to, bits >> 12);
    put_pair(to + 2, bits & 0xFFF);
  }
  const std::size_t rest = bytes.size() % 3;
  if (rest == 0) return;
  const std::uint32_t bits =
      static_cast<std::uint32_t>(from[0]) << 16 | (rest == 2 ? static_cast<std::uint32_t>(from[1]) << 8 : 0);
  put_pair(to, bits >> 12);
  put_pair(to + 2, bits & 0xFFF);
  to[3] = '=';
  if (rest == 1) to[2] = '=';
}

std::optional<std::size_t> base64_decode(std::string_view text, std::uint8_t* out) {
  const auto data = without_padding(text);
  if (!data || data->size() % 4 == 1) return std::nullopt;
  const char* from = data->data();
  std::uint8_t* to = out;
  std::uint32_t seen = 0; // invalid characters show at the end: one test for all
  for (std::size_t group = data->size() / 4; group > 0; --group, from += 4, to += 3) {
    const std::uint32_t bits =
        value_at(0, from[0]) | value_at(1, from[1]) | value_at(2, from[2]) | value_at(3, from[3]);
    seen |= bits;
    to[0] = static_cast<std::uint8_t>(bits >> 16);
    to[1] = static_cast<std::uint8_t>(bits >> 8);
    to[2] = static_cast<std::uint8_t>(bits);
  }
  const std::size_t rest = data->size() % 4;
  if (rest >= 2) {
    const std::uint32_t bits =
        value_at(0, from[0]) | value_at(1, from[1]) | (rest == 3 ? value_at(2, from[2]) : 0);
    seen |= bits;
    *to++ = static_cast<std::uint8_t>(bits >> 16);
    if (rest == 3) *to++ = static_cast<std::uint8_t>(bits >> 8);
  }
  if (seen & invalid) return std::nullopt;
  return static_cast<std::size_t>(to - out);
}

} // namespace rt::audio

#include "audio/g711.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>

namespace rt::audio {
namespace {

// Both laws: sign, three bits of segment, four bits of mantissa. Mu-law is sent with every bit inverted,
// A-law with every other one (0x55, and the sign bit set for positive values).
constexpr int ulaw_bias = 0x84;  // 33 on the recommendation's 14-bit scale: makes the segments powers of two
constexpr int ulaw_clip = 32635; // the largest magnitude that the bias does not carry out of the last segment
constexpr std::uint8_t alaw_mask = 0x55;
constexpr std::uint8_t sign_bit = 0x80;

constexpr std::int16_t expand_ulaw(std::uint8_t code) {
  const auto bits = static_cast<std::uint8_t>(~code);
  const int segment = bits >> 4 & 7;
  const int magnitude = ((((bits & 0x0F) << 3) + ulaw_bias) << segment) - ulaw_bias;
  return static_cast<std::int16_t>(bits & sign_bit ? -magnitude : magnitude);
}

constexpr std::int16_t expand_alaw(std::uint8_t code) {
  const auto bits = static_cast<std::uint8_t>(code ^ alaw_mask);
  const int segment = bits >> 4 & 7;
  int magnitude = ((bits & 0x0F) << 4) + 8; // the middle of the step
  if (segment > 0) magnitude = (magnitude + 0x100) << (segment - 1);
  return static_cast<std::int16_t>(bits & sign_bit ? magnitude : -magnitude);
}

template<auto Expand>
constexpr auto table_of = [] {
  std::array<std::int16_t, 256> table{};
  for (int code = 0; code < 256; ++code)
    table[code] = Expand(static_cast<std::uint8_t>(code));
  return table;
}();

} // namespace

std::int16_t ulaw_decode(std::uint8_t code) {
  return table_of<expand_ulaw>[code];
}

std::int16_t alaw_decode(std::uint8_t code) {
  return table_of<expand_alaw>[code];
}

std::uint8_t ulaw_encode(std::int16_t sample) {
  const int biased = std::min(std::abs(static_cast<int>(sample)), ulaw_clip) + ulaw_bias; // 0x84..0x7FFF
  const int segment = static_cast<int>(std::bit_width(static_cast<unsigned>(biased))) - 8;
  // The bias sets the eighth bit, so no segment is negative.
  const int mantissa =
      biased >> (segment + 3) & 0x0F; // NOLINT(clang-analyzer-core.UndefinedBinaryOperatorResult)
  const int sign = sample < 0 ? sign_bit : 0;
  return static_cast<std::uint8_t>(~(sign | segment << 4 | mantissa));
}

std::uint8_t alaw_encode(std::int16_t sample) {
  // One's complement below zero: the recommendation puts the decision values of both signs one step apart.
  const int magnitude = sample < 0 ? ~static_cast<int>(sample) : sample;
  const int segment = std::max(static_cast<int>(std::bit_width(static_cast<unsigned>(magnitude))) - 8, 0);
  const int mantissa = magnitude >> (segment == 0 ? 4 : segment + 3) & 0x0F;
  const int sign = sample < 0 ? 0 : sign_bit;
  return static_cast<std::uint8_t>((sign | segment << 4 | mantissa) ^ alaw_mask);
}

} // namespace rt::audio

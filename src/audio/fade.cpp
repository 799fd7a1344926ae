#include "audio/fade.h"

#include "audio/sample.h"

#include <algorithm>
#include <cstdlib>

namespace rt::audio {
namespace {

constexpr int hard_edge = 256; // -42 dBFS; docs/decisions/fades.md

// A ramp without a corner at either end, 3u^2 - 2u^3. `left` of `count` samples are between this one and
// silence.
std::int16_t scaled(std::int16_t sample, std::int64_t left, std::int64_t count) {
  return static_cast<std::int16_t>(sample * left * left * (3 * count - 2 * left) / (count * count * count));
}

void ramp(Encoding encoding, std::span<std::uint8_t> bytes, bool rising) {
  const std::size_t unit = encoding == Encoding::pcm16 ? 2 : 1;
  const auto count = static_cast<std::int64_t>(bytes.size() / unit);
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint8_t* p = bytes.data() + i * static_cast<std::int64_t>(unit);
    store_sample(encoding, p, scaled(load_sample(encoding, p), rising ? i : count - 1 - i, count));
  }
}

} // namespace

// As a click is measured: by the second difference.
bool begins_hard(Encoding encoding, std::span<const std::uint8_t> bytes) {
  const std::size_t unit = encoding == Encoding::pcm16 ? 2 : 1;
  if (bytes.size() < 2 * unit) return false;
  const int first = load_sample(encoding, bytes.data()), second = load_sample(encoding, bytes.data() + unit);
  return std::max(std::abs(first), std::abs(second - 2 * first)) > hard_edge;
}

void fade_in(Encoding encoding, std::span<std::uint8_t> bytes) {
  ramp(encoding, bytes, true);
}

void fade_out(Encoding encoding, std::span<std::uint8_t> bytes) {
  ramp(encoding, bytes, false);
}

} // namespace rt::audio

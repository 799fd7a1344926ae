#include "audio/fade.h"

#include "audio/sample.h"

namespace rt::audio {
namespace {

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

void fade_in(Encoding encoding, std::span<std::uint8_t> bytes) {
  ramp(encoding, bytes, true);
}

void fade_out(Encoding encoding, std::span<std::uint8_t> bytes) {
  ramp(encoding, bytes, false);
}

} // namespace rt::audio

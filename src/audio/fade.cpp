#include "audio/fade.h"

#include "audio/g711.h"

namespace rt::audio {
namespace {

std::int16_t load_pcm(const std::uint8_t* p) {
  return static_cast<std::int16_t>(p[0] | p[1] << 8);
}

void store_pcm(std::uint8_t* p, std::int16_t sample) {
  const auto bits = static_cast<std::uint16_t>(sample);
  p[0] = static_cast<std::uint8_t>(bits & 0xFF);
  p[1] = static_cast<std::uint8_t>(bits >> 8);
}

// A ramp without a corner at either end, 3u^2 - 2u^3. `left` of `count` samples are between this one and
// silence.
std::int16_t scaled(std::int16_t sample, std::int64_t left, std::int64_t count) {
  return static_cast<std::int16_t>(sample * left * left * (3 * count - 2 * left) / (count * count * count));
}

void scale(Encoding encoding, std::uint8_t* p, std::int64_t left, std::int64_t count) {
  switch (encoding) {
  case Encoding::pcm16:
    store_pcm(p, scaled(load_pcm(p), left, count));
    break;
  case Encoding::g711_ulaw:
    *p = ulaw_encode(scaled(ulaw_decode(*p), left, count));
    break;
  case Encoding::g711_alaw:
    *p = alaw_encode(scaled(alaw_decode(*p), left, count));
    break;
  }
}

void ramp(Encoding encoding, std::span<std::uint8_t> bytes, bool rising) {
  const std::size_t unit = encoding == Encoding::pcm16 ? 2 : 1;
  const auto count = static_cast<std::int64_t>(bytes.size() / unit);
  for (std::int64_t i = 0; i < count; ++i)
    scale(encoding, bytes.data() + i * static_cast<std::int64_t>(unit), rising ? i : count - 1 - i, count);
}

} // namespace

void fade_in(Encoding encoding, std::span<std::uint8_t> bytes) {
  ramp(encoding, bytes, true);
}

void fade_out(Encoding encoding, std::span<std::uint8_t> bytes) {
  ramp(encoding, bytes, false);
}

} // namespace rt::audio

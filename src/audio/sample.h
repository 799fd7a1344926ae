// One sample of any encoding, as a linear value.
#pragma once

#include "audio/format.h"
#include "audio/g711.h"

#include <cstdint>

namespace rt::audio {

inline std::int16_t load_sample(Encoding encoding, const std::uint8_t* p) {
  switch (encoding) {
  case Encoding::g711_ulaw:
    return ulaw_decode(*p);
  case Encoding::g711_alaw:
    return alaw_decode(*p);
  case Encoding::pcm16:
    break;
  }
  return static_cast<std::int16_t>(p[0] | p[1] << 8);
}

inline void store_sample(Encoding encoding, std::uint8_t* p, std::int16_t sample) {
  switch (encoding) {
  case Encoding::g711_ulaw:
    *p = ulaw_encode(sample);
    return;
  case Encoding::g711_alaw:
    *p = alaw_encode(sample);
    return;
  case Encoding::pcm16:
    break;
  }
  const auto bits = static_cast<std::uint16_t>(sample);
  p[0] = static_cast<std::uint8_t>(bits & 0xFF);
  p[1] = static_cast<std::uint8_t>(bits >> 8);
}

} // namespace rt::audio

// A tone in any encoding, and how rough a signal is: a click is a second difference that the sound itself
// does not have.
#pragma once

#include "audio/format.h"
#include "audio/sample.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace rt::test {

inline constexpr double tone_hz = 440, tone_amplitude = 16384; // -6 dBFS

inline std::int16_t tone_sample(std::uint32_t rate, std::uint64_t position) {
  constexpr double pi = 3.14159265358979323846;
  const double phase = 2 * pi * tone_hz * static_cast<double>(position) / rate;
  return static_cast<std::int16_t>(std::lround(tone_amplitude * std::sin(phase)));
}

inline std::vector<std::uint8_t> encoded(const audio::Format& format, std::span<const std::int16_t> samples) {
  std::vector<std::uint8_t> bytes(format.bytes(samples.size()));
  for (std::size_t i = 0; i < samples.size(); ++i)
    audio::store_sample(format.encoding, bytes.data() + format.bytes(i), samples[i]);
  return bytes;
}

inline std::vector<std::int16_t> linear(const audio::Format& format, std::span<const std::uint8_t> bytes) {
  std::vector<std::int16_t> samples;
  for (std::size_t i = 0; i + format.bytes_per_sample() <= bytes.size(); i += format.bytes_per_sample())
    samples.push_back(audio::load_sample(format.encoding, bytes.data() + i));
  return samples;
}

inline std::vector<std::uint8_t> tone(const audio::Format& format, std::uint64_t first, std::uint64_t count) {
  std::vector<std::int16_t> samples;
  for (std::uint64_t i = first; i < first + count; ++i)
    samples.push_back(tone_sample(format.rate, i));
  return encoded(format, samples);
}

// The largest |x[i-1] - 2 x[i] + x[i+1]|.
inline int roughness(std::span<const std::int16_t> samples) {
  int most = 0;
  for (std::size_t i = 1; i + 1 < samples.size(); ++i)
    most = std::max(most, std::abs(samples[i - 1] - 2 * samples[i] + samples[i + 1]));
  return most;
}

// What the tone has by itself, its quantisation included.
inline int roughness_of_tone(const audio::Format& format) {
  return roughness(linear(format, tone(format, 0, format.rate)));
}

} // namespace rt::test

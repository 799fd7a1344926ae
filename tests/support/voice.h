// A made-up voice and made-up noises, for detectors of speech.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace rt::test {

// A buzz at the pitch of a man's voice that two resonances colour as a vowel; about -20 dBFS.
inline std::vector<std::int16_t> voice(std::uint32_t rate, std::uint64_t milliseconds) {
  constexpr double pi = 3.14159265358979323846, pitch = 120;
  struct Resonance {
    double hz, bandwidth, y1 = 0, y2 = 0;
  } resonances[] = {{600, 90}, {1100, 110}};
  std::vector<std::int16_t> samples(milliseconds * rate / 1000);
  double phase = 1;
  for (auto& sample : samples) {
    phase += pitch / rate;
    double value = phase >= 1 ? 1 : 0;
    if (phase >= 1) phase -= 1;
    for (Resonance& r : resonances) {
      const double radius = std::exp(-pi * r.bandwidth / rate);
      const double y = value + 2 * radius * std::cos(2 * pi * r.hz / rate) * r.y1 - radius * radius * r.y2;
      r.y2 = r.y1;
      r.y1 = y;
      value = y * (1 - radius);
    }
    sample = static_cast<std::int16_t>(std::clamp(value * 2e5 / std::sqrt(rate / 8000.0), -32768.0, 32767.0));
  }
  return samples;
}

// `colour` 0: white; towards 1: ever darker.
inline std::vector<std::int16_t> noise(std::uint32_t rate, std::uint64_t milliseconds, double rms,
                                       double colour = 0, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, rms * std::sqrt(1 - colour * colour));
  std::vector<std::int16_t> samples(milliseconds * rate / 1000);
  double value = 0;
  for (auto& sample : samples) {
    value = colour * value + normal(random);
    sample = static_cast<std::int16_t>(std::clamp(value, -32768.0, 32767.0));
  }
  return samples;
}

} // namespace rt::test

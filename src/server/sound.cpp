#include "server/sound.h"

#include <cmath>
#include <numbers>

namespace rt::server {

std::int16_t tone_sample(std::uint64_t index, std::uint32_t rate) {
  constexpr double frequency = 440, amplitude = 8192;
  const double seconds = static_cast<double>(index) / rate;
  return static_cast<std::int16_t>(
      std::lround(amplitude * std::sin(2 * std::numbers::pi * frequency * seconds)));
}

std::vector<std::int16_t> make_sound(const Sound& sound, std::uint32_t rate) {
  std::vector<std::int16_t> samples(static_cast<std::uint64_t>(sound.duration.count()) * rate / 1000);
  for (std::uint64_t i = 0; i < samples.size(); ++i) {
    if (sound.kind == Sound::Kind::ramp) samples[i] = ramp_sample(i);
    if (sound.kind == Sound::Kind::tone) samples[i] = tone_sample(i, rate);
  }
  return samples;
}

} // namespace rt::server

// What spoken output is made of: speech, or a signal that a test can recognise sample by sample.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace rt::server {

struct Sound {
  enum class Kind { speech, tone, ramp, silence };
  Kind kind = Kind::speech;
  std::chrono::milliseconds duration{1000}; // speech lasts as long as its text
};

// Never 0, so it is told from silence, and continuous except for one step down every 32767 samples: a sample
// says where in the signal it stands.
constexpr std::int16_t ramp_sample(std::uint64_t index) {
  return static_cast<std::int16_t>(1 + index % 32767);
}
// 440 Hz, a quarter of full scale.
std::int16_t tone_sample(std::uint64_t index, std::uint32_t rate);

// `sound` other than speech.
std::vector<std::int16_t> make_sound(const Sound& sound, std::uint32_t rate);

} // namespace rt::server

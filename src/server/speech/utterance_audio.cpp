#include "server/speech/utterance_audio.h"

#include <algorithm>
#include <limits>

namespace rt::server {
namespace {

constexpr double quiet_ratio = 1e-3; // of energy
// After a knock speech may be 30 dB below the loudest, but it is never as soft as this (-47 dBFS).
constexpr double always_quiet = 150.0 * 150.0 * UtteranceAudio::frame;

double energy_of(std::span<const std::int16_t> samples) {
  double energy = 0;
  for (const double sample : samples)
    energy += sample * sample;
  return energy;
}

} // namespace

void UtteranceAudio::add(std::span<const std::int16_t> samples) {
  samples_.insert(samples_.end(), samples.begin(), samples.end());
  judge_new_frames();
}

void UtteranceAudio::judge_new_frames() {
  for (; judged_ + frame <= samples_.size(); judged_ += frame) {
    const double energy = energy_of({samples_.data() + judged_, frame});
    loudest_ = std::max(loudest_, energy);
    if (energy > std::min(loudest_ * quiet_ratio, always_quiet)) loud_end_ = judged_ + frame;
  }
}

std::span<const std::int16_t> UtteranceAudio::spoken() const {
  return {samples_.data(), std::min(samples_.size(), loud_end_ + kept_tail)};
}

std::vector<std::int16_t> UtteranceAudio::take_front(std::size_t most, std::size_t range) {
  std::size_t cut = most;
  double least = std::numeric_limits<double>::max();
  for (std::size_t at = most - range; at + frame <= most; at += frame) {
    const double energy = energy_of({samples_.data() + at, frame});
    if (energy >= least) continue;
    least = energy;
    cut = at + frame / 2;
  }
  const auto end = samples_.begin() + static_cast<std::ptrdiff_t>(cut);
  std::vector<std::int16_t> front(samples_.begin(), end);
  samples_.erase(samples_.begin(), end);
  judged_ = loud_end_ = 0;
  judge_new_frames();
  return front;
}

} // namespace rt::server

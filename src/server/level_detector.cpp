#include "server/level_detector.h"

namespace rt::server {

double LevelDetector::probability(std::span<const std::int16_t, frame_samples> frame) {
  constexpr double loud = 300; // RMS, about -40 dBFS
  double energy = 0;
  for (const double sample : frame)
    energy += sample * sample;
  return energy / frame.size() >= loud * loud ? 1 : 0;
}

} // namespace rt::server

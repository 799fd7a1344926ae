#include "server/turn_detector.h"

#include <algorithm>

namespace rt::server {

TurnDetector::Change TurnDetector::frame(double probability, const TurnRules& rules) {
  if (!speaking_) {
    speech_frames_ = probability >= rules.threshold ? speech_frames_ + 1 : 0;
    if (speech_frames_ < frames_to_start) return Change::none;
    speaking_ = true;
    silent_ms_ = 0;
    return Change::started;
  }
  if (probability >= std::max(rules.threshold - hysteresis, 0.01)) {
    silent_ms_ = 0;
    return Change::none;
  }
  silent_ms_ += frame_ms;
  if (silent_ms_ < rules.silence_duration_ms) return Change::none;
  reset();
  return Change::stopped;
}

} // namespace rt::server

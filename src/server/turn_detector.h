// When a turn starts and ends, from one probability of speech per 20 ms.
//
//   probability  ..._____####_##########________________...
//                        ^ 3 frames in a row: speech_started, dated back to the first of them less the
//                        padding
//                                       ^ silence_duration later: speech_stopped
#pragma once

#include <cstdint>

namespace rt::server {

struct TurnRules {
  double threshold = 0.5;
  std::uint64_t prefix_padding_ms = 300, silence_duration_ms = 200;
  bool operator==(const TurnRules&) const = default;
};

class TurnDetector {
 public:
  static constexpr std::uint64_t frame_ms = 20;
  // Fewer are a click or a knock, not a voice.
  static constexpr unsigned frames_to_start = 3;
  // Speech that started goes on at a probability this much below the threshold, so that soft syllables do not
  // end it.
  static constexpr double hysteresis = 0.15;

  enum class Change { none, started, stopped };
  Change frame(double probability, const TurnRules& rules);
  bool speaking() const { return speaking_; }
  void reset() { *this = {}; }

 private:
  bool speaking_ = false;
  unsigned speech_frames_ = 0; // in a row, while not speaking
  std::uint64_t silent_ms_ = 0;
};

} // namespace rt::server

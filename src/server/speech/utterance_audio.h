// The audio of one utterance and where in it nobody speaks, judged by loudness alone: a frame 30 dB below the
// loudest so far is quiet. A noisy place has no quiet frames, which costs time but no words.
#pragma once

#include "server/speech.h"

#include <cstdint>
#include <span>
#include <vector>

namespace rt::server {

class UtteranceAudio {
 public:
  static constexpr std::size_t frame = SpeechDetector::frame_samples;
  static constexpr std::size_t kept_tail = 15 * frame; // 300 ms: a soft last sound is in it

  void add(std::span<const std::int16_t> samples);
  void clear() { *this = {}; }
  std::size_t size() const { return samples_.size(); }
  // Without the quiet end, of which kept_tail stays. Does not change while it goes on being quiet.
  std::span<const std::int16_t> spoken() const;
  bool pausing() const { return samples_.size() >= loud_end_ + kept_tail; }
  // Removes and returns the first `most` samples or fewer: cut at the quietest place of the last `range` of
  // them, so that hardly a word is hit. Only when there are so many.
  std::vector<std::int16_t> take_front(std::size_t most, std::size_t range);

 private:
  void judge_new_frames();

  std::vector<std::int16_t> samples_;
  std::size_t judged_ = 0;   // whole frames, in samples
  std::size_t loud_end_ = 0; // behind the last frame that is not quiet
  double loudest_ = 0;       // energy of a frame
};

} // namespace rt::server

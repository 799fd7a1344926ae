// How far a stream that never pauses has fallen behind the one that makes it. Its audio comes at the pace of
// real time; what a stall or a faster clock has left waiting is never caught up with between replies, for
// there are none. What waits in any case, at the lowest of the last second or two, is delay that nothing
// uses: more of it than the cushion is made up for in pauses, more than twice the cushion at once. Jitter
// alone is no delay: it brings the lowest down. Pure.
//
// Samples.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

namespace rt::audio {

class Creep {
 public:
  // How many samples may be left out now: silent ones, or any.
  struct Excess {
    std::uint64_t silent = 0, any = 0;
  };
  void reset() { *this = Creep(); }
  // `waiting` will be left after the next `frame` samples, of which `keep` are wanted; `window` is at least
  // as long as the jitter. Nothing is in excess before the first window has passed.
  Excess before_frame(std::uint64_t waiting, std::uint64_t frame, std::uint64_t keep, std::uint64_t window) {
    lowest_ = std::min(lowest_, waiting);
    passed_ += frame;
    if (passed_ >= window) {
      lowest_before_ = std::exchange(lowest_, waiting);
      known_ = true;
      passed_ = 0;
    }
    const std::uint64_t low = std::min(lowest_, lowest_before_);
    if (!known_ || low < keep + frame) return {};
    return {low - keep, low > 2 * keep ? low - keep : 0};
  }
  // That many were.
  void left_out(std::uint64_t samples) {
    lowest_ -= std::min(lowest_, samples);
    lowest_before_ -= std::min(lowest_before_, samples);
  }

 private:
  static constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t lowest_ = none, lowest_before_ = none; // of this window and of the one before
  std::uint64_t passed_ = 0;                           // of this window
  bool known_ = false;
};

} // namespace rt::audio

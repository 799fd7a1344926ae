// When the listener hears a reply, in clock time: what an echo of it would be captured at. Moved on by each
// frame with reply audio that leaves. The owner brings the lock.
#pragma once

#include <algorithm>
#include <cstdint>

namespace rt::session {

class HeardWindow {
 public:
  // Reply audio left with timestamps from `pts` to `end`.
  void audio(std::uint64_t pts, std::uint64_t end) {
    // The old window may not have been heard to its end yet: then both are one.
    const bool goes_on = end_ > begin_ && pts <= end_ + delay_ + tail_ns;
    if (!goes_on) begin_ = pts;
    end_ = std::max(goes_on ? end_ : 0, end);
  }
  // It is heard `delay` after its timestamp, which counts from `base` on the clock.
  void set_delay(std::uint64_t delay, std::uint64_t base) {
    delay_ = delay;
    base_ = base;
  }
  std::uint64_t base() const { return base_; }
  // What was to be heard after running time `now` was flushed.
  void flushed(std::uint64_t now) { end_ = std::min(end_, now > delay_ ? now - delay_ : 0); }
  void reset() { begin_ = end_ = 0; }

  // Whether anything of it, or of the room's answer to it, is heard in that span of clock time.
  bool overlaps(std::uint64_t time, std::uint64_t duration) const {
    if (end_ <= begin_) return false;
    const std::uint64_t offset = base_ + delay_;
    return time < offset + end_ + tail_ns && time + duration > offset + begin_;
  }

 private:
  static constexpr std::uint64_t tail_ns = 200'000'000;
  std::uint64_t begin_ = 0, end_ = 0; // running time of the reader
  std::uint64_t delay_ = 0, base_ = 0;
};

} // namespace rt::session

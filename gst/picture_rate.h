// Which pictures of a camera are wanted when there may be one an interval.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace rt::gst {

class PictureRate {
 public:
  void reset() { next_.reset(); }

  // Times in ns. One that comes a little early is taken, so that a camera of just this rate loses nothing to
  // its jitter; on the average there is one an interval at most.
  bool due(std::uint64_t time, std::uint64_t interval) {
    const bool begins_anew = next_ && time + 2 * interval < *next_;
    if (begins_anew) next_.reset();
    if (next_ && time + interval / early < *next_) return false;
    next_ = std::max(time, next_.value_or(time)) + interval;
    return true;
  }

 private:
  static constexpr std::uint64_t early = 8;
  std::optional<std::uint64_t> next_;
};

} // namespace rt::gst

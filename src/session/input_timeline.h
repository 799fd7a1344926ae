// From the server's "milliseconds of audio written" to the clock time at which that audio was captured. Loop
// thread only.
#pragma once

#include "audio/format.h"

#include <cstdint>
#include <deque>
#include <optional>

namespace rt::session {

class InputTimeline {
 public:
  // `samples` were written whose first was captured at `time`.
  void note(const audio::Format& format, std::uint64_t samples, std::optional<std::uint64_t> time) {
    const std::uint64_t duration = format.ns_of_samples(samples);
    if (time) {
      const bool follows =
          !anchors_.empty() && distance(extrapolate(anchors_.back(), written_ns_), *time) < 1'000'000;
      if (!follows) anchors_.push_back({written_ns_, *time});
      if (anchors_.size() > kept) anchors_.pop_front();
    }
    written_ns_ += duration;
  }
  std::optional<std::uint64_t> time_of_ms(std::uint64_t ms) const {
    const std::uint64_t position = ms * 1'000'000;
    for (auto it = anchors_.rbegin(); it != anchors_.rend(); ++it)
      if (it->position <= position) return extrapolate(*it, position);
    return std::nullopt;
  }
  std::uint64_t written_ms() const { return written_ns_ / 1'000'000; }
  void reset() { *this = InputTimeline(); }

 private:
  struct Anchor {
    std::uint64_t position, time; // ns written before it, clock time
  };
  // Enough for an hour of a stream that breaks every second; turns older than that are over.
  static constexpr std::size_t kept = 4096;
  static std::uint64_t extrapolate(const Anchor& a, std::uint64_t position) {
    return a.time + (position - a.position);
  }
  static std::uint64_t distance(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; }

  std::deque<Anchor> anchors_;
  std::uint64_t written_ns_ = 0;
};

} // namespace rt::session

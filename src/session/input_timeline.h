// From the server's "milliseconds of audio written" to the time at which that audio was captured, whatever
// was dropped, filled or paused in between. Loop thread only.
#pragma once

#include "audio/format.h"

#include <cstdint>
#include <deque>
#include <optional>

namespace rt::session {

// Running time, and the base time of then: after a pause the same clock time is another running time.
struct CaptureTime {
  std::uint64_t running = 0, base = 0; // ns
  std::uint64_t clock() const { return running + base; }
};

class InputTimeline {
 public:
  // `samples` were written whose first was captured at the running time `time`.
  void note(const audio::Format& format, std::uint64_t samples, std::optional<std::uint64_t> time,
            std::uint64_t base = 0) {
    const std::uint64_t duration = format.ns_of_samples(samples);
    if (time) {
      if (anchors_.empty() || !follows(anchors_.back(), *time, base))
        anchors_.push_back({written_ns_, {*time, base}});
      if (anchors_.size() > kept) anchors_.pop_front();
    }
    written_ns_ += duration;
  }
  // Of what begins there.
  std::optional<CaptureTime> time_of_ms(std::uint64_t ms) const {
    return find([&](std::uint64_t anchor) { return anchor <= ms * ns_per_ms; }, ms * ns_per_ms);
  }
  // Of what ends there: where the timeline jumps it is the time before the jump.
  std::optional<CaptureTime> end_of_ms(std::uint64_t ms) const {
    return find([&](std::uint64_t anchor) { return anchor < ms * ns_per_ms; }, ms * ns_per_ms);
  }
  std::uint64_t written_ms() const { return written_ns_ / ns_per_ms; }
  void reset() { *this = InputTimeline(); }

 private:
  struct Anchor {
    std::uint64_t position; // ns written before it
    CaptureTime time;
  };
  static constexpr std::uint64_t ns_per_ms = 1'000'000;
  // Enough for an hour of a stream that breaks every second; turns older than that are over.
  static constexpr std::size_t kept = 4096;

  template<typename Reached>
  std::optional<CaptureTime> find(Reached reached, std::uint64_t position) const {
    for (auto it = anchors_.rbegin(); it != anchors_.rend(); ++it)
      if (reached(it->position)) return extrapolate(*it, position);
    return std::nullopt;
  }
  bool follows(const Anchor& last, std::uint64_t time, std::uint64_t base) const {
    const std::uint64_t expected = extrapolate(last, written_ns_).running;
    const std::uint64_t distance = expected > time ? expected - time : time - expected;
    return last.time.base == base && distance < ns_per_ms;
  }
  static CaptureTime extrapolate(const Anchor& a, std::uint64_t position) {
    return {a.time.running + (position - a.position), a.time.base};
  }

  std::deque<Anchor> anchors_;
  std::uint64_t written_ns_ = 0;
};

} // namespace rt::session

// When the frames of a live source are due, on the pipeline's clock, and the wait for them that unlock() can
// end.
#pragma once

#include "audio/format.h"
#include "base/guarded.h"
#include "gst/gst_refs.h"

#include <cstdint>
#include <optional>

namespace rt::gst {

class FrameClock {
 public:
  enum class Wait { due, woken, flushing };
  struct Frame {
    std::uint64_t pts = 0, duration = 0; // running time, ns
    std::uint64_t offset = 0;            // sample counter
    std::uint64_t samples = 0;
    bool discont = false;
  };

  // ---- streaming thread ----
  void reset(); // the next frame is the first
  // The next frame begins now or, in a running stream, where the last one ended.
  Frame next(GstElement* element, const audio::Format& format, std::uint64_t frame_ms);
  Wait wait(GstElement* element, const Frame& frame);
  // More than `tolerance` late (the pad was blocked): the stream goes on from now.
  void catch_up(GstElement* element, Frame& frame, std::uint64_t tolerance);
  void advance(const Frame& frame);
  void mark_discont() { discont_ = true; }
  std::uint64_t running_time(GstElement* element);

  // ---- any thread ----
  void set_flushing(bool flushing);
  // The running time stands still: wait() does not return until it goes on, and the time of a frame is then
  // reckoned anew. The base class leaves create() waiting for the clock in PAUSED.
  void set_paused(bool paused);
  void wake();

 private:
  struct Waiting {
    GstClockID id = nullptr; // borrowed while wait() holds it
    bool flushing = false, woken = false, paused = false;
    // Without a clock the pipeline has no base time either: the system's clock is used, from the first look
    // at it on and without the pauses.
    std::optional<std::uint64_t> own_base, paused_since; // system clock
  };
  // The clock, and its time at which the running time is 0.
  struct Source {
    GRef<GstClock> clock;
    std::uint64_t base = 0;
  };
  Source source(GstElement* element);

  std::optional<std::uint64_t> origin_; // running time of sample `origin_sample_`
  std::uint64_t origin_sample_ = 0, sample_ = 0;
  std::uint32_t rate_ = 0;
  bool discont_ = true;
  Guarded<Waiting> waiting_;
};

} // namespace rt::gst

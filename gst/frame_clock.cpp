#include "gst/frame_clock.h"

#include <utility>

namespace rt::gst {

// A pipeline without a clock of its own still has real time.
FrameClock::Source FrameClock::source(GstElement* element) {
  if (GstClock* clock = gst_element_get_clock(element)) {
    const GstClockTime base = gst_element_get_base_time(element);
    return {GRef<GstClock>::adopt(clock), GST_CLOCK_TIME_IS_VALID(base) ? base : 0};
  }
  auto clock = GRef<GstClock>::adopt(gst_system_clock_obtain());
  const std::uint64_t now = gst_clock_get_time(clock.get());
  auto waiting = waiting_.lock();
  if (!waiting->own_base) waiting->own_base = now;
  return {std::move(clock), *waiting->own_base};
}

std::uint64_t FrameClock::running_time(GstElement* element) {
  const Source s = source(element);
  const GstClockTime now = gst_clock_get_time(s.clock.get());
  return now < s.base ? 0 : now - s.base;
}

void FrameClock::reset() {
  origin_.reset();
  sample_ = origin_sample_ = 0;
  discont_ = true;
  auto waiting = waiting_.lock();
  waiting->own_base.reset();
  waiting->paused_since.reset();
}

FrameClock::Frame FrameClock::next(GstElement* element, const audio::Format& format, std::uint64_t frame_ms) {
  if (!origin_ || rate_ != format.rate) {
    // At a new rate the samples so far mean another time, so counting starts from where the stream stands.
    const bool first = !origin_;
    const std::uint64_t stands_at =
        first ? running_time(element)
              : *origin_ + audio::Format{format.encoding, rate_}.ns_of_samples(sample_ - origin_sample_);
    origin_ = stands_at;
    origin_sample_ = sample_;
    rate_ = format.rate;
    if (first) discont_ = true;
  }
  Frame frame;
  frame.samples = format.samples_of_ms(frame_ms);
  frame.offset = sample_;
  frame.pts = *origin_ + format.ns_of_samples(sample_ - origin_sample_);
  frame.duration = *origin_ + format.ns_of_samples(sample_ - origin_sample_ + frame.samples) - frame.pts;
  frame.discont = discont_;
  return frame;
}

FrameClock::Wait FrameClock::wait(GstElement* element, const Frame& frame) {
  {
    auto waiting = waiting_.lock();
    waiting.wait([](const Waiting& w) { return !w.paused || w.flushing; });
  }
  const Source s = source(element);
  const GstClockID id = gst_clock_new_single_shot_id(s.clock.get(), s.base + frame.pts);
  {
    auto waiting = waiting_.lock();
    if (waiting->flushing || waiting->woken || waiting->paused) {
      gst_clock_id_unref(id);
      waiting->woken = false;
      return waiting->flushing ? Wait::flushing : Wait::woken;
    }
    waiting->id = id;
  }
  const GstClockReturn result = gst_clock_id_wait(id, nullptr);
  Wait outcome = Wait::due;
  {
    auto waiting = waiting_.lock();
    waiting->id = nullptr;
    if (waiting->flushing)
      outcome = Wait::flushing;
    else if (waiting->woken || waiting->paused || result == GST_CLOCK_UNSCHEDULED)
      outcome = Wait::woken;
    waiting->woken = false;
  }
  gst_clock_id_unref(id);
  return outcome;
}

void FrameClock::catch_up(GstElement* element, Frame& frame, std::uint64_t tolerance) {
  const std::uint64_t now = running_time(element);
  if (now <= frame.pts + tolerance) return;
  origin_ = now;
  origin_sample_ = sample_;
  frame.pts = now;
  frame.discont = true;
}

void FrameClock::advance(const Frame& frame) {
  sample_ += frame.samples;
  discont_ = false;
}

void FrameClock::set_flushing(bool flushing) {
  auto waiting = waiting_.lock();
  waiting->flushing = flushing;
  if (flushing && waiting->id) gst_clock_id_unschedule(waiting->id);
  waiting.notify();
}

void FrameClock::set_paused(bool paused) {
  const auto system_clock = GRef<GstClock>::adopt(gst_system_clock_obtain());
  const std::uint64_t now = gst_clock_get_time(system_clock.get());
  auto waiting = waiting_.lock();
  waiting->paused = paused;
  if (paused)
    waiting->paused_since = now;
  else if (const auto since = std::exchange(waiting->paused_since, std::nullopt); since && waiting->own_base)
    *waiting->own_base += now - *since;
  if (paused && waiting->id) gst_clock_id_unschedule(waiting->id);
  waiting.notify();
}

void FrameClock::wake() {
  auto waiting = waiting_.lock();
  waiting->woken = true;
  if (waiting->id) gst_clock_id_unschedule(waiting->id);
}

} // namespace rt::gst

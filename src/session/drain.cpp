#include "session/drain.h"

#include <utility>

namespace rt::session {

void Drain::start(Nanoseconds timeout, Nanoseconds quiet_time) {
  if (active()) return;
  step_ = Step::audio;
  timeout_ = timeout;
  quiet_time_ = quiet_time;
  if (timeout.count() == 0) {
    finish({});
    return;
  }
  host_.moved_on(); // what came before does not count
  watch();
  advance();
}

void Drain::watch() {
  timeout_timer_ = executor_.post_after(timeout_, [this] {
    timeout_timer_ = 0;
    if (host_.moved_on()) return watch();
    finish(host_.ready_to_drain() ? host_.what_is_open() : "the session was not configured yet");
  });
}

void Drain::abandon() {
  if (timeout_timer_) executor_.cancel(std::exchange(timeout_timer_, 0));
  if (quiet_timer_) executor_.cancel(std::exchange(quiet_timer_, 0));
  step_ = Step::none;
}

void Drain::finish(const std::string& left_open) {
  abandon();
  host_.drained(left_open);
}

void Drain::round_trip_answered() {
  if (step_ != Step::round_trip) return;
  step_ = Step::settling;
  advance();
}

void Drain::advance() {
  if (step_ == Step::audio && host_.ready_to_drain() && host_.uplink_sent()) {
    step_ = Step::trailing;
    host_.end_turn();
  }
  if (step_ == Step::trailing && host_.uplink_sent()) {
    step_ = Step::round_trip;
    if (!host_.round_trip()) {
      step_ = Step::quiet_time;
      quiet_timer_ = executor_.post_after(quiet_time_, [this] {
        quiet_timer_ = 0;
        step_ = Step::settling;
        advance();
      });
    }
  }
  if (step_ == Step::settling && host_.quiet()) finish({});
}

} // namespace rt::session

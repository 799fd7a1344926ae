// Input audio on its way out, and silence for an input that stopped.
#include "session/engine.h"

#include <algorithm>
#include <utility>

namespace rt::session {

void Engine::pump() {
  if (phase_ != Phase::active) return;
  const std::uint64_t sent_before = uncommitted_ms_;
  while (connection_.writable()) {
    if (const auto format = shared_->uplink.oldest_format(true);
        format && format != configuration_.asked().input_format)
      check_input_format();
    if (!shared_->uplink.pop(entry_, input_ready_)) break;
    if (!entry_.is_audio) {
      const std::function<void()> action = std::move(entry_.action);
      if (action) action();
      if (phase_ != Phase::active) return;
      continue;
    }
    connection_.send(entry_.text);
    timeline_.note(entry_.format, entry_.samples, entry_.time);
    uncommitted_ms_ += entry_.format.ms_of_samples(entry_.samples);
    shared_->uplink.recycle(std::move(entry_));
  }
  if (uncommitted_ms_ != sent_before) watch_input();
  const std::uint64_t dropped = shared_->uplink.counters().dropped_samples;
  if (dropped > dropped_reported_) {
    const audio::Format format = shared_->uplink.format();
    warn({Warning::Kind::uplink_dropped,
          "The server takes audio too slowly: " +
              std::to_string(format.ms_of_samples(dropped - dropped_reported_)) +
              " ms of the oldest input were dropped (property 'max-uplink-backlog')"});
    dropped_reported_ = dropped;
  }
  drain_.advance();
}

// ---- silence for an input that stopped ----

bool Engine::turn_may_be_open(Nanoseconds quiet) {
  if (turns_.open()) return true;
  if (drain_.settling()) return false; // what the detector needs was sent at once
  // Speech just before the pause may not have been noticed yet; after this long it has, or there was none.
  const Nanoseconds unnoticed = Milliseconds(settings_.vad_silence_duration_ms) + std::chrono::seconds(2);
  return quiet < unnoticed;
}

void Engine::watch_input() {
  if (fill_timer_ || phase_ != Phase::active || !configuration_.detects_turns()) return;
  const auto [live, delay_ms] = [&] {
    auto status = shared_->status.lock();
    return std::pair{status->input_live, status->silence_fill_delay_ms};
  }();
  const bool wanted = drain_.settling() || (live && shared_->members.playing(Role::sink));
  if (!wanted) return;
  const Nanoseconds now = executor_->now();
  const auto quiet = shared_->uplink.quiet_for(now);
  if (!quiet) return;
  const Nanoseconds delay = drain_.settling() ? Nanoseconds(0) : Milliseconds(delay_ms);
  const Nanoseconds wait = std::max<Nanoseconds>(delay - quiet->since_push, Milliseconds(20));
  fill_timer_ = executor_->post_after(wait, [this, delay] {
    fill_timer_ = 0;
    const auto since = shared_->uplink.quiet_for(executor_->now());
    if (!since || phase_ != Phase::active) return;
    if (!turn_may_be_open(since->since_push)) return; // the next audio sent looks again
    if (since->since_push >= delay) fill_input();
    watch_input();
  });
}

void Engine::fill_input() {
  shared_->uplink.fill_until(executor_->now());
  pump();
}

} // namespace rt::session

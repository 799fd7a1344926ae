// Input audio on its way out, and silence for an input that stopped.
#include "session/engine.h"

#include <algorithm>
#include <utility>

namespace rt::session {

void Engine::pump() {
  if (phase_ != Phase::active) return;
  const std::uint64_t sent_before = uncommitted_ns_;
  while (connection_.writable()) {
    if (const auto format = shared_->uplink.oldest_format(true);
        format && format != configuration_.asked().input_format)
      check_input_format();
    if (!shared_->uplink.pop(entry_, input_ready_)) break;
    if (!entry_.is_audio) {
      const std::function<void()> action = std::exchange(entry_.action, nullptr);
      if (action) action();
      if (phase_ != Phase::active) return;
      continue;
    }
    send_audio(entry_);
    keep_or_recycle(std::move(entry_));
  }
  send_pictures();
  if (uncommitted_ns_ != sent_before) watch_input();
  const std::uint64_t dropped = shared_->uplink.counters().dropped_ns;
  if (dropped > dropped_reported_ns_) {
    warn({Warning::Kind::uplink_dropped,
          "The server takes audio too slowly: " +
              std::to_string((dropped - dropped_reported_ns_) / 1'000'000) +
              " ms of the oldest input were dropped (property 'max-uplink-backlog')"});
    dropped_reported_ns_ = dropped;
  }
  drain_.advance();
}

void Engine::send_audio(const Uplink::Entry& entry) {
  connection_.send(entry.text);
  timeline_.note(entry.format, entry.samples, entry.time, entry.base);
  uncommitted_ns_ += entry.format.ns_of_samples(entry.samples);
}

void Engine::keep_or_recycle(Uplink::Entry&& entry) {
  if (configuration_.detects_turns() || !pre_roll_.wanted()) return shared_->uplink.recycle(std::move(entry));
  if (auto old = pre_roll_.keep(std::move(entry))) shared_->uplink.recycle(std::move(*old));
}

void Engine::input_cleared() {
  speech_.emptied(timeline_.written_ms());
  uncommitted_ns_ = pre_rolled_ns_ = 0;
  turn_too_short_ = false;
}

void Engine::clear_input(bool keeps_pre_roll, const Asked& asked) {
  if (lost(asked)) return;
  // Where a server cannot, it still holds all that was sent.
  if (send_asked(protocol::InputAudioClear{}, asked).empty()) return;
  input_cleared();
  if (keeps_pre_roll && !configuration_.detects_turns())
    for (const Uplink::Entry& entry : pre_roll_.kept())
      send_audio(entry);
  pre_rolled_ns_ = uncommitted_ns_;
}

// ---- silence for an input that stopped ----

bool Engine::turn_may_be_open(Nanoseconds quiet) {
  if (turns_.open()) return true;
  if (drain_.settling()) return false;       // what the detector needs was sent at once
  if (configuration_.streams()) return true; // time itself stands still without audio
  // Speech just before the pause may not have been noticed yet; after this long it has, or there was none.
  const Nanoseconds unnoticed = Milliseconds(settings_.vad_silence_duration_ms) + std::chrono::seconds(2);
  return quiet < unnoticed;
}

void Engine::watch_input() {
  if (fill_timer_ || phase_ != Phase::active) return;
  if (!configuration_.detects_turns() && !configuration_.streams()) return;
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

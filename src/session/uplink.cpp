#include "session/uplink.h"

#include "protocol/codec.h"

#include <algorithm>
#include <utility>

namespace rt::session {
namespace {

constexpr std::uint64_t ns_per_ms = 1'000'000;
constexpr std::uint64_t largest_filled_jump_ns = 2'000'000'000;
// Timestamps of live sources jitter; audio sinks absorb as much before they resynchronise.
constexpr std::uint64_t jitter_ns = 40'000'000;
constexpr std::size_t spare_texts_kept = 64;

} // namespace

Uplink::Uplink(std::function<void()> wake) : wake_(std::move(wake)) {}

void Uplink::set_options(const Options& options) {
  state_.lock()->options = options;
}

void Uplink::set_wire(const protocol::AppendForm& form, std::uint32_t least_chunk_ms) {
  auto state = state_.lock();
  state->form = form;
  state->least_chunk_ms = least_chunk_ms;
}

void Uplink::set_format(const audio::Format& format) {
  auto state = state_.lock();
  if (state->format == format) return;
  emit_chunk(state);
  state->format = format;
}

audio::Format Uplink::format() {
  return state_.lock()->format;
}

// Running time that upstream skipped, in samples, and the new idea of where it stands. What comes after a
// jump that is not filled begins a chunk of its own: a chunk has one time. Where silence was
// filled in, upstream's word counts exactly.
std::uint64_t Uplink::missing_samples(Locker& state, std::optional<std::uint64_t> time) {
  if (!time) return 0;
  std::uint64_t missing = 0;
  const std::uint64_t tolerance = std::exchange(state->filled, false) ? 0 : jitter_ns;
  if (state->next_time && *time > *state->next_time + jitter_ns) {
    const std::uint64_t jump = *time - *state->next_time;
    if (jump <= largest_filled_jump_ns) missing = state->format.samples_of_ns(jump);
  }
  const bool steady =
      state->next_time && *time <= *state->next_time + tolerance && *time + tolerance >= *state->next_time;
  if (!steady && missing == 0) {
    if (state->next_time) emit_chunk(state);
    state->next_time = time;
  }
  return missing;
}

Uplink::Pushed Uplink::wait_for_room(Locker& state, bool live) {
  if (!live)
    state.wait([](const State& s) {
      return s.flushing || s.closed || s.queued_ns < s.options.max_backlog_ms * ns_per_ms;
    });
  if (state->closed) return Pushed::closed;
  if (state->flushing) return Pushed::flushing;
  return Pushed::ok;
}

std::size_t Uplink::chunk_bytes(Locker& state) {
  const std::uint64_t samples =
      state->format.samples_of_ms(std::max(state->options.chunk_ms, state->least_chunk_ms));
  return state->format.bytes(std::max<std::uint64_t>(samples, 1));
}

Uplink::Pushed Uplink::push(Input& input, bool live, Nanoseconds now) {
  do {
    bool something = false;
    {
      auto state = state_.lock();
      if (const Pushed room = wait_for_room(state, live); room != Pushed::ok) return room;
      state->pushed_once = true;
      state->last_push = state->quiet_since = now;
      state->base = input.base;
      if (const std::uint64_t missing = missing_samples(state, std::exchange(input.time, std::nullopt))) {
        state->counters.filled_ns += state->format.ns_of_samples(missing);
        take_silence(state, missing);
      }
      take_input(state, input, live);
      if (live) drop_oldest(state);
      something = !state->queue.empty();
    }
    if (something) wake_();
  } while (!input.bytes.empty() || input.silence_ns > 0);
  return Pushed::ok;
}

// Live input as a whole, other input a chunk at a time.
void Uplink::take_input(Locker& state, Input& input, bool live) {
  const std::size_t chunk = chunk_bytes(state);
  const std::size_t count = live ? input.bytes.size() : std::min(input.bytes.size(), chunk);
  take_bytes(state, input.bytes.first(count), state->muted || input.muted);
  input.bytes = input.bytes.subspan(count);

  const std::uint64_t chunk_ns = state->format.ns_of_samples(state->format.samples(chunk));
  const std::uint64_t silence_ns = live ? input.silence_ns : std::min(input.silence_ns, chunk_ns);
  const std::uint64_t samples = state->format.samples_of_ns(silence_ns);
  state->counters.filled_ns += state->format.ns_of_samples(samples);
  take_silence(state, samples);
  input.silence_ns -= silence_ns;
}

void Uplink::take_silence(Locker& state, std::uint64_t samples) {
  static constexpr std::size_t block = 960;
  std::uint8_t silence[block];
  std::fill(std::begin(silence), std::end(silence), state->format.silence_byte());
  for (std::size_t left = state->format.bytes(samples); left > 0;) {
    const std::size_t count = std::min(left, block);
    take_bytes(state, {silence, count}, false);
    left -= count;
  }
}

void Uplink::take_bytes(Locker& state, std::span<const std::uint8_t> bytes, bool silence) {
  const std::size_t chunk = chunk_bytes(state);
  while (!bytes.empty()) {
    if (state->partial.empty()) {
      state->partial_time = state->next_time;
      state->partial_base = state->base;
    }
    const std::size_t count = std::min(bytes.size(), chunk - std::min(chunk, state->partial.size()));
    if (silence)
      state->partial.insert(state->partial.end(), count, state->format.silence_byte());
    else
      state->partial.insert(state->partial.end(), bytes.begin(),
                            bytes.begin() + static_cast<std::ptrdiff_t>(count));
    bytes = bytes.subspan(count);
    if (state->next_time) *state->next_time += state->format.ns_of_samples(state->format.samples(count));
    if (state->partial.size() >= chunk) emit_chunk(state);
  }
}

void Uplink::emit_chunk(Locker& state) {
  if (state->partial.empty()) return;
  Entry entry;
  if (!state->spare.empty()) {
    entry.text = std::move(state->spare.back());
    state->spare.pop_back();
  }
  protocol::encode_append(entry.text, state->partial, state->form, state->format);
  entry.format = state->format;
  entry.samples = state->format.samples(state->partial.size());
  entry.time = state->partial_time;
  entry.base = state->partial_base;
  state->queued_ns += duration_of(entry);
  state->queue.push_back(std::move(entry));
  state->partial.clear();
}

std::uint64_t Uplink::duration_of(const Entry& entry) {
  return entry.format.ns_of_samples(entry.samples);
}

// Live audio that waited too long is of no use to a listener; the newest is.
void Uplink::drop_oldest(Locker& state) {
  const std::uint64_t limit = state->options.max_backlog_ms * ns_per_ms;
  for (auto it = state->queue.begin(); it != state->queue.end() && state->queued_ns > limit;) {
    if (!it->is_audio) {
      ++it;
      continue;
    }
    state->queued_ns -= duration_of(*it);
    state->counters.dropped_ns += duration_of(*it);
    it = state->queue.erase(it);
  }
}

void Uplink::end_chunk() {
  {
    auto state = state_.lock();
    emit_chunk(state);
  }
  wake_();
}

void Uplink::marker(std::function<void()> action) {
  {
    auto state = state_.lock();
    emit_chunk(state);
    Entry entry;
    entry.is_audio = false;
    entry.action = std::move(action);
    state->queue.push_back(std::move(entry));
  }
  wake_();
}

void Uplink::set_flushing(bool flushing) {
  auto state = state_.lock();
  state->flushing = flushing;
  state.notify();
}

void Uplink::set_muted(bool muted) {
  state_.lock()->muted = muted;
}

void Uplink::drop_unsent() {
  auto state = state_.lock();
  std::erase_if(state->queue, [](const Entry& entry) { return entry.is_audio; });
  state->queued_ns = 0;
  state->partial.clear();
  state->next_time.reset();
  state->pushed_once = false; // what was dropped is no gap to fill
  state.notify();
}

void Uplink::resume(Nanoseconds now) {
  auto state = state_.lock();
  emit_chunk(state); // what follows may have another time
  state->next_time.reset();
  state->last_push = state->quiet_since = now;
}

void Uplink::close() {
  auto state = state_.lock();
  state->closed = true;
  state->queue.clear();
  state->partial.clear();
  state->queued_ns = 0;
  state->next_time.reset();
  state->pushed_once = false;
  state.notify();
}

void Uplink::reopen() {
  auto state = state_.lock();
  state->closed = false;
  state->flushing = false;
  state->counters = {};
}

std::optional<audio::Format> Uplink::oldest_format(bool at_front) {
  auto state = state_.lock();
  for (const Entry& entry : state->queue) {
    if (entry.is_audio) return entry.format;
    if (at_front) break;
  }
  return std::nullopt;
}

bool Uplink::pop(Entry& entry, bool audio_allowed) {
  auto state = state_.lock();
  if (state->queue.empty() || (state->queue.front().is_audio && !audio_allowed)) return false;
  entry = std::move(state->queue.front());
  state->queue.pop_front();
  if (entry.is_audio) {
    state->queued_ns -= duration_of(entry);
    state->counters.sent_ns += duration_of(entry);
    state.notify();
  }
  return true;
}

std::vector<std::function<void()>> Uplink::take_marks() {
  std::vector<std::function<void()>> actions;
  auto state = state_.lock();
  for (Entry& entry : state->queue)
    if (!entry.is_audio) actions.push_back(std::move(entry.action));
  std::erase_if(state->queue, [](const Entry& entry) { return !entry.is_audio; });
  return actions;
}

void Uplink::recycle(Entry&& entry) {
  auto state = state_.lock();
  if (state->spare.size() < spare_texts_kept) state->spare.push_back(std::move(entry.text));
}

bool Uplink::empty() {
  auto state = state_.lock();
  return state->queue.empty();
}

void Uplink::fill_until(Nanoseconds now) {
  {
    auto state = state_.lock();
    if (state->closed || !state->pushed_once || now <= state->quiet_since) return;
    const std::uint64_t samples =
        state->format.samples_of_ns(static_cast<std::uint64_t>((now - state->quiet_since).count()));
    const std::uint64_t filled = state->format.ns_of_samples(samples);
    state->quiet_since += Nanoseconds(filled);
    state->counters.filled_ns += filled;
    state->filled = true;
    take_silence(state, samples);
    drop_oldest(state);
  }
  wake_();
}

std::optional<Uplink::Quiet> Uplink::quiet_for(Nanoseconds now) {
  auto state = state_.lock();
  if (!state->pushed_once) return std::nullopt;
  return Quiet{now - state->last_push};
}

Uplink::Counters Uplink::counters() {
  auto state = state_.lock();
  Counters counters = state->counters;
  counters.queued_ms = state->queued_ns / ns_per_ms;
  return counters;
}

} // namespace rt::session

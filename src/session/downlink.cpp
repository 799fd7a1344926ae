#include "session/downlink.h"

#include <utility>

namespace rt::session {

// The words end where the audio does, before the reader asks for more of them.
std::vector<audio::Cut> Downlink::State::with_words(std::vector<audio::Cut> cuts) {
  for (const audio::Cut& cut : cuts)
    if (!cut.complete) transcript.cut(cut);
  return cuts;
}

Downlink::Appended Downlink::append(const audio::ContentKey& key, std::span<const std::uint8_t> bytes,
                                    const audio::Format& format) {
  auto state = state_.lock();
  if (state->read_no_more) return {};
  if (format != state->playout.format()) return {0, Lost::other_format};
  const std::uint64_t waited = state->playout.waiting_samples();
  if (!state->playout.append(key, bytes)) return {0, Lost::no_room};
  const std::uint64_t samples = state->playout.waiting_samples() - waited;
  state->transcript.received(format, key, samples);
  return {samples};
}

void Downlink::set_continuous(bool continuous) {
  state_.lock()->playout.set_continuous(continuous);
}

void Downlink::content_done(const audio::ContentKey& key) {
  auto state = state_.lock();
  state->playout.content_done(key);
  state->transcript.audio_done(key);
}

void Downlink::text(const audio::ContentKey& key, std::string_view delta) {
  auto state = state_.lock();
  state->transcript.text(state->playout.format(), key, delta);
}

void Downlink::text_done(const audio::ContentKey& key, std::string_view full) {
  auto state = state_.lock();
  state->transcript.text_done(state->playout.format(), key, full);
}

std::optional<std::string> Downlink::cut_text(const audio::Cut& cut) {
  return state_.lock()->transcript.cut(cut);
}

void Downlink::response_done(std::string_view response_id) {
  auto state = state_.lock();
  state->playout.response_done(response_id);
  state->transcript.response_done(response_id);
}

std::vector<audio::Cut> Downlink::cut() {
  auto state = state_.lock();
  state->duck.raise();
  return state->with_words(state->playout.cut());
}

void Downlink::request_flush() {
  auto state = state_.lock();
  state->flush_requested = true;
  state->playout.prepare_flush();
}

void Downlink::set_interruptible(bool yes) {
  state_.lock()->interruptible = yes;
}

void Downlink::duck() {
  auto state = state_.lock();
  if (state->interruptible && !state->playout.idle()) state->duck.lower();
}

std::vector<audio::Cut> Downlink::lose() {
  auto state = state_.lock();
  state->flush_requested = false;
  return state->with_words(state->playout.abandon());
}

void Downlink::end() {
  state_.lock()->ended = true;
}

void Downlink::resume() {
  state_.lock()->ended = false;
}

bool Downlink::idle() {
  return state_.lock()->playout.idle();
}

std::uint64_t Downlink::clock_base() {
  return state_.lock()->heard.base();
}

Downlink::Counters Downlink::counters() {
  auto state = state_.lock();
  const audio::Playout& playout = state->playout;
  return {playout.format().ms_of_samples(playout.waiting_samples()), playout.played_samples(),
          playout.underruns(), playout.format().ms_of_samples(playout.left_out_samples())};
}

void Downlink::set_options(const audio::Playout::Options& options) {
  state_.lock()->playout.set_options(options);
}

bool Downlink::set_format(const audio::Format& format) {
  auto state = state_.lock();
  const bool taken = state->playout.set_format(format);
  state->has_format |= taken;
  return taken;
}

std::optional<audio::Format> Downlink::format() {
  auto state = state_.lock();
  if (!state->has_format) return std::nullopt;
  return state->playout.format();
}

audio::FrameInfo Downlink::read(std::span<std::uint8_t> frame, std::uint64_t pts, bool breaks) {
  auto state = state_.lock();
  const audio::FrameInfo info = state->playout.read(frame, pts, breaks);
  for (const audio::PlayedSpan& span : state->playout.played()) {
    state->transcript.played(span);
    state->heard.audio(span.pts, span.end);
  }
  // Whoever spoke did so to the reply before it. Not under the fade of that one.
  if (info.starts_reply && !info.resumes && state->playout.played().size() == 1) state->duck.reset();
  state->duck.apply(state->playout.format(), frame, pts, info.audio_samples);
  return info;
}

void Downlink::take_words(std::vector<audio::TimedWord>* words, std::uint64_t until) {
  auto state = state_.lock();
  state->transcript.take(state->playout.format(), words, until);
}

std::vector<audio::PlaybackMark> Downlink::advance(std::uint64_t now, std::uint64_t delay,
                                                   std::uint64_t base) {
  std::vector<audio::PlaybackMark> marks;
  auto state = state_.lock();
  state->heard.set_delay(delay, base);
  state->playout.advance(now, delay, marks);
  return marks;
}

bool Downlink::heard_at(std::optional<std::uint64_t> time, std::uint64_t duration) {
  auto state = state_.lock();
  return time ? state->heard.overlaps(*time, duration) : !state->playout.idle();
}

bool Downlink::flush_requested() {
  return state_.lock()->flush_requested;
}

std::vector<audio::Cut> Downlink::cut_flushed(std::uint64_t now, std::uint64_t latency) {
  auto state = state_.lock();
  state->flush_requested = false;
  state->heard.flushed(now);
  state->duck.reset();
  return state->with_words(state->playout.cut_flushed(now, latency));
}

bool Downlink::ended() {
  return state_.lock()->ended;
}

std::vector<audio::Cut> Downlink::abandon() {
  auto state = state_.lock();
  state->flush_requested = false;
  state->read_no_more = true;
  state->heard.reset();
  state->duck.reset();
  return state->with_words(state->playout.abandon(std::exchange(state->stopped, std::nullopt)));
}

bool Downlink::abandoned() {
  return state_.lock()->read_no_more;
}

void Downlink::downstream_stopped(std::uint64_t now, std::uint64_t latency) {
  state_.lock()->stopped = {now, latency};
}

void Downlink::start_reading() {
  auto state = state_.lock();
  state->read_no_more = false;
  state->stopped.reset();
}

void Downlink::reset() {
  auto state = state_.lock();
  state->playout.abandon();
  state->playout.count_anew();
  state->transcript.clear();
  state->heard.reset();
  state->duck.reset();
  state->flush_requested = state->ended = state->has_format = state->read_no_more = false;
  state->interruptible = false;
}

} // namespace rt::session

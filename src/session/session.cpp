#include "session/session.h"

#include "session/engine.h"

#include <algorithm>
#include <utility>

namespace rt::session {
namespace {

// Time for the closing handshake after the last reference is gone.
constexpr Milliseconds linger{100};
constexpr std::uint64_t ns_per_ms = 1'000'000;

} // namespace

struct Session::Parts {
  std::shared_ptr<Executor> executor;
  std::shared_ptr<SharedState> shared;
  std::shared_ptr<Engine> engine;
  std::shared_ptr<std::unique_ptr<Waker>> waker; // shared with the uplink's callback, which may outlive us
};

std::shared_ptr<Session> Session::create(std::shared_ptr<Executor> executor,
                                         const transport::Factory& factory) {
  auto parts = std::make_unique<Parts>();
  parts->executor = std::move(executor);
  parts->waker = std::make_shared<std::unique_ptr<Waker>>();
  parts->shared = std::make_shared<SharedState>([waker = std::weak_ptr(parts->waker)] {
    if (const auto w = waker.lock(); w && *w) (*w)->wake();
  });
  parts->engine = std::make_shared<Engine>(parts->executor, factory, parts->shared);
  *parts->waker = parts->executor->make_waker([weak = std::weak_ptr(parts->engine)] {
    if (const auto engine = weak.lock()) engine->pump();
  });
  return std::shared_ptr<Session>(new Session(std::move(parts)));
}

Session::Session(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

// The engine and the waker belong to the loop and are destroyed there, a moment later.
Session::~Session() {
  Parts& parts = *parts_;
  std::shared_ptr<Executor> executor = parts.executor;
  Executor* const loop = executor.get();
  loop->post([engine = std::move(parts.engine), waker = std::move(parts.waker), executor]() mutable {
    engine->close({});
    waker->reset();
    Executor& e = *executor;
    e.post_after(linger, [engine = std::move(engine), executor = std::move(executor)]() mutable {
      engine.reset();
      executor.reset();
    });
  });
}

void Session::post(std::function<void(Engine&)> task) {
  parts_->executor->post([weak = std::weak_ptr(parts_->engine), task = std::move(task)] {
    if (const auto engine = weak.lock()) task(*engine);
  });
}

// Keeps its place behind the audio that was pushed before.
void Session::post_ordered(std::function<void(Engine&)> task) {
  ++parts_->shared->status.lock()->ordered_pending;
  parts_->shared->uplink.marker(
      [weak = std::weak_ptr(parts_->engine), shared = parts_->shared, task = std::move(task)] {
        {
          auto status = shared->status.lock();
          if (status->ordered_pending > 0) --status->ordered_pending; // 0: reopened meanwhile
        }
        if (const auto engine = weak.lock()) task(*engine);
      });
}

// ---- membership ----

Result<MemberId> Session::join(Role role, const void* pipeline, std::weak_ptr<Listener> listener) {
  auto id = parts_->shared->members.join(role, pipeline, std::move(listener));
  if (id) post([](Engine& e) { e.formats_changed(); });
  return id;
}

void Session::leave(MemberId id) {
  parts_->shared->members.leave(id);
  post([](Engine& e) { e.formats_changed(); });
}

void Session::open(MemberId id, Role role) {
  SharedState& shared = *parts_->shared;
  const unsigned open = shared.members.set_open(id, true);
  if (role == Role::sink) {
    auto status = shared.status.lock();
    status->drain_requested = status->drained = status->drain_flushing = false;
  }
  if (role == Role::sink) shared.downlink.resume(); // a new input: the conversation goes on
  if (role == Role::src) shared.downlink.start_reading();
  if (open > 1) return;
  {
    auto status = shared.status.lock();
    status->life = SharedState::Life::open;
    status->ordered_pending = 0;
    status->creates.lose_all();
    status->tool_calls.clear();
    status->calls_beside.clear();
    status->mcp_approvals.clear();
    status->no_mcp.clear();
  }
  *shared.statistics.lock() = {};
  *shared.clocks.lock() = {};
  const Settings used = *shared.settings.lock();
  const protocol::Provider& provider = protocol::provider_for_uri(used.provider, used.uri.value_or(""));
  shared.uplink.set_wire(protocol::append_form(provider, used.session_type),
                         least_chunk_ms(used.session_type));
  shared.uplink.reopen();
  shared.downlink.reset();
  post([](Engine& e) { e.open(); });
}

void Session::close(MemberId id, Role role) {
  SharedState& shared = *parts_->shared;
  const unsigned open = shared.members.set_open(id, false);
  if (role == Role::sink) {
    shared.status.lock()->input_format.reset();
    shared.uplink.drop_unsent();
    post([](Engine& e) { e.abandon_drain(); });
  }
  std::vector<audio::Cut> cuts;
  if (role == Role::src) cuts = shared.downlink.abandon();
  if (role == Role::image) forget_picture(id);
  if (open > 0) {
    if (role == Role::src) post([cuts = std::move(cuts)](Engine& e) { e.src_left(cuts); });
    return;
  }
  shared.uplink.close();
  {
    auto status = shared.status.lock();
    status->life = SharedState::Life::closed;
  }
  post([cuts = std::move(cuts)](Engine& e) { e.close(cuts); });
}

void Session::set_playing(MemberId id, bool playing) {
  const auto role = parts_->shared->members.set_playing(id, playing);
  if (playing && role == Role::sink) parts_->shared->uplink.resume(parts_->executor->now());
  post([](Engine& e) { e.playing_changed(); });
}

void Session::note_clock(Role role, std::uint64_t clock_time) {
  const ClockPair pair{clock_time, parts_->executor->now()};
  (*parts_->shared->clocks.lock())[static_cast<std::size_t>(role)] = pair;
}

// ---- settings ----

SharedState& Session::shared() {
  return *parts_->shared;
}

Settings Session::settings() {
  return *parts_->shared->settings.lock();
}

void Session::change_settings(const std::function<void(Settings&)>& change) {
  {
    auto settings = parts_->shared->settings.lock();
    change(*settings);
  }
  post([](Engine& e) { e.settings_changed(); });
}

// ---- realtimesink ----

void Session::set_input_format(const audio::Format& format) {
  parts_->shared->uplink.set_format(format);
  parts_->shared->status.lock()->input_format = format;
  post([](Engine& e) { e.formats_changed(); });
}

void Session::set_uplink_options(const Uplink::Options& options, std::uint32_t silence_fill_delay_ms) {
  parts_->shared->uplink.set_options(options);
  parts_->shared->status.lock()->silence_fill_delay_ms = silence_fill_delay_ms;
}

void Session::set_pre_roll(std::uint32_t milliseconds) {
  post([milliseconds](Engine& e) { e.set_pre_roll(milliseconds); });
}

void Session::set_input_live(bool live) {
  parts_->shared->status.lock()->input_live = live;
}

void Session::set_muted(bool muted) {
  parts_->shared->uplink.set_muted(muted);
}

void Session::listen(std::span<const std::uint8_t> bytes) {
  const audio::Format format = parts_->shared->uplink.format();
  const bool began = parts_->shared->ear.lock()->push(format, bytes);
  if (began) parts_->shared->downlink.duck();
}

Uplink::Pushed Session::push(Uplink::Input& input, bool live) {
  return parts_->shared->uplink.push(input, live, parts_->executor->now());
}

void Session::set_input_flushing(bool flushing) {
  parts_->shared->uplink.set_flushing(flushing);
  auto status = parts_->shared->status.lock();
  status->drain_flushing = flushing;
  status.notify();
}

void Session::flush_input() {
  parts_->shared->uplink.drop_unsent();
  {
    auto status = parts_->shared->status.lock();
    status->drain_requested = status->drained = false;
  }
  parts_->shared->downlink.resume(); // also after the end: what follows is input again
  post([](Engine& e) { e.input_flushed(); });
}

void Session::begin_drain() {
  SharedState& shared = *parts_->shared;
  shared.uplink.end_chunk();
  {
    auto status = shared.status.lock();
    if (std::exchange(status->drain_requested, true)) return;
    status->drained = false;
  }
  post([](Engine& e) { e.start_drain(); });
}

bool Session::drain() {
  begin_drain();
  auto status = parts_->shared->status.lock();
  status.wait([](const SharedState::Status& s) { return s.drained || s.drain_flushing; });
  return status->drained;
}

// ---- realtimesrc ----

Downlink& Session::downlink() {
  return parts_->shared->downlink;
}

bool Session::set_output_format(const audio::Format& format) {
  if (!parts_->shared->downlink.set_format(format)) return false;
  post([](Engine& e) { e.formats_changed(); });
  return true;
}

void Session::set_flush_on_interrupt(bool flush) {
  parts_->shared->status.lock()->flush_on_interrupt = flush;
}

void Session::report_playback(std::vector<audio::PlaybackMark> marks, std::uint64_t clock_offset) {
  post([marks = std::move(marks), clock_offset](Engine& e) { e.playback(marks, clock_offset); });
}

void Session::report_idle() {
  post([](Engine& e) { e.playback_idle(); });
}

void Session::report_cuts(std::vector<audio::Cut> cuts) {
  post([cuts = std::move(cuts)](Engine& e) { e.cuts_made(cuts); });
}

void Session::report_words(std::uint64_t clock_offset, std::uint64_t now,
                           std::optional<std::uint64_t> heard_after) {
  SharedState& shared = *parts_->shared;
  const std::uint64_t behind = heard_after.value_or(0);
  shared.words_behind = behind;
  const std::uint64_t until = heard_after ? now - std::min(now, behind) : ~std::uint64_t{0};
  if (!shared.text.wanted()) return shared.downlink.take_words(nullptr, until);
  std::vector<audio::TimedWord> words;
  shared.downlink.take_words(&words, until);
  std::vector<TextPiece> pieces;
  pieces.reserve(words.size());
  const void* const pipeline = shared.members.pipeline(Role::src);
  for (audio::TimedWord& word : words)
    pieces.push_back({Speaker::assistant, std::move(word.text), std::move(word.item_id),
                      ClockTime{word.pts + clock_offset, clock_offset, pipeline}, word.duration, word.last});
  shared.text.publish(pieces);
}

std::shared_ptr<TextReader> Session::read_text(std::function<void()> wake) {
  return parts_->shared->text.open(std::move(wake));
}

std::uint64_t Session::words_behind() {
  return parts_->shared->words_behind;
}

void Session::output_ended() {
  post([cuts = parts_->shared->downlink.abandon()](Engine& e) { e.output_ended(cuts); });
}

void Session::output_stopped() {
  Downlink& downlink = parts_->shared->downlink;
  if (downlink.ended() || downlink.abandoned()) return output_ended();
  post([cuts = downlink.abandon()](Engine& e) {
    e.src_left(cuts);
    e.playback_idle();
  });
}

bool Session::over() {
  return parts_->shared->status.lock()->life == SharedState::Life::over;
}

bool Session::failed() {
  return parts_->shared->status.lock()->life == SharedState::Life::failed;
}

Stats Session::stats() {
  SharedState& shared = *parts_->shared;
  const SharedState::Statistics s = *shared.statistics.lock();
  const audio::Format out = shared.downlink.format().value_or(audio::pcm16_24k);
  const Uplink::Counters up = shared.uplink.counters();
  const Downlink::Counters down = shared.downlink.counters();
  Stats stats;
  stats.session_id = s.session_id;
  stats.model = s.model;
  stats.connect_ms = s.connect_ms;
  stats.connections = s.connections;
  stats.responses = s.responses;
  stats.interruptions = s.interruptions;
  stats.truncations = s.truncations;
  stats.errors = s.errors;
  stats.usage = s.usage;
  stats.images_sent = s.images_sent;
  stats.images_dropped = s.images_dropped;
  stats.sent_ms = up.sent_ns / ns_per_ms;
  stats.dropped_ms = up.dropped_ns / ns_per_ms;
  stats.filled_ms = up.filled_ns / ns_per_ms;
  stats.uplink_queued_ms = up.queued_ms;
  stats.played_ms = out.ms_of_samples(down.played_samples);
  stats.waiting_ms = down.waiting_ms;
  stats.left_out_ms = down.left_out_ms;
  stats.underruns = down.underruns;
  stats.turns = s.turns;
  return stats;
}

} // namespace rt::session

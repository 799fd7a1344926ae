// What the application and the elements ask of the conversation, interruption, and the end of the input.
#include "session/engine.h"

#include "protocol/json_value.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace rt::session {

using namespace protocol;

namespace {

constexpr std::uint64_t ns_per_ms = 1'000'000;
constexpr std::uint64_t smallest_commit_ms = 100; // servers refuse less
// More than the detector was told to wait for, so that rounding on the server's side cannot leave the turn
// open.
constexpr std::uint64_t trailing_margin_ms = 500;

} // namespace

// ---- actions ----

void Engine::when_active(Asked asked, std::function<void()> task) {
  if (phase_ == Phase::active)
    task();
  else if (phase_ == Phase::connecting || phase_ == Phase::configuring)
    deferred_.emplace_back(std::move(asked), std::move(task));
  else
    lost(asked);
}

// What was accepted and is not done any more.
bool Engine::lost(const Asked& asked) {
  if (phase_ == Phase::active) return false;
  const bool failed = phase_ == Phase::failed;
  if (!asked.request.empty() && (failed || phase_ == Phase::over))
    refuse(asked, "session_over",
           std::string("The session ") + (failed ? "failed" : "ended") + " before this was done");
  return true;
}

void Engine::run_lost() {
  for (const auto& [asked, task] : std::exchange(deferred_, {}))
    lost(asked);
  for (const auto& action : shared_->uplink.take_marks())
    action();
}

void Engine::send_item(Item item, std::string_view request, bool respond) {
  when_active({request}, [this, item = std::move(item), request, respond] {
    if (send_asked(ItemCreate{item, std::nullopt}, {request}).empty()) return;
    turn_too_short_ = false;
    if (respond) metrics_.speech_ended({}); // written, not spoken
    if (respond) responses_.create({});
  });
}

void Engine::delete_item(const std::string& item_id) {
  when_active({"delete-item"}, [this, item_id] { send_asked(ItemDelete{item_id}, {"delete-item"}); });
}

void Engine::retrieve_item(const std::string& item_id) {
  when_active({"retrieve-item"}, [this, item_id] { send_asked(ItemRetrieve{item_id}, {"retrieve-item"}); });
}

// The action was taken up and cannot be done after all.
void Engine::refuse(const Asked& asked, const char* code, const std::string& message) {
  Notice notice = Notice(NoticeKind::error)
                      .with("type", "request")
                      .with("code", code)
                      .with("message", message)
                      .with("request", asked.request);
  if (!asked.event_id.empty()) notice = std::move(notice).with("event-id", asked.event_id);
  notify(notice);
}

void Engine::create_response(ResponseOptions options, const Asked& asked) {
  when_active(asked, [this, options = std::move(options), asked] {
    const bool answers_turn = options.conversation != "none" && !options.input;
    if (answers_turn && std::exchange(turn_too_short_, false))
      return refuse(asked, "input_audio_buffer_commit_empty",
                    "The turn was too short to be sent: there is nothing to answer");
    if (configuration_.converses()) return responses_.create(options, asked.request, asked.event_id);
    send_asked(ResponseCreate{}, asked); // which says why not
  });
}

bool Engine::still_wanted(std::uint64_t number) {
  return shared_->status.lock()->creates.take(number);
}

void Engine::cancel_response(bool queued) {
  when_active({"cancel-response"}, [this, queued] {
    const bool tools_waited = !tools_.quiet() || !mcp_.quiet();
    tools_.cancel_all("cancelled");
    mcp_.cancel_all("cancelled");
    const bool any = responses_.cancel(Responses::Cancel::words_and_calls);
    if (const std::string reason = why_not_sent(ResponseCancel{}); any && !reason.empty())
      return refuse({"cancel-response"}, "unsupported", reason + "; what the server says goes on");
    if (any || tools_waited || queued) return;
    refuse({"cancel-response"}, "response_cancel_not_active", "There is no response to cancel");
  });
}

void Engine::interrupt(bool queued) {
  when_active({"interrupt"}, [this, queued] {
    const bool cancelled = responses_.cancel(Responses::Cancel::words);
    if (interrupt_playback() || cancelled || queued) return;
    refuse({"interrupt"}, "response_cancel_not_active", "There is nothing to interrupt");
  });
}

void Engine::tool_output(const std::string& call_id, const std::string& output, bool respond) {
  turn_too_short_ = false;
  tools_.output(call_id, output, respond);
}

// Instructions of one response replace the session's, which say who speaks: they go with them.
std::string Engine::with_session_instructions(const std::string& more) {
  const auto& session = configuration_.effective().config.instructions;
  const std::string before = session ? *session : settings_.instructions.value_or("");
  return before.empty() ? more : before + "\n\n" + more;
}

// While a tool runs and nobody speaks. Beside the conversation: the model shall not take it for its answer.
bool Engine::say_filler() {
  if (!settings_.tool_filler || !shared_->members.open(Role::src)) return true;
  if (turns_.open() || responses_.busy() || !shared_->downlink.idle()) return false;
  ResponseOptions options;
  options.instructions = with_session_instructions(*settings_.tool_filler);
  options.input = Json{"[]"};
  options.tool_choice = Json{R"("none")"};
  responses_.create_aside(std::move(options), "tool-filler");
  return true;
}

void Engine::send_raw(RawClientEvent event) {
  const Asked asked{"send-event", event.event_id};
  when_active(asked, [this, event = std::move(event)] {
    turn_too_short_ = false;
    std::string id = send(event, "send-event");
    if (id.empty()) return;
    if (event.type == "session.update") configuration_.raw_sent(std::move(id));
    if (event.type == "input_audio_buffer.append") note_raw_audio(event);
  });
}

// It counts like any other: for a commit, and for the server's positions.
void Engine::note_raw_audio(const RawClientEvent& event) {
  const JsonValue json = read_json(event.json.text).value_or(JsonValue());
  std::string_view text = json["audio"].text();
  while (text.ends_with('='))
    text.remove_suffix(1);
  const audio::Format format = configuration_.asked().input_format.value_or(audio::pcm16_24k);
  const std::uint64_t samples = format.samples(text.size() * 3 / 4);
  timeline_.note(format, samples, std::nullopt, 0);
  uncommitted_ns_ += format.ns_of_samples(samples);
}

// What was asked for and does not exist yet is cancelled, too. Where we would not send it, the application
// may.
void Engine::cancel_raw(RawClientEvent event, bool queued) {
  const Asked asked{"send-event", event.event_id};
  when_active(asked, [this, event = std::move(event), queued] {
    const bool ours = why_not_sent(ResponseCancel{}).empty();
    if (!ours || (!responses_.cancel(Responses::Cancel::words, event.event_id) && !queued))
      send(event, "send-event");
  });
}

void Engine::commit(const Asked& asked) {
  if (lost(asked)) return;
  const std::uint64_t uncommitted_ms = uncommitted_ns_ / ns_per_ms;
  const std::uint64_t said_ms = turn_ns() / ns_per_ms;
  if (said_ms < smallest_commit_ms) {
    turn_too_short_ = !configuration_.detects_turns();
    return refuse(asked, "input_audio_buffer_commit_empty",
                  "A commit needs at least 100 ms of audio; the turn has " + std::to_string(said_ms) + " ms");
  }
  const std::string event_id = send_asked(InputAudioCommit{}, asked);
  if (event_id.empty()) return;
  const std::uint64_t written = timeline_.written_ms();
  turns_.commit_asked(event_id);
  speech_.commit_asked(event_id, written - std::min(written, uncommitted_ms), written);
  speech_.emptied(written);
  note_speech_end(written);
  uncommitted_ns_ = pre_rolled_ns_ = 0;
  turn_too_short_ = false;
  pre_roll_.clear(); // it is said
}

// ---- playback ----

bool Engine::interrupt_playback() {
  responses_.discard_open();
  const bool any = !shared_->downlink.idle();
  const bool flush = shared_->status.lock()->flush_on_interrupt;
  if (flush && shared_->members.playing(Role::src) && any) {
    shared_->downlink.request_flush(); // the streaming thread answers through cuts_made
    for (const auto& listener : shared_->members.all())
      listener->on_wake();
    return true;
  }
  cuts_made(shared_->downlink.cut());
  return any;
}

void Engine::cuts_made(const std::vector<audio::Cut>& cuts) {
  bool any = false;
  std::vector<std::string_view> deleted; // an item's other parts went with it
  const std::uint64_t base = shared_->downlink.clock_base();
  for (const audio::Cut& cut : cuts) {
    if (cut.complete) {
      transcripts_.will_be_heard(cut.key);
      continue;
    }
    any = true;
    const audio::HeardSpan span = cut.span.value_or(audio::HeardSpan{});
    metrics_.cut(cut, loop_time(Role::src, base + span.pushed), loop_time(Role::src, base + span.start));
    responses_.discard(cut.key.response_id); // out of band ones too, once they are cut
    notify(Notice(NoticeKind::interrupted)
               .with("response-id", cut.key.response_id)
               .with("item-id", cut.key.item_id)
               .with("heard-ms", cut.heard_ms)
               .with("received-ms", cut.received_ms));
    transcript_cut(cut, base);
    if (cut.key.item_id == said_.id()) said_.abandon();
    const bool in_conversation = !responses_.out_of_band(cut.key.response_id);
    if (phase_ != Phase::active || !in_conversation || !configuration_.converses()) continue;
    if (std::find(deleted.begin(), deleted.end(), cut.key.item_id) != deleted.end()) continue;
    if (cut.heard_ms == 0 && cut.key.content_index == 0 && connection_.provider().can.deletes_items) {
      send(ItemDelete{cut.key.item_id}, "interrupt");
      deleted.push_back(cut.key.item_id);
    } else if (!send(ItemTruncate{cut.key.item_id, cut.key.content_index, cut.position_ms}, "interrupt")
                    .empty()) {
      ++shared_->statistics.lock()->truncations;
    }
  }
  if (any) ++shared_->statistics.lock()->interruptions;
  transcripts_.drop([this](const std::string& response_id) { return responses_.discarded(response_id); });
  tell_last_transcripts();
  report_turns();
  drain_.advance();
}

void Engine::src_left(const std::vector<audio::Cut>& cuts) {
  if (phase_ != Phase::active) {
    output_lost(cuts);
    return formats_changed();
  }
  responses_.cancel(Responses::Cancel::words); // as interrupt() does
  responses_.discard_open();
  for (const audio::Cut& cut : cuts)
    if (cut.complete) output_lost({cut});
  cuts_made(cuts);
  metrics_.playback_over();
  report_turns();
  formats_changed();
}

void Engine::playback(const std::vector<audio::PlaybackMark>& marks, std::uint64_t clock_offset) {
  for (const audio::PlaybackMark& mark : marks) {
    const bool started = mark.kind == audio::PlaybackMark::Kind::started;
    if (!started) transcripts_.heard(mark.key, heard_span(mark.span, clock_offset));
    tell_last_transcripts();
    Notice notice = Notice(started ? NoticeKind::playback_started : NoticeKind::playback_finished)
                        .with("response-id", mark.key.response_id)
                        .with("item-id", mark.key.item_id)
                        .with("time", output_time(mark.time(), clock_offset));
    if (!started) notice = std::move(notice).with("heard-ms", mark.heard_ms);
    notify(notice);
    if (started)
      metrics_.playback_started(mark.key, loop_time(Role::src, clock_offset + mark.span.pushed),
                                loop_time(Role::src, clock_offset + mark.span.start));
    else
      metrics_.playback_finished(mark.key, mark.delivery);
  }
  report_turns();
  drain_.advance();
}

// ---- the end of the input ----

void Engine::start_drain() {
  if (phase_ == Phase::closed || phase_ == Phase::failed) return finish_drain();
  Settings settings = *shared_->settings.lock();
  drain_.start(Milliseconds(settings.drain_timeout_ms), Milliseconds(settings.drain_quiet_ms));
}

void Engine::abandon_drain() {
  drain_.abandon();
}

void Engine::input_flushed() {
  abandon_drain();
  when_active({}, [this] {
    pre_roll_.clear();
    if (!turns_.open() && uncommitted_ns_ == 0) return;
    if (!send(InputAudioClear{}, "clear-input").empty()) input_cleared();
  });
}

bool Engine::uplink_sent() {
  return shared_->uplink.empty();
}

void Engine::end_turn() {
  if (configuration_.streams()) return; // the end of the session says it
  if (shared_->uplink.counters().sent_ns == 0) return;
  if (!configuration_.detects_turns()) {
    if (turn_ns() < smallest_commit_ms * ns_per_ms) return;
    commit();
    if (configuration_.converses()) responses_.create({});
    return;
  }
  const auto& turn = configuration_.effective().config.turn_detection;
  const std::uint64_t silence_ms =
      (turn ? turn->silence_duration_ms : std::nullopt).value_or(settings_.vad_silence_duration_ms);
  constexpr bool live = true; // never waits for room: this is the loop
  shared_->uplink.push_silence((silence_ms + trailing_margin_ms) * ns_per_ms, live, executor_->now());
  shared_->uplink.end_chunk();
  pump();
}

bool Engine::round_trip() {
  if (configuration_.streams()) {
    close_asked_ = !send(SessionClose{}, "end-of-input").empty();
    shared_->downlink.set_continuous(!close_asked_); // the rest comes at once, and nothing behind it
    return close_asked_;
  }
  if (!connection_.provider().can.acknowledges_updates) return false;
  return configuration_.send({}, Configuration::Purpose::round_trip);
}

bool Engine::quiet() {
  if (configuration_.streams() && !stream_over_) return false;
  if (!responses_.quiet() || !tools_.quiet() || !mcp_.quiet() || !turns_.quiet()) return false;
  // What was heard counts once it is told: before the stream ends.
  return !shared_->members.open(Role::src) || (shared_->downlink.idle() && !transcripts_.waiting());
}

// Nothing does while the input is paused, and nobody waits for it then.
bool Engine::moved_on() {
  const std::uint64_t played = shared_->downlink.counters().played_samples;
  const bool heard_more = std::exchange(played_at_check_, played) != played;
  return heard_more || !shared_->members.playing(Role::sink);
}

std::string Engine::what_is_open() {
  std::string text = turns_.what_is_open();
  const auto add = [&](const std::string& part) {
    if (!part.empty()) text += (text.empty() ? "" : ", ") + part;
  };
  add(responses_.what_is_open());
  add(tools_.what_is_open());
  add(mcp_.what_is_open());
  if (!uplink_sent()) add("input audio that was not sent");
  if (shared_->members.open(Role::src) && !shared_->downlink.idle()) add("reply audio that was not heard");
  if (!text.empty()) return text;
  return configuration_.streams() ? "the end of the translation" : "the server's answer to the last update";
}

// What would still come nobody hears, and it is paid for.
void Engine::drop_answers() {
  tools_.cancel_all("lost");
  mcp_.cancel_all("lost");
  responses_.cancel(Responses::Cancel::words_and_calls);
}

void Engine::drained(const std::string& left_open) {
  if (!left_open.empty()) {
    warn({Warning::Kind::drain_timed_out,
          "The conversation did not come to its end within 'drain-timeout'; still open: " + left_open});
    output_lost(shared_->downlink.lose());
    transcripts_.drop_all();
    tell_last_transcripts();
  }
  drop_answers();
  shared_->downlink.end();
  finish_drain();
  for (const auto& listener : shared_->members.all())
    listener->on_wake();
}

void Engine::finish_drain() {
  auto status = shared_->status.lock();
  if (!status->drain_requested) return;
  status->drained = true;
  status.notify();
}

} // namespace rt::session

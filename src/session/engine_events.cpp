// What each server event means for the conversation.
#include "session/engine.h"

#include "base/log.h"
#include "base/server_code.h"
#include "session/own_metadata.h"
#include "session/server_errors.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rt::session {

using namespace protocol;

namespace {

Notice timed(Notice notice, std::string_view field, const std::optional<ClockTime>& time) {
  return time ? std::move(notice).with(field, *time) : notice;
}

const char* status_name(ResponseStatus status) {
  switch (status) {
  case ResponseStatus::in_progress:
    return "in_progress";
  case ResponseStatus::completed:
    return "completed";
  case ResponseStatus::cancelled:
    return "cancelled";
  case ResponseStatus::failed:
    return "failed";
  case ResponseStatus::incomplete:
    return "incomplete";
  case ResponseStatus::other:
    break;
  }
  return "other";
}

} // namespace

void Engine::on_frame(std::string_view text) {
  AudioDeltaView delta;
  if (phase_ == Phase::active && scan_audio_delta(text, delta)) {
    if (filter_.any() && filter_.takes(std::string(delta.type))) forward(text);
    if (delta.stream) return stream_audio(delta.base64, delta.sample_rate);
    audio_delta(delta.response_id, delta.item_id, delta.content_index, delta.base64);
    return;
  }
  auto event = decode_server(text);
  if (!event) {
    // A server that never spoke the protocol is the wrong one; a slip of one that did costs one event.
    if (phase_ == Phase::connecting) return connection_.fail(event.error());
    log(LogLevel::warning, "session", "undecodable server event: " + event.error().message);
    notify(Notice(NoticeKind::error).with("type", "protocol").with("message", event.error().message));
    return;
  }
  if (filter_.any()) forward(text);
  std::visit([this](const auto& body) { handle(body); }, event->body);
  drain_.advance();
}

void Engine::forward(std::string_view text) {
  const PlainEvent event = without_audio(text);
  if (filter_.takes(event.type))
    notify(Notice(NoticeKind::event).with("type", event.type).with("json", event.json));
}

void Engine::handle(const ErrorEvent& e) {
  const Error error = to_error(e.error);
  if (error.severity() != Severity::benign) {
    if (phase_ == Phase::connecting) {
      connection_.fail(error);
      return;
    }
    return fail(error);
  }
  if (phase_ == Phase::connecting) {
    connection_.remember(error); // the close that mostly follows is explained by it
    return;
  }
  // While nothing but the first update was sent, an error that names no event can mean nothing else.
  const auto update = phase_ == Phase::configuring && e.error.event_id.empty()
                          ? configuration_.initial_refused()
                          : configuration_.refused(e.error.event_id);
  if (update) {
    update_refused(*update, e.error);
    if (phase_ == Phase::failed) return;
  }
  const auto refused = responses_.on_error(e.error);
  tools_.on_error(e.error);
  mcp_.on_error(e.error);
  turns_.commit_refused(e.error.event_id);
  speech_.commit_refused(e.error.event_id);
  using Refused = Responses::Refused;
  if (refused != Refused::put_back && refused != Refused::unwanted) warn_of_refusal(e.error);
  {
    auto statistics = shared_->statistics.lock();
    ++statistics->errors;
  }
  notify(Notice(NoticeKind::error)
             .with("type", e.error.type)
             .with("code", e.error.code)
             .with("message", e.error.message)
             .with("param", e.error.param)
             .with("event-id", e.error.event_id)
             .with("request", request_of(e.error.event_id)));
}

// Words, pictures and answers that the application asked for are lost.
void Engine::warn_of_refusal(const ErrorInfo& error) {
  static constexpr std::string_view asked_for[] = {"send-text",     "send-image", "send-tool-output",
                                                   "initial-items", "greeting",   "create-response",
                                                   "approve-mcp",   "mcp-call"};
  const std::string_view request = request_of(error.event_id);
  if (std::ranges::find(asked_for, request) == std::end(asked_for)) return;
  warn({Warning::Kind::request_refused,
        "The server refused '" + std::string(request) + "': " + error.message});
}

void Engine::handle(const SessionCreated& e) {
  if (phase_ == Phase::connecting) established(e.session);
}

// Some servers introduce themselves with this, and with a session.created only sometimes.
void Engine::handle(const ConversationCreated&) {
  if (phase_ == Phase::connecting && connection_.provider().quirks.conversation_first) established({});
}

void Engine::established(SessionInfo session) {
  const Provider& provider = connection_.provider();
  if (configuration_.streams())
    codec_ = &Codec::of(Dialect::translation);
  else
    codec_ = &codec_for(provider,
                        (provider.dialect ? provider.dialect : dialect_of(session)).value_or(Dialect::ga));
  connection_.established();
  if (!opened_as_asked(session)) return;
  responses_.set_cancels_by_id(provider.can.cancels_by_id);
  responses_.set_takes_metadata(provider.can.response_metadata);
  complete(provider, session);
  configuration_.opened_with(session);
  shared_->downlink.set_interruptible(configuration_.interrupts_on_speech());
  phase_ = Phase::configuring;
  shared_->status.lock()->no_mcp = why_no_mcp(terms());
  {
    auto statistics = shared_->statistics.lock();
    statistics->session_id = session.id;
    statistics->model = session.model;
    statistics->connect_ms = static_cast<std::uint64_t>(
        std::chrono::duration_cast<Milliseconds>(executor_->now() - dialed_at_).count());
    ++statistics->connections;
  }
  for (const auto& listener : shared_->members.posters(Direction::downlink))
    listener->on_progress(ProgressKind::complete, "Session created");
  Notice notice =
      Notice(NoticeKind::session_created).with("session-id", session.id).with("model", session.model);
  if (session.expires_at && *session.expires_at > 0)
    notice = std::move(notice).with("expires-at", static_cast<std::uint64_t>(*session.expires_at));
  notify(notice);
  try_configure();
}

void Engine::handle(const SessionUpdated& e) {
  SessionInfo session = e.session;
  complete(connection_.provider(), session);
  configuration_.server_says(session);
  if (!configuration_.detects_turns()) {
    turns_.detection_off();
    responses_.turn_over();
  }
  shared_->downlink.set_interruptible(configuration_.interrupts_on_speech());
  const auto update = configuration_.acknowledged();
  notify(Notice(NoticeKind::session_updated)
             .with("session-id", e.session.id)
             .with("model", e.session.model)
             .with("session", e.session.raw.text));
  if (update) update_answered(*update);
}

// ---- input ----

void Engine::handle(const SpeechStarted& e) {
  turns_.speech_started();
  speech_.started(e.item_id, e.audio_start_ms, configuration_.padding_in_turns_ms());
  const std::uint64_t speech_ms = speech_.of(e.item_id)->start_ms;
  // Else the model talks on, as it was told to.
  if (configuration_.interrupts_on_speech() || configuration_.responds_to_turns()) responses_.caller_speaks();
  if (configuration_.interrupts_on_speech()) responses_.expect_no_more();
  notify(timed(
      Notice(NoticeKind::speech_started).with("item-id", e.item_id).with("audio-start-ms", e.audio_start_ms),
      "time", input_time(timeline_.time_of_ms(speech_ms))));
  if (configuration_.interrupts_on_speech()) interrupt_playback();
  watch_input();
}

void Engine::handle(const SpeechStopped& e) {
  const std::uint64_t silence_ms = std::min(e.audio_end_ms, configuration_.silence_in_turns_ms());
  turns_.speech_stopped();
  responses_.caller_stopped();
  speech_.stopped(e.item_id, e.audio_end_ms - silence_ms);
  speech_.emptied(e.audio_end_ms);
  notify(timed(
      Notice(NoticeKind::speech_stopped).with("item-id", e.item_id).with("audio-end-ms", e.audio_end_ms),
      "time", input_time(timeline_.end_of_ms(e.audio_end_ms))));
  note_speech_end(e.audio_end_ms - silence_ms);
}

// The server makes a turn of the silence, and commits and answers it like one of the caller.
void Engine::handle(const IdleTimeout& e) {
  notify(Notice(NoticeKind::idle_timeout)
             .with("item-id", e.item_id)
             .with("audio-start-ms", e.audio_start_ms)
             .with("audio-end-ms", e.audio_end_ms));
}

void Engine::handle(const DtmfReceived& e) {
  Notice notice = Notice(NoticeKind::dtmf).with("key", e.key);
  if (e.received_at > 0)
    notice = std::move(notice).with("received-at", static_cast<std::uint64_t>(e.received_at));
  notify(notice);
}

void Engine::handle(const InputTranscriptSegment& e) {
  notify(Notice(NoticeKind::transcript_segment)
             .with("item-id", e.item_id)
             .with("segment-id", e.id)
             .with("speaker", e.speaker)
             .with("text", e.text)
             .with("start-seconds", e.start)
             .with("end-seconds", e.end));
}

void Engine::handle(const InputAudioCommitted& e) {
  const bool by_server = turns_.committed(e.item_id, configuration_.transcribes_input());
  speech_.committed(e.item_id, by_server);
  if (by_server)
    uncommitted_ns_ = pre_rolled_ns_ = 0; // at our own commit it was, and what came since is of the next turn
  // Only turns that the server finds itself are answered unasked.
  if (by_server && configuration_.responds_to_turns()) responses_.expect();
  if (shared_->status.lock()->drained) drop_answers();
  responses_.turn_over();
  notify(Notice(NoticeKind::turn_committed)
             .with("item-id", e.item_id)
             .with("previous-item-id", e.previous_item_id.value_or("")));
}

void Engine::handle(const InputAudioCleared&) {
  turns_.cleared();
  responses_.turn_over();
}

// From where the speech begins to where it ends, without what the detector keeps before and waits for after.
Notice Engine::user_transcript(const std::string& item_id) {
  Notice notice = Notice(NoticeKind::transcript).with("role", "user").with("item-id", item_id);
  notice.direction = Direction::uplink;
  const auto span = speech_.of(item_id);
  if (!span) return notice;
  notice = timed(std::move(notice), "start", input_time(timeline_.time_of_ms(span->start_ms)));
  if (!span->end_ms) return notice;
  return timed(std::move(notice), "end", input_time(timeline_.end_of_ms(*span->end_ms)));
}

// The words of the turn share the time in which it was spoken.
void Engine::user_words(const std::string& item_id, const std::string& text) {
  std::optional<ClockTime> start, end;
  if (const auto span = speech_.of(item_id)) {
    start = input_time(timeline_.time_of_ms(span->start_ms));
    if (span->end_ms) end = input_time(timeline_.end_of_ms(*span->end_ms));
  }
  const bool known = start && end && end->ns > start->ns;
  shared_->text.publish(spread(Speaker::user, item_id, text, start, known ? end->ns - start->ns : 0));
}

void Engine::handle(const InputTranscriptDelta& e) {
  const std::string& text = turns_.transcript_piece(e.item_id, e.delta);
  notify(user_transcript(e.item_id).with("text", text).with("delta", e.delta).with("final", false));
}

void Engine::handle(const InputTranscriptCompleted& e) {
  if (!e.more_follows) {
    turns_.transcript_ended(e.item_id);
    shared_->statistics.lock()->usage.add(e);
    user_words(e.item_id, e.transcript);
  }
  notify(user_transcript(e.item_id).with("text", e.transcript).with("final", !e.more_follows));
}

void Engine::handle(const InputTranscriptFailed& e) {
  turns_.transcript_ended(e.item_id);
  notify(Notice(NoticeKind::error)
             .with("type", e.error.type)
             .with("code", e.error.code)
             .with("message", e.error.message)
             .with("param", e.error.param)
             .with("request", "input-transcription"));
}

// ---- responses ----

Notice Engine::of_response(NoticeKind kind, const Response& response) const {
  Notice notice = Notice(kind).with("response-id", response.id);
  if (responses_.out_of_band(response.id)) notice = std::move(notice).with("out-of-band", true);
  if (const auto metadata = without_mark(response.metadata))
    notice = std::move(notice).with("metadata", metadata->text);
  return notice;
}

void Engine::handle(const ResponseCreated& e) {
  if (!responses_.on_created(e.response)) return;
  spoken_in_.insert_or_assign(e.response.id, format_in_force(e.response.output_format));
  if (!responses_.out_of_band(e.response.id)) metrics_.response_created(e.response.id);
  notify(of_response(NoticeKind::response_started, e.response));
}

void Engine::handle(const ResponseDone& e) {
  const Response& response = e.response;
  if (!responses_.ending(response)) return;
  for (const Item& item : response.output)
    if (item.type == Item::Type::function_call && response.status == ResponseStatus::completed)
      tool_call(response.id, item);
  Notice notice = of_response(NoticeKind::response_done, response)
                      .with("status", status_name(response.status))
                      .with("reason", response.reason);
  mcp_.response_ending(response);
  responses_.on_done(response);
  spoken_in_.erase(response.id);
  {
    auto statistics = shared_->statistics.lock();
    ++statistics->responses;
    if (response.usage) statistics->usage.add(*response.usage);
  }
  if (response.status == ResponseStatus::failed) {
    notice = std::move(notice)
                 .with("error-type", response.error_type)
                 .with("error-code", response.error_code)
                 .with("error-message", response.error_message);
    warn({Warning::Kind::response_failed,
          "The server failed to answer: " + response.error_message +
              (response.error_code.empty() ? "" : " (" + response.error_code + ")")});
  }
  if (response.usage) notice = with_usage(std::move(notice), *response.usage);
  notify(notice);
  metrics_.response_done(response.id);
  report_turns();
  if (kind_of_server_code(response.error_code) == ErrorKind::quota_exceeded)
    fail({ErrorKind::quota_exceeded, response.error_message, "", response.error_code});
}

// One that an interrupted response made is part of the conversation.
void Engine::tool_call(const std::string& response_id, const Item& call) {
  if (call.call_id.empty())
    return warn_once(Warning::Kind::unsupported,
                     "A call of function '" + call.name +
                         "' is not announced: the server gave it no id, and takes no output without one");
  if (tools_.knows(call.call_id)) return;
  if (responses_.calls_cancelled(response_id)) return tools_.decline(response_id, call);
  {
    auto status = shared_->status.lock();
    (responses_.out_of_band(response_id) ? status->calls_beside : status->tool_calls).insert(call.call_id);
  }
  tools_.announce(response_id, call);
}

void Engine::handle(const RateLimits& e) {
  Notice notice(NoticeKind::rate_limits);
  for (const RateLimits::Limit& limit : e.limits) {
    const bool requests = limit.name == "requests";
    if (!requests && limit.name != "tokens") continue;
    notice = std::move(notice)
                 .with(requests ? "requests-limit" : "tokens-limit", static_cast<std::uint64_t>(limit.limit))
                 .with(requests ? "requests-remaining" : "tokens-remaining",
                       static_cast<std::uint64_t>(limit.remaining))
                 .with(requests ? "requests-reset" : "tokens-reset", limit.reset_seconds);
  }
  notify(notice);
}

} // namespace rt::session

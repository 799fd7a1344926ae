#include "protocol/codec.h"
#include "protocol/event_names.h"
#include "protocol/item_json.h"
#include "protocol/json_value.h"
#include "protocol/session_json.h"

#include <algorithm>
#include <array>
#include <utility>

namespace rt::protocol {

namespace {

using Body = decltype(ServerEvent::body);

// Servers differ in what they make of a field: a code may be a number, a whole error just a sentence.
std::string scalar_text(const JsonValue& value) {
  return std::string(value.is_string() ? value.text() : value.literal());
}

ErrorInfo read_error(const JsonValue& event) {
  const JsonValue& error = event["error"].is_object() ? event["error"] : event;
  ErrorInfo info;
  if (&error != &event) info.type = error["type"].text();
  info.code = scalar_text(error["code"]);
  info.message = event["error"].is_string() ? event["error"].text() : error["message"].text();
  info.param = error["param"].text();
  if (&error != &event) info.event_id = error["event_id"].text();
  return info;
}

std::uint32_t index_at(const JsonValue& value) {
  return value.as_count32().value_or(0);
}
std::uint64_t milliseconds(const JsonValue& value) {
  return value.as_count().value_or(0);
}

bool read_ref(const JsonValue& event, ContentRef& at) {
  at.response_id = event["response_id"].text();
  at.item_id = event["item_id"].text();
  at.output_index = index_at(event["output_index"]);
  at.content_index = index_at(event["content_index"]);
  return !at.response_id.empty() && !at.item_id.empty();
}

template<typename Event> // with item_id and content_index
bool read_part_of(const JsonValue& event, Event& out) {
  out.item_id = event["item_id"].text();
  out.content_index = index_at(event["content_index"]);
  return !out.item_id.empty();
}

template<typename Event> // with item and previous_item_id
bool read_placed_item(const JsonValue& event, Event& out) {
  out.item = read_item(event["item"]);
  out.previous_item_id = event["previous_item_id"].as_string();
  return !out.item.id.empty();
}

template<typename Event> // with response_id, output_index and item
bool read_output_item(const JsonValue& event, Event& out) {
  out.response_id = event["response_id"].text();
  out.output_index = index_at(event["output_index"]);
  out.item = read_item(event["item"]);
  return !out.response_id.empty() && !out.item.id.empty();
}

// One overload per event; false when an id that the event is nothing without is unusable.
bool read(const JsonValue& event, ErrorEvent& out) {
  out.error = read_error(event);
  return true;
}
SessionInfo read_session_of(const JsonValue& event) {
  SessionInfo info = read_session_info(event["session"]);
  // Beta says it in the event's name only.
  const std::string_view type = event["type"].text();
  if (type == beta_transcription_created || type == beta_transcription_updated)
    info.type = SessionType::transcription;
  return info;
}
bool read(const JsonValue& event, SessionCreated& out) {
  out.session = read_session_of(event);
  return true;
}
bool read(const JsonValue& event, SessionUpdated& out) {
  out.session = read_session_of(event);
  return true;
}
bool read(const JsonValue& event, ConversationCreated& out) {
  out.conversation_id = event["conversation"]["id"].text();
  return true;
}
bool read(const JsonValue& event, ItemAdded& out) {
  return read_placed_item(event, out);
}
bool read(const JsonValue& event, ItemDone& out) {
  return read_placed_item(event, out);
}
bool read(const JsonValue& event, ItemRetrieved& out) {
  out.item = read_item(event["item"]);
  return !out.item.id.empty();
}
bool read(const JsonValue& event, ItemDeleted& out) {
  out.item_id = event["item_id"].text();
  return !out.item_id.empty();
}
bool read(const JsonValue& event, ItemTruncated& out) {
  out.audio_end_ms = milliseconds(event["audio_end_ms"]);
  return read_part_of(event, out);
}
bool read(const JsonValue& event, InputTranscriptDelta& out) {
  out.delta = event["delta"].text();
  out.logprobs = kept_array(event["logprobs"]);
  return read_part_of(event, out);
}
bool read(const JsonValue& event, InputTranscriptCompleted& out) {
  out.transcript = event["transcript"].text();
  const JsonValue& usage = event["usage"];
  out.seconds = usage["seconds"].as_number().value_or(0);
  if (usage["type"].text() == "tokens") out.tokens = read_usage(usage);
  for (const JsonValue& language : event["languages"].elements())
    if (const std::string_view code = language["code"].text(); !code.empty())
      out.languages.emplace_back(code);
  out.logprobs = kept_array(event["logprobs"]);
  out.more_follows = event["type"].text() == growing_transcript || event["status"].text() == "in_progress";
  return read_part_of(event, out);
}
bool read(const JsonValue& event, InputTranscriptSegment& out) {
  out.id = event["id"].text();
  out.speaker = event["speaker"].text();
  out.text = event["text"].text();
  out.start = event["start"].as_number().value_or(0);
  out.end = event["end"].as_number().value_or(0);
  return read_part_of(event, out);
}
bool read(const JsonValue& event, InputTranscriptFailed& out) {
  out.error = read_error(event);
  return read_part_of(event, out);
}
bool read(const JsonValue& event, InputAudioCommitted& out) {
  out.item_id = event["item_id"].text();
  out.previous_item_id = event["previous_item_id"].as_string();
  return true;
}
bool read(const JsonValue&, InputAudioCleared&) {
  return true;
}
bool read(const JsonValue& event, SpeechStarted& out) {
  out.audio_start_ms = milliseconds(event["audio_start_ms"]);
  out.item_id = event["item_id"].text();
  return true;
}
bool read(const JsonValue& event, SpeechStopped& out) {
  out.audio_end_ms = milliseconds(event["audio_end_ms"]);
  out.item_id = event["item_id"].text();
  return true;
}
bool read(const JsonValue& event, IdleTimeout& out) {
  out.audio_start_ms = milliseconds(event["audio_start_ms"]);
  out.audio_end_ms = milliseconds(event["audio_end_ms"]);
  out.item_id = event["item_id"].text();
  return true;
}
bool read(const JsonValue& event, DtmfReceived& out) {
  out.key = event["event"].text();
  out.received_at = event["received_at"].as_integer().value_or(0);
  return !out.key.empty();
}
bool read(const JsonValue& event, ResponseCreated& out) {
  out.response = read_response(event["response"]);
  return !out.response.id.empty();
}
bool read(const JsonValue& event, ResponseDone& out) {
  out.response = read_response(event["response"]);
  return !out.response.id.empty();
}
bool read(const JsonValue& event, OutputItemAdded& out) {
  return read_output_item(event, out);
}
bool read(const JsonValue& event, OutputItemDone& out) {
  return read_output_item(event, out);
}
bool read(const JsonValue& event, ContentPartAdded& out) {
  out.part = read_part(event["part"]);
  return read_ref(event, out.at);
}
bool read(const JsonValue& event, ContentPartDone& out) {
  out.part = read_part(event["part"]);
  return read_ref(event, out.at);
}
bool read(const JsonValue& event, OutputAudioDelta& out) {
  out.audio = event["delta"].text();
  return read_ref(event, out.at);
}
bool read(const JsonValue& event, OutputAudioDone& out) {
  return read_ref(event, out.at);
}
bool read(const JsonValue& event, OutputTranscriptDelta& out) {
  out.delta = event["delta"].text();
  return read_ref(event, out.at);
}
bool read(const JsonValue& event, OutputTranscriptDone& out) {
  out.transcript = event["transcript"].text();
  return read_ref(event, out.at);
}
bool read(const JsonValue& event, OutputTextDelta& out) {
  out.delta = event["delta"].text();
  return read_ref(event, out.at);
}
bool read(const JsonValue& event, OutputTextDone& out) {
  out.text = event["text"].text();
  return read_ref(event, out.at);
}
bool read(const JsonValue& event, FunctionArgumentsDelta& out) {
  out.call_id = event["call_id"].text();
  out.delta = event["delta"].text();
  return read_ref(event, out.at);
}
bool read(const JsonValue& event, FunctionArgumentsDone& out) {
  out.call_id = event["call_id"].text();
  out.name = event["name"].text();
  out.arguments = event["arguments"].text();
  return read_ref(event, out.at);
}
template<typename Event> // with response_id
bool read_response_id(const JsonValue& event, Event& out) {
  out.response_id = event["response_id"].text();
  return !out.response_id.empty();
}
bool read(const JsonValue& event, OutputBufferStarted& out) {
  return read_response_id(event, out);
}
bool read(const JsonValue& event, OutputBufferStopped& out) {
  return read_response_id(event, out);
}
bool read(const JsonValue& event, OutputBufferCleared& out) {
  return read_response_id(event, out);
}

template<typename Event> // with item_id
bool read_item_id(const JsonValue& event, Event& out) {
  out.item_id = event["item_id"].text();
  return !out.item_id.empty();
}
bool read(const JsonValue& event, McpListToolsInProgress& out) {
  return read_item_id(event, out);
}
bool read(const JsonValue& event, McpListToolsCompleted& out) {
  return read_item_id(event, out);
}
bool read(const JsonValue& event, McpListToolsFailed& out) {
  return read_item_id(event, out);
}
bool read(const JsonValue& event, McpArgumentsDelta& out) {
  out.delta = event["delta"].text();
  return read_ref(event, out.at);
}
bool read(const JsonValue& event, McpArgumentsDone& out) {
  out.arguments = event["arguments"].text();
  return read_ref(event, out.at);
}
bool read(const JsonValue& event, McpCallInProgress& out) {
  out.output_index = index_at(event["output_index"]);
  return read_item_id(event, out);
}
bool read(const JsonValue& event, McpCallCompleted& out) {
  out.output_index = index_at(event["output_index"]);
  return read_item_id(event, out);
}
bool read(const JsonValue& event, McpCallFailed& out) {
  out.output_index = index_at(event["output_index"]);
  return read_item_id(event, out);
}

bool read(const JsonValue& event, StreamAudioDelta& out) {
  out.audio = event["delta"].text();
  out.sample_rate = event["sample_rate"].as_count32().value_or(out.sample_rate);
  out.elapsed_ms = event["elapsed_ms"].as_count();
  return true;
}
bool read(const JsonValue& event, StreamOutputText& out) {
  out.delta = event["delta"].text();
  out.elapsed_ms = event["elapsed_ms"].as_count();
  return true;
}
bool read(const JsonValue& event, StreamInputText& out) {
  out.delta = event["delta"].text();
  out.elapsed_ms = event["elapsed_ms"].as_count();
  return true;
}
bool read(const JsonValue&, SessionClosed&) {
  return true;
}

bool read(const JsonValue& event, RateLimits& out) {
  for (const JsonValue& entry : event["rate_limits"].elements()) {
    RateLimits::Limit limit;
    limit.name = entry["name"].text();
    limit.limit = entry["limit"].as_integer().value_or(0);
    limit.remaining = entry["remaining"].as_integer().value_or(0);
    limit.reset_seconds = entry["reset_seconds"].as_number().value_or(0);
    out.limits.push_back(std::move(limit));
  }
  return true;
}

template<std::size_t I>
bool read_as(const JsonValue& event, Body& body) {
  return read(event, body.emplace<I>());
}

using Reader = bool (*)(const JsonValue&, Body&);
constexpr auto readers = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<Reader, sizeof...(I)>{&read_as<I>...};
}
(std::make_index_sequence<std::size(server_event_names)>());

bool read_known(const JsonValue& event, std::string_view type, Body& body) {
  for (const EventAlias& alias : server_event_aliases)
    if (type == alias.name) type = alias.means;
  const auto row = std::ranges::find_if(server_event_names, [&](const EventName& n) { return n.is(type); });
  return row != std::end(server_event_names) && readers[row - std::begin(server_event_names)](event, body);
}

Error not_realtime(std::string message) {
  return {.kind = ErrorKind::not_realtime, .message = std::move(message)};
}

} // namespace

namespace {

void erase_audio(JsonValue& value) {
  if (value.is_array()) {
    JsonValue out = JsonValue::array();
    for (JsonValue element : value.elements()) {
      erase_audio(element);
      out.push(std::move(element));
    }
    value = std::move(out);
  } else if (value.is_object()) {
    JsonValue out = JsonValue::object();
    for (const auto& [name, member] : value.members()) {
      JsonValue kept_member = member;
      erase_audio(kept_member);
      // A session's `audio` is an object of settings.
      if (name != "audio" || !member.is_string()) out.set(name, std::move(kept_member));
    }
    value = std::move(out);
  }
}

bool is_audio_delta(std::string_view type) {
  return server_event_names[index_of<OutputAudioDelta, Body>()].is(type) ||
         server_event_names[index_of<StreamAudioDelta, Body>()].is(type);
}

} // namespace

PlainEvent without_audio(std::string_view text) {
  auto event = read_json(text);
  if (!event) return {};
  PlainEvent out{std::string((*event)["type"].text()), {}};
  erase_audio(*event);
  if (is_audio_delta(out.type)) event->erase("delta");
  out.json = to_text(*event);
  return out;
}

Result<ServerEvent> decode_server(std::string_view text) {
  std::string problem;
  const auto event = read_json(text, &problem);
  if (!event) return not_realtime("The server sent text that is not JSON: " + problem + ".");
  if (!(*event)["type"].is_string())
    return not_realtime("The server sent JSON that is not an event: it has no `type`.");
  ServerEvent out;
  out.event_id = (*event)["event_id"].text();
  const std::string_view type = (*event)["type"].text();
  if (type.empty() || !read_known(*event, type, out.body))
    out.body = UnknownServerEvent{std::string(type), Json{to_text(*event)}};
  return out;
}

} // namespace rt::protocol

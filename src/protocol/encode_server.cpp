#include "protocol/event_json.h"
#include "protocol/event_names.h"
#include "protocol/item_json.h"
#include "protocol/session_json.h"

namespace rt::protocol {

namespace {

JsonValue null_if_empty(const std::string& text) {
  return text.empty() ? JsonValue(nullptr) : JsonValue(text);
}

JsonValue or_null(const std::optional<std::string>& text) {
  return text ? JsonValue(*text) : JsonValue(nullptr);
}

JsonValue error_json(const ErrorInfo& error) {
  JsonValue out = JsonValue::object();
  out.set("type", error.type.empty() ? "invalid_request_error" : error.type);
  out.set("code", null_if_empty(error.code));
  out.set("message", error.message);
  out.set("param", null_if_empty(error.param));
  return out;
}

// Smaller than a response's.
JsonValue transcription_usage_json(const Usage& usage) {
  JsonValue input = JsonValue::object();
  input.set("text_tokens", usage.input_text).set("audio_tokens", usage.input_audio);
  JsonValue out = JsonValue::object();
  out.set("total_tokens", usage.total);
  out.set("input_tokens", usage.input).set("input_token_details", std::move(input));
  out.set("output_tokens", usage.output);
  return out;
}

// One overload per event: its members besides type and event_id.
struct Members {
  Dialect dialect;
  JsonValue& out;

  void at(const ContentRef& ref, bool with_content = true) const {
    out.set("response_id", ref.response_id);
    out.set("item_id", ref.item_id);
    out.set("output_index", ref.output_index);
    if (with_content) out.set("content_index", ref.content_index);
  }
  void item(const Item& item) const { out.set("item", item_json(dialect, Side::server, item)); }
  void placed_item(const Item& value, const std::optional<std::string>& previous) const {
    out.set("previous_item_id", or_null(previous));
    item(value);
  }
  void part_of(const std::string& item_id, std::uint32_t content_index) const {
    out.set("item_id", item_id);
    out.set("content_index", content_index);
  }

  void operator()(const ErrorEvent& event) const {
    JsonValue error = error_json(event.error);
    error.set("event_id", null_if_empty(event.error.event_id));
    out.set("error", std::move(error));
  }
  void session(const SessionInfo& info, std::string_view beta_transcription_name) const {
    if (dialect == Dialect::beta && info.type == SessionType::transcription)
      out.set("type", beta_transcription_name);
    out.set("session", session_info_json(dialect, info));
  }

  void operator()(const SessionCreated& event) const { session(event.session, beta_transcription_created); }
  void operator()(const SessionUpdated& event) const { session(event.session, beta_transcription_updated); }
  void operator()(const ConversationCreated& event) const {
    JsonValue conversation = JsonValue::object();
    conversation.set("id", event.conversation_id).set("object", "realtime.conversation");
    out.set("conversation", std::move(conversation));
  }
  void operator()(const ItemAdded& event) const { placed_item(event.item, event.previous_item_id); }
  void operator()(const ItemDone& event) const { placed_item(event.item, event.previous_item_id); }
  void operator()(const ItemRetrieved& event) const { item(event.item); }
  void operator()(const ItemDeleted& event) const { out.set("item_id", event.item_id); }
  void operator()(const ItemTruncated& event) const {
    part_of(event.item_id, event.content_index);
    out.set("audio_end_ms", event.audio_end_ms);
  }
  void operator()(const InputTranscriptDelta& event) const {
    part_of(event.item_id, event.content_index);
    out.set("delta", event.delta);
    out.set("logprobs", parsed(event.logprobs));
  }
  void operator()(const InputTranscriptCompleted& event) const {
    part_of(event.item_id, event.content_index);
    out.set("transcript", event.transcript);
    if (event.more_follows) out.set("status", "in_progress");
    JsonValue usage = event.tokens ? transcription_usage_json(*event.tokens) : JsonValue::object();
    usage.set("type", event.tokens ? "tokens" : "duration");
    if (!event.tokens) usage.set("seconds", event.seconds);
    out.set("usage", std::move(usage));
    if (!event.languages.empty()) {
      JsonValue languages = JsonValue::array();
      for (const std::string& code : event.languages)
        languages.push(JsonValue::object().set("code", code));
      out.set("languages", std::move(languages));
    }
    out.set("logprobs", parsed(event.logprobs));
  }
  void operator()(const InputTranscriptSegment& event) const {
    part_of(event.item_id, event.content_index);
    out.set("text", event.text).set("id", event.id).set("speaker", event.speaker);
    out.set("start", event.start).set("end", event.end);
  }
  void operator()(const InputTranscriptFailed& event) const {
    part_of(event.item_id, event.content_index);
    JsonValue error = error_json(event.error);
    // Unlike in an `error` event a missing code is not null here.
    if (event.error.code.empty()) error.erase("code");
    out.set("error", std::move(error));
  }
  void operator()(const InputAudioCommitted& event) const {
    out.set("previous_item_id", or_null(event.previous_item_id));
    out.set("item_id", event.item_id);
  }
  void operator()(const InputAudioCleared&) const {}
  void operator()(const SpeechStarted& event) const {
    out.set("audio_start_ms", event.audio_start_ms);
    out.set("item_id", event.item_id);
  }
  void operator()(const SpeechStopped& event) const {
    out.set("audio_end_ms", event.audio_end_ms);
    out.set("item_id", event.item_id);
  }
  void operator()(const IdleTimeout& event) const {
    out.set("audio_start_ms", event.audio_start_ms);
    out.set("audio_end_ms", event.audio_end_ms);
    out.set("item_id", event.item_id);
  }
  void operator()(const DtmfReceived& event) const {
    out.set("event", event.key).set("received_at", event.received_at);
  }
  void operator()(const ResponseCreated& event) const {
    out.set("response", response_json(dialect, event.response));
  }
  void operator()(const ResponseDone& event) const {
    out.set("response", response_json(dialect, event.response));
  }
  void operator()(const OutputItemAdded& event) const {
    out.set("response_id", event.response_id).set("output_index", event.output_index);
    item(event.item);
  }
  void operator()(const OutputItemDone& event) const {
    out.set("response_id", event.response_id).set("output_index", event.output_index);
    item(event.item);
  }
  void operator()(const ContentPartAdded& event) const {
    at(event.at);
    out.set("part", event_part_json(event.part));
  }
  void operator()(const ContentPartDone& event) const {
    at(event.at);
    out.set("part", event_part_json(event.part));
  }
  void operator()(const OutputAudioDelta& event) const {
    at(event.at);
    out.set("delta", event.audio);
  }
  void operator()(const OutputAudioDone& event) const { at(event.at); }
  void operator()(const OutputTranscriptDelta& event) const {
    at(event.at);
    out.set("delta", event.delta);
  }
  void operator()(const OutputTranscriptDone& event) const {
    at(event.at);
    out.set("transcript", event.transcript);
  }
  void operator()(const OutputTextDelta& event) const {
    at(event.at);
    out.set("delta", event.delta);
  }
  void operator()(const OutputTextDone& event) const {
    at(event.at);
    out.set("text", event.text);
  }
  void operator()(const FunctionArgumentsDelta& event) const {
    at(event.at, false);
    out.set("call_id", event.call_id);
    out.set("delta", event.delta);
  }
  void operator()(const FunctionArgumentsDone& event) const {
    at(event.at, false);
    out.set("call_id", event.call_id);
    if (dialect != Dialect::beta || !event.name.empty()) out.set("name", event.name);
    out.set("arguments", event.arguments);
  }
  void operator()(const OutputBufferStarted& event) const { out.set("response_id", event.response_id); }
  void operator()(const OutputBufferStopped& event) const { out.set("response_id", event.response_id); }
  void operator()(const OutputBufferCleared& event) const { out.set("response_id", event.response_id); }

  void mcp_call(const std::string& item_id, std::uint32_t output_index) const {
    out.set("output_index", output_index).set("item_id", item_id);
  }
  void operator()(const McpListToolsInProgress& event) const { out.set("item_id", event.item_id); }
  void operator()(const McpListToolsCompleted& event) const { out.set("item_id", event.item_id); }
  void operator()(const McpListToolsFailed& event) const { out.set("item_id", event.item_id); }
  void operator()(const McpArgumentsDelta& event) const {
    at(event.at, false);
    out.set("delta", event.delta);
  }
  void operator()(const McpArgumentsDone& event) const {
    at(event.at, false);
    out.set("arguments", event.arguments);
  }
  void operator()(const McpCallInProgress& event) const { mcp_call(event.item_id, event.output_index); }
  void operator()(const McpCallCompleted& event) const { mcp_call(event.item_id, event.output_index); }
  void operator()(const McpCallFailed& event) const { mcp_call(event.item_id, event.output_index); }

  void operator()(const StreamAudioDelta& event) const {
    out.set("delta", event.audio).set("sample_rate", event.sample_rate).set("channels", 1);
    out.set("format", "pcm16").set("elapsed_ms", event.elapsed_ms);
  }
  void operator()(const StreamOutputText& event) const {
    out.set("delta", event.delta).set("elapsed_ms", event.elapsed_ms);
  }
  void operator()(const StreamInputText& event) const {
    out.set("delta", event.delta).set("elapsed_ms", event.elapsed_ms);
  }
  void operator()(const SessionClosed&) const {}

  void operator()(const RateLimits& event) const {
    JsonValue limits = JsonValue::array();
    for (const RateLimits::Limit& limit : event.limits) {
      JsonValue entry = JsonValue::object();
      entry.set("name", limit.name).set("limit", limit.limit).set("remaining", limit.remaining);
      entry.set("reset_seconds", limit.reset_seconds);
      limits.push(std::move(entry));
    }
    out.set("rate_limits", std::move(limits));
  }
  void operator()(const UnknownServerEvent&) const {}
};

} // namespace

JsonValue server_event_json(Dialect dialect, const ServerEvent& event) {
  if (const auto* unknown = std::get_if<UnknownServerEvent>(&event.body)) return parsed(unknown->json);
  const std::string_view type = server_event_names[event.body.index()].in(dialect);
  if (type.empty()) return {};
  JsonValue out = JsonValue::object();
  out.set("type", type);
  if (!std::holds_alternative<DtmfReceived>(event.body)) out.set("event_id", event.event_id);
  std::visit(Members{dialect, out}, event.body);
  return out;
}

} // namespace rt::protocol

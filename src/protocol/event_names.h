// What the events are called: one table for each side of the wire, in the order of its variant.
#pragma once

#include "protocol/codec.h"

#include <iterator>
#include <string_view>
#include <type_traits>
#include <variant>

namespace rt::protocol {

// What each dialect calls an event; nothing: it has none.
struct EventName {
  std::string_view ga, beta, translation;
  constexpr std::string_view in(Dialect dialect) const {
    switch (dialect) {
    case Dialect::ga:
    case Dialect::hybrid:
      return ga;
    case Dialect::beta:
      return beta;
    case Dialect::translation:
      return translation;
    }
    return {};
  }
  constexpr bool is(std::string_view name) const {
    return !name.empty() && (name == ga || name == beta || name == translation);
  }
};
constexpr EventName both(std::string_view name) {
  return {name, name, ""};
}
constexpr EventName all(std::string_view name) {
  return {name, name, name};
}
constexpr EventName ga_only(std::string_view name) {
  return {name, "", ""};
}
constexpr EventName translation_only(std::string_view name) {
  return {"", "", name};
}

// In the order of the alternatives of ServerEvent::body.
inline constexpr EventName server_event_names[] = {
    all("error"),
    all("session.created"),
    all("session.updated"),
    both("conversation.created"),
    {"conversation.item.added", "conversation.item.created", ""},
    ga_only("conversation.item.done"),
    both("conversation.item.retrieved"),
    both("conversation.item.deleted"),
    both("conversation.item.truncated"),
    both("conversation.item.input_audio_transcription.delta"),
    both("conversation.item.input_audio_transcription.completed"),
    both("conversation.item.input_audio_transcription.segment"),
    both("conversation.item.input_audio_transcription.failed"),
    both("input_audio_buffer.committed"),
    both("input_audio_buffer.cleared"),
    both("input_audio_buffer.speech_started"),
    both("input_audio_buffer.speech_stopped"),
    ga_only("input_audio_buffer.timeout_triggered"),
    ga_only("input_audio_buffer.dtmf_event_received"),
    both("response.created"),
    both("response.done"),
    both("response.output_item.added"),
    both("response.output_item.done"),
    both("response.content_part.added"),
    both("response.content_part.done"),
    {"response.output_audio.delta", "response.audio.delta", ""},
    {"response.output_audio.done", "response.audio.done", ""},
    {"response.output_audio_transcript.delta", "response.audio_transcript.delta", ""},
    {"response.output_audio_transcript.done", "response.audio_transcript.done", ""},
    {"response.output_text.delta", "response.text.delta", ""},
    {"response.output_text.done", "response.text.done", ""},
    both("response.function_call_arguments.delta"),
    both("response.function_call_arguments.done"),
    both("output_audio_buffer.started"),
    both("output_audio_buffer.stopped"),
    both("output_audio_buffer.cleared"),
    both("mcp_list_tools.in_progress"),
    both("mcp_list_tools.completed"),
    both("mcp_list_tools.failed"),
    both("response.mcp_call_arguments.delta"),
    both("response.mcp_call_arguments.done"),
    both("response.mcp_call.in_progress"),
    both("response.mcp_call.completed"),
    both("response.mcp_call.failed"),
    both("rate_limits.updated"),
    translation_only("session.output_audio.delta"),
    translation_only("session.output_transcript.delta"),
    translation_only("session.input_transcript.delta"),
    translation_only("session.closed"),
};
static_assert(std::size(server_event_names) + 1 == std::variant_size_v<decltype(ServerEvent::body)>);

// Other names of the same events.
struct EventAlias {
  std::string_view name, means;
};
inline constexpr std::string_view beta_transcription_created = "transcription_session.created",
                                  beta_transcription_updated = "transcription_session.updated",
                                  growing_transcript = "conversation.item.input_audio_transcription.updated";
inline constexpr EventAlias server_event_aliases[] = {
    {beta_transcription_created, "session.created"},
    {beta_transcription_updated, "session.updated"},
    {growing_transcript, "conversation.item.input_audio_transcription.completed"}};

// In the order of the alternatives of ClientEvent::body.
inline constexpr EventName client_event_names[] = {
    all("session.update"),
    {"input_audio_buffer.append", "input_audio_buffer.append", "session.input_audio_buffer.append"},
    both("input_audio_buffer.commit"),
    both("input_audio_buffer.clear"),
    both("conversation.item.create"),
    both("conversation.item.retrieve"),
    both("conversation.item.delete"),
    both("conversation.item.truncate"),
    both("response.create"),
    both("response.cancel"),
    both("output_audio_buffer.clear"),
    translation_only("session.close"),
};
static_assert(std::size(client_event_names) + 1 == std::variant_size_v<decltype(ClientEvent::body)>);
// Beta's own name for a session.update of a transcription session.
inline constexpr std::string_view beta_transcription_update = "transcription_session.update";

// Where T stands in a variant, to look its name up.
template<typename T, typename Variant, std::size_t I = 0>
constexpr std::size_t index_of() {
  if constexpr (std::is_same_v<T, std::variant_alternative_t<I, Variant>>)
    return I;
  else
    return index_of<T, Variant, I + 1>();
}

} // namespace rt::protocol

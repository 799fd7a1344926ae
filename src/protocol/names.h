// The words of the wire: one table per enum, used in both directions.
#pragma once

#include "protocol/codec.h"
#include "protocol/item.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

namespace rt::protocol {

template<typename E>
struct Name {
  E value;
  std::string_view name;
};

template<typename E, std::size_t N>
constexpr std::string_view name_of(const Name<E> (&table)[N], E value) {
  for (const auto& row : table)
    if (row.value == value) return row.name;
  return {};
}

template<typename E, std::size_t N>
constexpr std::optional<E> value_of(const Name<E> (&table)[N], std::string_view name) {
  for (const auto& row : table)
    if (row.name == name) return row.value;
  return {};
}

inline constexpr Name<Modality> modality_names[] = {{Modality::audio, "audio"}, {Modality::text, "text"}};

inline constexpr Name<SessionType> session_type_names[] = {{SessionType::conversation, "realtime"},
                                                           {SessionType::transcription, "transcription"},
                                                           {SessionType::translation, "translation"}};

inline constexpr Name<TurnDetection::Mode> turn_mode_names[] = {
    {TurnDetection::Mode::server_vad, "server_vad"}, {TurnDetection::Mode::semantic_vad, "semantic_vad"}};

inline constexpr Name<TurnDetection::Eagerness> eagerness_names[] = {
    {TurnDetection::Eagerness::automatic, "auto"},
    {TurnDetection::Eagerness::low, "low"},
    {TurnDetection::Eagerness::medium, "medium"},
    {TurnDetection::Eagerness::high, "high"}};

inline constexpr Name<NoiseReduction> noise_reduction_names[] = {{NoiseReduction::near_field, "near_field"},
                                                                 {NoiseReduction::far_field, "far_field"}};

inline constexpr Name<Item::Type> item_type_names[] = {
    {Item::Type::message, "message"},
    {Item::Type::function_call, "function_call"},
    {Item::Type::function_call_output, "function_call_output"}};

inline constexpr Name<Item::Role> role_names[] = {
    {Item::Role::user, "user"}, {Item::Role::assistant, "assistant"}, {Item::Role::system, "system"}};

// The first row of a type is what GA writes; beta and content_part events write the short names.
inline constexpr Name<ContentPart::Type> part_names[] = {
    {ContentPart::Type::input_text, "input_text"},     {ContentPart::Type::input_audio, "input_audio"},
    {ContentPart::Type::input_image, "input_image"},   {ContentPart::Type::output_text, "output_text"},
    {ContentPart::Type::output_audio, "output_audio"}, {ContentPart::Type::output_text, "text"},
    {ContentPart::Type::output_audio, "audio"}};
inline constexpr Name<ContentPart::Type> short_part_names[] = {{ContentPart::Type::output_text, "text"},
                                                               {ContentPart::Type::output_audio, "audio"}};

inline constexpr Name<ResponseStatus> response_status_names[] = {
    {ResponseStatus::in_progress, "in_progress"}, {ResponseStatus::completed, "completed"},
    {ResponseStatus::cancelled, "cancelled"},     {ResponseStatus::failed, "failed"},
    {ResponseStatus::incomplete, "incomplete"},   {ResponseStatus::other, "other"}};

struct FormatName {
  audio::Encoding encoding;
  std::string_view ga, beta;
};
inline constexpr FormatName format_names[] = {{audio::Encoding::pcm16, "audio/pcm", "pcm16"},
                                              {audio::Encoding::g711_ulaw, "audio/pcmu", "g711_ulaw"},
                                              {audio::Encoding::g711_alaw, "audio/pcma", "g711_alaw"}};

// In the order of the alternatives of ServerEvent::body; no beta name: the dialect has no such event.
struct EventName {
  std::string_view ga, beta;
};
inline constexpr EventName server_event_names[] = {
    {"error", "error"},
    {"session.created", "session.created"},
    {"session.updated", "session.updated"},
    {"conversation.created", "conversation.created"},
    {"conversation.item.added", "conversation.item.created"},
    {"conversation.item.done", ""},
    {"conversation.item.retrieved", "conversation.item.retrieved"},
    {"conversation.item.deleted", "conversation.item.deleted"},
    {"conversation.item.truncated", "conversation.item.truncated"},
    {"conversation.item.input_audio_transcription.delta",
     "conversation.item.input_audio_transcription.delta"},
    {"conversation.item.input_audio_transcription.completed",
     "conversation.item.input_audio_transcription.completed"},
    {"conversation.item.input_audio_transcription.failed",
     "conversation.item.input_audio_transcription.failed"},
    {"input_audio_buffer.committed", "input_audio_buffer.committed"},
    {"input_audio_buffer.cleared", "input_audio_buffer.cleared"},
    {"input_audio_buffer.speech_started", "input_audio_buffer.speech_started"},
    {"input_audio_buffer.speech_stopped", "input_audio_buffer.speech_stopped"},
    {"input_audio_buffer.timeout_triggered", ""},
    {"response.created", "response.created"},
    {"response.done", "response.done"},
    {"response.output_item.added", "response.output_item.added"},
    {"response.output_item.done", "response.output_item.done"},
    {"response.content_part.added", "response.content_part.added"},
    {"response.content_part.done", "response.content_part.done"},
    {"response.output_audio.delta", "response.audio.delta"},
    {"response.output_audio.done", "response.audio.done"},
    {"response.output_audio_transcript.delta", "response.audio_transcript.delta"},
    {"response.output_audio_transcript.done", "response.audio_transcript.done"},
    {"response.output_text.delta", "response.text.delta"},
    {"response.output_text.done", "response.text.done"},
    {"response.function_call_arguments.delta", "response.function_call_arguments.delta"},
    {"response.function_call_arguments.done", "response.function_call_arguments.done"},
    {"rate_limits.updated", "rate_limits.updated"},
};
static_assert(std::size(server_event_names) + 1 == std::variant_size_v<decltype(ServerEvent::body)>);

// In the order of the alternatives of ClientEvent::body.
inline constexpr std::string_view client_event_names[] = {
    "session.update",           "input_audio_buffer.append",  "input_audio_buffer.commit",
    "input_audio_buffer.clear", "conversation.item.create",   "conversation.item.retrieve",
    "conversation.item.delete", "conversation.item.truncate", "response.create",
    "response.cancel"};
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

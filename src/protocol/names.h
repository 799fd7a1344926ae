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

inline constexpr std::string_view conversation_object = "realtime.session",
                                  transcription_object = "realtime.transcription_session";

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
    {Item::Type::function_call_output, "function_call_output"},
    {Item::Type::mcp_list_tools, "mcp_list_tools"},
    {Item::Type::mcp_call, "mcp_call"},
    {Item::Type::mcp_approval_request, "mcp_approval_request"},
    {Item::Type::mcp_approval_response, "mcp_approval_response"}};

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

} // namespace rt::protocol

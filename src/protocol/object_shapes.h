// The shapes of the objects that client events carry, and the rules they share.
#pragma once

#include "protocol/shape.h"

#include <span>
#include <string_view>

namespace rt::protocol::shapes {

constexpr unsigned nullable_object = accepts_object | accepts_null;
constexpr unsigned nullable_string = accepts_string | accepts_null;
constexpr double any_count = 4294967295.0;

inline constexpr std::string_view modality_words[] = {"audio", "text"};
inline constexpr std::string_view choice_words[] = {"auto", "none", "required"};
inline constexpr std::string_view endless_word[] = {"inf"};
inline constexpr std::string_view beta_format_words[] = {"pcm16", "g711_ulaw", "g711_alaw"};

constexpr Member token_limit(std::string_view name) {
  return {.name = name,
          .accepts = accepts_integer | accepts_string,
          .words = endless_word,
          .min = 1,
          .max = 4096};
}
constexpr Member modality_list(std::string_view name) {
  return {.name = name, .accepts = accepts_array, .words = modality_words, .elements = accepts_string};
}

// session_shapes.cpp
extern const Shape ga_tool, beta_tool, tool_choice, reasoning;
extern const Shape ga_mouth_only; // `audio` with `output` alone
extern const Shape ga_any_session, beta_session, beta_transcription_session, translation_session,
    hybrid_session;
// item_shapes.cpp
extern const Shape ga_item, beta_item, any_item; // of conversation.item.create
extern const Shape ga_response, beta_response, hybrid_response, user_response;

} // namespace rt::protocol::shapes

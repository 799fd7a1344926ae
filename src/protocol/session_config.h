// What a session is asked for, and what the server says it is: the values behind `session.update` and
// `session.updated`. An absent optional is not sent. The same value serves both dialects; a field that a
// dialect lacks is left out by its codec.
#pragma once

#include "audio/format.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rt::protocol {

// A JSON value kept as text: what passes through without our understanding it.
struct Json {
  std::string text;
  bool operator==(const Json&) const = default;
};

enum class SessionType { conversation, transcription, translation };
enum class Modality { audio, text };

struct TurnDetection {
  enum class Mode { none, server_vad, semantic_vad, other }; // none is sent as null: push-to-talk
  enum class Eagerness { automatic, low, medium, high };
  Mode mode = Mode::server_vad;
  std::optional<double> threshold;                // 0..1, server_vad
  std::optional<std::uint32_t> prefix_padding_ms; // server_vad
  std::optional<std::uint32_t> silence_duration_ms;
  std::optional<std::uint32_t> idle_timeout_ms; // 5000..30000, GA server_vad; 0 is sent as null: none
  std::optional<Eagerness> eagerness;           // semantic_vad
  std::optional<bool> create_response;
  std::optional<bool> interrupt_response;
  bool operator==(const TurnDetection&) const = default;
};

struct Transcription {
  std::optional<std::string> model;
  std::optional<std::string> language;
  std::optional<std::string> prompt;
  std::optional<Json> languages = {}, keywords = {}; // arrays of strings, GA
  std::optional<std::string> delay = {};             // minimal, low, medium, high, xhigh; GA
  bool operator==(const Transcription&) const = default;
};

enum class NoiseReduction { none, near_field, far_field }; // none is sent as null

// "inf" is infinite_tokens.
inline constexpr std::int64_t infinite_tokens = -1;

struct SessionConfig {
  std::optional<std::string> model; // for servers that do not take it from the address. Encode only
  std::optional<Modality> output_modality;
  std::optional<std::string> instructions;
  std::optional<std::string> voice; // a name, or `{"id":...}` text for a custom voice
  std::optional<double> speed;      // 0.25..1.5
  std::optional<audio::Format> input_format;
  std::optional<audio::Format> output_format;
  std::optional<Transcription> transcription; // a present value with nothing in it is sent as null
  std::optional<NoiseReduction> noise_reduction;
  std::optional<TurnDetection> turn_detection;
  std::optional<Json> tools;       // array
  std::optional<Json> tool_choice; // string, or object; see tool_choice_json()
  std::optional<bool> parallel_tool_calls;
  std::optional<std::int64_t> max_output_tokens;
  std::optional<double> temperature;           // beta only
  std::optional<std::string> reasoning_effort; // GA only
  std::optional<Json> truncation;              // GA only: a quoted string or an object
  std::optional<Json> prompt;                  // object
  std::optional<Json> tracing;                 // a quoted string, an object, or null
  std::optional<Json> include;                 // array: what else events should carry
  std::optional<std::string> target_language;  // translation only
  // Merged last, recursively, into the encoded session object (property session-config). Encode only.
  std::optional<Json> extra;
  bool operator==(const SessionConfig&) const = default;
};

// The session object as a server describes it.
struct SessionInfo {
  std::string id;
  std::string model;
  SessionType type = SessionType::conversation;
  std::optional<std::int64_t> expires_at; // unix seconds
  // What is in force. An absent optional was missing or unusable; null means off: TurnDetection::Mode::none,
  // NoiseReduction::none, an empty Transcription, the text `null` in prompt and tracing.
  SessionConfig config;
  Json raw; // the whole object. On encode: extra fields to merge, may be empty
  bool operator==(const SessionInfo&) const = default;
};

} // namespace rt::protocol

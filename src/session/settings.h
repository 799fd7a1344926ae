// What the user asked of a session: the values behind the session properties. One row of
// gst/session_properties.cpp per member binds it to its GObject property.
#pragma once

#include "base/gptr.h"
#include "protocol/provider.h"
#include "protocol/session_config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rt::session {

enum class TriState { automatic, yes, no };
enum class OutputModality { automatic, audio, text };
enum class TurnDetectionChoice { automatic, server_vad, semantic_vad, none };
enum class NoiseReductionChoice { automatic, none, near_field, far_field };
enum class McpApproval { ask, always, never };

using Header = std::pair<std::string, std::string>;

struct Settings {
  // connection
  std::optional<std::string> uri;
  protocol::ProviderId provider = protocol::ProviderId::automatic;
  std::optional<std::string> model;
  std::optional<std::string> api_key; // secret: never printed
  std::vector<Header> extra_headers;  // values may be secret
  protocol::SessionType session_type = protocol::SessionType::conversation;
  std::uint32_t connect_timeout_ms = 10000;
  std::uint32_t keepalive_interval_ms = 20000;
  std::int32_t retries = 0;                                    // -1: endless
  double retry_backoff_factor = 0.0, retry_backoff_max = 60.0; // s
  GRef<GTlsDatabase> tls_database;
  GRef<GTlsInteraction> tls_interaction;
  bool ssl_strict = true;
  std::optional<std::string> proxy;

  // conversation
  std::optional<std::string> voice, instructions;
  double speed = -1;
  OutputModality output_modality = OutputModality::automatic;
  TurnDetectionChoice turn_detection = TurnDetectionChoice::server_vad;
  double vad_threshold = 0.5;
  std::uint32_t vad_prefix_padding_ms = 300, vad_silence_duration_ms = 500;
  protocol::TurnDetection::Eagerness vad_eagerness = protocol::TurnDetection::Eagerness::automatic;
  TriState vad_create_response = TriState::automatic, vad_interrupt_response = TriState::automatic;
  std::int32_t vad_idle_timeout_ms = -1;
  std::optional<std::string> input_transcription_model, input_transcription_language,
      input_transcription_prompt;
  NoiseReductionChoice noise_reduction = NoiseReductionChoice::automatic;
  std::optional<std::string> tools; // JSON array or @FILE
  std::optional<std::string> tool_choice;
  TriState parallel_tool_calls = TriState::automatic;
  std::uint32_t tool_timeout_ms = 30000;
  std::optional<std::string> tool_filler; // instructions
  std::uint32_t tool_filler_delay_ms = 1000;
  McpApproval mcp_approval = McpApproval::ask;
  std::int32_t max_output_tokens = -1; // 0: infinite
  double temperature = -1;
  std::optional<std::string> reasoning_effort, truncation, prompt, tracing;
  std::optional<std::string> target_language; // of a translation
  std::optional<std::string> session_config;  // JSON object
  std::optional<std::string> initial_items;   // JSON array or @FILE
  std::optional<std::string> greeting;
  std::uint32_t response_timeout_ms = 30000;
  std::uint32_t drain_timeout_ms = 30000, drain_quiet_ms = 2000;
  std::optional<std::string> forward_events; // patterns, see EventFilter
};

// A semantic check of one setting before it is taken: the reason it cannot be, or nothing. `@FILE` is read
// later.
std::optional<std::string> why_invalid_tools(const std::optional<std::string>& text);
std::optional<std::string> why_invalid_items(const std::optional<std::string>& text);
std::optional<std::string> why_invalid_object(const std::optional<std::string>& text);
std::optional<std::string> why_invalid_uri(const std::optional<std::string>& text);
std::optional<std::string> why_invalid_effort(const std::optional<std::string>& text);
std::optional<std::string> why_invalid_truncation(const std::optional<std::string>& text);
std::optional<std::string> why_invalid_tracing(const std::optional<std::string>& text);
std::optional<std::string> why_invalid_prompt(const std::optional<std::string>& text);
std::optional<std::string> why_invalid_tool_choice(const std::optional<std::string>& text);
std::optional<std::string> why_invalid_patterns(const std::optional<std::string>& text);

// The session object that these settings ask for. Formats are the elements' business and left absent. An
// error of kind invalid_settings names the property.
Result<protocol::SessionConfig> wanted_config(const Settings& settings, bool audio_output_joined);
Result<std::vector<protocol::Item>> wanted_items(const Settings& settings);

} // namespace rt::session

#include "session/field_defaults.h"

#include "protocol/config_fields.h"

#include <optional>
#include <string_view>

namespace rt::session {
namespace {

using namespace protocol;
using Mode = TurnDetection::Mode;

constexpr std::uint32_t no_idle_timeout = 0;

// What has no row here is the server's secret unless it was told.
SessionConfig documented() {
  SessionConfig config;
  config.instructions = "";
  config.speed = 1;
  config.transcription = Transcription{};
  config.noise_reduction = NoiseReduction::none;
  config.turn_detection = TurnDetection{
      .mode = Mode::server_vad, .threshold = 0.5, .prefix_padding_ms = 300, .silence_duration_ms = 500};
  config.tools = Json{"[]"};
  config.tool_choice = Json{R"("auto")"};
  config.parallel_tool_calls = true;
  config.max_output_tokens = infinite_tokens;
  config.temperature = 0.8;
  config.reasoning_effort = "low";
  config.truncation = Json{R"("auto")"};
  config.prompt = config.tracing = Json{"null"};
  return config;
}

template<typename T>
void say(const std::optional<T>& asked, std::optional<T>& wanted, const std::optional<T>& own, T otherwise) {
  if (asked && !wanted) wanted = own.value_or(otherwise);
}

void say_turn_defaults(const TurnDetection& asked, const TurnDetection& own, TurnDetection& wanted) {
  if (wanted.mode == Mode::none) return;
  say(asked.create_response, wanted.create_response, own.create_response, true);
  say(asked.interrupt_response, wanted.interrupt_response, own.interrupt_response, true);
  if (wanted.mode == Mode::server_vad && asked.mode == Mode::server_vad)
    say(asked.idle_timeout_ms, wanted.idle_timeout_ms, own.idle_timeout_ms, no_idle_timeout);
}

bool can_be_said(const ConfigField& field, const SessionConfig& config) {
  if (!field.present(config)) return false;
  const bool other_turns = config.turn_detection && config.turn_detection->mode == Mode::other;
  return !other_turns || field.property != "turn-detection";
}

} // namespace

std::string say_defaults(const SessionConfig& asked, const SessionConfig& own, SessionConfig& wanted) {
  static const SessionConfig usual = documented();
  std::string without;
  for (const ConfigField& field : config_fields()) {
    // The formats are the elements' business, the model is of the next connection.
    if (field.property.empty() || field.property == "model") continue;
    if (!field.present(asked) || field.present(wanted)) continue;
    if (can_be_said(field, own))
      field.copy(own, wanted);
    else if (field.present(usual))
      field.copy(usual, wanted);
    else
      without += (without.empty() ? "'" : ", '") + std::string(field.property) + "'";
  }
  if (asked.turn_detection && wanted.turn_detection)
    say_turn_defaults(*asked.turn_detection, own.turn_detection.value_or(TurnDetection{}),
                      *wanted.turn_detection);
  return without;
}

bool loses_part(const SessionConfig& asked, const SessionConfig& wanted) {
  if (!asked.transcription || !wanted.transcription || *wanted.transcription == Transcription{}) return false;
  const auto lost = [](const auto& before, const auto& now) { return before && !now; };
  return lost(asked.transcription->model, wanted.transcription->model) ||
         lost(asked.transcription->language, wanted.transcription->language) ||
         lost(asked.transcription->prompt, wanted.transcription->prompt);
}

} // namespace rt::session

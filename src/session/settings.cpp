#include "session/settings.h"

#include "protocol/codec.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>

namespace rt::session {
namespace {

using protocol::Json;
using protocol::SessionConfig;

// The text of a property that may name a file: `@FILE`. Small files, read when the session is configured.
Result<std::string> text_or_file(const std::string& text) {
  if (text.empty() || text[0] != '@') return text;
  GErrorPtr error;
  char* contents = nullptr;
  gsize length = 0;
  if (!g_file_get_contents(text.c_str() + 1, &contents, &length, OutError(error)))
    return Error{ErrorKind::invalid_settings, error ? error->message : "cannot be read"};
  const GCharPtr owned(contents);
  return std::string(contents, length);
}

Error named(std::string_view property, const Error& error) {
  return {ErrorKind::invalid_settings, "Property '" + std::string(property) + "': " + error.message};
}

template<typename Parse>
auto parsed(std::string_view property, const std::string& text, Parse parse) -> decltype(parse(text)) {
  auto content = text_or_file(text);
  if (!content) return named(property, content.error());
  auto result = parse(content.value());
  if (!result) return named(property, result.error());
  return result;
}

std::optional<std::string> why(const std::optional<std::string>& text, auto parse) {
  if (!text || text->empty() || text->front() == '@') return std::nullopt;
  auto result = parse(*text);
  if (result) return std::nullopt;
  return result.error().message;
}

std::optional<bool> to_optional(TriState state) {
  if (state == TriState::automatic) return std::nullopt;
  return state == TriState::yes;
}

std::optional<protocol::TurnDetection> wanted_turn_detection(const Settings& s) {
  using Mode = protocol::TurnDetection::Mode;
  protocol::TurnDetection turn;
  switch (s.turn_detection) {
  case TurnDetectionChoice::automatic:
    return std::nullopt;
  case TurnDetectionChoice::none:
    turn.mode = Mode::none;
    return turn;
  // All fields, always: a server resets the ones that a partial object leaves out.
  case TurnDetectionChoice::server_vad:
    turn.mode = Mode::server_vad;
    turn.threshold = s.vad_threshold;
    turn.prefix_padding_ms = s.vad_prefix_padding_ms;
    turn.silence_duration_ms = s.vad_silence_duration_ms;
    if (s.vad_idle_timeout_ms >= 0) turn.idle_timeout_ms = static_cast<std::uint32_t>(s.vad_idle_timeout_ms);
    break;
  case TurnDetectionChoice::semantic_vad:
    turn.mode = Mode::semantic_vad;
    turn.eagerness = s.vad_eagerness;
    break;
  }
  turn.create_response = to_optional(s.vad_create_response);
  turn.interrupt_response = to_optional(s.vad_interrupt_response);
  return turn;
}

std::optional<protocol::NoiseReduction> wanted_noise_reduction(NoiseReductionChoice choice) {
  switch (choice) {
  case NoiseReductionChoice::automatic:
    return std::nullopt;
  case NoiseReductionChoice::none:
    return protocol::NoiseReduction::none;
  case NoiseReductionChoice::near_field:
    return protocol::NoiseReduction::near_field;
  case NoiseReductionChoice::far_field:
    return protocol::NoiseReduction::far_field;
  }
  return std::nullopt;
}

// An object, or one of the words that stand for themselves.
Result<Json> word_or_object(const std::string& text, std::initializer_list<std::string_view> words) {
  if (text.starts_with('{')) return protocol::parse_json_object(text);
  std::string list;
  for (const std::string_view word : words) {
    if (text == word || text == protocol::json_quote(word)) return Json{protocol::json_quote(word)};
    list += std::string(word) + ", ";
  }
  return Error{ErrorKind::invalid_settings, "neither " + list + "nor a JSON object"};
}

Result<Json> parse_truncation(const std::string& text) {
  return word_or_object(text, {"auto", "disabled"});
}

Result<Json> parse_tracing(const std::string& text) {
  return word_or_object(text, {"auto"});
}

// The object, or the prompt's id alone.
Result<Json> parse_prompt(const std::string& text) {
  if (text.starts_with('{')) return protocol::parse_json_object(text);
  const bool id = !text.empty() && text.find_first_of(" \t\r\n\"[") == std::string::npos;
  if (id) return Json{"{\"id\":" + protocol::json_quote(text) + "}"};
  return Error{ErrorKind::invalid_settings, "neither a prompt's id nor a JSON object"};
}

// Fills `target` from a JSON property when that is set; the error names the property.
template<typename Parse>
std::optional<Error> take_json(std::optional<Json>& target, std::string_view property,
                               const std::optional<std::string>& text, Parse parse) {
  if (!text) return std::nullopt;
  auto result = parsed(property, *text, parse);
  if (!result) return result.error();
  target = result.value();
  return std::nullopt;
}

std::optional<Error> take_json_settings(SessionConfig& config, const Settings& s) {
  using namespace protocol;
  if (auto e = take_json(config.tools, "tools", s.tools, [](auto& t) { return parse_json_array(t); }))
    return e;
  if (auto e = take_json(config.tool_choice, "tool-choice", s.tool_choice,
                         [](auto& t) { return parse_tool_choice(t); }))
    return e;
  if (auto e = take_json(config.truncation, "truncation", s.truncation, parse_truncation)) return e;
  if (auto e = take_json(config.tracing, "tracing", s.tracing, parse_tracing)) return e;
  if (auto e = take_json(config.prompt, "prompt", s.prompt, parse_prompt)) return e;
  return take_json(config.extra, "session-config", s.session_config,
                   [](auto& t) { return parse_json_object(t); });
}

} // namespace

std::optional<std::string> why_invalid_tools(const std::optional<std::string>& text) {
  return why(text, [](const std::string& t) { return protocol::parse_json_array(t); });
}

std::optional<std::string> why_invalid_items(const std::optional<std::string>& text) {
  return why(text, [](const std::string& t) { return protocol::parse_items(t); });
}

std::optional<std::string> why_invalid_object(const std::optional<std::string>& text) {
  return why(text, [](const std::string& t) { return protocol::parse_json_object(t); });
}

std::optional<std::string> why_invalid_truncation(const std::optional<std::string>& text) {
  return why(text, parse_truncation);
}

std::optional<std::string> why_invalid_tracing(const std::optional<std::string>& text) {
  return why(text, parse_tracing);
}

std::optional<std::string> why_invalid_prompt(const std::optional<std::string>& text) {
  return why(text, parse_prompt);
}

std::optional<std::string> why_invalid_tool_choice(const std::optional<std::string>& text) {
  return why(text, [](const std::string& t) { return protocol::parse_tool_choice(t); });
}

std::optional<std::string> why_invalid_effort(const std::optional<std::string>& text) {
  static constexpr std::array efforts = {"minimal", "low", "medium", "high", "xhigh"};
  if (!text || std::ranges::find(efforts, *text) != efforts.end()) return std::nullopt;
  return "not one of minimal, low, medium, high, xhigh";
}

std::optional<std::string> why_invalid_uri(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  auto uri = protocol::connect_uri(protocol::provider(protocol::ProviderId::automatic), *text, "");
  if (uri) return std::nullopt;
  return uri.error().message;
}

Result<SessionConfig> wanted_config(const Settings& s, bool audio_output_joined) {
  SessionConfig config;
  if (s.output_modality == OutputModality::text ||
      (s.output_modality == OutputModality::automatic && !audio_output_joined))
    config.output_modality = protocol::Modality::text;
  else
    config.output_modality = protocol::Modality::audio;
  config.voice = s.voice;
  config.instructions = s.instructions;
  if (s.speed >= 0) config.speed = s.speed;
  config.turn_detection = wanted_turn_detection(s);
  if (s.input_transcription_model || s.input_transcription_language || s.input_transcription_prompt)
    config.transcription = protocol::Transcription{
        s.input_transcription_model, s.input_transcription_language, s.input_transcription_prompt};
  config.noise_reduction = wanted_noise_reduction(s.noise_reduction);
  config.parallel_tool_calls = to_optional(s.parallel_tool_calls);
  if (s.max_output_tokens >= 0)
    config.max_output_tokens = s.max_output_tokens == 0 ? protocol::infinite_tokens : s.max_output_tokens;
  if (s.temperature >= 0) config.temperature = s.temperature;
  config.reasoning_effort = s.reasoning_effort;
  config.target_language = s.target_language;
  if (auto error = take_json_settings(config, s)) return *error;
  return config;
}

Result<std::vector<protocol::Item>> wanted_items(const Settings& s) {
  if (!s.initial_items) return std::vector<protocol::Item>{};
  return parsed("initial-items", *s.initial_items,
                [](const std::string& t) { return protocol::parse_items(t); });
}

} // namespace rt::session

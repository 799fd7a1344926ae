#include "protocol/names.h"
#include "protocol/session_json.h"

namespace rt::protocol {

JsonValue format_json(Dialect dialect, const audio::Format& format) {
  for (const FormatName& row : format_names) {
    if (row.encoding != format.encoding) continue;
    if (dialect == Dialect::beta) return row.beta;
    JsonValue out = JsonValue::object();
    out.set("type", row.ga);
    if (format.encoding == audio::Encoding::pcm16) out.set("rate", format.rate);
    return out;
  }
  return {};
}

JsonValue voice_json(const std::optional<std::string>& voice) {
  if (voice && voice->starts_with('{'))
    if (auto object = read_json(*voice)) return std::move(*object);
  return voice;
}

JsonValue modalities_json(Dialect dialect, const std::optional<Modality>& modality) {
  if (!modality) return {};
  JsonValue out = JsonValue::array();
  out.push(name_of(modality_names, *modality));
  // Beta has no audio without its transcript.
  if (dialect == Dialect::beta && *modality == Modality::audio)
    out.push(name_of(modality_names, Modality::text));
  return out;
}

JsonValue tokens_json(const std::optional<std::int64_t>& tokens) {
  if (tokens && *tokens < 0) return "inf";
  return tokens;
}

JsonValue parsed(const std::optional<Json>& json) {
  auto value = json ? read_json(json->text) : std::nullopt;
  return value ? std::move(*value) : JsonValue();
}

namespace {

JsonValue turn_detection_json(Dialect dialect, const std::optional<TurnDetection>& turn) {
  if (!turn || turn->mode == TurnDetection::Mode::other) return {};
  if (turn->mode == TurnDetection::Mode::none) return nullptr;
  JsonValue out = JsonValue::object();
  out.set("type", name_of(turn_mode_names, turn->mode));
  if (turn->mode == TurnDetection::Mode::server_vad) {
    out.set("threshold", turn->threshold);
    out.set("prefix_padding_ms", turn->prefix_padding_ms);
    out.set("silence_duration_ms", turn->silence_duration_ms);
    if (dialect == Dialect::ga)
      out.set("idle_timeout_ms", turn->idle_timeout_ms == 0u ? nullptr : JsonValue(turn->idle_timeout_ms));
  } else if (turn->eagerness) {
    out.set("eagerness", name_of(eagerness_names, *turn->eagerness));
  }
  out.set("create_response", turn->create_response);
  out.set("interrupt_response", turn->interrupt_response);
  return out;
}

JsonValue transcription_json(Dialect dialect, const std::optional<Transcription>& transcription) {
  if (!transcription) return {};
  if (*transcription == Transcription{}) return nullptr;
  JsonValue out = JsonValue::object();
  out.set("model", transcription->model);
  out.set("language", transcription->language);
  if (dialect == Dialect::translation) return out;
  out.set("prompt", transcription->prompt);
  if (dialect == Dialect::beta) return out;
  out.set("languages", parsed(transcription->languages));
  out.set("keywords", parsed(transcription->keywords));
  out.set("delay", transcription->delay);
  return out;
}

JsonValue noise_reduction_json(const std::optional<NoiseReduction>& reduction) {
  if (!reduction) return {};
  if (*reduction == NoiseReduction::none) return nullptr;
  JsonValue out = JsonValue::object();
  out.set("type", name_of(noise_reduction_names, *reduction));
  return out;
}

JsonValue format_of(Dialect dialect, const std::optional<audio::Format>& format) {
  return format ? format_json(dialect, *format) : JsonValue();
}

void set_unless_empty(JsonValue& object, std::string_view name, JsonValue value) {
  if (!value.members().empty()) object.set(name, std::move(value));
}

void set_common(JsonValue& out, const SessionConfig& config) {
  out.set("instructions", config.instructions);
  out.set("tools", parsed(config.tools));
  out.set("tool_choice", parsed(config.tool_choice));
  out.set("prompt", parsed(config.prompt));
  out.set("tracing", parsed(config.tracing));
}

JsonValue ga_input(const SessionConfig& config) {
  JsonValue input = JsonValue::object();
  input.set("transcription", transcription_json(Dialect::ga, config.transcription));
  input.set("noise_reduction", noise_reduction_json(config.noise_reduction));
  input.set("format", format_of(Dialect::ga, config.input_format));
  input.set("turn_detection", turn_detection_json(Dialect::ga, config.turn_detection));
  return input;
}

// A transcription session has an ear only: its servers refuse the rest.
void set_ga(JsonValue& out, const SessionConfig& config, SessionType type) {
  JsonValue audio = JsonValue::object();
  set_unless_empty(audio, "input", ga_input(config));
  if (type == SessionType::conversation) {
    JsonValue output = JsonValue::object();
    output.set("format", format_of(Dialect::ga, config.output_format));
    output.set("voice", voice_json(config.voice));
    output.set("speed", config.speed);
    set_unless_empty(audio, "output", std::move(output));
    out.set("output_modalities", modalities_json(Dialect::ga, config.output_modality));
    set_common(out, config);
    out.set("parallel_tool_calls", config.parallel_tool_calls);
    out.set("max_output_tokens", tokens_json(config.max_output_tokens));
    if (config.reasoning_effort) {
      JsonValue reasoning = JsonValue::object();
      reasoning.set("effort", config.reasoning_effort);
      out.set("reasoning", std::move(reasoning));
    }
    out.set("truncation", parsed(config.truncation));
  }
  set_unless_empty(out, "audio", std::move(audio));
  out.set("include", parsed(config.include));
}

// A server says the language that it heard; a client cannot ask for one.
void set_translation(JsonValue& out, const SessionConfig& config, bool by_server) {
  JsonValue input = JsonValue::object();
  JsonValue transcription = transcription_json(Dialect::translation, config.transcription);
  if (!by_server) transcription.erase("language");
  input.set("transcription", std::move(transcription));
  input.set("noise_reduction", noise_reduction_json(config.noise_reduction));
  JsonValue output = JsonValue::object();
  output.set("language", config.target_language);
  JsonValue audio = JsonValue::object();
  set_unless_empty(audio, "input", std::move(input));
  set_unless_empty(audio, "output", std::move(output));
  if (by_server || !audio.members().empty()) out.set("audio", std::move(audio));
}

void set_beta(JsonValue& out, const SessionConfig& config, SessionType type) {
  out.set("modalities", modalities_json(Dialect::beta, config.output_modality));
  out.set("input_audio_format", format_of(Dialect::beta, config.input_format));
  out.set("input_audio_transcription", transcription_json(Dialect::beta, config.transcription));
  out.set("input_audio_noise_reduction", noise_reduction_json(config.noise_reduction));
  out.set("turn_detection", turn_detection_json(Dialect::beta, config.turn_detection));
  out.set("include", parsed(config.include));
  if (type != SessionType::conversation) return;
  set_common(out, config);
  out.set("voice", voice_json(config.voice));
  out.set("speed", config.speed);
  out.set("output_audio_format", format_of(Dialect::beta, config.output_format));
  out.set("temperature", config.temperature);
  out.set("max_response_output_tokens", tokens_json(config.max_output_tokens));
}

void set_hybrid(JsonValue& out, const SessionConfig& config) {
  JsonValue input = JsonValue::object();
  input.set("format", format_of(Dialect::ga, config.input_format));
  input.set("transcription", transcription_json(Dialect::beta, config.transcription));
  JsonValue output = JsonValue::object();
  output.set("format", format_of(Dialect::ga, config.output_format));
  JsonValue audio = JsonValue::object();
  set_unless_empty(audio, "input", std::move(input));
  set_unless_empty(audio, "output", std::move(output));
  out.set("instructions", config.instructions);
  out.set("voice", voice_json(config.voice));
  out.set("turn_detection", turn_detection_json(Dialect::hybrid, config.turn_detection));
  set_unless_empty(out, "audio", std::move(audio));
  out.set("tools", parsed(config.tools));
  out.set("tool_choice", parsed(config.tool_choice));
}

void set_config(Dialect dialect, JsonValue& out, const SessionConfig& config, SessionType type,
                bool by_server) {
  switch (dialect) {
  case Dialect::ga:
    return set_ga(out, config, type);
  case Dialect::beta:
    return set_beta(out, config, type);
  case Dialect::translation:
    return set_translation(out, config, by_server);
  case Dialect::hybrid:
    return set_hybrid(out, config);
  }
}

} // namespace

JsonValue session_update_json(Dialect dialect, const SessionUpdate& update) {
  JsonValue out = JsonValue::object();
  if (dialect == Dialect::ga) out.set("type", name_of(session_type_names, update.type));
  out.set("model", update.config.model);
  set_config(dialect, out, update.config, update.type, false);
  if (const JsonValue extra = parsed(update.config.extra); extra.is_object()) out.merge(extra);
  return out;
}

JsonValue session_info_json(Dialect dialect, const SessionInfo& info) {
  JsonValue out = JsonValue::object();
  if (dialect == Dialect::ga || dialect == Dialect::translation)
    out.set("type", name_of(session_type_names, info.type));
  if (dialect != Dialect::translation)
    out.set("object", info.type == SessionType::transcription ? transcription_object : conversation_object);
  out.set("id", info.id);
  if (!info.model.empty()) out.set("model", info.model);
  out.set("expires_at", info.expires_at);
  set_config(dialect, out, info.config, info.type, true);
  if (const auto raw = read_json(info.raw.text); raw && raw->is_object()) {
    JsonValue merged = *raw;
    merged.merge(out);
    return merged;
  }
  return out;
}

} // namespace rt::protocol

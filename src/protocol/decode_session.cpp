#include "protocol/names.h"
#include "protocol/session_json.h"

namespace rt::protocol {

std::optional<audio::Format> read_format(const JsonValue& value) {
  const std::string_view name = value.is_object() ? value["type"].text() : value.text();
  for (const FormatName& row : format_names) {
    if (name != row.ga && name != row.beta) continue;
    if (row.encoding == audio::Encoding::g711_ulaw) return audio::ulaw_8k;
    if (row.encoding == audio::Encoding::g711_alaw) return audio::alaw_8k;
    const JsonValue& rate = value["rate"];
    if (!rate.present() || rate.is_null()) return audio::pcm16_24k;
    const auto hertz = rate.as_count32();
    if (!hertz || *hertz == 0) return {};
    return audio::Format{audio::Encoding::pcm16, *hertz};
  }
  return {};
}

std::optional<std::string> read_voice(const JsonValue& value) {
  if (value.is_object()) return to_text(value);
  return value.as_string();
}

std::optional<Modality> read_modality(const JsonValue& list) {
  std::optional<Modality> found;
  for (const JsonValue& entry : list.elements()) {
    const auto modality = value_of(modality_names, entry.text());
    if (modality == Modality::audio) return modality;
    if (modality) found = modality;
  }
  return found;
}

std::optional<std::int64_t> read_tokens(const JsonValue& value) {
  if (value.text() == "inf") return infinite_tokens;
  const auto tokens = value.as_integer();
  return tokens && *tokens >= 0 ? tokens : std::nullopt;
}

std::optional<Json> kept(const JsonValue& value) {
  if (!value.present()) return {};
  return Json{to_text(value)};
}

std::optional<Json> kept_array(const JsonValue& value) {
  return value.is_array() ? kept(value) : std::nullopt;
}

std::optional<Json> kept_object(const JsonValue& value) {
  return value.is_object() ? kept(value) : std::nullopt;
}

const JsonValue& either(const JsonValue& nested, const JsonValue& flat) {
  return nested.present() ? nested : flat;
}

namespace {

std::optional<Json> kept_if(const JsonValue& value, bool usable) {
  return usable ? kept(value) : std::nullopt;
}

// Some put what makes a function into an object of its own.
std::optional<Json> read_tools(const JsonValue& list) {
  if (!list.is_array()) return {};
  JsonValue tools = JsonValue::array();
  for (const JsonValue& tool : list.elements()) {
    JsonValue flat = tool;
    if (tool["function"].is_object() && !tool["name"].present()) {
      flat.erase("function");
      flat.merge(tool["function"]);
    }
    tools.push(std::move(flat));
  }
  return kept(tools);
}

std::optional<TurnDetection> read_turn_detection(const JsonValue& value) {
  TurnDetection turn;
  if (value.is_null() || value["type"].is_null()) {
    turn.mode = TurnDetection::Mode::none;
    return turn;
  }
  if (!value.is_object()) return {};
  turn.mode = value_of(turn_mode_names, value["type"].text()).value_or(TurnDetection::Mode::other);
  turn.threshold = value["threshold"].as_number();
  turn.prefix_padding_ms = value["prefix_padding_ms"].as_count32();
  turn.silence_duration_ms = value["silence_duration_ms"].as_count32();
  turn.idle_timeout_ms = value["idle_timeout_ms"].as_count32();
  turn.eagerness = value_of(eagerness_names, value["eagerness"].text());
  turn.create_response = value["create_response"].as_bool();
  turn.interrupt_response = value["interrupt_response"].as_bool();
  return turn;
}

std::optional<Transcription> read_transcription(const JsonValue& value) {
  if (value.is_null()) return Transcription{};
  if (!value.is_object()) return {};
  return Transcription{value["model"].as_string(),    value["language"].as_string(),
                       value["prompt"].as_string(),   kept_array(value["languages"]),
                       kept_array(value["keywords"]), value["delay"].as_string()};
}

std::optional<NoiseReduction> read_noise_reduction(const JsonValue& value) {
  if (value.is_null()) return NoiseReduction::none;
  return value_of(noise_reduction_names, value["type"].text());
}

std::optional<audio::Format> read_input_format(const JsonValue& session) {
  const JsonValue& nested = session["audio"]["input"]["format"];
  if (nested.present()) return read_format(nested);
  auto format = read_format(session["input_audio_format"]);
  // One flat dialect tells the rate in a field of its own.
  if (format && format->encoding == audio::Encoding::pcm16)
    format->rate = session["input_audio_sampling_rate"].as_count32().value_or(format->rate);
  return format && format->rate ? format : std::nullopt;
}

} // namespace

SessionConfig read_session_config(const JsonValue& session) {
  const JsonValue& input = session["audio"]["input"];
  const JsonValue& output = session["audio"]["output"];
  SessionConfig config;
  config.output_modality = read_modality(either(session["output_modalities"], session["modalities"]));
  config.instructions = session["instructions"].as_string();
  config.voice = read_voice(either(output["voice"], session["voice"]));
  config.speed = either(output["speed"], session["speed"]).as_number();
  config.input_format = read_input_format(session);
  config.output_format = read_format(either(output["format"], session["output_audio_format"]));
  config.transcription =
      read_transcription(either(input["transcription"], session["input_audio_transcription"]));
  config.noise_reduction =
      read_noise_reduction(either(input["noise_reduction"], session["input_audio_noise_reduction"]));
  config.turn_detection = read_turn_detection(either(input["turn_detection"], session["turn_detection"]));
  if (input["turn_detection"]["idle_timeout_ms"].is_null() && config.turn_detection)
    config.turn_detection->idle_timeout_ms = 0; // of the dialect that has it
  config.tools = read_tools(session["tools"]);
  const JsonValue& choice = session["tool_choice"];
  config.tool_choice = kept_if(choice, choice.is_string() || choice.is_object());
  config.parallel_tool_calls = session["parallel_tool_calls"].as_bool();
  config.max_output_tokens =
      read_tokens(either(session["max_output_tokens"], session["max_response_output_tokens"]));
  config.temperature = session["temperature"].as_number();
  // A server that has no such setting says -1.
  if (config.temperature && *config.temperature < 0) config.temperature.reset();
  config.reasoning_effort = session["reasoning"]["effort"].as_string();
  const JsonValue& truncation = session["truncation"];
  config.truncation = kept_if(truncation, truncation.is_string() || truncation.is_object());
  const JsonValue& prompt = session["prompt"];
  config.prompt = kept_if(prompt, prompt.is_object() || prompt.is_null());
  const JsonValue& tracing = session["tracing"];
  config.tracing = kept_if(tracing, tracing.is_string() || tracing.is_object() || tracing.is_null());
  config.include = kept_array(session["include"]);
  config.target_language = output["language"].as_string();
  return config;
}

SessionInfo read_session_info(const JsonValue& session) {
  SessionInfo info;
  info.id = session["id"].text();
  info.model = session["model"].text();
  const bool writes_down = session["object"].text() == transcription_object;
  info.type = value_of(session_type_names, session["type"].text())
                  .value_or(writes_down ? SessionType::transcription : SessionType::conversation);
  info.expires_at = session["expires_at"].as_integer();
  info.config = read_session_config(session);
  info.raw.text = to_text(session);
  return info;
}

std::optional<SessionType> stated_type(const SessionInfo& info) {
  const auto session = read_json(info.raw.text);
  return session ? value_of(session_type_names, (*session)["type"].text()) : std::nullopt;
}

std::optional<Dialect> dialect_of(const SessionInfo& info) {
  const auto session = read_json(info.raw.text);
  if (!session) return {};
  const auto& s = *session;
  if (info.type == SessionType::translation) return Dialect::translation;
  if (s["type"].is_string() || s["audio"].is_object()) return Dialect::ga;
  for (const char* flat : {"modalities", "input_audio_format", "output_audio_format"})
    if (s[flat].present()) return Dialect::beta;
  return {};
}

} // namespace rt::protocol

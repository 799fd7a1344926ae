#include "protocol/config_fields.h"

#include <algorithm>
#include <iterator>

namespace rt::protocol {

namespace {

template<auto Member>
constexpr ConfigField field(std::string_view property, std::string_view nested, std::string_view flat) {
  return {property,
          nested,
          flat,
          [](const SessionConfig& config) { return (config.*Member).has_value(); },
          [](SessionConfig& config) { (config.*Member).reset(); },
          [](const SessionConfig& from, SessionConfig& to) { to.*Member = from.*Member; }};
}

using C = SessionConfig;
constexpr ConfigField table[] = {
    field<&C::model>("model", "model", "model"),
    field<&C::output_modality>("output-modality", "output_modalities", "modalities"),
    field<&C::instructions>("instructions", "instructions", "instructions"),
    field<&C::voice>("voice", "audio.output.voice", "voice"),
    field<&C::speed>("speed", "audio.output.speed", "speed"),
    field<&C::input_format>("", "audio.input.format", "input_audio_format"),
    field<&C::output_format>("", "audio.output.format", "output_audio_format"),
    field<&C::transcription>("input-transcription-model", "audio.input.transcription",
                             "input_audio_transcription"),
    field<&C::noise_reduction>("noise-reduction", "audio.input.noise_reduction",
                               "input_audio_noise_reduction"),
    field<&C::turn_detection>("turn-detection", "audio.input.turn_detection", "turn_detection"),
    field<&C::tools>("tools", "tools", "tools"),
    field<&C::tool_choice>("tool-choice", "tool_choice", "tool_choice"),
    field<&C::parallel_tool_calls>("parallel-tool-calls", "parallel_tool_calls", "parallel_tool_calls"),
    field<&C::max_output_tokens>("max-output-tokens", "max_output_tokens", "max_response_output_tokens"),
    field<&C::temperature>("temperature", "temperature", "temperature"),
    field<&C::reasoning_effort>("reasoning-effort", "reasoning", "reasoning"),
    field<&C::truncation>("truncation", "truncation", "truncation"),
    field<&C::prompt>("prompt", "prompt", "prompt"),
    field<&C::tracing>("tracing", "tracing", "tracing"),
    field<&C::include>("", "include", "include"),
    field<&C::target_language>("target-language", "audio.output.language", "audio.output.language"),
    field<&C::extra>("session-config", "", ""),
};

// `path` itself or something in it.
bool is_in(std::string_view param, std::string_view path) {
  return !path.empty() && param.starts_with(path) &&
         (param.size() == path.size() || param[path.size()] == '.' || param[path.size()] == '[');
}

} // namespace

std::span<const ConfigField> config_fields() {
  return table;
}

const ConfigField& config_field(std::string_view property) {
  return *std::ranges::find(table, property, &ConfigField::property);
}

const ConfigField* field_of_param(std::string_view param) {
  if (constexpr std::string_view start = "session."; param.starts_with(start))
    param.remove_prefix(start.size());
  const auto row = std::ranges::find_if(
      table, [&](const ConfigField& f) { return is_in(param, f.nested) || is_in(param, f.flat); });
  return row == std::end(table) ? nullptr : row;
}

void overlay(SessionConfig& base, const SessionConfig& changes) {
  for (const ConfigField& each : table)
    if (each.present(changes)) each.copy(changes, base);
}

} // namespace rt::protocol

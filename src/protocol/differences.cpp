// What changed between two configurations, and what a server made of one.
#include "protocol/codec.h"
#include "protocol/json_value.h"
#include "protocol/names.h"
#include "protocol/session_json.h"

namespace rt::protocol {

namespace {

template<typename T>
bool same(const T& a, const T& b) {
  return a == b;
}
template<>
bool same(const double& a, const double& b) {
  return same_number(a, b);
}
template<>
bool same(const Json& a, const Json& b) {
  const JsonValue x = parsed(a), y = parsed(b);
  return x.present() && y.present() ? same_json(x, y) : a == b;
}
template<>
bool same(const TurnDetection& a, const TurnDetection& b) {
  if (a.threshold.has_value() != b.threshold.has_value()) return false;
  if (a.threshold && !same(*a.threshold, *b.threshold)) return false;
  TurnDetection other = b;
  other.threshold = a.threshold;
  return a == other;
}

template<typename T>
void keep_if_changed(const std::optional<T>& current, const std::optional<T>& wanted, std::optional<T>& out) {
  if (wanted && !(current && same(*current, *wanted))) out = wanted;
}

bool same_voice(const std::string& a, const std::string& b) {
  return same_json(voice_json(a), voice_json(b));
}

// ---- differences ----

std::string shown(const std::string& value) {
  return value;
}
std::string shown(bool value) {
  return value ? "true" : "false";
}
std::string shown(double value) {
  return to_text(JsonValue(value));
}
std::string shown(std::uint32_t value) {
  return std::to_string(value);
}
std::string shown(Modality value) {
  return std::string(name_of(modality_names, value));
}
std::string shown(TurnDetection::Eagerness value) {
  return std::string(name_of(eagerness_names, value));
}
std::string shown(NoiseReduction value) {
  return value == NoiseReduction::none ? "null" : std::string(name_of(noise_reduction_names, value));
}
std::string shown(const audio::Format& value) {
  return to_text(format_json(Dialect::ga, value));
}
std::string shown(TurnDetection::Mode value) {
  if (value == TurnDetection::Mode::none) return "null";
  const std::string_view name = name_of(turn_mode_names, value);
  return std::string(name.empty() ? "another kind" : name);
}

class Report {
 public:
  template<typename T>
  void compare(const char* field, const std::optional<T>& asked, const std::optional<T>& effective) {
    if (asked && effective && !same(*asked, *effective)) add(field, shown(*asked), shown(*effective));
  }

  void add(const char* field, std::string asked, std::string effective) {
    found_.push_back({field, std::move(asked), std::move(effective)});
  }

  // Servers fill in defaults: what was asked for has to be in there, no more.
  void compare_json(const char* field, const std::optional<Json>& asked,
                    const std::optional<Json>& effective) {
    if (!asked || !effective) return;
    const JsonValue wanted = parsed(asked), got = parsed(effective);
    if (!contains_json(got, wanted)) add(field, asked->text, effective->text);
  }

  void compare_voice(const std::optional<std::string>& asked, const std::optional<std::string>& effective) {
    if (!asked || !effective) return;
    const JsonValue wanted = voice_json(asked), got = voice_json(effective);
    // Some describe a voice that was asked for by its name.
    const bool described = wanted.is_string() && (got["name"].text() == *asked || got["id"].text() == *asked);
    if (!described && !contains_json(got, wanted)) add("audio.output.voice", *asked, *effective);
  }

  void compare_tokens(const std::optional<std::int64_t>& asked,
                      const std::optional<std::int64_t>& effective) {
    if (asked && effective && *asked != *effective)
      add("max_output_tokens", to_text(tokens_json(asked)), to_text(tokens_json(effective)));
  }

  void compare_transcription(const std::optional<Transcription>& asked,
                             const std::optional<Transcription>& effective) {
    if (!asked || !effective) return;
    const bool off = *asked == Transcription{}, is_off = *effective == Transcription{};
    if (off || is_off) {
      if (off != is_off)
        add("audio.input.transcription", off ? "null" : asked->model.value_or("on"),
            is_off ? "null" : effective->model.value_or("on"));
      return;
    }
    compare("audio.input.transcription.model", asked->model, effective->model);
    compare("audio.input.transcription.language", asked->language, effective->language);
    compare("audio.input.transcription.prompt", asked->prompt, effective->prompt);
    compare_json("audio.input.transcription.languages", asked->languages, effective->languages);
    compare_json("audio.input.transcription.keywords", asked->keywords, effective->keywords);
    compare("audio.input.transcription.delay", asked->delay, effective->delay);
  }

  void compare_turns(const std::optional<TurnDetection>& asked,
                     const std::optional<TurnDetection>& effective) {
    if (!asked || !effective) return;
    if (asked->mode != effective->mode) {
      add("audio.input.turn_detection.type", shown(asked->mode), shown(effective->mode));
      return;
    }
    compare("audio.input.turn_detection.threshold", asked->threshold, effective->threshold);
    compare("audio.input.turn_detection.prefix_padding_ms", asked->prefix_padding_ms,
            effective->prefix_padding_ms);
    compare("audio.input.turn_detection.silence_duration_ms", asked->silence_duration_ms,
            effective->silence_duration_ms);
    compare("audio.input.turn_detection.idle_timeout_ms", asked->idle_timeout_ms, effective->idle_timeout_ms);
    compare("audio.input.turn_detection.eagerness", asked->eagerness, effective->eagerness);
    compare("audio.input.turn_detection.create_response", asked->create_response, effective->create_response);
    compare("audio.input.turn_detection.interrupt_response", asked->interrupt_response,
            effective->interrupt_response);
  }

  std::vector<ConfigDifference> take() { return std::move(found_); }

 private:
  std::vector<ConfigDifference> found_;
};

} // namespace

SessionConfig changed_fields(const SessionConfig& current, const SessionConfig& wanted) {
  SessionConfig out;
  keep_if_changed(current.model, wanted.model, out.model);
  keep_if_changed(current.output_modality, wanted.output_modality, out.output_modality);
  keep_if_changed(current.instructions, wanted.instructions, out.instructions);
  if (wanted.voice && !(current.voice && same_voice(*current.voice, *wanted.voice))) out.voice = wanted.voice;
  keep_if_changed(current.speed, wanted.speed, out.speed);
  keep_if_changed(current.input_format, wanted.input_format, out.input_format);
  keep_if_changed(current.output_format, wanted.output_format, out.output_format);
  keep_if_changed(current.transcription, wanted.transcription, out.transcription);
  keep_if_changed(current.noise_reduction, wanted.noise_reduction, out.noise_reduction);
  keep_if_changed(current.turn_detection, wanted.turn_detection, out.turn_detection);
  keep_if_changed(current.tools, wanted.tools, out.tools);
  keep_if_changed(current.tool_choice, wanted.tool_choice, out.tool_choice);
  keep_if_changed(current.parallel_tool_calls, wanted.parallel_tool_calls, out.parallel_tool_calls);
  keep_if_changed(current.max_output_tokens, wanted.max_output_tokens, out.max_output_tokens);
  keep_if_changed(current.temperature, wanted.temperature, out.temperature);
  keep_if_changed(current.reasoning_effort, wanted.reasoning_effort, out.reasoning_effort);
  keep_if_changed(current.truncation, wanted.truncation, out.truncation);
  keep_if_changed(current.prompt, wanted.prompt, out.prompt);
  keep_if_changed(current.tracing, wanted.tracing, out.tracing);
  keep_if_changed(current.include, wanted.include, out.include);
  keep_if_changed(current.target_language, wanted.target_language, out.target_language);
  keep_if_changed(current.extra, wanted.extra, out.extra);
  return out;
}

std::vector<ConfigDifference> differences(const SessionConfig& asked, const SessionConfig& effective) {
  Report report;
  report.compare("output_modalities", asked.output_modality, effective.output_modality);
  report.compare("instructions", asked.instructions, effective.instructions);
  report.compare_voice(asked.voice, effective.voice);
  report.compare("audio.output.speed", asked.speed, effective.speed);
  report.compare("audio.input.format", asked.input_format, effective.input_format);
  report.compare("audio.output.format", asked.output_format, effective.output_format);
  report.compare_transcription(asked.transcription, effective.transcription);
  report.compare("audio.input.noise_reduction", asked.noise_reduction, effective.noise_reduction);
  report.compare_turns(asked.turn_detection, effective.turn_detection);
  report.compare_json("tools", asked.tools, effective.tools);
  report.compare_json("tool_choice", asked.tool_choice, effective.tool_choice);
  report.compare("parallel_tool_calls", asked.parallel_tool_calls, effective.parallel_tool_calls);
  report.compare_tokens(asked.max_output_tokens, effective.max_output_tokens);
  report.compare("temperature", asked.temperature, effective.temperature);
  report.compare("reasoning.effort", asked.reasoning_effort, effective.reasoning_effort);
  report.compare_json("truncation", asked.truncation, effective.truncation);
  report.compare_json("prompt", asked.prompt, effective.prompt);
  report.compare_json("tracing", asked.tracing, effective.tracing);
  report.compare_json("include", asked.include, effective.include);
  report.compare("audio.output.language", asked.target_language, effective.target_language);
  return report.take();
}

} // namespace rt::protocol

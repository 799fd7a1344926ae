#include "server/session_state.h"

#include "protocol/codec.h"
#include "protocol/config_fields.h"
#include "server/transcription.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace rt::server {

using namespace protocol;

namespace {

constexpr std::array<std::string_view, 10> voices{"alloy", "ash",     "ballad", "coral", "echo",
                                                  "sage",  "shimmer", "verse",  "marin", "cedar"};

Refusal invalid(std::string message, const char* param) {
  return {"invalid_value", std::move(message), param};
}

std::optional<Refusal> check_range(double value, double low, double high, const char* param) {
  if (value >= low && value <= high) return std::nullopt;
  return invalid("Invalid value: expected a number from " + std::to_string(low) + " to " +
                     std::to_string(high) + ".",
                 param);
}

bool on_wire(const audio::Format& format) {
  return format == audio::pcm16_24k || format == audio::ulaw_8k || format == audio::alaw_8k;
}

std::optional<Refusal> check_format(const audio::Format& format, const char* param) {
  if (on_wire(format)) return std::nullopt;
  return invalid("Unsupported audio format: PCM is 24000 Hz, G.711 is 8000 Hz.", param);
}

std::optional<Refusal> check_turn_detection(const TurnDetection& wanted) {
  using Mode = TurnDetection::Mode;
  if (wanted.mode == Mode::other) {
    return invalid("Unknown turn detection: expected server_vad or semantic_vad.",
                   "session.audio.input.turn_detection.type");
  }
  if (wanted.threshold) {
    if (auto bad = check_range(*wanted.threshold, 0, 1, "session.audio.input.turn_detection.threshold"))
      return bad;
  }
  if (wanted.idle_timeout_ms.value_or(0) != 0) {
    constexpr auto param = "session.audio.input.turn_detection.idle_timeout_ms";
    if (wanted.mode != Mode::server_vad) return invalid("idle_timeout_ms needs server_vad.", param);
    if (auto bad = check_range(*wanted.idle_timeout_ms, 5000, 30000, param)) return bad;
  }
  return std::nullopt;
}

void set_rules(TurnDetection& detection, const TurnRules& rules) {
  detection.threshold = rules.threshold;
  detection.prefix_padding_ms = static_cast<std::uint32_t>(rules.prefix_padding_ms);
  detection.silence_duration_ms = static_cast<std::uint32_t>(rules.silence_duration_ms);
}

// Fields that the update leaves out keep their value as long as the kind of detection stays the same, unless
// the server starts anew each time.
TurnDetection merged(const TurnDetection& old, const TurnDetection& wanted,
                     const std::optional<TurnRules>& anew) {
  if (wanted.mode == TurnDetection::Mode::none) return wanted;
  TurnDetection base;
  base.mode = wanted.mode;
  base.create_response = base.interrupt_response = true;
  if (wanted.mode == TurnDetection::Mode::semantic_vad) {
    base.eagerness = TurnDetection::Eagerness::automatic;
  } else {
    set_rules(base, anew.value_or(TurnRules{}));
  }
  if (old.mode == wanted.mode && !anew) base = old;
  const auto take = [](auto& to, const auto& from) {
    if (from) to = from;
  };
  take(base.threshold, wanted.threshold);
  take(base.prefix_padding_ms, wanted.prefix_padding_ms);
  take(base.silence_duration_ms, wanted.silence_duration_ms);
  take(base.idle_timeout_ms, wanted.idle_timeout_ms);
  if (base.idle_timeout_ms == 0u) base.idle_timeout_ms.reset();
  take(base.eagerness, wanted.eagerness);
  take(base.create_response, wanted.create_response);
  take(base.interrupt_response, wanted.interrupt_response);
  return base;
}

} // namespace

SessionConfig default_config(SessionType type, const Manner& manner) {
  SessionConfig config;
  if (type == SessionType::translation) {
    config.transcription = Transcription{};
    config.noise_reduction = NoiseReduction::none;
    config.target_language = "es";
    return config;
  }
  config.input_format = audio::pcm16_24k;
  TurnDetection detection;
  set_rules(detection, {});
  if (type == SessionType::conversation) {
    config.output_modality = Modality::audio;
    config.instructions = manner.instructions;
    config.voice = manner.voice;
    config.speed = 1;
    config.output_format = audio::pcm16_24k;
    config.tools = Json{"[]"};
    config.tool_choice = Json{"\"auto\""};
    config.max_output_tokens = infinite_tokens;
    config.temperature = 0.8;
    config.truncation = Json{"\"auto\""};
    detection.create_response = detection.interrupt_response = true;
  }
  if (!manner.finds_turns) detection = {.mode = TurnDetection::Mode::none};
  config.turn_detection = detection;
  return config;
}

std::optional<Refusal> check_voice(const Manner& manner, const std::string& voice, const char* param) {
  const bool custom = voice.starts_with('{');
  if (custom || manner.any_voice || std::find(voices.begin(), voices.end(), voice) != voices.end())
    return std::nullopt;
  return invalid("Invalid value: '" + voice + "' is not a supported voice.", param);
}

std::optional<Refusal> check_output_format(const audio::Format& format, const char* param) {
  return check_format(format, param);
}

std::optional<Refusal> check_max_output_tokens(std::int64_t tokens, const char* param) {
  if (tokens == infinite_tokens || (tokens >= 1 && tokens <= 4096)) return std::nullopt;
  return invalid("Invalid value: expected 1 to 4096, or \"inf\".", param);
}

std::optional<Refusal> SessionState::apply(const SessionUpdate& update) {
  const auto& wanted = update.config;
  if (update.type != info_.type) {
    return Refusal{"invalid_parameter", "The type of a session is fixed when it is opened.", "session.type"};
  }
  if (wanted.voice) {
    if (auto bad = check_voice(manner_, *wanted.voice, "session.audio.output.voice")) return bad;
    if (voice_fixed_ && wanted.voice != info_.config.voice) {
      return Refusal{"cannot_update_voice",
                     "Cannot update a conversation's voice if assistant audio is present.",
                     "session.audio.output.voice"};
    }
  }
  if (wanted.speed) {
    if (auto bad = check_range(*wanted.speed, 0.25, 1.5, "session.audio.output.speed")) return bad;
  }
  if (wanted.input_format) {
    if (auto bad = check_format(*wanted.input_format, "session.audio.input.format")) return bad;
  }
  if (wanted.output_format) {
    if (auto bad = check_format(*wanted.output_format, "session.audio.output.format")) return bad;
  }
  if (wanted.max_output_tokens) {
    if (auto bad = check_max_output_tokens(*wanted.max_output_tokens, "session.max_output_tokens"))
      return bad;
  }
  if (wanted.temperature) {
    if (auto bad = check_range(*wanted.temperature, 0.6, 1.2, "session.temperature")) return bad;
  }
  if (wanted.target_language && wanted.target_language->empty())
    return invalid("Invalid value: expected the code of a language.", "session.audio.output.language");
  if (wanted.turn_detection) {
    if (auto bad = check_turn_detection(*wanted.turn_detection)) return bad;
  }
  if (auto bad = check_transcription(wanted)) return bad;
  merge(wanted);
  // A model that finds no turns switches their detection off where the client says nothing of it.
  if (info_.type == SessionType::transcription &&
      !transcription_model(info_.config.transcription).finds_turns)
    info_.config.turn_detection = TurnDetection{.mode = TurnDetection::Mode::none};
  return std::nullopt;
}

void SessionState::merge(const SessionConfig& update) {
  const TurnDetection old = info_.config.turn_detection.value_or(TurnDetection{});
  overlay(info_.config, update);
  if (update.turn_detection)
    info_.config.turn_detection = merged(old, *update.turn_detection, manner_.new_turns);
}

// In a conversation the turns are the answering model's, whatever model writes them down.
std::optional<Refusal> SessionState::check_transcription(const SessionConfig& wanted) const {
  if (info_.type != SessionType::transcription) return std::nullopt;
  const auto& transcription = wanted.transcription ? wanted.transcription : info_.config.transcription;
  const auto& model = transcription_model(transcription);
  const bool turns = wanted.turn_detection && wanted.turn_detection->mode != TurnDetection::Mode::none;
  if (turns && !model.finds_turns) {
    return invalid("The transcription model '" + std::string(model.name) +
                       "' finds no turns: set turn_detection to null and commit the audio yourself.",
                   "session.audio.input.turn_detection");
  }
  if (!model.takes_prompt && transcription->prompt) {
    return invalid("The transcription model '" + std::string(model.name) + "' takes no prompt.",
                   "session.audio.input.transcription.prompt");
  }
  return std::nullopt;
}

} // namespace rt::server

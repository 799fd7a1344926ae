// Session configurations that use every field.
#include "samples.h"

namespace rt::protocol::samples {

const std::string awkward = "Grüße, \"quoted\" \\ tab\t line\n 🎤 \x7f";
const Json tools{
    R"([{"type":"function","name":"get_weather","description":"Says the weather.",)"
    R"("parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}])"};

namespace {

TurnDetection server_vad(Dialect dialect) {
  TurnDetection turn;
  turn.threshold = 0.3;
  turn.prefix_padding_ms = 250;
  turn.silence_duration_ms = 700;
  if (dialect == Dialect::ga) turn.idle_timeout_ms = 6000;
  turn.create_response = false;
  turn.interrupt_response = true;
  return turn;
}

TurnDetection semantic_vad(TurnDetection::Eagerness eagerness) {
  TurnDetection turn;
  turn.mode = TurnDetection::Mode::semantic_vad;
  turn.eagerness = eagerness;
  turn.create_response = true;
  return turn;
}

TurnDetection push_to_talk() {
  TurnDetection turn;
  turn.mode = TurnDetection::Mode::none;
  return turn;
}

template<typename Set>
SessionConfig with(Set set) {
  SessionConfig config;
  set(config);
  return config;
}

void set_ear(SessionConfig& c, Dialect dialect) {
  c.input_format = audio::ulaw_8k;
  c.transcription = Transcription{"whisper-1", "de", awkward};
  if (dialect == Dialect::ga) {
    c.transcription->languages = Json{R"(["de","en"])"};
    c.transcription->keywords = Json{R"(["Köln"])"};
    c.transcription->delay = "low";
  }
  c.include = Json{R"(["item.input_audio_transcription.logprobs"])"};
  c.noise_reduction = NoiseReduction::near_field;
  c.turn_detection = server_vad(dialect);
}

void set_all(SessionConfig& c, Dialect dialect) {
  set_ear(c, dialect);
  c.output_modality = Modality::audio;
  c.instructions = awkward;
  c.voice = "marin";
  c.speed = 1.25;
  c.output_format = audio::pcm16_24k;
  c.tools = tools;
  c.tool_choice = Json{R"("auto")"};
  c.max_output_tokens = 1000;
  c.tracing = Json{R"({"workflow_name":"w","group_id":"g"})"};
  c.prompt = Json{R"({"id":"pmpt_1","version":"2"})"};
  if (dialect == Dialect::ga) {
    c.parallel_tool_calls = false;
    c.reasoning_effort = "low";
    c.truncation = Json{R"({"type":"retention_ratio","retention_ratio":0.8})"};
  } else {
    c.temperature = 0.8;
  }
}

std::vector<SessionConfig> translation_configs() {
  using C = SessionConfig;
  return {C{},
          with([](C& c) { c.target_language = "es"; }),
          with([](C& c) {
            c.transcription = Transcription{"gpt-realtime-whisper", {}, {}};
          }),
          with([](C& c) { c.transcription = Transcription{}; }),
          with([](C& c) { c.noise_reduction = NoiseReduction::none; }),
          with([](C& c) {
            c.target_language = "fr";
            c.transcription = Transcription{"gpt-realtime-whisper", {}, {}};
            c.noise_reduction = NoiseReduction::near_field;
          })};
}

std::vector<SessionConfig> hybrid_configs() {
  using C = SessionConfig;
  return {C{},
          with([](C& c) { c.instructions = awkward; }),
          with([](C& c) { c.voice = "ara"; }),
          with([](C& c) {
            c.input_format = audio::Format{audio::Encoding::pcm16, 16000};
          }),
          with([](C& c) { c.output_format = audio::ulaw_8k; }),
          with([](C& c) {
            c.transcription = Transcription{"grok-transcribe", {}, {}};
          }),
          with([](C& c) { c.turn_detection = push_to_talk(); }),
          with([](C& c) { c.tool_choice = Json{R"("auto")"}; }),
          with([](C& c) {
            c.instructions = awkward;
            c.voice = "ara";
            c.input_format = c.output_format = audio::pcm16_24k;
            c.turn_detection = server_vad(Dialect::hybrid);
            c.tools = tools;
          })};
}

} // namespace

SessionConfig ear(Dialect dialect) {
  SessionConfig config;
  set_ear(config, dialect);
  return config;
}

std::vector<SessionConfig> configs(Dialect dialect) {
  if (dialect == Dialect::translation) return translation_configs();
  if (dialect == Dialect::hybrid) return hybrid_configs();
  using C = SessionConfig;
  using Eagerness = TurnDetection::Eagerness;
  std::vector<SessionConfig> out = {
      C{},
      with([](C& c) { c.output_modality = Modality::text; }),
      with([](C& c) { c.output_modality = Modality::audio; }),
      with([](C& c) { c.instructions = ""; }),
      with([](C& c) { c.instructions = awkward; }),
      with([](C& c) { c.voice = "alloy"; }),
      with([](C& c) { c.speed = 0.25; }),
      with([](C& c) { c.input_format = audio::pcm16_24k; }),
      with([](C& c) { c.input_format = audio::alaw_8k; }),
      with([](C& c) { c.output_format = audio::ulaw_8k; }),
      with([](C& c) { c.transcription = Transcription{}; }),
      with([](C& c) {
        c.transcription = Transcription{"gpt-4o-transcribe", {}, {}};
      }),
      with([](C& c) { c.noise_reduction = NoiseReduction::none; }),
      with([](C& c) { c.noise_reduction = NoiseReduction::far_field; }),
      with([](C& c) { c.turn_detection = push_to_talk(); }),
      with([](C& c) { c.turn_detection = TurnDetection{}; }),
      with([&](C& c) { c.turn_detection = server_vad(dialect); }),
      with([](C& c) { c.turn_detection = semantic_vad(Eagerness::automatic); }),
      with([](C& c) { c.turn_detection = semantic_vad(Eagerness::high); }),
      with([](C& c) { c.tools = Json{"[]"}; }),
      with([](C& c) { c.tools = tools; }),
      with([](C& c) { c.tool_choice = Json{R"("none")"}; }),
      with([](C& c) { c.max_output_tokens = infinite_tokens; }),
      with([](C& c) { c.max_output_tokens = 4096; }),
      with([](C& c) { c.prompt = Json{R"({"id":"pmpt_1"})"}; }),
      with([](C& c) { c.prompt = Json{"null"}; }),
      with([](C& c) { c.tracing = Json{R"("auto")"}; }),
      with([](C& c) { c.tracing = Json{"null"}; }),
      with([&](C& c) { set_all(c, dialect); }),
  };
  if (dialect == Dialect::ga) {
    out.push_back(with([](C& c) { c.voice = R"({"id":"voice_1"})"; }));
    out.push_back(with([](C& c) { c.tool_choice = Json{R"({"type":"function","name":"get_weather"})"}; }));
    out.push_back(with([](C& c) { c.parallel_tool_calls = true; }));
    out.push_back(with([](C& c) { c.reasoning_effort = "xhigh"; }));
    out.push_back(with([](C& c) { c.truncation = Json{R"("disabled")"}; }));
  } else {
    out.push_back(with([](C& c) { c.temperature = 1.1; }));
  }
  return out;
}

} // namespace rt::protocol::samples

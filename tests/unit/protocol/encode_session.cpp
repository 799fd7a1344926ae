// The text of session.update in each dialect, field by field.
#include "support.h"

#include "protocol/codec.h"

namespace {

using namespace rt;
using namespace rt::protocol;

std::string update(Dialect dialect, const SessionConfig& config,
                   SessionType type = SessionType::conversation) {
  return Codec::of(dialect).encode(ClientEvent{"", SessionUpdate{config, type}});
}

std::string ga(const SessionConfig& config, SessionType type = SessionType::conversation) {
  return update(Dialect::ga, config, type);
}
std::string beta(const SessionConfig& config) {
  return update(Dialect::beta, config);
}

void empty_update() {
  equal(ga({}), R"({"type":"session.update","session":{"type":"realtime"}})");
  equal(beta({}), R"({"type":"session.update","session":{}})");
}

void null_switches_off() {
  SessionConfig config;
  config.turn_detection = TurnDetection{.mode = TurnDetection::Mode::none};
  config.noise_reduction = NoiseReduction::none;
  config.transcription = Transcription{};
  has(ga(config), R"("audio":{"input":{"transcription":null,"noise_reduction":null,"turn_detection":null}})");
  has(beta(config),
      R"("input_audio_transcription":null,"input_audio_noise_reduction":null,"turn_detection":null)");
}

void all_turn_fields_are_sent() {
  SessionConfig config;
  config.turn_detection = TurnDetection{.threshold = 0.5,
                                        .prefix_padding_ms = 300,
                                        .silence_duration_ms = 500,
                                        .idle_timeout_ms = 5000,
                                        .create_response = true,
                                        .interrupt_response = false};
  has(ga(config), R"({"type":"server_vad","threshold":0.5,"prefix_padding_ms":300,"silence_duration_ms":500,)"
                  R"("idle_timeout_ms":5000,"create_response":true,"interrupt_response":false})");
  has(beta(config), R"("silence_duration_ms":500,"create_response":true,"interrupt_response":false})");
  config.turn_detection->idle_timeout_ms = 0;
  has(ga(config), R"("idle_timeout_ms":null,)");
  config.turn_detection = TurnDetection{.mode = TurnDetection::Mode::semantic_vad,
                                        .threshold = 0.5,
                                        .eagerness = TurnDetection::Eagerness::low};
  has(ga(config), R"("turn_detection":{"type":"semantic_vad","eagerness":"low"})");
}

void modalities() {
  SessionConfig config;
  config.output_modality = Modality::audio;
  has(ga(config), R"("output_modalities":["audio"])");
  has(beta(config), R"("modalities":["audio","text"])");
  config.output_modality = Modality::text;
  has(ga(config), R"("output_modalities":["text"])");
  has(beta(config), R"("modalities":["text"])");
}

void formats() {
  SessionConfig config;
  config.input_format = audio::pcm16_24k;
  config.output_format = audio::alaw_8k;
  has(ga(config),
      R"("input":{"format":{"type":"audio/pcm","rate":24000}},"output":{"format":{"type":"audio/pcma"}})");
  has(beta(config), R"("input_audio_format":"pcm16")");
  has(beta(config), R"("output_audio_format":"g711_alaw")");
}

void voices() {
  SessionConfig config;
  config.voice = "marin";
  has(ga(config), R"("output":{"voice":"marin"})");
  config.voice = R"({"id": "voice_1"})";
  has(ga(config), R"("output":{"voice":{"id":"voice_1"}})");
  has(beta(config), R"("voice":{"id":"voice_1"})");
  config.voice = "{not json";
  has(ga(config), R"("voice":"{not json")");
}

void one_dialect_only() {
  SessionConfig config;
  config.max_output_tokens = infinite_tokens;
  config.temperature = 0.8;
  config.reasoning_effort = "low";
  config.truncation = Json{R"("auto")"};
  config.parallel_tool_calls = true;
  equal(ga(config), R"({"type":"session.update","session":{"type":"realtime","parallel_tool_calls":true,)"
                    R"("max_output_tokens":"inf","reasoning":{"effort":"low"},"truncation":"auto"}})");
  equal(beta(config),
        R"({"type":"session.update","session":{"temperature":0.8,"max_response_output_tokens":"inf"}})");
}

void extra_merges_last() {
  SessionConfig config;
  config.voice = "marin";
  config.speed = 1.5;
  config.extra = Json{R"({"audio":{"output":{"speed":1.0},"input":{"x":[1]}},"include":["y"]})"};
  has(ga(config), R"("audio":{"output":{"voice":"marin","speed":1.0},"input":{"x":[1]}},"include":["y"])");
}

void json_that_is_none_is_left_out() {
  SessionConfig config;
  config.tools = Json{"[{"};
  config.extra = Json{"nonsense"};
  equal(ga(config), R"({"type":"session.update","session":{"type":"realtime"}})");
}

void transcription_has_an_ear_only() {
  SessionConfig config;
  config.voice = "marin";
  config.instructions = "x";
  config.tools = Json{"[]"};
  config.transcription = Transcription{"whisper-1", {}, {}};
  equal(ga(config, SessionType::transcription),
        R"({"type":"session.update","session":{"type":"transcription",)"
        R"("audio":{"input":{"transcription":{"model":"whisper-1"}}}}})");
  equal(
      update(Dialect::beta, config, SessionType::transcription),
      R"({"type":"transcription_session.update","session":{"input_audio_transcription":{"model":"whisper-1"}}})");
}

void assistant_parts_by_dialect() {
  Item item;
  item.role = Item::Role::assistant;
  ContentPart part;
  part.type = ContentPart::Type::output_text;
  part.text = "hi";
  item.content = {part};
  const ClientEvent event{"", ItemCreate{item, {}}};
  has(Codec::of(Dialect::ga).encode(event), R"("content":[{"type":"output_text","text":"hi"}])");
  has(Codec::of(Dialect::beta).encode(event), R"("content":[{"type":"text","text":"hi"}])");
  const ServerEvent part_event{"", ContentPartAdded{{"r", "i", 0, 0}, part}};
  has(Codec::of(Dialect::ga).encode(part_event), R"("part":{"type":"text","text":"hi"})");
}

void response_options_by_dialect() {
  ResponseOptions options;
  options.output_modality = Modality::text;
  options.voice = "ash";
  options.output_format = audio::ulaw_8k;
  options.max_output_tokens = 7;
  options.temperature = 1;
  const ClientEvent event{"e1", ResponseCreate{options}};
  equal(Codec::of(Dialect::ga).encode(event),
        R"({"type":"response.create","event_id":"e1","response":{"output_modalities":["text"],)"
        R"("audio":{"output":{"format":{"type":"audio/pcmu"},"voice":"ash"}},"max_output_tokens":7}})");
  equal(Codec::of(Dialect::beta).encode(event),
        R"({"type":"response.create","event_id":"e1","response":{"modalities":["text"],"voice":"ash",)"
        R"("output_audio_format":"g711_ulaw","max_response_output_tokens":7,"temperature":1}})");
  equal(Codec::of(Dialect::ga).encode(ClientEvent{"", ResponseCreate{}}), R"({"type":"response.create"})");
}

void raw_session_fields_are_merged() {
  SessionInfo info;
  info.id = "sess_1";
  info.raw.text = R"({"include":null,"audio":{"output":{"speed":1}}})";
  info.config.voice = "ash";
  const std::string text = Codec::of(Dialect::ga).encode(ServerEvent{"e", SessionCreated{info}});
  has(text, R"("include":null)");
  has(text, R"("output":{"speed":1,"voice":"ash"})");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/encode/empty", empty_update);
  g_test_add_func("/encode/null", null_switches_off);
  g_test_add_func("/encode/turns", all_turn_fields_are_sent);
  g_test_add_func("/encode/modalities", modalities);
  g_test_add_func("/encode/formats", formats);
  g_test_add_func("/encode/voices", voices);
  g_test_add_func("/encode/one-dialect", one_dialect_only);
  g_test_add_func("/encode/extra", extra_merges_last);
  g_test_add_func("/encode/not-json", json_that_is_none_is_left_out);
  g_test_add_func("/encode/transcription", transcription_has_an_ear_only);
  g_test_add_func("/encode/assistant", assistant_parts_by_dialect);
  g_test_add_func("/encode/response", response_options_by_dialect);
  g_test_add_func("/encode/raw", raw_session_fields_are_merged);
  return g_test_run();
}

#include "protocol/codec.h"

#include "samples.h"
#include "support.h"

namespace {

using namespace rt;
using namespace rt::protocol;

void nothing_changed() {
  for (const Dialect dialect : {Dialect::ga, Dialect::beta, Dialect::translation})
    for (const SessionConfig& config : samples::configs(dialect)) {
      g_assert_true(changed_fields(config, config) == SessionConfig{});
      g_assert_true(changed_fields(SessionConfig{}, config) == config);
      // A field that is no longer wanted is not cleared.
      g_assert_true(changed_fields(config, SessionConfig{}) == SessionConfig{});
      g_assert_true(differences(config, config).empty());
    }
}

void only_what_changed() {
  SessionConfig current, wanted;
  current.voice = wanted.voice = "ash";
  current.instructions = "old";
  wanted.instructions = "new";
  wanted.turn_detection = TurnDetection{};
  SessionConfig expected;
  expected.instructions = "new";
  expected.turn_detection = TurnDetection{};
  g_assert_true(changed_fields(current, wanted) == expected);
}

void turn_detection_changes_whole() {
  SessionConfig current, wanted;
  current.turn_detection = TurnDetection{.threshold = 0.5, .prefix_padding_ms = 300};
  wanted.turn_detection = TurnDetection{.threshold = 0.5 + 1e-9, .prefix_padding_ms = 300};
  g_assert_true(changed_fields(current, wanted) == SessionConfig{});
  wanted.turn_detection->silence_duration_ms = 200;
  g_assert_true(changed_fields(current, wanted).turn_detection == wanted.turn_detection);
  wanted.turn_detection = TurnDetection{.prefix_padding_ms = 300};
  g_assert_true(changed_fields(current, wanted).turn_detection == wanted.turn_detection);
}

void json_is_compared_as_json() {
  SessionConfig current, wanted;
  current.tools = Json{R"([{"type":"function","name":"f"}])"};
  wanted.tools = Json{R"([ {"name":"f", "type":"function"} ])"};
  current.voice = R"({"id":"v"})";
  wanted.voice = R"({ "id" : "v" })";
  current.speed = 1.1;
  wanted.speed = 1.1 + 1e-12;
  g_assert_true(changed_fields(current, wanted) == SessionConfig{});
  wanted.tools = Json{R"([{"type":"function","name":"g"}])"};
  wanted.voice = "v";
  const SessionConfig changed = changed_fields(current, wanted);
  g_assert_true(changed.tools == wanted.tools);
  g_assert_true(changed.voice == "v");
}

std::string report(const SessionConfig& asked, const SessionConfig& effective) {
  std::string out;
  for (const ConfigDifference& difference : differences(asked, effective))
    out += difference.field + ": " + difference.asked + " -> " + difference.effective + "\n";
  return out;
}

void absent_is_not_different() {
  for (const Dialect dialect : {Dialect::ga, Dialect::beta, Dialect::translation})
    for (const SessionConfig& config : samples::configs(dialect)) {
      equal(report(config, {}), "");
      equal(report({}, config), "");
    }
}

void names_and_values() {
  SessionConfig asked, effective;
  asked.output_modality = Modality::audio, effective.output_modality = Modality::text;
  asked.voice = "ash", effective.voice = "alloy";
  asked.speed = 1.5, effective.speed = 1;
  asked.input_format = audio::ulaw_8k, effective.input_format = audio::pcm16_24k;
  asked.noise_reduction = NoiseReduction::near_field, effective.noise_reduction = NoiseReduction::none;
  asked.max_output_tokens = 10, effective.max_output_tokens = infinite_tokens;
  asked.parallel_tool_calls = true, effective.parallel_tool_calls = false;
  asked.reasoning_effort = "low", effective.reasoning_effort = "high";
  asked.tool_choice = Json{"\"auto\""}, effective.tool_choice = Json{"\"none\""};
  equal(report(asked, effective),
        "output_modalities: audio -> text\n"
        "audio.output.voice: ash -> alloy\n"
        "audio.output.speed: 1.5 -> 1\n"
        "audio.input.format: {\"type\":\"audio/pcmu\"} -> {\"type\":\"audio/pcm\",\"rate\":24000}\n"
        "audio.input.noise_reduction: near_field -> null\n"
        "tool_choice: \"auto\" -> \"none\"\n"
        "parallel_tool_calls: true -> false\n"
        "max_output_tokens: 10 -> \"inf\"\n"
        "reasoning.effort: low -> high\n");
}

void turns_are_compared_field_by_field() {
  SessionConfig asked, effective;
  asked.turn_detection = TurnDetection{.threshold = 0.5, .silence_duration_ms = 500};
  effective.turn_detection = TurnDetection{
      .threshold = 0.5, .prefix_padding_ms = 300, .silence_duration_ms = 200, .create_response = true};
  equal(report(asked, effective), "audio.input.turn_detection.silence_duration_ms: 500 -> 200\n");
  effective.turn_detection = TurnDetection{.mode = TurnDetection::Mode::none};
  equal(report(asked, effective), "audio.input.turn_detection.type: server_vad -> null\n");
  effective.turn_detection = TurnDetection{.mode = TurnDetection::Mode::other};
  equal(report(asked, effective), "audio.input.turn_detection.type: server_vad -> another kind\n");
}

void transcription_on_and_off() {
  SessionConfig asked, effective;
  asked.transcription = Transcription{"whisper-1", {}, {}};
  effective.transcription = Transcription{};
  equal(report(asked, effective), "audio.input.transcription: whisper-1 -> null\n");
  equal(report(effective, asked), "audio.input.transcription: null -> whisper-1\n");
  effective.transcription = Transcription{"gpt-4o-transcribe", "de", {}};
  equal(report(asked, effective), "audio.input.transcription.model: whisper-1 -> gpt-4o-transcribe\n");
}

void servers_may_add_to_what_was_asked() {
  SessionConfig asked, effective;
  asked.tools = Json{R"([{"type":"function","name":"f"}])"};
  effective.tools = Json{R"([{"name":"f","type":"function","description":null,"strict":false}])"};
  asked.voice = "alloy";
  effective.voice = R"({"name":"alloy","type":"openai"})";
  equal(report(asked, effective), "");
  effective.tools = Json{"[]"};
  equal(report(asked, effective), "tools: [{\"type\":\"function\",\"name\":\"f\"}] -> []\n");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/differences/none", nothing_changed);
  g_test_add_func("/differences/changed", only_what_changed);
  g_test_add_func("/differences/turn-detection", turn_detection_changes_whole);
  g_test_add_func("/differences/json", json_is_compared_as_json);
  g_test_add_func("/differences/absent", absent_is_not_different);
  g_test_add_func("/differences/names", names_and_values);
  g_test_add_func("/differences/turns", turns_are_compared_field_by_field);
  g_test_add_func("/differences/transcription", transcription_on_and_off);
  g_test_add_func("/differences/additions", servers_may_add_to_what_was_asked);
  return g_test_run();
}

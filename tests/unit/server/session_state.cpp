// session.created, session.update and what is refused of it.
#include "harness.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::server;
using namespace rt::server::test;

void the_first_event_describes_the_session() {
  Harness h;
  const auto session = h.last<SessionCreated>().session;
  equal(session.model, "test-model");
  g_assert_cmpint(session.expires_at.value(), ==, 1000);
  const auto detection = session.config.turn_detection.value();
  g_assert_cmpfloat(detection.threshold.value(), ==, 0.5);
  g_assert_cmpuint(detection.prefix_padding_ms.value(), ==, 300);
  g_assert_cmpuint(detection.silence_duration_ms.value(), ==, 200);
  g_assert_true(detection.create_response.value() && detection.interrupt_response.value());
  g_assert_true(session.config.input_format == audio::pcm16_24k &&
                session.config.output_format == audio::pcm16_24k);
  g_assert_true(std::holds_alternative<SessionCreated>(h.log.at(0).body));
  g_assert_true(std::holds_alternative<ConversationCreated>(h.log.at(1).body));
}

void updates_change_only_what_they_name() {
  Harness h;
  const auto before = h.last<SessionCreated>().session.config;
  SessionConfig change;
  change.instructions = "Be brief.";
  change.turn_detection.emplace().silence_duration_ms = 700;
  h.configure(change);
  auto expected = before;
  expected.instructions = "Be brief.";
  expected.turn_detection->silence_duration_ms = 700;
  g_assert_true(h.last<SessionUpdated>().session.config == expected);
  h.configure({});
  g_assert_true(h.last<SessionUpdated>().session.config == expected);
}

void another_kind_of_detection_starts_from_its_defaults() {
  Harness h;
  SessionConfig change;
  change.turn_detection.emplace().silence_duration_ms = 700;
  h.configure(change);
  h.no_turn_detection();
  g_assert_true(h.last<SessionUpdated>().session.config.turn_detection->mode == TurnDetection::Mode::none);
  SessionConfig semantic;
  semantic.turn_detection.emplace().mode = TurnDetection::Mode::semantic_vad;
  h.configure(semantic);
  auto now = h.last<SessionUpdated>().session.config.turn_detection.value();
  g_assert_true(now.eagerness == TurnDetection::Eagerness::automatic);
  g_assert_false(now.threshold.has_value());
  SessionConfig server;
  server.turn_detection.emplace();
  h.configure(server);
  now = h.last<SessionUpdated>().session.config.turn_detection.value();
  g_assert_cmpuint(now.silence_duration_ms.value(), ==, 200);
}

void an_idle_timeout_goes_with_null() {
  Harness h;
  SessionConfig change;
  change.turn_detection.emplace().idle_timeout_ms = 6000;
  h.configure(change);
  g_assert_cmpuint(h.last<SessionUpdated>().session.config.turn_detection->idle_timeout_ms.value(), ==, 6000);
  change.turn_detection->idle_timeout_ms = 0; // null on the wire
  h.configure(change);
  g_assert_cmpuint(h.last<SessionUpdated>().session.config.turn_detection->idle_timeout_ms.value_or(0), ==,
                   0);
  g_assert_cmpuint(h.all<ErrorEvent>().size(), ==, 0);
}

void wrong_values_are_refused_as_a_whole() {
  Harness h;
  std::vector<SessionConfig> wrong(9);
  wrong[0].voice = "nobody";
  wrong[1].speed = 1.6;
  wrong[2].input_format = audio::Format{audio::Encoding::pcm16, 16000};
  wrong[3].output_format = audio::Format{audio::Encoding::pcm16, 48000};
  wrong[4].turn_detection.emplace().threshold = 1.5;
  wrong[5].turn_detection.emplace().idle_timeout_ms = 100;
  wrong[6].max_output_tokens = 5000;
  wrong[7].temperature = 2;
  wrong[8].turn_detection.emplace().mode = TurnDetection::Mode::semantic_vad;
  wrong[8].turn_detection->idle_timeout_ms = 6000;
  for (auto& config : wrong) {
    config.instructions = "changed";
    const auto errors = h.all<ErrorEvent>().size();
    h.client(SessionUpdate{config, SessionType::conversation}, "mine");
    g_assert_cmpuint(h.all<ErrorEvent>().size(), ==, errors + 1);
    equal(h.last<ErrorEvent>().error.event_id, "mine");
    equal(h.last_error(), "invalid_value");
    g_assert_true(h.last<ErrorEvent>().error.param.starts_with("session."));
  }
  h.configure({});
  g_assert_true(h.last<SessionUpdated>().session.config.instructions != "changed");
}

void the_type_is_fixed() {
  Harness h;
  h.client(SessionUpdate{{}, SessionType::transcription}, "e");
  equal(h.last<ErrorEvent>().error.param, "session.type");
  equal(h.last_error(), "invalid_parameter");
}

void the_voice_is_fixed_by_the_first_audio() {
  Harness h;
  SessionConfig config;
  config.voice = "cedar";
  h.configure(config);
  h.ask("hi");
  h.finish_responses();
  config.voice = "marin";
  h.configure(config);
  equal(h.last_error(), "cannot_update_voice");
  config.voice = "cedar";
  h.configure(config);
  g_assert_cmpuint(h.all<SessionUpdated>().size(), ==, 2);
}

void text_does_not_fix_the_voice() {
  Harness h;
  SessionConfig config;
  config.output_modality = Modality::text;
  h.configure(config);
  h.ask("hi");
  h.finish_responses();
  config.voice = "marin";
  h.configure(config);
  g_assert_cmpuint(h.all<ErrorEvent>().size(), ==, 0);
}

void custom_voices_are_taken() {
  Harness h;
  SessionConfig config;
  config.voice = R"({"id":"voice_1"})";
  h.configure(config);
  g_assert_cmpuint(h.all<ErrorEvent>().size(), ==, 0);
}

void unsupported_events_are_refused() {
  Harness h;
  h.client(RawClientEvent{"output_audio_buffer.clear", Json{R"({"type":"output_audio_buffer.clear"})"}}, "e");
  equal(h.last<ErrorEvent>().error.event_id, "e");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/session/created", the_first_event_describes_the_session);
  g_test_add_func("/server/session/update", updates_change_only_what_they_name);
  g_test_add_func("/server/session/detection", another_kind_of_detection_starts_from_its_defaults);
  g_test_add_func("/server/session/no-idle-timeout", an_idle_timeout_goes_with_null);
  g_test_add_func("/server/session/wrong", wrong_values_are_refused_as_a_whole);
  g_test_add_func("/server/session/type", the_type_is_fixed);
  g_test_add_func("/server/session/voice", the_voice_is_fixed_by_the_first_audio);
  g_test_add_func("/server/session/voice-text", text_does_not_fix_the_voice);
  g_test_add_func("/server/session/voice-custom", custom_voices_are_taken);
  g_test_add_func("/server/session/unsupported", unsupported_events_are_refused);
  return g_test_run();
}

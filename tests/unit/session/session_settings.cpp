// Properties that change while the session runs: only what changed is sent, together, and in its place.
#include "conversation.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

void only_what_changed() {
  Conversation c;
  c.set([](Settings& s) { s.instructions = "Be kind."; });
  c.start();
  c.take();
  c.set([](Settings& s) { s.instructions = "Be brief."; });
  c.run();
  SessionConfig expected;
  expected.instructions = "Be brief.";
  const auto updates = c.take_only<SessionUpdate>();
  g_assert_cmpuint(updates.size(), ==, 1);
  g_assert_true(updates[0].config == expected);
  c.set([](Settings& s) { s.instructions = "Be brief."; });
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
}

void changes_made_together() {
  Conversation c;
  c.start();
  c.take();
  c.set([](Settings& s) { s.instructions = "Be brief."; });
  c.set([](Settings& s) { s.voice = "ash"; });
  c.set([](Settings& s) { s.speed = 1.5; });
  c.run();
  const auto updates = c.take_only<SessionUpdate>();
  g_assert_cmpuint(updates.size(), ==, 1);
  SessionConfig expected;
  expected.instructions = "Be brief.";
  expected.voice = "ash";
  expected.speed = 1.5;
  g_assert_true(updates[0].config == expected);
}

// The turn detection changes where it was changed in the audio, and takes what was changed with it along.
void turn_detection_keeps_its_place() {
  Conversation c;
  c.start();
  c.take();
  c.transport.set_writable(false);
  c.push(40);
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
  c.set([](Settings& s) { s.voice = "ash"; });
  c.set([](Settings& s) { s.vad_threshold = 0.1; }); // of no concern now
  c.run();
  c.push(40);
  g_assert_cmpuint(c.take().size(), ==, 0);
  c.transport.set_writable(true);
  c.run();
  const auto events = c.take();
  std::string order;
  for (const ClientEvent& event : events)
    order += std::holds_alternative<SessionUpdate>(event.body) ? 'u' : 'a';
  assert_text(order, "aauaa");
  const SessionConfig config = only<SessionUpdate>(events)[0].config;
  g_assert_true(config.turn_detection->mode == TurnDetection::Mode::none);
  assert_text(*config.voice, "ash");
  g_assert_false(config.instructions.has_value());
}

void turn_detection_twice() {
  Conversation c;
  c.start();
  c.take();
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::semantic_vad; });
  c.run();
  const auto updates = c.take_only<SessionUpdate>();
  g_assert_cmpuint(updates.size(), ==, 1);
  g_assert_true(updates[0].config.turn_detection->mode == TurnDetection::Mode::semantic_vad);
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
  c.run();
  g_assert_cmpuint(c.take_only<SessionUpdate>().size(), ==, 1);
}

void before_the_first_answer() {
  FakeSpeechlessServer::Options options;
  options.acknowledges = false;
  Conversation c(options);
  c.start();
  const auto first = c.take_only<SessionUpdate>();
  c.set([](Settings& s) { s.voice = "ash"; });
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
  c.server.acknowledge(first.at(0).config);
  c.run();
  const auto second = c.take_only<SessionUpdate>();
  g_assert_cmpuint(second.size(), ==, 1);
  SessionConfig expected;
  expected.voice = "ash";
  g_assert_true(second[0].config == expected);
}

void refused_change_goes_on() {
  FakeSpeechlessServer::Options options;
  options.acknowledges = false;
  Conversation c(options);
  c.start();
  c.server.acknowledge(c.take_only<SessionUpdate>().at(0).config);
  c.set([](Settings& s) { s.voice = "nobody"; });
  c.run();
  const auto refused = c.take();
  c.server.refuse(refused.at(0).event_id, "invalid_value");
  c.run();
  g_assert_false(c.session->failed());
  g_assert_true(contains(c.src.ear->warnings(Warning::Kind::setting_rejected).at(0), "invalid_value"));
  // A later change does not carry the refused one along.
  c.set([](Settings& s) { s.instructions = "Be brief."; });
  c.run();
  const auto updates = c.take_only<SessionUpdate>();
  g_assert_cmpuint(updates.size(), ==, 1);
  g_assert_false(updates[0].config.voice.has_value());
}

void unusable_change() {
  Conversation c;
  c.start();
  c.take();
  c.set([](Settings& s) { s.tools = "[{"; });
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
  g_assert_true(contains(c.src.ear->warnings(Warning::Kind::setting_rejected).at(0), "'tools'"));
  g_assert_false(c.session->failed());
}

// A voice for whom: it comes and goes with realtimesrc.
void modality_follows_the_src() {
  Conversation c;
  c.start(true, false);
  c.take();
  c.join(c.src);
  c.open(c.src);
  c.session->set_output_format(audio::pcm16_24k);
  c.run();
  const auto on = c.take_only<SessionUpdate>();
  g_assert_cmpuint(on.size(), >=, 1);
  g_assert_true(on.front().config.output_modality == Modality::audio);
  c.close(c.src);
  c.leave(c.src);
  c.run();
  const auto off = c.take_only<SessionUpdate>();
  g_assert_cmpuint(off.size(), ==, 1);
  g_assert_true(off[0].config.output_modality == Modality::text);
}

void answers_do_not_warn_of_older_changes() {
  Conversation c;
  c.start();
  for (int i = 0; i < 5; ++i) {
    c.set([&](Settings& s) { s.instructions = std::to_string(i); });
    c.run();
  }
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::setting_differs).size(), ==, 0);
  assert_text(*c.session->settings().instructions, "4");
}

// An update that the application sent as an event is answered, too: its answer is not for ours that follows.
void raw_updates_are_answered_in_their_place() {
  FakeSpeechlessServer::Options options;
  options.acknowledges = false;
  Conversation c(options);
  c.start();
  SessionConfig effective = c.take_only<SessionUpdate>().at(0).config;
  c.server.acknowledge(effective);
  const auto update_twice = [&](const char* voice) {
    g_assert_true(
        c.session->send_event(R"({"type":"session.update","event_id":"mine","session":{}})").accepted);
    c.run();
    c.set([&](Settings& s) { s.voice = voice; });
    c.run();
    g_assert_cmpuint(c.take().size(), ==, 2);
  };
  update_twice("ash");
  c.server.acknowledge(effective);
  effective.voice = "ash";
  c.server.acknowledge(effective);
  update_twice("coral");
  c.server.refuse("mine", "invalid_value");
  effective.voice = "coral";
  c.server.acknowledge(effective);
  c.run();
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::setting_differs).size(), ==, 0);
  const auto errors = c.src.ear->notices(NoticeKind::error);
  g_assert_cmpuint(errors.size(), ==, 1);
  assert_text(text_of(errors[0], "request"), "send-event");
}

// A server keeps what an update leaves out: what is automatic again must be said.
void turn_defaults_come_back() {
  Conversation c;
  c.set([](Settings& s) { s.vad_idle_timeout_ms = 6000; });
  c.start();
  const auto turns = [&] { return *c.server.session().config.turn_detection; };
  g_assert_cmpuint(turns().idle_timeout_ms.value(), ==, 6000);
  c.set([](Settings& s) { s.vad_create_response = s.vad_interrupt_response = TriState::no; });
  c.run();
  g_assert_false(turns().create_response.value());
  g_assert_false(turns().interrupt_response.value());
  c.set([](Settings& s) {
    s.vad_create_response = s.vad_interrupt_response = TriState::automatic;
    s.vad_idle_timeout_ms = -1;
  });
  c.run();
  g_assert_true(turns().create_response.value());
  g_assert_true(turns().interrupt_response.value());
  g_assert_cmpuint(turns().idle_timeout_ms.value(), ==, 0); // null
  g_assert_cmpuint(turns().silence_duration_ms.value(), ==, 500);
  c.take();
  c.set([](Settings& s) { s.vad_idle_timeout_ms = -1; });
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0); // said once
  g_assert_cmpuint(c.src.ear->heard().warnings.size(), ==, 0);
}

// Also the detection as a whole, and as the server itself has it.
void the_servers_own_turns_come_back() {
  Conversation c;
  TurnDetection own;
  own.silence_duration_ms = 700;
  own.create_response = false;
  c.server.session().config.turn_detection = own;
  c.set([](Settings& s) { s.vad_create_response = TriState::yes; });
  c.start();
  const auto turns = [&] { return *c.server.session().config.turn_detection; };
  c.set([](Settings& s) { s.vad_create_response = TriState::automatic; });
  c.run();
  g_assert_false(turns().create_response.value());
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
  c.run();
  g_assert_true(turns().mode == TurnDetection::Mode::none);
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::automatic; });
  c.run();
  g_assert_true(turns().mode == TurnDetection::Mode::server_vad);
  g_assert_cmpuint(turns().silence_duration_ms.value(), ==, 700);
}

// Of every property that can be left to the server: what it said at first, else what the protocol documents.
void all_defaults_come_back() {
  Conversation c;
  c.server.session().config.instructions = "I serve.";
  const Settings before = c.session->settings();
  c.set([](Settings& s) {
    s.instructions = "Be kind.";
    s.voice = "ash";
    s.speed = 1.2;
    s.noise_reduction = NoiseReductionChoice::near_field;
    s.input_transcription_model = "whisper-1";
    s.input_transcription_language = "de";
    s.tools = R"([{"type":"function","name":"f"}])";
    s.tool_choice = "required";
    s.parallel_tool_calls = TriState::no;
    s.max_output_tokens = 100;
    s.reasoning_effort = "high";
    s.truncation = "disabled";
    s.prompt = "pmpt_1";
  });
  c.start();
  const SessionConfig& now = c.server.session().config;
  c.set([](Settings& s) { s.input_transcription_language.reset(); });
  c.run();
  assert_text(now.transcription->model.value(), "whisper-1");
  g_assert_false(now.transcription->language.has_value());
  c.set([&](Settings& s) { s = before; });
  c.run();
  assert_text(*now.instructions, "I serve.");
  assert_text(*now.voice, "alloy");
  g_assert_cmpfloat(*now.speed, ==, 1);
  g_assert_true(now.noise_reduction == NoiseReduction::none);
  g_assert_true(now.transcription == Transcription{});
  assert_text(now.tools->text, "[]");
  assert_text(now.tool_choice->text, "\"auto\"");
  g_assert_true(now.parallel_tool_calls.value());
  g_assert_cmpint(*now.max_output_tokens, ==, infinite_tokens);
  assert_text(*now.reasoning_effort, "low");
  assert_text(now.truncation->text, "\"auto\"");
  assert_text(now.prompt->text, "null");
  g_assert_cmpuint(c.src.ear->heard().warnings.size(), ==, 0);
}

void a_default_that_nobody_knows() {
  Conversation c;
  c.server.session().config.voice.reset();
  c.set([](Settings& s) { s.voice = "ash"; });
  c.start();
  c.take();
  for (int i = 0; i < 2; ++i) {
    c.set([&](Settings& s) {
      s.voice.reset();
      s.instructions = std::to_string(i);
    });
    c.run();
  }
  g_assert_cmpuint(c.take_only<SessionUpdate>().size(), ==, 2);
  const auto warnings = c.src.ear->warnings(Warning::Kind::setting_rejected);
  g_assert_cmpuint(warnings.size(), ==, 1);
  g_assert_true(contains(warnings[0], "'voice' stays"));
}

void beta_temperature_comes_back() {
  Conversation c;
  c.transport.set_dialect(Dialect::beta);
  c.set([](Settings& s) {
    s.provider = ProviderId::openai_beta;
    s.temperature = 1.1;
    s.vad_create_response = TriState::no;
  });
  c.start();
  g_assert_cmpfloat(*c.server.session().config.temperature, ==, 1.1);
  c.set([](Settings& s) {
    s.temperature = -1;
    s.vad_create_response = TriState::automatic;
  });
  c.run();
  g_assert_cmpfloat(*c.server.session().config.temperature, ==, 0.8);
  g_assert_true(c.server.session().config.turn_detection->create_response.value());
}

// What is for the next connection is not sent, and used by it.
void next_connection() {
  Conversation c;
  c.start();
  c.take();
  c.set([](Settings& s) {
    s.api_key = "sk-next";
    s.model = "other";
  });
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
  c.close(c.sink);
  c.close(c.src);
  c.run();
  c.open(c.src);
  c.run();
  g_assert_cmpuint(c.transport.opened().size(), ==, 2);
  g_assert_true(contains(c.transport.opened()[1].endpoint.uri, "model=other"));
  assert_text(c.transport.opened()[1].endpoint.headers.at(0).second, "Bearer sk-next");
}

void transcription_session() {
  Conversation c;
  c.set([](Settings& s) {
    s.session_type = SessionType::transcription;
    s.input_transcription_model = "whisper-1";
  });
  c.server.session().type = SessionType::transcription;
  c.start(true, false);
  const auto updates = c.take_only<SessionUpdate>();
  g_assert_true(updates.at(0).type == SessionType::transcription);
  c.push(200);
  c.server.commit("item_1");
  c.run();
  c.begin_drain();
  c.transport.deliver(InputTranscriptCompleted{"item_1", 0, "Hello.", 0});
  c.pass(100);
  g_assert_true(c.drained()); // no answer is waited for
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/settings/only-changed", only_what_changed);
  g_test_add_func("/session/settings/together", changes_made_together);
  g_test_add_func("/session/settings/turn-detection/place", turn_detection_keeps_its_place);
  g_test_add_func("/session/settings/turn-detection/twice", turn_detection_twice);
  g_test_add_func("/session/settings/before-answer", before_the_first_answer);
  g_test_add_func("/session/settings/refused", refused_change_goes_on);
  g_test_add_func("/session/settings/unusable", unusable_change);
  g_test_add_func("/session/settings/modality", modality_follows_the_src);
  g_test_add_func("/session/settings/differences", answers_do_not_warn_of_older_changes);
  g_test_add_func("/session/settings/raw", raw_updates_are_answered_in_their_place);
  g_test_add_func("/session/settings/defaults/turns", turn_defaults_come_back);
  g_test_add_func("/session/settings/defaults/own-turns", the_servers_own_turns_come_back);
  g_test_add_func("/session/settings/defaults/all", all_defaults_come_back);
  g_test_add_func("/session/settings/defaults/unknown", a_default_that_nobody_knows);
  g_test_add_func("/session/settings/defaults/beta", beta_temperature_comes_back);
  g_test_add_func("/session/settings/next-connection", next_connection);
  g_test_add_func("/session/settings/transcription", transcription_session);
  return g_test_run();
}

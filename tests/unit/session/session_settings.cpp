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
  g_test_add_func("/session/settings/next-connection", next_connection);
  g_test_add_func("/session/settings/transcription", transcription_session);
  return g_test_run();
}

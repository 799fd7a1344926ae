// Sessions that write down what is said: what is asked for, turns and commits, and the end.
#include "conversation.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

struct Listening : Conversation {
  explicit Listening(Dialect dialect = Dialect::ga) {
    transport.set_dialect(dialect);
    server.session() = {};
    server.session().id = "sess_1";
    server.session().type = SessionType::transcription;
    server.session().config.turn_detection = TurnDetection{};
    set([dialect](Settings& s) {
      s.provider = dialect == Dialect::ga ? ProviderId::openai : ProviderId::openai_beta;
      s.session_type = SessionType::transcription;
    });
  }
  SessionConfig first_update() {
    const auto updates = take_only<SessionUpdate>();
    g_assert_cmpuint(updates.size(), ==, 1);
    g_assert_true(updates[0].type == SessionType::transcription);
    return updates[0].config;
  }
  std::string words() { // of the user, final ones after `=`
    std::string all;
    for (const Notice& notice : sink.ear->notices(NoticeKind::transcript))
      all += (field<bool>(notice, "final") ? "=" : "~") + text_of(notice, "text");
    return all;
  }
};

void address_and_shape() {
  for (const Dialect dialect : {Dialect::ga, Dialect::beta}) {
    Listening c(dialect);
    c.set([](Settings& s) {
      s.input_transcription_language = "de";
      s.noise_reduction = NoiseReductionChoice::near_field;
      s.instructions = "Of no use.";
      s.session_config = R"({"include":["item.input_audio_transcription.logprobs"]})";
    });
    c.start(true, false);
    const std::string uri = c.transport.opened().at(0).endpoint.uri;
    g_assert_true(contains(uri, "intent=transcription"));
    g_assert_false(contains(uri, "model"));
    const SessionConfig config = c.first_update();
    SessionConfig expected;
    expected.input_format = audio::pcm16_24k;
    expected.transcription = Transcription{};
    if (dialect == Dialect::ga) expected.transcription->model = "gpt-4o-transcribe"; // the provider's
    expected.transcription->language = "de";
    expected.noise_reduction = NoiseReduction::near_field;
    expected.turn_detection =
        TurnDetection{.threshold = 0.5, .prefix_padding_ms = 300, .silence_duration_ms = 500};
    expected.include = Json{R"(["item.input_audio_transcription.logprobs"])"};
    g_assert_true(config == expected);
    g_assert_true(contains(c.sink.ear->warnings(Warning::Kind::setting_rejected).at(0), "'instructions'"));
  }
}

void model_is_the_transcription_s() {
  Listening c;
  c.set([](Settings& s) { s.model = "whisper-1"; });
  c.start(true, false);
  g_assert_true(c.first_update().transcription->model == "whisper-1");
}

void turns_become_transcripts() {
  Listening c;
  c.start(true, false);
  c.take();
  c.push(1000);
  c.transport.deliver(SpeechStarted{100, "item_1"});
  c.transport.deliver(SpeechStopped{900, "item_1"});
  c.server.commit("item_1");
  c.transport.deliver(InputTranscriptDelta{"item_1", 0, "Good "});
  c.transport.deliver(InputTranscriptDelta{"item_1", 0, "day."});
  c.transport.deliver(InputTranscriptCompleted{"item_1", 0, "Good day.", 1.0});
  c.run();
  assert_text(c.words(), "~Good ~Good day.=Good day.");
  c.pass(60'000); // no answer is waited for, or missed
  g_assert_cmpuint(c.sink.ear->warnings(Warning::Kind::response_timed_out).size(), ==, 0);
}

// Such a model streams words as they come; a commit ends a turn and gives its whole text.
void models_without_turns_are_committed() {
  Listening c;
  c.set([](Settings& s) { s.input_transcription_model = "gpt-realtime-whisper"; });
  c.start(true, false);
  g_assert_true(c.first_update().turn_detection->mode == TurnDetection::Mode::none);
  c.push(500);
  c.transport.deliver(InputTranscriptDelta{"item_1", 0, "Good"});
  g_assert_cmpuint(c.take_only<InputAudioCommit>().size(), ==, 0);
  g_assert_true(c.session->commit().accepted);
  c.run();
  g_assert_cmpuint(c.take_only<InputAudioCommit>().size(), ==, 1);
  c.pass(10'000); // no silence is made up for a detector that is not there
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 0);
}

// What turn-detection=none asks for, with any model: the application ends the turns.
void without_turn_detection_turns_are_committed() {
  for (const Dialect dialect : {Dialect::ga, Dialect::beta}) {
    Listening c(dialect);
    c.set([](Settings& s) {
      s.input_transcription_model = "whisper-1";
      s.turn_detection = TurnDetectionChoice::none;
    });
    c.start(true, false);
    g_assert_true(c.first_update().turn_detection->mode == TurnDetection::Mode::none);
    c.push(60);
    g_assert_true(c.session->commit().accepted);
    c.run();
    g_assert_cmpuint(c.take_only<InputAudioCommit>().size(), ==, 0); // servers refuse so little
    assert_text(text_of(c.sink.ear->notices(NoticeKind::error).at(0), "request"), "commit");
    c.push(440);
    c.pass(60'000); // no pause does
    g_assert_cmpuint(c.take_only<InputAudioCommit>().size(), ==, 0);
    g_assert_true(c.session->commit().accepted);
    c.run();
    g_assert_cmpuint(c.take_only<InputAudioCommit>().size(), ==, 1);
    c.transport.deliver(InputTranscriptCompleted{"item_1", 0, "Good day.", 0.5});
    c.push(300);
    c.begin_drain();
    g_assert_cmpuint(c.take_only<InputAudioCommit>().size(), ==, 1);
    g_assert_false(c.drained());
    c.transport.deliver(InputTranscriptCompleted{"item_2", 0, "Good night.", 0.3});
    c.run();
    g_assert_true(c.drained());
    assert_text(c.words(), "=Good day.=Good night.");
    g_assert_cmpuint(c.sink.ear->heard().warnings.size(), ==, 0);
  }
}

void the_end_is_committed() {
  Listening c;
  c.set([](Settings& s) { s.input_transcription_model = "gpt-live-transcribe"; });
  c.start(true, false);
  c.take();
  c.push(500);
  c.begin_drain();
  const auto events = c.take();
  g_assert_cmpuint(only<InputAudioCommit>(events).size(), ==, 1);
  g_assert_cmpuint(only<ResponseCreate>(events).size(), ==, 0);
  g_assert_false(c.drained()); // its words are still to come
  c.transport.deliver(InputTranscriptCompleted{"item_1", 0, "Good day.", 0.5});
  c.run();
  g_assert_true(c.drained());
}

void conversation_actions_say_why_not() {
  Listening c;
  c.start(true, false);
  c.take();
  for (std::size_t i = 1; i <= 2; ++i) {
    c.session->send_text("Hello");
    c.session->create_response(std::nullopt);
    c.run();
    const auto errors = c.sink.ear->notices(NoticeKind::error);
    g_assert_cmpuint(errors.size(), ==, 2 * i);
    assert_text(text_of(errors[2 * i - 2], "request"), "send-text");
    assert_text(text_of(errors[2 * i - 1], "request"), "create-response");
  }
  g_assert_cmpuint(c.take().size(), ==, 0);
  const auto warnings = c.sink.ear->warnings(Warning::Kind::unsupported);
  g_assert_cmpuint(warnings.size(), ==, 2);
  assert_text(
      warnings[1],
      "No response.create is sent: a transcription session has no such thing, see property 'session-type'");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/transcription/shape", address_and_shape);
  g_test_add_func("/session/transcription/model", model_is_the_transcription_s);
  g_test_add_func("/session/transcription/turns", turns_become_transcripts);
  g_test_add_func("/session/transcription/commit", models_without_turns_are_committed);
  g_test_add_func("/session/transcription/turn-detection-none", without_turn_detection_turns_are_committed);
  g_test_add_func("/session/transcription/end", the_end_is_committed);
  g_test_add_func("/session/transcription/actions", conversation_actions_say_why_not);
  return g_test_run();
}

// Turns that the server finds, and who answers them; and the actions at every moment.
#include "conversation.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

// The answer is the application's to ask for: nothing is waited for.
void turns_without_answers() {
  Conversation c;
  c.set([](Settings& s) { s.vad_create_response = TriState::no; });
  c.start();
  c.push(200);
  c.take();
  c.transport.deliver(SpeechStarted{0, "item_user"});
  c.transport.deliver(SpeechStopped{200, "item_user"});
  c.server.commit("item_user");
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
  g_assert_cmpuint(c.sink.ear->notices(NoticeKind::turn_committed).size(), ==, 1);
  c.session->create_response(std::nullopt);
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 1);
}

// Speech cuts the answer that plays unless that is switched off as well.
void turns_without_answers_and_one_playing() {
  for (const bool interrupts : {true, false}) {
    Conversation c;
    c.set([&](Settings& s) {
      s.vad_create_response = TriState::no;
      if (!interrupts) s.vad_interrupt_response = TriState::no;
    });
    c.start();
    c.reply("item_1", 1000);
    c.listen(200);
    c.take();
    c.transport.deliver(SpeechStarted{0, "item_user"});
    c.transport.deliver(SpeechStopped{200, "item_user"});
    c.server.commit("item_user");
    c.run();
    g_assert_cmpuint(c.take_only<ItemTruncate>().size(), ==, interrupts ? 1 : 0);
    const std::uint64_t rest = c.listen(1000);
    if (interrupts)
      g_assert_cmpuint(rest, <=, 120); // the fade
    else
      g_assert_cmpuint(rest, ==, 24 * 800);
  }
}

void semantic_turns() {
  Conversation c;
  c.set([](Settings& s) {
    s.turn_detection = TurnDetectionChoice::semantic_vad;
    s.vad_eagerness = TurnDetection::Eagerness::high;
  });
  c.start();
  const auto sent = c.take_only<SessionUpdate>().at(0).config.turn_detection;
  g_assert_true(sent->mode == TurnDetection::Mode::semantic_vad);
  g_assert_true(sent->eagerness == TurnDetection::Eagerness::high);
  g_assert_false(sent->threshold || sent->silence_duration_ms);
  c.reply("item_1", 1000);
  c.listen(200);
  c.transport.deliver(SpeechStarted{0, "item_user"}); // interrupts like any other
  c.run();
  g_assert_cmpuint(c.take_only<ItemTruncate>().size(), ==, 1);
  c.server.commit("item_user");
  c.session->create_response(std::nullopt);
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 0); // the server answers the turn first
}

// The caller goes on before the answer began: the server drops it, and nobody waits for it.
void an_answer_that_speech_prevents() {
  Conversation c;
  c.start();
  c.transport.deliver(SpeechStarted{0, "item_user"});
  c.transport.deliver(SpeechStopped{200, "item_user"});
  c.server.commit("item_user");
  c.transport.deliver(SpeechStarted{300, "item_more"});
  c.session->create_response(std::nullopt);
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 1);
}

void silence_is_told() {
  Conversation c;
  c.set([](Settings& s) { s.vad_idle_timeout_ms = 6000; });
  c.start();
  g_assert_cmpuint(*c.take_only<SessionUpdate>().at(0).config.turn_detection->idle_timeout_ms, ==, 6000);
  c.transport.deliver(IdleTimeout{100, 6100, "item_silence"});
  c.server.commit("item_silence");
  c.session->create_response(std::nullopt);
  c.run();
  const auto notice = c.sink.ear->notices(NoticeKind::idle_timeout).at(0);
  assert_text(text_of(notice, "item-id"), "item_silence");
  g_assert_cmpuint(field<std::uint64_t>(notice, "audio-start-ms"), ==, 100);
  g_assert_cmpuint(field<std::uint64_t>(notice, "audio-end-ms"), ==, 6100);
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 0); // the model speaks first
}

// ---- the actions at every moment ----

void interrupt_nothing() {
  Conversation c;
  c.start();
  c.take();
  g_assert_true(c.session->interrupt().accepted);
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
  assert_text(text_of(c.src.ear->notices(NoticeKind::error).at(0), "request"), "interrupt");
}

void interrupt_before_it_is_created() {
  Conversation c({.responds = false});
  c.start();
  c.session->create_response(std::nullopt);
  c.session->interrupt();
  c.run();
  c.take();
  const std::string id = c.server.begin_response();
  c.server.say(id, "item_1", std::vector<std::uint8_t>(48000, 1));
  c.run();
  assert_text(*c.take_only<ResponseCancel>().at(0).response_id, id);
  g_assert_cmpuint(c.listen(200), ==, 0);
}

void interrupt_while_it_is_heard() {
  for (const bool done : {false, true}) {
    Conversation c;
    c.start();
    const std::string id = c.reply("item_1", 2000, done);
    c.listen(500);
    c.take();
    c.session->interrupt();
    c.run();
    const auto events = c.take();
    g_assert_cmpuint(only<ResponseCancel>(events).size(), ==, done ? 0 : 1); // it has ended at the server
    g_assert_cmpuint(only<ItemTruncate>(events).at(0).audio_end_ms, ==, 505);
    g_assert_cmpuint(c.src.ear->notices(NoticeKind::error).size(), ==, 0);
  }
}

void before_the_connection() {
  Conversation c({.greets = false});
  c.start();
  for (const Outcome& outcome :
       {c.session->create_response(std::nullopt), c.session->interrupt(), c.session->create_response("{}")})
    g_assert_true(outcome.accepted);
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
  c.server.introduce();
  c.run();
  // The first one was sent and cancelled as soon as it existed, the second is asked for after it.
  const auto events = c.take();
  g_assert_cmpuint(only<ResponseCreate>(events).size(), ==, 2);
  g_assert_cmpuint(only<ResponseCancel>(events).size(), ==, 1);
}

void after_the_end() {
  Conversation c;
  c.start();
  c.begin_drain();
  g_assert_true(c.drained());
  c.take();
  for (const Outcome& outcome : {c.session->create_response(std::nullopt), c.session->send_text("Hello"),
                                 c.session->send_tool_output("call_1", "x")}) {
    g_assert_false(outcome.accepted);
    g_assert_true(contains(outcome.why, "end of stream"));
  }
  g_assert_true(c.session->interrupt().accepted);
  g_assert_true(c.session->cancel_response().accepted);
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::error).size(), ==, 2); // nothing is there
  c.session->flush_input();                                              // input goes on
  g_assert_true(c.session->send_text("Hello").accepted);
}

// While the last answer is waited for, more may be asked.
void within_the_end() {
  Conversation c;
  c.start();
  c.reply("item_1", 500);
  c.begin_drain();
  g_assert_true(c.session->create_response(std::nullopt).accepted);
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 1);
  c.listen(1000);
  g_assert_false(c.drained());
}

// The server ends the turn while our commit is on its way: its own comes first, and only that is answered.
void a_commit_crosses_the_end_of_the_turn() {
  Conversation c;
  c.start();
  c.transport.when_sent([](Executor&, const std::string&) {}); // what it says stands below
  c.push(500);
  c.transport.deliver(SpeechStarted{0, "item_turn"});
  c.session->commit();
  c.run();
  c.transport.deliver(SpeechStopped{0, "item_turn"});
  c.transport.deliver(InputAudioCommitted{"item_turn", std::nullopt});
  c.run();
  c.session->create_response({});
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 0); // the answer to the turn is to come
  c.transport.deliver(InputAudioCommitted{"item_rest", std::nullopt});
  c.server.end_response(c.server.begin_response());
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 1); // and none to the rest
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/turns/no-answers", turns_without_answers);
  g_test_add_func("/session/turns/no-answers/playing", turns_without_answers_and_one_playing);
  g_test_add_func("/session/turns/semantic", semantic_turns);
  g_test_add_func("/session/turns/prevented", an_answer_that_speech_prevents);
  g_test_add_func("/session/turns/idle", silence_is_told);
  g_test_add_func("/session/moments/interrupt/nothing", interrupt_nothing);
  g_test_add_func("/session/moments/interrupt/asked", interrupt_before_it_is_created);
  g_test_add_func("/session/moments/interrupt/heard", interrupt_while_it_is_heard);
  g_test_add_func("/session/moments/before-connection", before_the_connection);
  g_test_add_func("/session/moments/after-the-end", after_the_end);
  g_test_add_func("/session/moments/within-the-end", within_the_end);
  g_test_add_func("/session/turns/commit-crosses", a_commit_crosses_the_end_of_the_turn);
  return g_test_run();
}

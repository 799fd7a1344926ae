// The end of the input: everything said is sent, answered and heard before the streams end.
#include "conversation.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

// The server's side of a turn that its detector ended.
void server_turn(Conversation& c) {
  c.transport.deliver(SpeechStarted{100, "item_user"});
  c.transport.deliver(SpeechStopped{900, "item_user"});
  c.server.commit("item_user");
  c.run();
}

void no_audio_at_all() {
  Conversation c;
  c.start();
  c.take();
  c.begin_drain();
  g_assert_true(c.drained());
  const auto events = c.take();
  g_assert_cmpuint(c.taken_ms(events), ==, 0);
  g_assert_cmpuint(only<InputAudioCommit>(events).size(), ==, 0);
  g_assert_true(c.session->drain());
}

void with_turn_detection() {
  Conversation c;
  c.start();
  c.speak(1000);
  c.take();
  c.begin_drain();
  auto events = c.take();
  g_assert_cmpuint(c.taken_ms(events), ==, 1000); // the silence the detector waits for, and a margin
  const auto updates = only<SessionUpdate>(events);
  g_assert_cmpuint(updates.size(), ==, 1);
  g_assert_true(updates[0].config == SessionConfig{}); // the round trip
  g_assert_true(std::holds_alternative<SessionUpdate>(events.back().body));
  g_assert_true(c.drained()); // the server heard nothing that needs an answer
}

// The answer to the round trip comes after the turn's events: it is waited for, and so is what they announce.
void waits_for_the_answer_to_be_heard() {
  FakeSpeechlessServer::Options options;
  options.acknowledges = false;
  Conversation c(options);
  c.start();
  c.server.acknowledge(c.take_only<SessionUpdate>().at(0).config);
  c.speak(1000);
  c.begin_drain();
  server_turn(c);
  g_assert_false(c.drained());
  c.server.acknowledge({});
  c.run();
  g_assert_false(c.drained()); // the answer to the turn is expected
  c.reply("item_1", 1000);
  c.listen(980);
  g_assert_false(c.drained()); // not heard to its end
  c.listen(40);
  g_assert_true(c.drained());
  g_assert_cmpuint(c.src.ear->heard().wakes, ==, 1);
  g_assert_cmpuint(c.sink.ear->heard().wakes, ==, 1);
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::drain_timed_out).size(), ==, 0);
}

void push_to_talk() {
  Conversation c;
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
  c.start();
  c.speak(1000);
  c.take();
  c.begin_drain();
  const auto events = c.take();
  g_assert_cmpuint(c.taken_ms(events), ==, 0); // no silence
  g_assert_cmpuint(only<InputAudioCommit>(events).size(), ==, 1);
  g_assert_cmpuint(only<ResponseCreate>(events).size(), ==, 1);
  g_assert_false(c.drained());
  for (const Notice& n : c.src.ear->notices(NoticeKind::response_started))
    c.server.end_response(text_of(n, "response-id"));
  c.run();
  g_assert_true(c.drained());
}

void push_to_talk_committed_already() {
  Conversation c;
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
  c.start();
  c.speak(1000);
  c.session->commit();
  c.run();
  c.take();
  c.begin_drain();
  const auto events = c.take();
  g_assert_cmpuint(only<InputAudioCommit>(events).size(), ==, 0);
  g_assert_cmpuint(only<ResponseCreate>(events).size(), ==, 0);
  g_assert_true(c.drained());
}

void before_the_connection() {
  FakeSpeechlessServer::Options options;
  options.greets = false;
  Conversation c(options);
  c.start();
  c.push(200);
  c.begin_drain();
  g_assert_false(c.drained());
  c.server.introduce();
  c.run();
  g_assert_true(c.drained());
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 1200);
}

void waits_for_a_stalled_server() {
  Conversation c;
  c.start();
  c.transport.set_writable(false);
  c.push(200);
  c.begin_drain();
  c.pass(1000);
  g_assert_false(c.drained());
  c.transport.set_writable(true);
  c.run();
  g_assert_true(c.drained());
}

void waits_for_the_transcript() {
  Conversation c;
  c.set([](Settings& s) {
    s.input_transcription_model = "whisper-1";
    s.vad_create_response = TriState::no;
  });
  c.start();
  c.speak(500);
  server_turn(c);
  c.begin_drain();
  c.pass(100);
  g_assert_false(c.drained());
  c.transport.deliver(InputTranscriptCompleted{"item_user", 0, "Hello.", 0});
  c.run();
  g_assert_true(c.drained());
}

void waits_for_a_tool() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  c.server.call_tool(id, "item_call", "call_1", "now", "{}");
  c.server.end_response(id);
  c.begin_drain();
  g_assert_false(c.drained());
  g_assert_true(c.session->send_tool_output("call_1", "noon").accepted);
  c.run();
  g_assert_false(c.drained()); // the answer that follows
  const auto started = c.src.ear->notices(NoticeKind::response_started);
  c.server.end_response(text_of(started.back(), "response-id"));
  c.run();
  g_assert_true(c.drained());
}

// A turn still open at the end: the detector gets silence at the pace of the clock until it has ended.
void silence_while_a_turn_is_open() {
  Conversation c;
  c.start();
  c.speak(1000);
  c.transport.deliver(SpeechStarted{100, "item_user"});
  c.begin_drain();
  c.take();
  c.pass(2000);
  g_assert_false(c.drained());
  const std::uint64_t filled = c.taken_ms(c.take());
  g_assert_cmpuint(filled, >=, 1900);
  g_assert_cmpuint(filled, <=, 2000);
  c.transport.deliver(SpeechStopped{900, "item_user"});
  c.server.commit("item_user");
  c.reply("item_1", 100);
  c.listen(200);
  g_assert_true(c.drained());
  c.take();
  c.pass(3000);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 0);
}

void times_out() {
  Conversation c;
  c.set([](Settings& s) { s.drain_timeout_ms = 5000; });
  c.start();
  const std::string id = c.server.begin_response();
  c.begin_drain();
  c.pass(4999);
  g_assert_false(c.drained());
  c.pass(1);
  g_assert_true(c.drained());
  const auto warnings = c.src.ear->warnings(Warning::Kind::drain_timed_out);
  g_assert_cmpuint(warnings.size(), ==, 1);
  g_assert_true(contains(warnings[0], id));
}

// A long answer is heard to its end, whatever drain-timeout is.
void a_long_answer() {
  Conversation c;
  c.set([](Settings& s) { s.drain_timeout_ms = 5000; });
  c.start();
  c.reply("item_1", 60'000);
  c.begin_drain();
  g_assert_cmpuint(c.listen(61'000), ==, 60'000 * 24);
  g_assert_true(c.drained());
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::drain_timed_out).size(), ==, 0);
}

void not_at_all() {
  Conversation c;
  c.set([](Settings& s) { s.drain_timeout_ms = 0; });
  c.start();
  c.reply("item_1", 5000, false);
  c.begin_drain();
  g_assert_true(c.drained());
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::drain_timed_out).size(), ==, 0);
}

// The end came first: who runs the call is told, the model reads that it was cancelled, and is not asked for
// words that nobody hears.
void the_end_takes_the_calls_along() {
  for (const unsigned tool_timeout : {60'000u, 0u}) {
    Conversation c;
    c.set([&](Settings& s) {
      s.tool_timeout_ms = tool_timeout;
      s.drain_timeout_ms = 5000;
    });
    c.start();
    const std::string id = c.server.begin_response();
    c.server.call_tool(id, "item_call", "call_1", "weather", "{}");
    c.server.call_mcp(id, "item_mcp", "search", "{}");
    c.server.ask_approval(id, "mcpr_1", "search", "{}");
    c.server.end_response(id);
    c.begin_drain();
    c.take();
    c.pass(5000);
    g_assert_true(c.drained());
    g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::drain_timed_out).size(), ==, 1);
    const auto calls = c.src.ear->notices(NoticeKind::tool_call_cancelled);
    g_assert_cmpuint(calls.size(), ==, 1);
    assert_text(text_of(calls[0], "reason"), "lost");
    assert_text(text_of(c.src.ear->notices(NoticeKind::mcp_approval_cancelled).at(0), "reason"), "lost");
    c.pass(120'000);
    const auto events = c.take();
    g_assert_cmpuint(events.size(), ==, 2);
    const auto items = only<ItemCreate>(events);
    g_assert_true(contains(items.at(0).item.output, "cancelled"));
    g_assert_false(items.at(1).item.approve);
    g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::tool_timed_out).size(), ==, 0);
  }
}

// Nor are the answers that are open, asked for or still to come.
void the_end_cancels_the_answers() {
  Conversation c;
  c.set([](Settings& s) { s.drain_timeout_ms = 0; });
  c.start();
  c.reply("item_1", 5000, false);
  c.session->create_response({});
  c.run();
  c.take();
  c.begin_drain();
  g_assert_true(c.drained());
  g_assert_cmpuint(c.take_only<ResponseCancel>().size(), ==, 1);
  c.transport.deliver(SpeechStarted{0, "item_user"});
  c.transport.deliver(SpeechStopped{0, "item_user"});
  c.transport.deliver(InputAudioCommitted{"item_user", std::nullopt});
  const std::string turn = c.server.begin_response();
  c.run();
  const auto sent = c.take();
  g_assert_cmpuint(only<ResponseCreate>(sent).size(), ==, 0);
  assert_text(only<ResponseCancel>(sent).at(0).response_id.value(), turn);
  // A new input: its turns are answered.
  c.session->set_input_flushing(true);
  c.session->flush_input();
  c.session->set_input_flushing(false);
  c.server.end_response(turn);
  c.transport.deliver(InputAudioCommitted{"item_next", std::nullopt});
  c.server.begin_response();
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCancel>().size(), ==, 0);
}

void flush_abandons() {
  Conversation c;
  c.start();
  c.speak(500);
  c.reply("item_1", 2000, false);
  c.begin_drain();
  c.take();
  c.session->set_input_flushing(true);
  g_assert_false(c.session->drain()); // does not block
  c.session->flush_input();
  c.session->set_input_flushing(false);
  c.run();
  g_assert_cmpuint(c.take_only<InputAudioClear>().size(), ==, 1);
  c.listen(3000);
  c.pass(60'000);
  g_assert_false(c.drained()); // the input goes on
  c.speak(200);
  c.begin_drain();
  const auto started = c.src.ear->notices(NoticeKind::response_started);
  c.server.end_response(text_of(started.at(0), "response-id"));
  c.listen(100);
  g_assert_true(c.drained());
}

void application_ends_the_output() {
  Conversation c;
  c.start();
  const std::string id = c.reply("item_1", 5000, false);
  c.begin_drain();
  g_assert_false(c.drained());
  c.session->output_ended();
  c.run();
  const std::vector<std::uint8_t> more(48000, 1);
  c.server.say(id, "item_1", more); // nobody will hear it
  c.server.end_response(id);
  c.run();
  g_assert_true(c.drained());
}

void closing_ends_it() {
  Conversation c;
  c.start();
  c.reply("item_1", 5000, false);
  c.begin_drain();
  c.close(c.sink);
  c.close(c.src);
  c.run();
  g_assert_true(c.session->drain());
  g_assert_cmpuint(c.loop->timers(), ==, 0);
  // Nothing of it reaches the next connection.
  c.open(c.src);
  c.session->set_output_format(c.output_format);
  c.pass(60'000);
  g_assert_false(c.drained());
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::drain_timed_out).size(), ==, 0);
}

void a_new_input_after_the_end() {
  Conversation c;
  c.start();
  c.begin_drain();
  g_assert_true(c.drained());
  c.close(c.sink);
  c.open(c.sink);
  c.run();
  g_assert_false(c.drained());
  c.session->set_input_format(c.input_format);
  c.take();
  c.push(100);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 100);
  c.begin_drain();
  g_assert_true(c.drained());
}

// The sink stops in the middle of its drain and starts anew: the old drain does not end the new input.
void a_drain_ends_with_its_input() {
  Conversation c;
  c.start();
  const std::string id = c.reply("item_1", 1000, false);
  c.begin_drain();
  c.close(c.sink);
  c.open(c.sink);
  c.session->set_input_format(c.input_format);
  c.server.end_response(id);
  c.listen(1100);
  c.pass(60'000);
  g_assert_false(c.drained());
  c.begin_drain();
  g_assert_true(c.drained());
}

void a_flush_after_the_end() {
  Conversation c;
  c.start();
  c.begin_drain();
  g_assert_true(c.drained());
  c.session->flush_input();
  c.run();
  g_assert_false(c.drained());
  c.speak(200);
  c.begin_drain();
  g_assert_true(c.drained());
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/drain/no-audio", no_audio_at_all);
  g_test_add_func("/session/drain/turn-detection", with_turn_detection);
  g_test_add_func("/session/drain/heard", waits_for_the_answer_to_be_heard);
  g_test_add_func("/session/drain/push-to-talk", push_to_talk);
  g_test_add_func("/session/drain/push-to-talk/committed", push_to_talk_committed_already);
  g_test_add_func("/session/drain/before-connection", before_the_connection);
  g_test_add_func("/session/drain/stalled", waits_for_a_stalled_server);
  g_test_add_func("/session/drain/transcript", waits_for_the_transcript);
  g_test_add_func("/session/drain/tool", waits_for_a_tool);
  g_test_add_func("/session/drain/open-turn", silence_while_a_turn_is_open);
  g_test_add_func("/session/drain/timeout", times_out);
  g_test_add_func("/session/drain/long-answer", a_long_answer);
  g_test_add_func("/session/drain/none", not_at_all);
  g_test_add_func("/session/drain/calls", the_end_takes_the_calls_along);
  g_test_add_func("/session/drain/answers", the_end_cancels_the_answers);
  g_test_add_func("/session/drain/flush", flush_abandons);
  g_test_add_func("/session/drain/output-ended", application_ends_the_output);
  g_test_add_func("/session/drain/closing", closing_ends_it);
  g_test_add_func("/session/drain/new-input", a_new_input_after_the_end);
  g_test_add_func("/session/drain/new-input/in-between", a_drain_ends_with_its_input);
  g_test_add_func("/session/drain/new-input/flush", a_flush_after_the_end);
  return g_test_run();
}

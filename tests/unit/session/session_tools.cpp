// Tools through a whole session: what is announced, when outputs leave, and what the caller hears meanwhile.
#include "conversation.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

void tool_round() {
  Conversation c;
  c.start();
  c.take();
  const std::string id = c.server.begin_response();
  c.server.call_tool(id, "item_call", "call_1", "weather", R"({"city":"Ulm"})");
  c.run();
  const auto calls = c.src.ear->notices(NoticeKind::tool_call);
  g_assert_cmpuint(calls.size(), ==, 1); // though it is told of several times
  assert_text(text_of(calls[0], "call-id"), "call_1");
  assert_text(text_of(calls[0], "name"), "weather");
  assert_text(text_of(calls[0], "arguments"), R"({"city":"Ulm"})");
  assert_text(text_of(calls[0], "response-id"), id);
  g_assert_true(c.session->send_tool_output("call_1", "sunny").accepted);
  g_assert_false(c.session->send_tool_output("call_1", "again").accepted);
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0); // the response is not over
  c.server.end_response(id);
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 2);
  assert_text(only<ItemCreate>(events).at(0).item.output, "sunny");
  g_assert_true(std::holds_alternative<ResponseCreate>(events[1].body));
}

// The end of the response tells of the call once more: an answered one does not wait again.
void tool_answered_before_the_end() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  c.server.call_tool(id, "item_call", "call_1", "weather", "{}");
  c.session->send_tool_output("call_1", "sunny");
  c.run();
  Response response;
  response.id = id;
  response.status = ResponseStatus::completed;
  Item call;
  call.id = "item_call";
  call.type = Item::Type::function_call;
  call.call_id = "call_1";
  call.name = "weather";
  call.arguments = "{}";
  response.output.push_back(call);
  c.transport.deliver(ResponseDone{response});
  c.run();
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::tool_call).size(), ==, 1);
  g_assert_false(c.session->send_tool_output("call_1", "again").accepted);
}

void tool_timeout_is_final() {
  Conversation c;
  c.set([](Settings& s) { s.tool_timeout_ms = 5000; });
  c.start();
  const std::string id = c.server.begin_response();
  c.server.call_tool(id, "item_call", "call_1", "weather", "{}");
  c.server.end_response(id);
  c.take();
  c.pass(5000);
  g_assert_cmpuint(c.take_only<ItemCreate>().size(), ==, 1);
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::tool_timed_out).size(), ==, 1);
  g_assert_false(c.session->send_tool_output("call_1", "late").accepted);
}

// The server was cut off within the call: there is nothing to run.
void an_unfinished_call_is_not_announced() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  Item call;
  call.id = "item_call";
  call.type = Item::Type::function_call;
  call.status = "in_progress";
  call.call_id = "call_1";
  call.name = "weather";
  c.transport.deliver(OutputItemAdded{id, 0, call});
  c.transport.deliver(FunctionArgumentsDone{{id, "item_call", 0, 0}, "call_1", "weather", R"({"city":"U)"});
  call.status = "incomplete";
  call.arguments = R"({"city":"U)";
  c.transport.deliver(OutputItemDone{id, 0, call});
  c.server.end_response(id, ResponseStatus::incomplete);
  c.run();
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::tool_call).size(), ==, 0);
  g_assert_false(c.session->send_tool_output("call_1", "sunny").accepted);
}

// The caller speaks while the tool runs: the call is part of the conversation, and its output still goes
// there. What the model says about it does not talk over him: the answer to his words knows it.
void answered_after_an_interruption() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  const std::vector<std::uint8_t> second(48000, 1);
  c.server.say(id, "item_1", second);
  c.server.call_tool(id, "item_call", "call_1", "weather", "{}");
  c.listen(200);
  c.transport.deliver(SpeechStarted{0, "item_user"});
  c.server.end_response(id, ResponseStatus::cancelled);
  c.run();
  c.take();
  g_assert_true(c.session->send_tool_output("call_1", "sunny").accepted);
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 1);
  assert_text(only<ItemCreate>(events).at(0).item.output, "sunny");
  c.listen(3000); // he goes on
  c.transport.deliver(SpeechStopped{0, "item_user"});
  c.transport.deliver(InputAudioCommitted{"item_user", std::nullopt});
  c.listen(200);
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 0);
  c.reply("item_2", 100);
  c.listen(500);
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 0);
}

// Where the server does not answer turns by itself, the output is told when the caller has ended; where
// speech does not interrupt either, at once.
void answered_after_an_unanswered_turn() {
  for (const bool interrupts : {true, false}) {
    Conversation c;
    c.set([interrupts](Settings& s) {
      s.vad_create_response = TriState::no;
      s.vad_interrupt_response = interrupts ? TriState::automatic : TriState::no;
    });
    c.start();
    const std::string id = c.server.begin_response();
    c.server.call_tool(id, "item_call", "call_1", "weather", "{}");
    c.transport.deliver(SpeechStarted{0, "item_user"});
    c.server.end_response(id);
    c.session->send_tool_output("call_1", "sunny");
    c.run();
    g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, interrupts ? 0 : 1);
    c.transport.deliver(SpeechStopped{0, "item_user"});
    c.transport.deliver(InputAudioCommitted{"item_user", std::nullopt});
    c.run();
    g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, interrupts ? 1 : 0);
  }
}

// What he said was thrown away, or the detection switched off within it.
void the_turn_has_no_end() {
  for (const bool cleared : {true, false}) {
    Conversation c;
    c.start();
    const std::string id = c.server.begin_response();
    c.server.call_tool(id, "item_call", "call_1", "weather", "{}");
    c.transport.deliver(SpeechStarted{0, "item_user"});
    c.server.end_response(id, ResponseStatus::cancelled);
    c.session->send_tool_output("call_1", "sunny");
    c.run();
    g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 0);
    if (cleared)
      c.transport.deliver(InputAudioCleared{});
    else
      c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
    c.run();
    g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 1);
  }
}

// The output comes while the answer to the caller's next words is spoken: it is told after that one.
void answered_while_the_model_speaks() {
  Conversation c;
  c.start();
  const std::string first = c.server.begin_response();
  c.server.call_tool(first, "item_call", "call_1", "weather", "{}");
  c.server.end_response(first);
  const std::string turn = c.reply("item_1", 500, false);
  c.take();
  c.session->send_tool_output("call_1", "sunny");
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 1);
  assert_text(only<ItemCreate>(events).at(0).item.output, "sunny");
  c.server.end_response(turn);
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 1);
}

void a_cancelled_response_calls_nothing() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  c.session->cancel_response();
  c.loop->post([&] { c.server.call_tool(id, "item_call", "call_1", "weather", "{}"); }); // crosses the cancel
  c.run();
  c.server.end_response(id);
  c.run();
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::tool_call).size(), ==, 0);
  const auto events = c.take(); // the model does not wait for its output
  g_assert_cmpuint(only<ItemCreate>(events).size(), ==, 1);
  g_assert_cmpuint(only<ResponseCreate>(events).size(), ==, 0);
  assert_text(only<ItemCreate>(events).at(0).item.call_id, "call_1");
  g_assert_true(contains(only<ItemCreate>(events).at(0).item.output, "cancelled"));
}

// The server had made the call when the interruption reached it, or goes on because it cannot cancel.
void a_call_crosses_an_interruption() {
  for (const ProviderId provider : {ProviderId::custom, ProviderId::speaches}) {
    Conversation c;
    c.set([provider](Settings& s) {
      s.provider = provider;
      s.model = "any";
    });
    c.start();
    const std::string id = c.server.begin_response();
    c.session->interrupt();
    c.loop->post([&] { c.server.call_tool(id, "item_call", "call_1", "weather", "{}"); });
    c.run();
    c.server.end_response(id, ResponseStatus::cancelled);
    c.take();
    g_assert_cmpuint(c.src.ear->notices(NoticeKind::tool_call).size(), ==, 1);
    g_assert_true(c.session->send_tool_output("call_1", "sunny").accepted);
    c.run();
    const auto events = c.take();
    assert_text(only<ItemCreate>(events).at(0).item.output, "sunny");
    g_assert_cmpuint(only<ResponseCreate>(events).size(), ==, 1);
  }
}

void a_call_without_an_id() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  c.server.call_tool(id, "item_1", "", "weather", "{}");
  c.server.call_tool(id, "item_2", "", "weather", "{}");
  c.server.end_response(id);
  c.run();
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::tool_call).size(), ==, 0);
  const auto warnings = c.src.ear->warnings(Warning::Kind::unsupported);
  g_assert_cmpuint(warnings.size(), ==, 1);
  g_assert_true(contains(warnings[0], "'weather'"));
}

void cancel_response_cancels_the_calls() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  c.server.call_tool(id, "item_call", "call_1", "weather", "{}");
  c.server.end_response(id);
  c.take();
  c.session->cancel_response();
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 1);
  g_assert_true(contains(only<ItemCreate>(events).at(0).item.output, "cancelled"));
  assert_text(text_of(c.src.ear->notices(NoticeKind::tool_call_cancelled).at(0), "reason"), "cancelled");
  g_assert_false(c.session->send_tool_output("call_1", "late").accepted);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::error).size(), ==, 0);
}

void interrupt_leaves_the_calls() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  c.server.call_tool(id, "item_call", "call_1", "weather", "{}");
  c.session->interrupt();
  c.run();
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::tool_call_cancelled).size(), ==, 0);
  g_assert_true(c.session->send_tool_output("call_1", "sunny").accepted);
}

void the_item_was_deleted() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  c.server.call_tool(id, "item_call", "call_1", "weather", "{}");
  c.server.end_response(id);
  c.transport.deliver(ItemDeleted{"item_call"});
  c.run();
  assert_text(text_of(c.src.ear->notices(NoticeKind::tool_call_cancelled).at(0), "reason"), "deleted");
  g_assert_false(c.session->send_tool_output("call_1", "late").accepted);
}

void a_failed_session_cancels_the_calls() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  c.server.call_tool(id, "item_call", "call_1", "weather", "{}");
  ErrorInfo error;
  error.code = "session_expired";
  c.transport.deliver(ErrorEvent{error});
  c.run();
  assert_text(text_of(c.src.ear->notices(NoticeKind::tool_call_cancelled).at(0), "reason"), "lost");
}

// A raw output counts as the call's; what follows is up to whoever writes raw events.
void a_raw_output_answers_the_call() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  c.server.call_tool(id, "item_call", "call_1", "weather", "{}");
  c.run();
  c.take();
  const char* raw = R"({"type":"conversation.item.create","item":
      {"type":"function_call_output","call_id":"call_1","output":"sunny"}})";
  g_assert_true(c.session->send_event(raw).accepted);
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0); // the response that called is not over
  c.server.end_response(id);
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 1);
  assert_text(only<ItemCreate>(events).at(0).item.output, "sunny");
  // Unknown to us: as it is.
  g_assert_true(c.session->send_event(raw).accepted);
  c.run();
  g_assert_cmpuint(c.take_only<ItemCreate>().size(), ==, 1);
}

// Beside the conversation: the application acts on it, and is told where a result can go.
void called_out_of_band() {
  Conversation c({.responds = false});
  c.set([](Settings& s) { s.tool_filler = "Say: One moment."; });
  c.start();
  c.take();
  Response response = c.begin_aside();
  c.server.call_tool("resp_aside", "item_call", "call_1", "weather", "{}");
  c.run();
  const Notice call = c.src.ear->notices(NoticeKind::tool_call).at(0);
  g_assert_true(field<bool>(call, "out-of-band"));
  assert_text(text_of(call, "metadata"), R"({"topic":"mood"})");
  const Outcome outcome = c.session->send_tool_output("call_1", "sunny");
  g_assert_false(outcome.accepted);
  g_assert_true(contains(outcome.why, "'call_1' was made out of band"));
  g_assert_true(contains(outcome.why, "create-response"));
  response.status = ResponseStatus::completed;
  c.transport.deliver(ResponseDone{response});
  c.pass(60'000);
  g_assert_cmpuint(c.take().size(), ==, 0);
  g_assert_cmpuint(c.src.ear->heard().warnings.size(), ==, 0);
}

void a_word_while_the_tool_runs() {
  Conversation c;
  c.set([](Settings& s) {
    s.instructions = "You are a pirate.";
    s.tool_filler = "Say: One moment.";
  });
  c.start();
  const std::string id = c.server.begin_response();
  c.server.call_tool(id, "item_call", "call_1", "weather", "{}");
  c.server.end_response(id);
  c.take();
  c.pass(1000);
  const auto sent = c.take_only<ResponseCreate>();
  g_assert_cmpuint(sent.size(), ==, 1);
  assert_text(*sent[0].options.conversation, "none");
  assert_text(*sent[0].options.instructions, "You are a pirate.\n\nSay: One moment.");
  assert_text(sent[0].options.input->text, "[]");
  assert_text(sent[0].options.tool_choice->text, "\"none\"");
  c.pass(10000);
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 0);
}

// Nobody is talked over: neither the answer that is still heard nor the caller.
void the_word_waits_for_silence() {
  Conversation c;
  c.set([](Settings& s) { s.tool_filler = "Say: One moment."; });
  c.start();
  const std::string id = c.reply("item_1", 3000, false);
  c.server.end_item(id, "item_1");
  c.server.call_tool(id, "item_call", "call_1", "weather", "{}");
  c.server.end_response(id);
  c.listen(2900);
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 0);
  c.transport.deliver(SpeechStarted{0, "item_user"});
  c.pass(3000);
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 0);
  c.transport.deliver(SpeechStopped{0, "item_user"});
  c.transport.deliver(InputAudioCommitted{"item_user", std::nullopt});
  c.pass(3000); // the answer to it is to come
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 0);
}

void no_word_where_nobody_listens() {
  Conversation c;
  c.set([](Settings& s) { s.tool_filler = "Say: One moment."; });
  c.start(true, false);
  const std::string id = c.server.begin_response();
  c.server.call_tool(id, "item_call", "call_1", "weather", "{}");
  c.server.end_response(id);
  c.take();
  c.pass(5000);
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 0);
}

// The caller's noise is not answered while a tool runs, where the application does not want it.
void turns_are_not_answered_while_a_tool_runs() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  c.server.call_tool(id, "item_call", "call_1", "weather", "{}");
  c.server.end_response(id);
  c.take();
  c.set([](Settings& s) { s.vad_create_response = TriState::no; });
  c.run();
  const auto off = c.take_only<SessionUpdate>();
  g_assert_cmpuint(off.size(), ==, 1);
  g_assert_true(off[0].config.turn_detection->create_response == false);
  c.transport.deliver(SpeechStarted{0, "item_noise"});
  c.transport.deliver(SpeechStopped{0, "item_noise"});
  c.transport.deliver(InputAudioCommitted{"item_noise", std::nullopt});
  c.session->send_tool_output("call_1", "sunny");
  c.set([](Settings& s) { s.vad_create_response = TriState::automatic; });
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 1); // no answer to the noise is waited for
  g_assert_true(
      c.server.session().config.turn_detection->create_response.value()); // the next turn is answered
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/tools/round", tool_round);
  g_test_add_func("/session/tools/answered-early", tool_answered_before_the_end);
  g_test_add_func("/session/tools/timeout", tool_timeout_is_final);
  g_test_add_func("/session/tools/unfinished", an_unfinished_call_is_not_announced);
  g_test_add_func("/session/tools/after-an-interruption", answered_after_an_interruption);
  g_test_add_func("/session/tools/after-an-interruption/unanswered", answered_after_an_unanswered_turn);
  g_test_add_func("/session/tools/after-an-interruption/no-end", the_turn_has_no_end);
  g_test_add_func("/session/tools/while-speaking", answered_while_the_model_speaks);
  g_test_add_func("/session/tools/cancelled/not-announced", a_cancelled_response_calls_nothing);
  g_test_add_func("/session/tools/cancelled/response", cancel_response_cancels_the_calls);
  g_test_add_func("/session/tools/interrupt", interrupt_leaves_the_calls);
  g_test_add_func("/session/tools/interrupt/crossing", a_call_crosses_an_interruption);
  g_test_add_func("/session/tools/no-id", a_call_without_an_id);
  g_test_add_func("/session/tools/cancelled/deleted", the_item_was_deleted);
  g_test_add_func("/session/tools/cancelled/lost", a_failed_session_cancels_the_calls);
  g_test_add_func("/session/tools/raw", a_raw_output_answers_the_call);
  g_test_add_func("/session/tools/out-of-band", called_out_of_band);
  g_test_add_func("/session/tools/filler", a_word_while_the_tool_runs);
  g_test_add_func("/session/tools/filler/silence", the_word_waits_for_silence);
  g_test_add_func("/session/tools/filler/nobody", no_word_where_nobody_listens);
  g_test_add_func("/session/tools/no-answer-to-noise", turns_are_not_answered_while_a_tool_runs);
  return g_test_run();
}

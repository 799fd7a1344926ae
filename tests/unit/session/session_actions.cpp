// The action signals.
#include "conversation.h"

#include "audio/base64.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

void closed_says_why() {
  Conversation c;
  for (const Outcome& outcome :
       {c.session->send_text("x"), c.session->create_response(std::nullopt), c.session->cancel_response(),
        c.session->interrupt(), c.session->commit(), c.session->clear_input(),
        c.session->send_tool_output("call_1", "x"), c.session->send_event(R"({"type":"x"})")}) {
    g_assert_false(outcome.accepted);
    g_assert_true(contains(outcome.why, "PAUSED"));
  }
}

void unusable_arguments() {
  Conversation c;
  c.start();
  c.take();
  g_assert_false(c.session->send_text("").accepted);
  g_assert_false(c.session->create_response("[").accepted);
  g_assert_false(c.session->send_event("{}").accepted);
  g_assert_false(c.session->send_event("nonsense").accepted);
  const Outcome outcome = c.session->send_tool_output("call_7", "x");
  g_assert_false(outcome.accepted);
  g_assert_true(contains(outcome.why, "call_7"));
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
}

void create_response() {
  Conversation c;
  c.start();
  c.take();
  g_assert_true(c.session->create_response(R"({"instructions":"Be brief."})").accepted);
  c.run();
  assert_text(*c.take_only<ResponseCreate>().at(0).options.instructions, "Be brief.");
}

// It waits for its turn like any other.
void create_response_by_a_raw_event() {
  Conversation c;
  c.start();
  const std::string id = c.reply("item_1", 500, false);
  c.take();
  g_assert_true(
      c.session->send_event(R"({"type":"response.create","response":{"instructions":"Hi"}})").accepted);
  g_assert_true(c.session->send_event(R"({"type":"response.create"})").accepted);
  g_assert_false(c.session->send_event(R"({"type":"response.create","response":[]})").accepted);
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
  c.server.end_response(id);
  c.run();
  assert_text(*c.take_only<ResponseCreate>().at(0).options.instructions, "Hi");
}

void create_response_where_there_are_none() {
  Conversation c;
  c.set([](Settings& s) { s.session_type = SessionType::transcription; });
  c.server.session().type = SessionType::transcription;
  c.start(true, false);
  c.take();
  c.session->create_response(std::nullopt);
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
  g_assert_true(contains(text_of(c.sink.ear->notices(NoticeKind::error).at(0), "message"), "session-type"));
}

// What was asked for is lost: a word in the log, not only on the bus.
void refused_requests_are_warned_of() {
  Conversation c;
  c.start();
  c.take();
  c.session->send_text("Hello");
  c.session->cancel_response();
  c.run();
  for (const auto& event : c.take()) {
    const auto before = c.src.ear->warnings(Warning::Kind::request_refused).size();
    c.server.refuse(event.event_id, "invalid_value");
    c.run();
    const auto after = c.src.ear->warnings(Warning::Kind::request_refused).size();
    g_assert_cmpuint(after - before, ==, std::holds_alternative<ResponseCancel>(event.body) ? 0 : 1);
  }
}

// A refusal that is answered by asking again is none.
void put_back_requests_are_not() {
  Conversation c({.responds = false});
  c.start();
  c.take();
  c.session->create_response(std::nullopt);
  c.run();
  const auto event_id = c.take().at(0).event_id;
  c.server.refuse(event_id, "conversation_already_has_active_response");
  c.run();
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::request_refused).size(), ==, 0);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::error).size(), ==, 1);
}

// What follows a commit waits behind the audio with it; what concerns neither overtakes.
void order_of_commit_and_create() {
  Conversation c;
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
  c.start();
  c.push(200);
  c.take();
  c.transport.set_writable(false);
  c.push(40);
  c.session->commit();
  c.session->create_response(std::nullopt);
  c.session->send_event(R"({"type":"conversation.item.delete","item_id":"item_1"})");
  c.run();
  g_assert_cmpuint(c.take_only<ItemDelete>().size(), ==, 1);
  c.transport.set_writable(true);
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 4);
  g_assert_true(std::holds_alternative<InputAudioCommit>(events[2].body));
  g_assert_true(std::holds_alternative<ResponseCreate>(events[3].body));
  c.session->create_response(std::nullopt); // with nothing ordered before it, at once
  c.transport.set_writable(false);
  c.push(40);
  c.run();
}

// A cancel overtakes the audio, and not the requests that were made before it.
void order_of_create_and_cancel() {
  for (const bool connecting : {true, false})
    for (const bool interrupt : {true, false}) {
      Conversation c({.greets = !connecting});
      c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
      c.start();
      if (!connecting) c.transport.set_writable(false);
      c.take();
      c.push(200);
      c.session->commit();
      c.session->create_response(R"({"instructions":"first"})");
      interrupt ? c.session->interrupt() : c.session->cancel_response();
      c.session->create_response(R"({"instructions":"second"})");
      c.run();
      if (connecting) c.server.introduce();
      c.transport.set_writable(true);
      c.run();
      const auto events = c.take();
      g_assert_cmpuint(only<InputAudioCommit>(events).size(), ==, 1);
      const auto creates = only<ResponseCreate>(events);
      g_assert_cmpuint(creates.size(), ==, 1);
      assert_text(*creates[0].options.instructions, "second");
      g_assert_cmpuint(only<ResponseCancel>(events).size(), ==, 0);
      g_assert_cmpuint(c.src.ear->notices(NoticeKind::error).size(), ==, 0);
    }
}

// What is said and shown after a turn comes after it.
void order_of_commit_and_items() {
  Conversation c;
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
  c.start();
  c.take();
  c.push(200);
  c.session->commit();
  c.session->send_image(std::vector<std::uint8_t>{0xff, 0xd8, 0xff, 0xe0, 0});
  c.session->send_text("What is that?");
  c.run();
  std::string order;
  for (const ClientEvent& event : c.take())
    order += std::holds_alternative<InputAudioCommit>(event.body) ? "commit "
             : std::holds_alternative<ItemCreate>(event.body)     ? "item "
             : std::holds_alternative<ResponseCreate>(event.body) ? "create "
                                                                  : "";
  assert_text(order, "commit item item create ");
  c.transport.set_writable(false);
  c.push(200);
  c.session->commit();
  c.session->send_text("Never mind.");
  c.session->cancel_response();
  c.transport.set_writable(true);
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(only<ItemCreate>(events).size(), ==, 1);
  g_assert_cmpuint(only<ResponseCreate>(events).size(), ==, 0);
}

// The id that the application gave an event goes with it, and comes back in an error.
void raw_events_keep_their_ids() {
  Conversation c({.responds = false});
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
  c.start();
  c.push(200);
  c.take();
  c.session->send_event(R"({"type":"input_audio_buffer.commit","event_id":"my_commit"})");
  c.session->send_event(R"({"type":"response.create","event_id":"my_create"})");
  c.session->send_event(R"({"type":"input_audio_buffer.clear","event_id":"my_clear"})");
  c.session->send_event(R"({"type":"input_audio_buffer.commit","event_id":"too_short"})");
  c.run();
  c.server.begin_response();
  c.session->send_event(R"({"type":"response.cancel","event_id":"my_cancel"})");
  c.run();
  std::string ids;
  for (const ClientEvent& event : c.take())
    ids += event.event_id + " ";
  assert_text(ids, "my_commit my_create my_clear my_cancel ");
  const Notice error = c.src.ear->notices(NoticeKind::error).at(0);
  assert_text(text_of(error, "event-id"), "too_short");
  c.session->send_event(R"({"type":"response.cancel","event_id":"nothing_there"})");
  c.run();
  assert_text(c.take().at(0).event_id, "nothing_there"); // the server may know better
}

// Cancelled by a raw event before it exists.
void a_raw_cancel_is_not_too_early() {
  Conversation c({.responds = false});
  c.start();
  c.take();
  c.session->send_event(R"({"type":"response.create"})");
  c.session->send_event(R"({"type":"response.cancel"})");
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCancel>().size(), ==, 0);
  const std::string id = c.server.begin_response();
  c.run();
  assert_text(*c.take_only<ResponseCancel>().at(0).response_id, id);
}

// Audio that the application encoded itself can be committed.
void raw_audio_counts() {
  Conversation c;
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
  c.start();
  c.take();
  std::string audio;
  audio::base64_append(audio, std::vector<std::uint8_t>(4800, 1)); // 100 ms
  c.session->send_event(R"({"type":"input_audio_buffer.append","audio":")" + audio + R"("})");
  c.session->commit();
  c.run();
  g_assert_cmpuint(c.take_only<InputAudioCommit>().size(), ==, 1);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::error).size(), ==, 0);
}

// What was accepted while connecting and is never done is told, each, after the reason.
void lost_actions_are_told() {
  Conversation c({.greets = false});
  c.start();
  c.session->send_text("Hello");
  c.session->delete_item("item_1");
  c.session->interrupt();
  c.session->send_event(R"({"type":"some.event","event_id":"mine"})");
  c.push(200);
  c.session->commit();
  c.session->clear_input();
  c.session->create_response(std::nullopt);
  c.run();
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::error).size(), ==, 0);
  c.transport.end({ErrorKind::not_authorized, "No"});
  c.run();
  g_assert_cmpuint(c.src.ear->heard().errors.size(), ==, 1);
  std::string requests;
  for (const Notice& error : c.src.ear->notices(NoticeKind::error)) {
    requests += text_of(error, "request") + " ";
    assert_text(text_of(error, "code"), "session_over");
  }
  assert_text(requests, "send-text delete-item interrupt send-event commit clear-input create-response ");
  assert_text(text_of(c.src.ear->notices(NoticeKind::error).at(3), "event-id"), "mine");
}

// What is open is cancelled at once, whatever audio waits.
void a_cancel_overtakes_the_audio() {
  Conversation c;
  c.start();
  c.reply("item_1", 500, false);
  c.transport.set_writable(false);
  c.push(200);
  c.session->commit();
  c.take();
  c.session->cancel_response();
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCancel>().size(), ==, 1);
  c.session->cancel_response(); // and now there is none
  c.run();
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::error).size(), ==, 1);
}

void a_commit_without_audio() {
  Conversation c;
  c.start();
  c.push(80);
  c.take();
  g_assert_true(c.session->commit().accepted);
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
  assert_text(text_of(c.src.ear->notices(NoticeKind::error).at(0), "request"), "commit");
  c.push(20);
  c.session->commit();
  c.run();
  g_assert_cmpuint(c.take_only<InputAudioCommit>().size(), ==, 1);
}

// Our own commit is not answered unasked, whatever the turn detection: nothing waits for it.
void a_commit_of_ours_expects_no_answer() {
  Conversation c;
  c.start();
  c.push(200);
  c.session->commit();
  c.run();
  g_assert_cmpuint(c.sink.ear->notices(NoticeKind::turn_committed).size(), ==, 1);
  c.take();
  c.session->create_response(std::nullopt);
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 1);
}

void clear() {
  Conversation c;
  c.start();
  c.push(200);
  c.take();
  c.session->clear_input();
  c.session->commit();
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 1); // what was cleared cannot be committed
  g_assert_true(std::holds_alternative<InputAudioClear>(events[0].body));
}

void cancel() {
  Conversation c;
  c.start();
  c.session->cancel_response();
  c.run();
  assert_text(text_of(c.src.ear->notices(NoticeKind::error).at(0), "code"), "response_cancel_not_active");
  const std::string id = c.reply("item_1", 500, false);
  c.take();
  c.session->cancel_response();
  c.run();
  assert_text(*c.take_only<ResponseCancel>().at(0).response_id, id);
}

// Asked for before the connection, and cancelled again: the server never speaks.
void cancel_before_the_connection() {
  Conversation c;
  c.join(c.src);
  c.open(c.src);
  c.session->send_text("Hello");
  c.session->cancel_response();
  c.session->set_output_format(audio::pcm16_24k);
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(only<ResponseCreate>(events).size(), ==, 1);
  g_assert_cmpuint(only<ResponseCancel>(events).size(), ==, 1);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::error).size(), ==, 0);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/actions/closed", closed_says_why);
  g_test_add_func("/session/actions/unusable", unusable_arguments);
  g_test_add_func("/session/actions/create-response", create_response);
  g_test_add_func("/session/actions/create-response/raw", create_response_by_a_raw_event);
  g_test_add_func("/session/actions/create-response/transcription", create_response_where_there_are_none);
  g_test_add_func("/session/actions/refused", refused_requests_are_warned_of);
  g_test_add_func("/session/actions/put-back", put_back_requests_are_not);
  g_test_add_func("/session/actions/order", order_of_commit_and_create);
  g_test_add_func("/session/actions/order/cancel", order_of_create_and_cancel);
  g_test_add_func("/session/actions/order/items", order_of_commit_and_items);
  g_test_add_func("/session/actions/raw/ids", raw_events_keep_their_ids);
  g_test_add_func("/session/actions/raw/cancel", a_raw_cancel_is_not_too_early);
  g_test_add_func("/session/actions/raw/audio", raw_audio_counts);
  g_test_add_func("/session/actions/lost", lost_actions_are_told);
  g_test_add_func("/session/actions/order/cancel-overtakes", a_cancel_overtakes_the_audio);
  g_test_add_func("/session/actions/commit/empty", a_commit_without_audio);
  g_test_add_func("/session/actions/commit/no-answer", a_commit_of_ours_expects_no_answer);
  g_test_add_func("/session/actions/clear", clear);
  g_test_add_func("/session/actions/cancel", cancel);
  g_test_add_func("/session/actions/cancel/before-connection", cancel_before_the_connection);
  return g_test_run();
}

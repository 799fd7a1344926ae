// Tools that the server calls by itself: each request for approval is told and answered once, each call is
// told with its result, and one response follows when all of a response's calls have ended.
#include "mcp_calls_fixture.h"
#include "recording_listener.h"

#include <algorithm>

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

using Fixture = McpCallsFixture;

void a_call_is_told_with_its_result() {
  Fixture f;
  f.call("item_1");
  const auto begun = f.notices(NoticeKind::mcp_call);
  g_assert_cmpuint(begun.size(), ==, 1);
  assert_text(text_of(begun[0], "item-id"), "item_1");
  assert_text(text_of(begun[0], "server-label"), "docs");
  assert_text(text_of(begun[0], "name"), "search");
  assert_text(text_of(begun[0], "arguments"), R"({"q":"x"})");
  assert_text(text_of(begun[0], "response-id"), "resp_1");
  g_assert_true(has_field(begun[0], "args"));
  g_assert_false(f.mcp.quiet());
  f.result("item_1");
  const auto done = f.notices(NoticeKind::mcp_call_done);
  g_assert_cmpuint(done.size(), ==, 1);
  assert_text(text_of(done[0], "status"), "completed");
  assert_text(text_of(done[0], "output"), "found");
  assert_text(text_of(done[0], "name"), "search");
  g_assert_true(f.mcp.quiet());
  // More news of it changes nothing.
  f.mcp.output_item_done("resp_1", f.call_item("item_1", "{}", "found"));
  f.mcp.call_ended("item_1", true);
  f.wire.loop.advance(std::chrono::seconds(5));
  g_assert_cmpuint(f.wire.notices.size(), ==, 2);
}

// The item may bring the end before its event does, long after it, or never.
void the_result_comes_when_it_comes() {
  Fixture f;
  f.call("early");
  f.mcp.output_item_done("resp_1", f.call_item("early", "{}", "one"));
  f.mcp.call_ended("early", true);
  f.call("never");
  f.mcp.call_ended("never", true);
  g_assert_cmpuint(f.notices(NoticeKind::mcp_call_done).size(), ==, 1);
  f.wire.loop.advance(std::chrono::seconds(1));
  f.mcp.item_done(f.call_item("never", "{}", "two"));
  const auto done = f.notices(NoticeKind::mcp_call_done);
  g_assert_cmpuint(done.size(), ==, 2);
  assert_text(text_of(done[0], "output"), "one");
  assert_text(text_of(done[1], "status"), "completed");
  assert_text(text_of(done[1], "output"), "");
}

// Without any event before it.
void only_the_end_tells_of_a_call() {
  Fixture f;
  Response end = f.response("resp_1");
  end.output = {f.call_item("item_1", "{}", "found")};
  f.mcp.response_ending(end);
  f.responses.on_done(end);
  g_assert_cmpuint(f.notices(NoticeKind::mcp_call).size(), ==, 1);
  assert_text(text_of(f.notices(NoticeKind::mcp_call_done).at(0), "output"), "found");
  g_assert_cmpuint(f.follow_ups(), ==, 1);
}

void a_failure_says_why() {
  Fixture f;
  f.call("item_1");
  f.mcp.call_ended("item_1", false);
  Item failed = f.call_item("item_1", "{}");
  failed.error = Json{R"({"type":"http_error","code":503,"message":"Try later"})"};
  f.mcp.item_done(failed);
  const Notice done = f.notices(NoticeKind::mcp_call_done).at(0);
  assert_text(text_of(done, "status"), "failed");
  assert_text(text_of(done, "error-type"), "http_error");
  assert_text(text_of(done, "error-code"), "503");
  assert_text(text_of(done, "error-message"), "Try later");
  f.done();
  g_assert_cmpuint(f.follow_ups(), ==, 1); // the model shall say so
}

void one_response_for_all_calls() {
  Fixture f;
  f.call("item_1");
  f.call("item_2");
  f.result("item_1");
  f.done();
  g_assert_cmpuint(f.follow_ups(), ==, 0); // the other still runs
  g_assert_true(contains(f.mcp.what_is_open(), "item_2"));
  f.result("item_2");
  g_assert_cmpuint(f.follow_ups(), ==, 1);
  assert_text(f.wire.sent.at(0).request, "mcp-call");
}

void none_before_the_response_has_ended() {
  Fixture f;
  f.call("item_1");
  f.result("item_1");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.done();
  g_assert_cmpuint(f.follow_ups(), ==, 1);
}

// In the same response, or with one of its own.
void none_where_the_server_goes_on_by_itself() {
  Fixture same;
  same.call("item_1");
  same.result("item_1");
  same.mcp.output_item_added("resp_1", {});
  same.done();
  g_assert_cmpuint(same.follow_ups(), ==, 0);
  Fixture own;
  own.call("item_1");
  own.done();
  own.responses.expect(); // the caller spoke
  own.result("item_1");
  own.responses.on_created(own.response("resp_turn"));
  own.responses.on_done(own.response("resp_turn"));
  g_assert_cmpuint(own.follow_ups(), ==, 0);
}

void none_beside_the_conversation() {
  Fixture f;
  f.done();
  ResponseOptions options;
  options.conversation = "none";
  f.responses.create(options);
  f.wire.take();
  Response aside;
  aside.id = "resp_aside";
  f.responses.on_created(aside);
  g_assert_true(f.responses.out_of_band("resp_aside"));
  f.call("item_1", "{}", "resp_aside");
  f.result("item_1");
  f.responses.on_done(aside);
  g_assert_cmpuint(f.notices(NoticeKind::mcp_call_done).size(), ==, 1);
  g_assert_cmpuint(f.follow_ups(), ==, 0);
}

// What waits is refused, and nothing more is said.
void cancelled_with_the_response() {
  Fixture f;
  f.call("item_1");
  f.request("mcpr_1");
  f.call("item_2", "{}");
  f.done();
  f.mcp.cancel_all("cancelled");
  assert_text(text_of(f.notices(NoticeKind::mcp_approval_cancelled).at(0), "reason"), "cancelled");
  g_assert_true(f.waiting.empty());
  const auto sent = f.wire.take();
  g_assert_cmpuint(sent.size(), ==, 1);
  g_assert_false(approval_of(sent[0]).approve);
  f.result("item_2");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
}

void the_session_was_lost() {
  Fixture f;
  f.call("item_1");
  f.request("mcpr_1");
  f.mcp.lose_all();
  assert_text(text_of(f.notices(NoticeKind::mcp_approval_cancelled).at(0), "reason"), "lost");
  g_assert_true(f.waiting.empty());
  g_assert_true(f.mcp.quiet());
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
}

// Whether the server runs the call is not known: nobody waits for it, and its result is told if it does.
void the_response_was_interrupted() {
  Fixture f;
  f.call("item_1");
  f.call("unfinished", R"({"q":)");
  f.done(ResponseStatus::cancelled);
  g_assert_true(f.mcp.quiet());
  assert_text(f.mcp.what_is_open(), "");
  f.result("item_1");
  g_assert_cmpuint(f.notices(NoticeKind::mcp_call_done).size(), ==, 1);
  g_assert_cmpuint(f.follow_ups(), ==, 1);
  g_assert_cmpuint(f.notices(NoticeKind::mcp_call).size(), ==, 1);
}

void a_cancelled_response_asks_for_nothing() {
  Fixture f;
  f.responses.cancel(Responses::Cancel::words_and_calls);
  f.wire.take();
  f.call("item_1");
  f.request("mcpr_1");
  g_assert_cmpuint(f.wire.notices.size(), ==, 0);
  g_assert_true(f.mcp.quiet());
  g_assert_true(f.waiting.empty());
  f.done();
  const auto sent = f.wire.take(); // the server does not wait for good
  g_assert_cmpuint(sent.size(), ==, 1);
  g_assert_false(approval_of(sent[0]).approve);
}

// Its end, which would say so, never comes.
void cut_off_in_a_response_that_was_given_up() {
  Fixture f;
  f.call("item_1", R"({"q":)");
  g_assert_false(f.mcp.quiet());
  f.wire.loop.advance(std::chrono::seconds(30));
  g_assert_true(f.mcp.quiet());
}

// Its words are not wanted; what it called goes on.
void an_interrupted_response_still_asks() {
  Fixture f;
  f.responses.cancel(Responses::Cancel::words);
  f.wire.take();
  f.call("item_1");
  f.request("mcpr_1");
  f.done();
  g_assert_cmpuint(f.notices(NoticeKind::mcp_approval_request).size(), ==, 1);
  f.mcp.answer("mcpr_1", true);
  f.wire.take();
  f.result("item_1");
  g_assert_cmpuint(f.notices(NoticeKind::mcp_call_done).size(), ==, 1);
  g_assert_cmpuint(f.follow_ups(), ==, 1);
}

// Between the call and the request for it.
void a_cancel_comes_too_late() {
  Fixture f;
  f.call("item_1");
  f.responses.cancel(Responses::Cancel::words_and_calls);
  f.wire.take();
  f.request("mcpr_1");
  f.done();
  g_assert_cmpuint(f.notices(NoticeKind::mcp_approval_request).size(), ==, 0);
  assert_text(text_of(f.notices(NoticeKind::mcp_call_done).at(0), "status"), "refused");
  g_assert_true(f.mcp.quiet());
  g_assert_cmpuint(f.follow_ups(), ==, 0);
}

// A call that runs is a sign of life of its response.
void a_long_call_is_no_silence() {
  Fixture f;
  f.call("item_1");
  f.wire.loop.advance(std::chrono::seconds(29));
  f.mcp.call_running("item_1");
  f.wire.loop.advance(std::chrono::seconds(29));
  g_assert_cmpuint(f.wire.warnings.size(), ==, 0);
  f.wire.loop.advance(std::chrono::seconds(1));
  g_assert_cmpuint(f.wire.warnings.size(), ==, 1);
}

void what_the_application_put_there_asks_for_nothing() {
  Fixture f;
  f.mcp.not_asked(f.request_item("mcpr_old"));
  f.mcp.not_asked(f.call_item("item_old", "{}", "found"));
  f.mcp.item_done(f.request_item("mcpr_old"));
  f.mcp.item_done(f.call_item("item_old", "{}", "found"));
  g_assert_cmpuint(f.wire.notices.size(), ==, 0);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/mcp-calls/told", a_call_is_told_with_its_result);
  g_test_add_func("/mcp-calls/result", the_result_comes_when_it_comes);
  g_test_add_func("/mcp-calls/end-only", only_the_end_tells_of_a_call);
  g_test_add_func("/mcp-calls/failed", a_failure_says_why);
  g_test_add_func("/mcp-calls/follow-up/one", one_response_for_all_calls);
  g_test_add_func("/mcp-calls/follow-up/parent", none_before_the_response_has_ended);
  g_test_add_func("/mcp-calls/follow-up/by-itself", none_where_the_server_goes_on_by_itself);
  g_test_add_func("/mcp-calls/follow-up/out-of-band", none_beside_the_conversation);
  g_test_add_func("/mcp-calls/approval/cancelled", cancelled_with_the_response);
  g_test_add_func("/mcp-calls/approval/lost", the_session_was_lost);
  g_test_add_func("/mcp-calls/interrupted", the_response_was_interrupted);
  g_test_add_func("/mcp-calls/cancelled", a_cancelled_response_asks_for_nothing);
  g_test_add_func("/mcp-calls/interrupted/given-up", cut_off_in_a_response_that_was_given_up);
  g_test_add_func("/mcp-calls/interrupted/crossing", an_interrupted_response_still_asks);
  g_test_add_func("/mcp-calls/cancelled/late", a_cancel_comes_too_late);
  g_test_add_func("/mcp-calls/alive", a_long_call_is_no_silence);
  g_test_add_func("/mcp-calls/not-asked", what_the_application_put_there_asks_for_nothing);
  return g_test_run();
}

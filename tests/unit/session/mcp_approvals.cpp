// Requests for approval of an MCP call: each is told and answered once, by the application or the property.
#include "mcp_calls_fixture.h"
#include "recording_listener.h"

#include <algorithm>

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

using Fixture = McpCallsFixture;

void asked_approved_run() {
  Fixture f;
  f.call("item_1");
  f.request("mcpr_1");
  const auto asked = f.notices(NoticeKind::mcp_approval_request);
  g_assert_cmpuint(asked.size(), ==, 1); // though told of twice
  assert_text(text_of(asked[0], "request-id"), "mcpr_1");
  assert_text(text_of(asked[0], "server-label"), "docs");
  assert_text(text_of(asked[0], "name"), "search");
  assert_text(text_of(asked[0], "arguments"), R"({"q":"x"})");
  assert_text(text_of(asked[0], "response-id"), "resp_1");
  g_assert_false(has_field(asked[0], "approve"));
  g_assert_true(f.waiting.contains("mcpr_1"));
  f.done();
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  g_assert_true(contains(f.mcp.what_is_open(), "MCP approval request search (mcpr_1)"));
  f.mcp.answer("mcpr_1", true);
  const Item answer = approval_of(f.wire.sent.at(0));
  g_assert_true(answer.approve);
  g_assert_false(answer.id.empty());
  assert_text(answer.approval_request_id, "mcpr_1");
  f.mcp.answer("mcpr_1", true);
  g_assert_cmpuint(f.wire.take().size(), ==, 1); // once, and the server goes on without more
  f.result("item_1");
  g_assert_cmpuint(f.follow_ups(), ==, 1);
  assert_text(text_of(f.notices(NoticeKind::mcp_call_done).at(0), "request-id"), "mcpr_1");
}

void two_of_one_tool_are_told_apart() {
  Fixture f;
  f.call("item_1", R"({"q":"a"})");
  f.call("item_2", R"({"q":"b"})");
  f.request("mcpr_2", R"({"q":"b"})");
  f.request("mcpr_1", R"({"q":"a"})");
  f.done();
  f.mcp.answer("mcpr_2", false);
  const auto refused = f.notices(NoticeKind::mcp_call_done);
  g_assert_cmpuint(refused.size(), ==, 1);
  assert_text(text_of(refused[0], "item-id"), "item_2");
  assert_text(text_of(refused[0], "status"), "refused");
  g_assert_cmpuint(f.follow_ups(), ==, 0);
  f.mcp.answer("mcpr_1", true);
  f.result("item_1");
  g_assert_cmpuint(f.follow_ups(), ==, 1);
}

// Only the second needs approval, and nothing but their order tells them apart.
void the_newest_of_two_alike_is_meant() {
  Fixture f;
  f.call("item_1");
  f.call("item_2");
  f.request("mcpr_2");
  f.mcp.answer("mcpr_2", false);
  assert_text(text_of(f.notices(NoticeKind::mcp_call_done).at(0), "item-id"), "item_2");
  f.result("item_1");
  assert_text(text_of(f.notices(NoticeKind::mcp_call_done).at(1), "item-id"), "item_1");
  Fixture g;
  g.call("item_1");
  g.call("item_2");
  g.mcp.call_running("item_2"); // it needs none
  g.request("mcpr_1");
  g.mcp.answer("mcpr_1", false);
  assert_text(text_of(g.notices(NoticeKind::mcp_call_done).at(0), "item-id"), "item_1");
}

// A server may tell of the call only when it runs, by the request's id or by what is called.
void the_call_is_known_when_it_runs() {
  for (const bool by_id : {true, false}) {
    Fixture f;
    f.request("mcpr_1");
    f.done();
    f.mcp.answer("mcpr_1", true);
    f.wire.take();
    g_assert_false(f.mcp.quiet());
    g_assert_true(contains(f.mcp.what_is_open(), "approved MCP call search (mcpr_1)"));
    Item call = f.call_item("item_1", R"({"q":"x"})");
    if (by_id) call.approval_request_id = "mcpr_1";
    f.mcp.item_added(call);
    g_assert_cmpuint(f.follow_ups(), ==, 0);
    f.result("item_1");
    g_assert_cmpuint(f.follow_ups(), ==, 1);
    g_assert_true(f.mcp.quiet());
    assert_text(text_of(f.notices(NoticeKind::mcp_call_done).at(0), "request-id"), "mcpr_1");
  }
}

void answered_by_the_property() {
  for (const bool approve : {true, false}) {
    Fixture f(approve ? McpApproval::always : McpApproval::never);
    f.call("item_1");
    f.request("mcpr_1");
    const auto told = f.notices(NoticeKind::mcp_approval_request);
    g_assert_cmpuint(told.size(), ==, 1);
    g_assert_true(field<bool>(told[0], "approve") == approve);
    g_assert_true(f.waiting.empty());
    const auto sent = f.wire.take();
    g_assert_cmpuint(sent.size(), ==, 1); // while the response still goes on
    g_assert_true(approval_of(sent[0]).approve == approve);
    f.done();
    if (approve) f.result("item_1");
    g_assert_cmpuint(f.follow_ups(), ==, 1);
    assert_text(text_of(f.notices(NoticeKind::mcp_call_done).at(0), "status"),
                approve ? "completed" : "refused");
  }
}

void the_request_was_deleted() {
  Fixture f;
  f.call("item_1");
  f.request("mcpr_1");
  f.done();
  f.mcp.item_deleted("mcpr_1");
  const auto cancelled = f.notices(NoticeKind::mcp_approval_cancelled);
  g_assert_cmpuint(cancelled.size(), ==, 1);
  assert_text(text_of(cancelled[0], "reason"), "deleted");
  g_assert_true(f.waiting.empty());
  g_assert_true(f.mcp.quiet());
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
}

void the_server_refused_the_answer() {
  Fixture f;
  f.call("item_1");
  f.request("mcpr_1");
  f.done();
  f.mcp.answer("mcpr_1", true);
  ErrorInfo error;
  error.event_id = "gst_nobody";
  g_assert_false(f.mcp.on_error(error));
  error.event_id = f.wire.take().at(0).event_id;
  g_assert_true(f.mcp.on_error(error));
  g_assert_false(f.mcp.on_error(error));
  assert_text(text_of(f.notices(NoticeKind::mcp_approval_cancelled).at(0), "reason"), "refused");
  g_assert_true(f.mcp.quiet()); // the call never runs
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/mcp-calls/approval/given", asked_approved_run);
  g_test_add_func("/mcp-calls/approval/two", two_of_one_tool_are_told_apart);
  g_test_add_func("/mcp-calls/approval/alike", the_newest_of_two_alike_is_meant);
  g_test_add_func("/mcp-calls/approval/call-later", the_call_is_known_when_it_runs);
  g_test_add_func("/mcp-calls/approval/property", answered_by_the_property);
  g_test_add_func("/mcp-calls/approval/deleted", the_request_was_deleted);
  g_test_add_func("/mcp-calls/approval/refused", the_server_refused_the_answer);
  return g_test_run();
}

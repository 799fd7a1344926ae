// Tools of MCP servers through a whole session: who is asked, when an answer is taken and when not, and that
// the conversation goes on with one response and ends with none open.
#include "conversation.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

constexpr const char* arguments = R"({"q":"x"})";

// A response that calls a tool for which approval is asked, and is over.
std::string ask(Conversation& c, const char* request_id = "mcpr_1", const char* item_id = "item_call") {
  const std::string id = c.server.begin_response();
  c.server.call_mcp(id, item_id, "search", arguments);
  c.server.ask_approval(id, request_id, "search", arguments);
  c.server.end_response(id);
  c.run();
  return id;
}

std::vector<Item> approvals(const std::vector<ClientEvent>& events) {
  std::vector<Item> found;
  for (const ItemCreate& create : only<ItemCreate>(events))
    if (create.item.type == Item::Type::mcp_approval_response) found.push_back(create.item);
  return found;
}

void approved() {
  Conversation c;
  c.start();
  const std::string id = ask(c);
  c.take();
  const auto asked = c.src.ear->notices(NoticeKind::mcp_approval_request);
  g_assert_cmpuint(asked.size(), ==, 1);
  assert_text(text_of(asked[0], "request-id"), "mcpr_1");
  assert_text(text_of(asked[0], "response-id"), id);
  g_assert_true(c.session->approve_mcp("mcpr_1", true).accepted);
  c.run();
  auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 1); // the server makes the call without being asked for a response
  g_assert_true(approvals(events).at(0).approve);
  c.server.end_mcp("item_call", "search", "found");
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 1);
  const auto done = c.src.ear->notices(NoticeKind::mcp_call_done);
  g_assert_cmpuint(done.size(), ==, 1);
  assert_text(text_of(done[0], "output"), "found");
  g_assert_cmpuint(c.src.ear->heard().warnings.size(), ==, 0);
}

void refused() {
  Conversation c;
  c.start();
  ask(c);
  c.take();
  g_assert_true(c.session->approve_mcp("mcpr_1", false).accepted);
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 2);
  g_assert_false(approvals(events).at(0).approve);
  g_assert_true(std::holds_alternative<ResponseCreate>(events[1].body)); // the model says so
}

void why_an_answer_is_not_taken() {
  Conversation c;
  c.join(c.src);
  g_assert_true(contains(c.session->approve_mcp("mcpr_1", true).why, "PAUSED"));
  c.start(true, false);
  c.open(c.src);
  c.run();
  g_assert_true(contains(c.session->approve_mcp("mcpr_9", true).why, "'mcpr_9'"));
  ask(c);
  g_assert_true(c.session->approve_mcp("mcpr_1", true).accepted);
  g_assert_true(contains(c.session->approve_mcp("mcpr_1", true).why, "'mcpr_1'")); // answered already
  c.run();
  g_assert_cmpuint(approvals(c.take()).size(), ==, 1);
  c.server.end_mcp("item_call", "search", "found");
  ask(c, "mcpr_2", "item_other");
  c.transport.deliver(ItemDeleted{"mcpr_2"});
  c.run();
  g_assert_false(c.session->approve_mcp("mcpr_2", true).accepted);
  ask(c, "mcpr_3", "item_third");
  c.transport.end({ErrorKind::closed_by_server, "gone"});
  c.run();
  g_assert_true(contains(c.session->approve_mcp("mcpr_3", true).why, "failed"));
  const auto cancelled = c.src.ear->notices(NoticeKind::mcp_approval_cancelled);
  g_assert_cmpuint(cancelled.size(), ==, 2);
  assert_text(text_of(cancelled[0], "reason"), "deleted");
  assert_text(text_of(cancelled[1], "reason"), "lost");
}

void not_of_this_server() {
  Conversation beta;
  beta.transport.set_dialect(Dialect::beta);
  beta.start();
  g_assert_true(contains(beta.session->approve_mcp("mcpr_1", true).why, "beta dialect has none"));
  Conversation other;
  other.set([](Settings& s) {
    s.provider = ProviderId::localai;
    s.model = "any";
  });
  other.start();
  g_assert_true(contains(other.session->approve_mcp("mcpr_1", true).why, "'localai' has none"));
}

// Live: requests that come after the change.
void answered_by_the_property() {
  Conversation c;
  c.start();
  ask(c);
  c.take();
  c.set([](Settings& s) { s.mcp_approval = McpApproval::always; });
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0); // nothing of it goes to the server, and the open one stays
  ask(c, "mcpr_2", "item_2");
  g_assert_true(approvals(c.take()).at(0).approve);
  c.set([](Settings& s) { s.mcp_approval = McpApproval::never; });
  c.run();
  ask(c, "mcpr_3", "item_3");
  g_assert_false(approvals(c.take()).at(0).approve);
  g_assert_true(c.session->approve_mcp("mcpr_1", true).accepted);
  g_assert_false(c.session->approve_mcp("mcpr_2", true).accepted);
  const auto told = c.src.ear->notices(NoticeKind::mcp_approval_request);
  g_assert_cmpuint(told.size(), ==, 3);
  g_assert_false(has_field(told[0], "approve"));
  g_assert_true(field<bool>(told[1], "approve"));
  g_assert_false(field<bool>(told[2], "approve"));
}

void the_end_waits_for_the_answer() {
  Conversation c;
  c.set([](Settings& s) { s.drain_timeout_ms = 5000; });
  c.start();
  ask(c);
  c.begin_drain();
  g_assert_false(c.drained());
  c.session->approve_mcp("mcpr_1", true);
  c.run();
  g_assert_false(c.drained()); // nor while the call runs
  c.server.end_mcp("item_call", "search", "found");
  c.run();
  g_assert_false(c.drained()); // nor before its result was told
  c.server.end_response("resp_2");
  c.run();
  g_assert_true(c.drained());
  g_assert_cmpuint(c.src.ear->heard().warnings.size(), ==, 0);
}

void the_end_names_what_was_open() {
  Conversation c;
  c.set([](Settings& s) { s.drain_timeout_ms = 5000; });
  c.start();
  ask(c);
  c.begin_drain();
  c.pass(5000);
  g_assert_true(c.drained());
  const auto warnings = c.src.ear->warnings(Warning::Kind::drain_timed_out);
  g_assert_cmpuint(warnings.size(), ==, 1);
  g_assert_true(contains(warnings[0], "MCP approval request search (mcpr_1)"));
  g_assert_true(contains(c.session->approve_mcp("mcpr_1", true).why, "end of stream"));
}

void the_server_refuses_the_answer() {
  Conversation c;
  c.start();
  ask(c);
  c.transport.when_sent([&](Executor& executor, const std::string& text) {
    const std::string event_id = rt::test::decode_client(text).event_id;
    if (!contains(text, "mcp_approval_response")) return;
    executor.post([&c, event_id] { c.server.refuse(event_id, "invalid_approval_request_id"); });
  });
  c.session->approve_mcp("mcpr_1", true);
  c.run();
  assert_text(text_of(c.src.ear->notices(NoticeKind::error).at(0), "request"), "approve-mcp");
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::request_refused).size(), ==, 1);
  assert_text(text_of(c.src.ear->notices(NoticeKind::mcp_approval_cancelled).at(0), "reason"), "refused");
}

void cancel_response_refuses_what_waits() {
  Conversation c;
  c.start();
  ask(c);
  c.take();
  g_assert_true(c.session->cancel_response().accepted);
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 1);
  g_assert_false(approvals(events).at(0).approve);
  g_assert_false(c.session->approve_mcp("mcpr_1", true).accepted);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::error).size(), ==, 0);
}

// Functions and tools of MCP servers in one response: one after the other, never two at once.
void beside_a_function() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  c.server.call_tool(id, "item_tool", "call_1", "weather", "{}");
  c.server.call_mcp(id, "item_call", "search", arguments);
  c.server.end_response(id);
  c.take();
  c.session->send_tool_output("call_1", "sunny");
  c.run();
  auto events = c.take();
  g_assert_cmpuint(only<ResponseCreate>(events).size(), ==, 1);
  c.server.end_mcp("item_call", "search", "found"); // while that one goes on
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 0);
  c.server.end_response("resp_3");
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 1);
}

void answered_by_an_event_of_the_protocol() {
  Conversation c;
  c.start();
  ask(c);
  c.take();
  const char* raw =
      R"({"type":"conversation.item.create","item":{"type":"mcp_approval_response","id":"mine",)"
      R"("approval_request_id":"mcpr_1","approve":false,"reason":"too late"}})";
  g_assert_true(c.session->send_event(raw).accepted);
  g_assert_false(c.session->approve_mcp("mcpr_1", true).accepted);
  c.run();
  const auto events = c.take();
  const Item answer = approvals(events).at(0);
  g_assert_false(answer.approve);
  assert_text(answer.reason, "too late");
  g_assert_cmpuint(only<ResponseCreate>(events).size(), ==, 1);
}

void old_requests_are_not_asked_again() {
  Conversation c;
  c.set([](Settings& s) {
    s.initial_items =
        R"([{"type":"mcp_approval_request","id":"mcpr_old","server_label":"docs","name":"search",)"
        R"("arguments":"{}"}])";
  });
  c.start();
  g_assert_cmpuint(c.take_only<ItemCreate>().size(), ==, 1);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::mcp_approval_request).size(), ==, 0);
}

void lists_are_told() {
  Conversation c;
  c.start();
  Item list;
  list.type = Item::Type::mcp_list_tools;
  list.id = "item_list";
  list.server_label = "docs";
  list.tools = Json{"[]"};
  c.transport.deliver(ItemAdded{list, std::nullopt});
  c.transport.deliver(McpListToolsInProgress{"item_list"});
  c.transport.deliver(McpListToolsCompleted{"item_list"});
  list.tools = Json{R"([{"name":"search","input_schema":{}}])"};
  c.transport.deliver(ItemDone{list, std::nullopt});
  c.transport.deliver(McpListToolsFailed{"item_other"});
  c.run();
  const auto told = c.src.ear->notices(NoticeKind::mcp_list_tools);
  g_assert_cmpuint(told.size(), ==, 2);
  assert_text(text_of(told[0], "status"), "completed");
  assert_text(text_of(told[1], "status"), "failed");
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::mcp_list_failed).size(), ==, 1);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/mcp/approved", approved);
  g_test_add_func("/session/mcp/refused", refused);
  g_test_add_func("/session/mcp/not-taken", why_an_answer_is_not_taken);
  g_test_add_func("/session/mcp/provider", not_of_this_server);
  g_test_add_func("/session/mcp/property", answered_by_the_property);
  g_test_add_func("/session/mcp/drain", the_end_waits_for_the_answer);
  g_test_add_func("/session/mcp/drain/timeout", the_end_names_what_was_open);
  g_test_add_func("/session/mcp/refused-by-server", the_server_refuses_the_answer);
  g_test_add_func("/session/mcp/cancel-response", cancel_response_refuses_what_waits);
  g_test_add_func("/session/mcp/function", beside_a_function);
  g_test_add_func("/session/mcp/raw", answered_by_an_event_of_the_protocol);
  g_test_add_func("/session/mcp/initial-items", old_requests_are_not_asked_again);
  g_test_add_func("/session/mcp/lists", lists_are_told);
  return g_test_run();
}

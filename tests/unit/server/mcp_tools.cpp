// Tools of MCP servers: their lists, and calls with approval, without it, refused and failing.
#include "harness.h"

#include "server/mcp_tools.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::server;
using namespace rt::server::test;

constexpr const char* offered = R"([{"name":"search","input_schema":{"type":"object"}}])";

ReplyPart call_of(const char* label, McpOutcome outcome) {
  ReplyPart part;
  part.kind = ReplyPart::Kind::mcp_call;
  part.server_label = label;
  part.name = "search";
  part.arguments = R"({"query":"gap"})";
  part.outcome = std::move(outcome);
  return part;
}

// One server, "docs"; the first answer calls its tool.
Scenario docs(McpOutcome outcome = {"found it", "", Ms(200)}) {
  Scenario scenario;
  scenario.pace = 0;
  scenario.mcp_servers.push_back({"docs", offered, false, Ms(100)});
  scenario.replies.push_back({.match = "", .times = 1, .parts = {call_of("docs", std::move(outcome))}});
  return scenario;
}

SessionConfig with(const std::string& approval, const char* label = "docs") {
  SessionConfig config;
  config.output_modality = Modality::text;
  config.tools = Json{R"([{"type":"mcp","server_label":")" + std::string(label) +
                      R"(","server_url":"https://example.com","require_approval":)" + approval + "}]"};
  return config;
}

Item answer_to(const std::string& request_id, bool approve) {
  Item item;
  item.type = Item::Type::mcp_approval_response;
  item.id = "answer_" + request_id;
  item.approval_request_id = request_id;
  item.approve = approve;
  return item;
}

std::string request_id(const Harness& h) {
  for (const auto& done : h.all<OutputItemDone>())
    if (done.item.type == Item::Type::mcp_approval_request) return done.item.id;
  g_error("no approval was asked for");
}

void tools_are_listed() {
  Harness h(docs());
  h.configure(with("\"never\""));
  equal(h.events(), "updated item.added mcp_list_tools.in_progress");
  h.advance(100);
  equal(h.events(), "item.done mcp_list_tools.completed");
  equal(h.last<ItemDone>().item.server_label, "docs");
  equal(h.last<ItemDone>().item.tools->text, offered);
  h.configure(with("\"never\"")); // nothing new
  equal(h.events(), "updated");
}

void a_list_may_fail() {
  auto scenario = docs();
  scenario.mcp_servers.push_back({"broken", "[]", true, Ms(50)});
  for (const char* label : {"broken", "of nobody"}) {
    Harness h(scenario);
    h.configure(with("\"never\"", label));
    h.events();
    h.advance(50);
    g_assert_cmpuint(h.all<McpListToolsFailed>().size(), ==, 1);
    g_assert_cmpuint(h.all<McpListToolsCompleted>().size(), ==, 0);
  }
}

void a_call_without_approval() {
  Harness h(docs());
  h.configure(with("\"never\""));
  h.advance(100);
  h.events();
  h.ask("look it up");
  equal(h.events(), "item.added item.done created output_item.added item.added mcp_call_arguments.delta "
                    "mcp_call_arguments.done mcp_call.in_progress");
  h.advance(199);
  equal(h.events(), "");
  h.advance(1);
  equal(h.events(), "mcp_call.completed item.done output_item.done done rate_limits.updated");
  const auto call = h.last<OutputItemDone>().item;
  equal(call.arguments, R"({"query":"gap"})");
  equal(call.output, "found it");
  h.client(ResponseCreate{}); // it is not told unasked
  h.finish_responses();
  equal(h.last<OutputTextDone>().text, "The search for gap: found it.");
}

void a_call_with_approval() {
  Harness h(docs());
  h.configure(with("\"always\""));
  h.advance(100);
  h.ask("look it up");
  h.finish_responses();
  g_assert_cmpuint(h.all<ResponseDone>().size(), ==, 1); // it waits for nobody
  g_assert_cmpuint(h.all<McpCallInProgress>().size(), ==, 0);
  const auto request = request_id(h);
  h.events();
  h.client(ItemCreate{answer_to(request, true), {}});
  equal(h.events(), "item.added item.done mcp_call.in_progress");
  h.advance(200);
  equal(h.events(), "mcp_call.completed item.done");
  equal(h.last<ItemDone>().item.output, "found it");
  equal(h.last<ItemDone>().item.approval_request_id, request);
  Item again = answer_to(request, true);
  again.id = "answer_again";
  h.client(ItemCreate{again, {}}, "second");
  equal(h.last_error(), "invalid_approval_request_id");
  equal(h.last<ErrorEvent>().error.event_id, "second");
}

void a_refused_call_does_not_run() {
  Harness h(docs());
  h.configure(with("\"always\""));
  h.ask("look it up");
  h.finish_responses();
  h.client(ItemCreate{answer_to(request_id(h), false), {}});
  h.finish_responses();
  g_assert_cmpuint(h.all<McpCallInProgress>().size(), ==, 0);
  h.client(ResponseCreate{});
  h.finish_responses();
  equal(h.last<OutputTextDone>().text, "You said: look it up.");
}

void a_deleted_request_is_not_answered() {
  Harness h(docs());
  h.configure(with("\"always\""));
  h.ask("look it up");
  h.finish_responses();
  const auto request = request_id(h);
  h.client(ItemDelete{request});
  h.client(ItemCreate{answer_to(request, true), {}});
  equal(h.last_error(), "invalid_approval_request_id");
}

void a_call_fails() {
  for (const bool approval : {false, true}) {
    Harness h(docs({"", R"({"type":"tool_execution_error","message":"No index."})", Ms(0)}));
    h.configure(with(approval ? "\"always\"" : "\"never\""));
    h.advance(100);
    h.ask("look it up");
    h.finish_responses();
    if (approval) h.client(ItemCreate{answer_to(request_id(h), true), {}});
    h.finish_responses();
    g_assert_cmpuint(h.all<McpCallFailed>().size(), ==, 1);
    g_assert_cmpuint(h.all<McpCallCompleted>().size(), ==, 0);
    equal(h.last<ItemDone>().item.error->text, R"({"type":"tool_execution_error","message":"No index."})");
  }
}

void a_server_that_the_session_does_not_name() {
  Harness h(docs());
  h.ask("look it up");
  h.finish_responses();
  g_assert_cmpuint(h.all<McpCallFailed>().size(), ==, 1);
}

void an_interruption_ends_the_call() {
  Harness h(docs());
  h.configure(with("\"never\""));
  h.advance(100);
  h.ask("look it up");
  h.advance(150);
  h.client(ResponseCancel{});
  h.finish_responses();
  g_assert_cmpuint(h.all<McpArgumentsDone>().size(), ==, 1);
  g_assert_cmpuint(h.all<McpCallCompleted>().size(), ==, 0);
  g_assert_true(h.last<ResponseDone>().response.status == ResponseStatus::cancelled);
}

void who_needs_approval() {
  const auto rule = [](const std::string& approval) {
    return needs_approval(with(approval).tools->text, "docs", "search");
  };
  g_assert_true(rule("\"always\"") == true);
  g_assert_true(rule("\"never\"") == false);
  g_assert_true(rule("null") == true); // the protocol's default
  g_assert_true(rule(R"({"never":{"tool_names":["search"]}})") == false);
  g_assert_true(rule(R"({"never":{"tool_names":["other"]}})") == true);
  g_assert_false(needs_approval("[]", "docs", "search").has_value());
  g_assert_false(needs_approval("broken", "docs", "search").has_value());
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/mcp/list", tools_are_listed);
  g_test_add_func("/server/mcp/list/failed", a_list_may_fail);
  g_test_add_func("/server/mcp/call", a_call_without_approval);
  g_test_add_func("/server/mcp/approval", a_call_with_approval);
  g_test_add_func("/server/mcp/approval/refused", a_refused_call_does_not_run);
  g_test_add_func("/server/mcp/approval/deleted", a_deleted_request_is_not_answered);
  g_test_add_func("/server/mcp/call/failed", a_call_fails);
  g_test_add_func("/server/mcp/call/unknown-server", a_server_that_the_session_does_not_name);
  g_test_add_func("/server/mcp/call/interrupted", an_interruption_ends_the_call);
  g_test_add_func("/server/mcp/rule", who_needs_approval);
  return g_test_run();
}

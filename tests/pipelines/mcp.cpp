// Tools of MCP servers: approved and refused, by the application and by the property, failing, and at the end
// of the input.
#include "talk.h"

#include <string>

using namespace rt;
using namespace rt::test;

namespace {

constexpr const char* arguments = R"({"q":"latency"})";

// The first answer calls the tool, the second is heard for 200 ms.
server::Scenario docs(server::McpOutcome outcome = {"20 ms", "", std::chrono::milliseconds(50)}) {
  server::Scenario scenario = ramp_scenario(std::chrono::milliseconds(200));
  scenario.mcp_servers.push_back({"docs", R"([{"name":"search","input_schema":{"type":"object"}}])"});
  server::ReplyPart call;
  call.kind = server::ReplyPart::Kind::mcp_call;
  call.server_label = "docs";
  call.name = "search";
  call.arguments = arguments;
  call.outcome = std::move(outcome);
  scenario.replies.push_back({.match = "", .times = 1, .parts = {call}});
  return scenario;
}

constexpr const char* needs_approval =
    R"([{"type":"mcp","server_label":"docs","server_url":"https://example.com/mcp","require_approval":"always"}])";
constexpr const char* needs_none =
    R"([{"type":"mcp","server_label":"docs","server_url":"https://example.com/mcp","require_approval":"never"}])";

bool approve(GstElement* element, const std::string& request_id, bool yes) {
  return act(element, "approve-mcp", request_id.c_str(), static_cast<gboolean>(yes));
}

class Talk {
 public:
  Talk(server::Scenario scenario, const char* tools, const char* properties = "")
      : server(std::move(scenario)), pipeline(std::string("realtimesrc name=src ") + properties +
                                              " uri=" + server.uri() + " ! fakesink name=out sync=true"),
        src(pipeline.element("src")) {
    g_object_set(src.get(), "tools", tools, nullptr);
    pipeline.play();
    list = pipeline.wait_for_element("realtime/mcp-list-tools");
    fail_unless(act(src.get(), "send-text", "What is the latency?"));
  }
  // The answer after the call is heard whole, and is the only one.
  void expect_answer(const char* status) {
    if (pipeline.seen("realtime/mcp-call-done").empty()) pipeline.wait_for_element("realtime/mcp-call-done");
    pipeline.wait_for_element("realtime/playback-finished");
    const auto done = pipeline.seen("realtime/mcp-call-done");
    fail_unless_equals_int(done.size(), 1);
    fail_unless(field(done[0], "status") == status, "%s", field(done[0], "status").c_str());
    std::uint64_t heard_ms = 0;
    fail_unless(
        gst_structure_get_uint64(pipeline.seen("realtime/playback-finished").at(0), "heard-ms", &heard_ms));
    fail_unless_equals_uint64(heard_ms, 200);
    fail_unless_equals_int(pipeline.seen("realtime/mcp-call").size(), 1);
    fail_unless(field(pipeline.seen("realtime/mcp-call")[0], "arguments") == arguments);
    fail_unless_equals_int(server.sent(true, "response.create").size(), 2);
    fail_unless_equals_int(server.sent(false, "error").size(), 0);
  }
  // What the server was told of the request.
  std::string answer() {
    for (const std::string& text : server.sent(true, "conversation.item.create"))
      if (text.find("mcp_approval_response") != std::string::npos) return text;
    return "";
  }

  ServerFixture server;
  Pipeline pipeline;
  GRef<GstElement> src;
  GRef<GstMessage> list;
};

} // namespace

GST_START_TEST(a_call_that_needs_no_approval) {
  Talk talk(docs(), needs_none);
  fail_unless(field(talk.list, "status") == "completed");
  fail_unless(field(talk.list, "server-label") == "docs");
  fail_unless(field(talk.list, "tools").find("search") != std::string::npos);
  talk.expect_answer("completed");
  fail_unless(field(talk.pipeline.seen("realtime/mcp-call-done")[0], "output") == "20 ms");
  fail_unless(talk.pipeline.seen("realtime/mcp-approval-request").empty());
}
GST_END_TEST

GST_START_TEST(the_application_approves) {
  Talk talk(docs(), needs_approval);
  const auto request = talk.pipeline.wait_for_element("realtime/mcp-approval-request");
  fail_unless(field(request, "name") == "search");
  fail_unless(field(request, "arguments") == arguments);
  const std::string id = field(request, "request-id");
  fail_unless(!approve(talk.src.get(), "no-such-request", true));
  fail_unless(approve(talk.src.get(), id, true));
  fail_unless(!approve(talk.src.get(), id, true));
  talk.expect_answer("completed");
  const auto* done = talk.pipeline.seen("realtime/mcp-call-done")[0];
  fail_unless(field(done, "output") == "20 ms");
  fail_unless(field(done, "request-id") == id);
}
GST_END_TEST

GST_START_TEST(the_application_refuses) {
  Talk talk(docs(), needs_approval);
  const auto request = talk.pipeline.wait_for_element("realtime/mcp-approval-request");
  fail_unless(approve(talk.src.get(), field(request, "request-id"), false));
  talk.expect_answer("refused");
  fail_unless(talk.answer().find(R"("approve":false)") != std::string::npos);
  fail_unless(talk.server.sent(false, "response.mcp_call.in_progress").empty());
}
GST_END_TEST

GST_START_TEST(the_property_answers) {
  for (const bool yes : {true, false}) {
    Talk talk(docs(), needs_approval, yes ? "mcp-approval=always" : "mcp-approval=never");
    talk.expect_answer(yes ? "completed" : "refused");
    const auto requests = talk.pipeline.seen("realtime/mcp-approval-request");
    fail_unless_equals_int(requests.size(), 1); // the application is told all the same
    gboolean told = !yes;
    fail_unless(gst_structure_get_boolean(requests[0], "approve", &told));
    fail_unless_equals_int(told, yes);
    fail_unless(talk.answer().find(yes ? R"("approve":true)" : R"("approve":false)") != std::string::npos);
  }
}
GST_END_TEST

GST_START_TEST(a_call_fails) {
  Talk talk(docs({"", R"({"type":"http_error","code":503,"message":"Try later."})", {}}), needs_approval,
            "mcp-approval=always");
  talk.expect_answer("failed");
  const auto* done = talk.pipeline.seen("realtime/mcp-call-done")[0];
  fail_unless(field(done, "error-type") == "http_error");
  fail_unless(field(done, "error-code") == "503");
  fail_unless(field(done, "error-message") == "Try later.");
}
GST_END_TEST

// What can be answered without the tools is.
GST_START_TEST(a_list_fails) {
  server::Scenario scenario = ramp_scenario(std::chrono::milliseconds(200));
  scenario.mcp_servers.push_back({.label = "docs", .list_fails = true});
  Talk talk(std::move(scenario), needs_none);
  fail_unless(field(talk.list, "status") == "failed");
  fail_unless(field(talk.list, "server-label") == "docs");
  talk.pipeline.wait_for_element("realtime/playback-finished");
  const auto warnings = talk.pipeline.all(GST_MESSAGE_WARNING);
  fail_unless_equals_int(warnings.size(), 1);
  GError* raw = nullptr;
  gst_message_parse_warning(warnings[0], &raw, nullptr);
  const GErrorPtr warning(raw);
  fail_unless(std::string(warning->message).find("'docs'") != std::string::npos);
}
GST_END_TEST

// The caller has said all; the stream ends when the call was approved, made and told.
GST_START_TEST(the_end_of_the_input_waits_for_approval) {
  ServerFixture server(docs());
  Pipeline pipeline(Caller::element() + "realtimesink name=sink uri=" + server.uri() +
                    "  realtimesrc ! fakesink name=out sync=true");
  const auto sink = pipeline.element("sink");
  g_object_set(sink.get(), "tools", needs_approval, nullptr);
  pipeline.play();
  Caller caller(pipeline.element("caller"));
  caller.speak(400);
  caller.end();
  const auto request = pipeline.wait_for_element("realtime/mcp-approval-request");
  if (pipeline.seen("realtime/response-done").empty()) pipeline.wait_for_element("realtime/response-done");
  fail_unless(approve(sink.get(), field(request, "request-id"), true));
  pipeline.wait_for_eos();
  fail_unless_equals_int(pipeline.seen("realtime/mcp-call-done").size(), 1);
  fail_unless_equals_int(pipeline.seen("realtime/playback-finished").size(), 1);
  fail_unless(pipeline.all(GST_MESSAGE_WARNING).empty());
}
GST_END_TEST

static Suite* mcp_suite() {
  Suite* suite = suite_create("mcp");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_test(tcase, a_call_that_needs_no_approval);
  tcase_add_test(tcase, the_application_approves);
  tcase_add_test(tcase, the_application_refuses);
  tcase_add_test(tcase, the_property_answers);
  tcase_add_test(tcase, a_call_fails);
  tcase_add_test(tcase, a_list_fails);
  tcase_add_test(tcase, the_end_of_the_input_waits_for_approval);
  return suite;
}

GST_CHECK_MAIN(mcp)

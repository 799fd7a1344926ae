// The action signals in every state, what they send, why they refuse; and the question for a key.
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <functional>

using namespace rt;
using namespace rt::test;
using namespace rt::protocol;

namespace {

struct Action {
  const char* name;
  std::function<void(GstElement*, gboolean*)> emit;
};

// Each as it can succeed; what answers a call or a request has a test of its own.
const std::vector<Action> actions = {
    {"send-text", [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "send-text", "Hello", r); }},
    {"create-response",
     [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "create-response", nullptr, r); }},
    {"create-response",
     [](GstElement* e, gboolean* r) {
       g_signal_emit_by_name(e, "create-response", "{\"instructions\":\"Sing\"}", r);
     }},
    {"cancel-response", [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "cancel-response", r); }},
    {"interrupt", [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "interrupt", r); }},
    {"commit", [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "commit", r); }},
    {"clear-input", [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "clear-input", r); }},
    {"delete-item", [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "delete-item", "item_1", r); }},
    {"retrieve-item",
     [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "retrieve-item", "item_1", r); }},
    {"send-event",
     [](GstElement* e, gboolean* r) {
       g_signal_emit_by_name(e, "send-event", "{\"type\":\"some.event\"}", r);
     }},
};

gboolean emit(GstElement* element, const Action& action) {
  gboolean accepted = 2;
  action.emit(element, &accepted);
  return accepted;
}

gboolean emit_text(GstElement* element, const char* name, const char* text) {
  gboolean accepted = 2;
  g_signal_emit_by_name(element, name, text, &accepted);
  return accepted;
}

gboolean emit_tool_output(GstElement* element, const char* call_id) {
  gboolean accepted = 2;
  g_signal_emit_by_name(element, "send-tool-output", call_id, "42", &accepted);
  return accepted;
}

// Refused, and the reason is told by a message that names the action.
void assert_refused(ElementHarness& h, GstElement* element, const Action& action, const char* why) {
  h.messages().clear();
  fail_unless_equals_int(emit(element, action), FALSE);
  fail_unless_equals_int(h.count("realtime/error"), 1);
  const GstStructure* error = h.find("realtime/error");
  assert_text(string_field(error, "request"), action.name);
  const std::string message = string_field(error, "message");
  fail_unless(message.find(why) != std::string::npos, "%s: %s", action.name, message.c_str());
}

std::string authorization(const FakeTransport::Opened& opened) {
  for (const auto& [name, value] : opened.endpoint.headers)
    if (name == "Authorization") return value;
  return "";
}

} // namespace

GST_START_TEST(actions_are_accepted_from_paused_on) {
  for (const bool sink : {true, false}) {
    ElementHarness h;
    GstElement* element = sink ? h.add_sink() : h.add_src();
    for (const Action& action : actions)
      assert_refused(h, element, action, "NULL");
    gst_element_set_state(element, GST_STATE_READY);
    for (const Action& action : actions)
      assert_refused(h, element, action, "PAUSED");
    gst_element_set_state(element, GST_STATE_PAUSED);
    for (const Action& action : actions)
      fail_unless_equals_int(emit(element, action), TRUE);
    gst_element_set_state(element, GST_STATE_PLAYING);
    for (const Action& action : actions)
      fail_unless_equals_int(emit(element, action), TRUE);
    h.run();
    gst_element_set_state(element, GST_STATE_READY);
    for (const Action& action : actions)
      assert_refused(h, element, action, "PAUSED");
  }
}
GST_END_TEST

GST_START_TEST(after_a_failure_every_action_is_refused) {
  ElementHarness h({.greets = false});
  GstElement* sink = h.add_sink();
  gst_element_set_state(sink, GST_STATE_PLAYING);
  h.run();
  h.transport.end({ErrorKind::not_authorized, "No"});
  h.run();
  for (const Action& action : actions)
    assert_refused(h, sink, action, "failed");
  gst_element_set_state(sink, GST_STATE_READY);
  gst_element_set_state(sink, GST_STATE_PAUSED);
  for (const Action& action : actions)
    fail_unless_equals_int(emit(sink, action), TRUE);
}
GST_END_TEST

GST_START_TEST(what_is_asked_before_the_session_exists_is_done_then) {
  ElementHarness h({.greets = false});
  GstElement* sink = h.add_sink();
  gst_element_set_state(sink, GST_STATE_PAUSED);
  h.run();
  fail_unless_equals_int(emit_text(sink, "send-text", "Hello"), TRUE);
  h.run();
  fail_unless_equals_int(h.transport.sent().size(), 0);
  h.server.introduce();
  h.run();
  const auto events = h.transport.take();
  const auto items = only<ItemCreate>(events);
  fail_unless_equals_int(items.size(), 1);
  fail_unless(items[0].item.content[0].text == "Hello");
  fail_unless_equals_int(only<ResponseCreate>(events).size(), 1);
}
GST_END_TEST

GST_START_TEST(arguments_that_make_no_sense_are_refused) {
  ElementHarness h;
  GstElement* sink = h.add_sink();
  gst_element_set_state(sink, GST_STATE_PAUSED);
  h.connect();
  fail_unless_equals_int(emit_text(sink, "send-text", ""), FALSE);
  fail_unless_equals_int(emit_text(sink, "send-text", nullptr), FALSE);
  fail_unless_equals_int(emit_text(sink, "create-response", "no JSON"), FALSE);
  fail_unless_equals_int(emit_text(sink, "create-response", "[]"), FALSE);
  fail_unless_equals_int(emit_text(sink, "send-event", "no JSON"), FALSE);
  fail_unless_equals_int(emit_text(sink, "send-event", "{}"), FALSE);
  fail_unless_equals_int(emit_text(sink, "send-event", nullptr), FALSE);
  fail_unless_equals_int(emit_tool_output(sink, "call_unknown"), FALSE);
  fail_unless_equals_int(emit_tool_output(sink, nullptr), FALSE);
  h.transport.take();
  h.run();
  fail_unless_equals_int(h.transport.take().size(), 0);
  fail_unless_equals_int(h.count("realtime/error"), 9);
}
GST_END_TEST

GST_START_TEST(a_tool_call_is_answered_once) {
  ElementHarness h;
  GstElement* sink = h.add_sink();
  gst_element_set_state(sink, GST_STATE_PAUSED);
  h.connect();
  const std::string response = h.server.begin_response();
  h.server.call_tool(response, "item_call", "call_1", "weather", "{\"city\":\"Ulm\"}");
  h.run();
  const GstStructure* call = h.find("realtime/tool-call");
  fail_unless(call != nullptr);
  assert_text(string_field(call, "call-id"), "call_1");
  assert_text(string_field(call, "name"), "weather");
  assert_text(string_field(call, "arguments"), "{\"city\":\"Ulm\"}");
  const GValue* args = gst_structure_get_value(call, "args");
  fail_unless(args && GST_VALUE_HOLDS_STRUCTURE(args));
  assert_text(string_field(gst_value_get_structure(args), "city"), "Ulm");
  fail_unless(string_field(call, "response-id") == response);
  assert_text(string_field(call, "item-id"), "item_call");
  fail_unless_equals_int(emit_tool_output(sink, "call_1"), TRUE);
  fail_unless_equals_int(emit_tool_output(sink, "call_1"), FALSE);
  h.server.end_response(response);
  h.run();
  const auto events = h.transport.take();
  const auto items = only<ItemCreate>(events);
  fail_unless_equals_int(items.size(), 1);
  fail_unless(items[0].item.call_id == "call_1" && items[0].item.output == "42");
  fail_unless_equals_int(only<ResponseCreate>(events).size(), 1);
}
GST_END_TEST

GST_START_TEST(a_silent_output_asks_for_nothing) {
  ElementHarness h;
  GstElement* sink = h.add_sink();
  gst_element_set_state(sink, GST_STATE_PAUSED);
  h.connect();
  const std::string response = h.server.begin_response();
  h.server.call_tool(response, "item_call", "call_1", "lamp", "{\"on\":true,\"level\":3,\"warm\":0.5}");
  h.server.end_response(response);
  h.run();
  const GstStructure* args =
      gst_value_get_structure(gst_structure_get_value(h.find("realtime/tool-call"), "args"));
  gboolean on = FALSE;
  gint64 level = 0;
  double warm = 0;
  fail_unless(gst_structure_get(args, "on", G_TYPE_BOOLEAN, &on, "level", G_TYPE_INT64, &level, "warm",
                                G_TYPE_DOUBLE, &warm, nullptr));
  fail_unless(on && level == 3 && warm == 0.5);
  gboolean accepted = FALSE;
  g_signal_emit_by_name(sink, "send-tool-output-silent", "call_1", "done", &accepted);
  fail_unless_equals_int(accepted, TRUE);
  h.run();
  const auto events = h.transport.take();
  fail_unless_equals_int(only<ItemCreate>(events).size(), 1);
  fail_unless_equals_int(only<ResponseCreate>(events).size(), 0);
}
GST_END_TEST

GST_START_TEST(a_request_for_approval_is_answered_once) {
  ElementHarness h;
  GstElement* sink = h.add_sink();
  const auto approve = [&](const char* request_id) {
    gboolean accepted = 2;
    g_signal_emit_by_name(sink, "approve-mcp", request_id, TRUE, &accepted);
    return accepted;
  };
  const auto refused_because = [&](const char* request_id, const char* why) {
    h.messages().clear();
    fail_unless_equals_int(approve(request_id), FALSE);
    const GstStructure* error = h.find("realtime/error");
    assert_text(string_field(error, "request"), "approve-mcp");
    fail_unless(string_field(error, "message").find(why) != std::string::npos);
  };
  refused_because("mcpr_1", "NULL");
  gst_element_set_state(sink, GST_STATE_PAUSED);
  h.connect();
  refused_because("mcpr_1", "'mcpr_1'");
  refused_because(nullptr, "''");
  const std::string response = h.server.begin_response();
  h.server.call_mcp(response, "item_call", "search", "{\"q\":\"gap\"}");
  h.server.ask_approval(response, "mcpr_1", "search", "{\"q\":\"gap\"}");
  h.server.end_response(response);
  h.run();
  const GstStructure* request = h.find("realtime/mcp-approval-request");
  assert_text(string_field(request, "request-id"), "mcpr_1");
  assert_text(string_field(request, "server-label"), "docs");
  assert_text(string_field(request, "name"), "search");
  assert_text(string_field(request, "arguments"), "{\"q\":\"gap\"}");
  assert_text(string_field(gst_value_get_structure(gst_structure_get_value(request, "args")), "q"), "gap");
  fail_unless(!gst_structure_has_field(request, "approve"));
  h.transport.take();
  fail_unless_equals_int(approve("mcpr_1"), TRUE);
  refused_because("mcpr_1", "'mcpr_1'");
  h.run();
  const auto items = only<ItemCreate>(h.transport.take());
  fail_unless_equals_int(items.size(), 1);
  fail_unless(items[0].item.approval_request_id == "mcpr_1" && items[0].item.approve);
  h.server.end_mcp("item_call", "search", "found");
  h.run();
  const GstStructure* done = h.find("realtime/mcp-call-done");
  assert_text(string_field(done, "status"), "completed");
  assert_text(string_field(done, "output"), "found");
  // The property takes the application's place at once.
  g_object_set(sink, "mcp-approval", 2, nullptr);
  h.run();
  h.server.ask_approval("", "mcpr_2", "search", "{}");
  h.run();
  gboolean approved = TRUE;
  fail_unless(gst_structure_get_boolean(h.find("realtime/mcp-approval-request"), "approve", &approved));
  fail_unless(!approved);
  refused_because("mcpr_2", "'mcpr_2'");
}
GST_END_TEST

GST_START_TEST(actions_of_one_element_serve_the_whole_session) {
  ElementHarness h;
  GstElement* sink = h.add_sink();
  GstElement* src = h.add_src();
  gst_element_set_state(src, GST_STATE_READY);
  gst_element_set_state(sink, GST_STATE_PLAYING);
  h.connect();
  fail_unless_equals_int(emit_text(src, "send-text", "Hello"), TRUE);
  h.run();
  fail_unless_equals_int(h.count_sent("conversation.item.create"), 1);
}
GST_END_TEST

GST_START_TEST(the_key_is_asked_for_before_each_connection) {
  ElementHarness h;
  GstElement* sink = h.add_sink({{"retries", "-1"}});
  struct Keys {
    unsigned asked = 0;
  } keys;
  const auto answer = +[](GstElement*, gpointer data) -> char* {
    return g_strdup_printf("key-%u", ++static_cast<Keys*>(data)->asked);
  };
  g_signal_connect(sink, "need-api-key", G_CALLBACK(answer), &keys);
  gst_element_set_state(sink, GST_STATE_PAUSED);
  h.connect();
  fail_unless_equals_int(h.transport.opened().size(), 1);
  assert_text(authorization(h.transport.opened()[0]), "Bearer key-1");
  gst_element_set_state(sink, GST_STATE_READY);
  gst_element_set_state(sink, GST_STATE_PAUSED);
  h.connect();
  fail_unless_equals_int(h.transport.opened().size(), 2);
  assert_text(authorization(h.transport.opened()[1]), "Bearer key-2");
  fail_unless_equals_int(keys.asked, 2);
}
GST_END_TEST

GST_START_TEST(a_retry_asks_for_a_fresh_key) {
  ElementHarness h({.greets = false});
  GstElement* sink = h.add_sink({{"retries", "2"}});
  unsigned asked = 0;
  const auto answer = +[](GstElement*, gpointer data) -> char* {
    return g_strdup_printf("key-%u", ++*static_cast<unsigned*>(data));
  };
  g_signal_connect(sink, "need-api-key", G_CALLBACK(answer), &asked);
  gst_element_set_state(sink, GST_STATE_PAUSED);
  h.run();
  h.transport.end({ErrorKind::connection_refused, "Nobody listens"});
  h.loop->advance(std::chrono::seconds(1)); // less than connect-timeout
  fail_unless_equals_int(h.transport.opened().size(), 2);
  assert_text(authorization(h.transport.opened()[1]), "Bearer key-2");
}
GST_END_TEST

GST_START_TEST(no_answer_leaves_the_key_of_the_property) {
  for (const char* given : {static_cast<const char*>(nullptr), ""}) {
    ElementHarness h;
    GstElement* sink = h.add_sink();
    const auto answer =
        +[](GstElement*, gpointer data) -> char* { return g_strdup(static_cast<const char*>(data)); };
    g_signal_connect(sink, "need-api-key", G_CALLBACK(answer), const_cast<char*>(given));
    gst_element_set_state(sink, GST_STATE_PAUSED);
    h.connect();
    assert_text(authorization(h.transport.opened()[0]), "Bearer test");
  }
}
GST_END_TEST

static Suite* signals_suite() {
  Suite* suite = suite_create("signals");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, actions_are_accepted_from_paused_on);
  tcase_add_test(tcase, after_a_failure_every_action_is_refused);
  tcase_add_test(tcase, what_is_asked_before_the_session_exists_is_done_then);
  tcase_add_test(tcase, arguments_that_make_no_sense_are_refused);
  tcase_add_test(tcase, a_tool_call_is_answered_once);
  tcase_add_test(tcase, a_silent_output_asks_for_nothing);
  tcase_add_test(tcase, a_request_for_approval_is_answered_once);
  tcase_add_test(tcase, actions_of_one_element_serve_the_whole_session);
  tcase_add_test(tcase, the_key_is_asked_for_before_each_connection);
  tcase_add_test(tcase, a_retry_asks_for_a_fresh_key);
  tcase_add_test(tcase, no_answer_leaves_the_key_of_the_property);
  return suite;
}

GST_CHECK_MAIN(signals)

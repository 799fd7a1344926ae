// Functions that the model calls: several at once, slow ones, some while it speaks, and around an
// interruption.
#include "talk.h"

#include <algorithm>

using namespace rt;
using namespace rt::test;

namespace {

// Where in the traffic the k-th frame of that type stands.
std::ptrdiff_t place_of(ServerFixture& server, bool by_client, std::string_view type,
                        std::string_view part = "") {
  const auto traffic = server.traffic();
  const std::string name = "\"type\":\"" + std::string(type) + '"';
  const auto found = std::find_if(traffic.begin(), traffic.end(), [&](const SentFrame& frame) {
    return frame.from_client == by_client && frame.text.find(name) != std::string::npos &&
           frame.text.find(part) != std::string::npos;
  });
  return found == traffic.end() ? -1 : found - traffic.begin();
}

// The outputs in the order in which the server got them.
std::vector<std::string> outputs(ServerFixture& server) {
  return sent_with(server, true, "conversation.item.create", "function_call_output");
}

std::string without_caller(const ServerFixture& server) {
  return "realtimesrc name=src uri=" + server.uri() + " ! fakesink name=out sync=true";
}

} // namespace

GST_START_TEST(a_tool_is_called_and_its_output_spoken) {
  server::Scenario scenario = ramp_of(200);
  server::ReplyPart call = call_of("get_weather", "");
  call.arguments = R"({"city":"Paris"})";
  scenario.replies.push_back({.match = "", .times = 1, .parts = {call}});
  ServerFixture server(std::move(scenario));
  Pipeline pipeline(without_caller(server));
  const auto src = pipeline.element("src");
  g_object_set(src.get(), "tools", R"([{"type":"function","name":"get_weather","parameters":{}}])", nullptr);
  pipeline.play();
  fail_unless(act(src.get(), "send-text", "The weather?"));
  const auto message = pipeline.wait_for_element("realtime/tool-call");
  fail_unless(field(message.get(), "name") == "get_weather");
  fail_unless(field(message.get(), "arguments") == call.arguments);
  fail_unless(act(src.get(), "send-tool-output", field(message.get(), "call-id").c_str(), "sunny"));
  pipeline.wait_for_element("realtime/playback-finished");
  expect_ramp(pipeline, 200);
  fail_unless_equals_int(pipeline.seen("realtime/tool-call").size(), 1);
  fail_unless_equals_int(server.sent(true, "response.create").size(), 2);
  fail_unless(!act(src.get(), "send-tool-output", "no-such-call", "sunny"));
}
GST_END_TEST

GST_START_TEST(parallel_tools_are_answered_by_one_response) {
  server::Scenario scenario = ramp_of(200);
  scenario.replies.push_back(
      {.match = "", .times = 1, .parts = {call_of("first", "call_1"), call_of("second", "call_2")}});
  ServerFixture server(std::move(scenario));
  Pipeline pipeline(without_caller(server));
  pipeline.play();
  const auto src = pipeline.element("src");
  fail_unless(act(src.get(), "send-text", "Both?"));
  wait_for_seen(pipeline, "realtime/tool-call", 2);
  fail_unless(act(src.get(), "send-tool-output", "call_2", "two")); // in any order
  fail_unless(act(src.get(), "send-tool-output", "call_1", "one"));
  pipeline.wait_for_element("realtime/playback-finished");
  expect_ramp(pipeline, 200);
  fail_unless_equals_int(outputs(server).size(), 2);
  fail_unless_equals_int(server.sent(true, "response.create").size(), 2);
  fail_unless_equals_int(server.sent(false, "error").size(), 0);
}
GST_END_TEST

// The answer calls, and its words are still being made when the output is there: it waits for their end.
GST_START_TEST(an_output_waits_for_the_answer_that_called) {
  server::Scenario scenario = ramp_of(200);
  scenario.replies.push_back({.match = "",
                              .times = 1,
                              .parts = {call_of("look_up", "call_1"), words_of("I am looking it up", 2000)},
                              .pace = 2});
  ServerFixture server(std::move(scenario));
  Pipeline pipeline(without_caller(server));
  pipeline.play();
  const auto src = pipeline.element("src");
  fail_unless(act(src.get(), "send-text", "Look it up"));
  wait_for_seen(pipeline, "realtime/tool-call", 1);
  fail_unless(act(src.get(), "send-tool-output", "call_1", "found"));
  fail_unless_equals_int(pipeline.seen("realtime/response-done").size(), 0);
  wait_for_seen(pipeline, "realtime/playback-finished", 2);
  // Both are heard, one after the other.
  fail_unless_equals_int(without_silence(pipeline).size(), 2200 * samples_per_ms);
  fail_unless_equals_int(outputs(server).size(), 1);
  fail_unless(place_of(server, true, "conversation.item.create", "function_call_output") >
              place_of(server, false, "response.done"));
  fail_unless_equals_int(server.sent(true, "response.create").size(), 2);
  fail_unless_equals_int(server.sent(false, "error").size(), 0);
}
GST_END_TEST

// The answer is made, but not yet heard to its end: the output need not wait, and what comes of it does.
GST_START_TEST(a_slow_tool_while_the_model_speaks) {
  server::Scenario scenario = ramp_of(200);
  scenario.replies.push_back({.match = "",
                              .times = 1,
                              .parts = {words_of("I am looking it up", 1000), call_of("look_up", "call_1")}});
  ServerFixture server(std::move(scenario));
  Pipeline pipeline(without_caller(server));
  pipeline.play();
  const auto src = pipeline.element("src");
  fail_unless(act(src.get(), "send-text", "Look it up"));
  pipeline.wait_for_element("realtime/playback-started");
  wait_for_seen(pipeline, "realtime/tool-call", 1);
  fail_unless_equals_int(pipeline.seen("realtime/playback-finished").size(), 0);
  fail_unless(act(src.get(), "send-tool-output", "call_1", "found"));
  wait_for_seen(pipeline, "realtime/playback-finished", 2);
  fail_unless_equals_int(without_silence(pipeline).size(), 1200 * samples_per_ms);
  fail_unless_equals_int(server.sent(false, "error").size(), 0);
}
GST_END_TEST

// The caller cuts the words off while the tool runs, and its output comes while he speaks: the call stands,
// and an answer that knows the output is heard.
GST_START_TEST(a_tool_outlives_an_interruption) {
  server::Scenario scenario = ramp_of(200);
  scenario.replies.push_back(
      {.match = "",
       .times = 1,
       .parts = {call_of("look_up", "call_1"), words_of("I am looking it up", 60000)}});
  ServerFixture server(std::move(scenario));
  Pipeline pipeline(Caller::element() + "realtimesink uri=" + server.uri() +
                    "  realtimesrc name=src ! fakesink name=out sync=true");
  pipeline.play();
  const auto src = pipeline.element("src");
  fail_unless(act(src.get(), "send-text", "Look it up"));
  pipeline.wait_for_element("realtime/playback-started");
  wait_for_seen(pipeline, "realtime/tool-call", 1);
  Caller caller(pipeline.element("caller"));
  caller.speak(400);
  pipeline.wait_for_element("realtime/interrupted");
  fail_unless(act(src.get(), "send-tool-output", "call_1", "found"));
  caller.speak(200);
  caller.pause(2000);
  // The answer to the turn may have been begun before the server had the output; then another follows.
  const auto knows_the_output = [&](const GstStructure* finished) {
    const auto output = place_of(server, true, "conversation.item.create", "function_call_output");
    return output >= 0 &&
           place_of(server, false, "response.created", field(finished, "response-id")) > output;
  };
  for (std::size_t heard = 1;; ++heard)
    if (knows_the_output(wait_for_seen(pipeline, "realtime/playback-finished", heard).back())) break;
  fail_unless_equals_int(outputs(server).size(), 1);
  fail_unless_equals_int(pipeline.seen("realtime/tool-call-cancelled").size(), 0);
  // The output may cross with the answer to the turn that the pause ends; then it is asked for again.
  for (const std::string& error : server.sent(false, "error"))
    fail_unless(error.find("conversation_already_has_active_response") != std::string::npos, "%s",
                error.c_str());
}
GST_END_TEST

// Something is said meanwhile; then the model is told that no output came, and the application too.
GST_START_TEST(a_tool_that_does_not_answer) {
  server::Scenario scenario = ramp_of(200);
  scenario.replies.push_back({.match = "", .times = 1, .parts = {call_of("look_up", "call_1")}});
  ServerFixture server(std::move(scenario));
  Pipeline pipeline("realtimesrc name=src tool-timeout=1500 tool-filler-delay=100 uri=" + server.uri() +
                    " ! fakesink name=out sync=true");
  const auto src = pipeline.element("src");
  g_object_set(src.get(), "tool-filler", "Say: One moment.", nullptr);
  pipeline.play();
  fail_unless(act(src.get(), "send-text", "Look it up"));
  const auto cancelled = pipeline.wait_for_element("realtime/tool-call-cancelled");
  fail_unless(field(cancelled.get(), "reason") == "timed-out");
  fail_unless(field(cancelled.get(), "call-id") == "call_1");
  fail_unless(!act(src.get(), "send-tool-output", "call_1", "too late"));
  wait_for_seen(pipeline, "realtime/playback-finished", 2); // the filler and the answer
  fail_unless_equals_int(sent_with(server, true, "response.create", "One moment").size(), 1);
  fail_unless_equals_int(outputs(server).size(), 1);
  fail_unless(outputs(server)[0].find("did not answer in time") != std::string::npos);
  fail_unless_equals_int(server.sent(false, "error").size(), 0);
}
GST_END_TEST

static Suite* tools_suite() {
  Suite* suite = suite_create("tools");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_test(tcase, a_tool_is_called_and_its_output_spoken);
  tcase_add_test(tcase, parallel_tools_are_answered_by_one_response);
  tcase_add_test(tcase, an_output_waits_for_the_answer_that_called);
  tcase_add_test(tcase, a_slow_tool_while_the_model_speaks);
  tcase_add_test(tcase, a_tool_outlives_an_interruption);
  tcase_add_test(tcase, a_tool_that_does_not_answer);
  return suite;
}

GST_CHECK_MAIN(tools)

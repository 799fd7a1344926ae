// The same pipeline with each provider that there is recorded traffic of, against a server of its manner.
#include "support/elements.h"
#include "support/pipeline.h"

#include "server/manner.h"
#include "server/sound.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;

namespace {

constexpr const char* tools =
    R"([{\"type\":\"function\",\"name\":\"get_time\",\"parameters\":{\"type\":\"object\"}}])";

const char* provider(int index) {
  return server::manners()[static_cast<std::size_t>(index)].name;
}

int provider_count() {
  return static_cast<int>(server::manners().size());
}

std::string both(const ServerFixture& server, const char* name, const std::string& properties = "") {
  return "realtimesink name=in model=any input-transcription-model=any provider=" + std::string(name) +
         " uri=" + server.uri() + ' ' + properties + "  realtimesrc ! fakesink name=out sync=true";
}

void is_ramp(std::vector<std::int16_t> samples, std::size_t length) {
  std::erase(samples, std::int16_t{0});
  fail_unless_equals_int(samples.size(), length);
  for (std::size_t i = 0; i < samples.size(); ++i)
    fail_unless_equals_int(samples[i], server::ramp_sample(i));
}

void nothing_was_refused(ServerFixture& server) {
  const auto errors = server.sent(false, "error");
  fail_unless(errors.empty(), "%s", errors.empty() ? "" : errors[0].c_str());
}

} // namespace

GST_START_TEST(a_spoken_question_is_answered) {
  ServerFixture server(ramp_scenario(std::chrono::milliseconds(1000)), {}, {}, provider(__i__));
  Pipeline pipeline("audiotestsrc is-live=false freq=440 num-buffers=50 samplesperbuffer=480 ! "
                    "audio/x-raw,format=S16LE,rate=24000,channels=1 ! " +
                    both(server, provider(__i__)));
  pipeline.play();
  pipeline.wait_for_eos();
  is_ramp(pipeline.captured_samples(), 24000);
  nothing_was_refused(server);
  std::vector<std::string> heard;
  for (const GstStructure* message : pipeline.seen("realtime/transcript")) {
    gboolean final = FALSE;
    gst_structure_get_boolean(message, "final", &final);
    if (final && g_strcmp0(gst_structure_get_string(message, "role"), "user") == 0)
      heard.emplace_back(gst_structure_get_string(message, "text"));
  }
  fail_unless(heard == std::vector<std::string>{"one"});
}
GST_END_TEST

GST_START_TEST(a_function_is_called_and_its_output_spoken) {
  auto scenario = ramp_scenario(std::chrono::milliseconds(500));
  server::ReplyPart call;
  call.kind = server::ReplyPart::Kind::function_call;
  call.name = "get_time";
  call.arguments = R"({"zone":"UTC"})";
  scenario.replies.push_back({.match = "one", .times = 1, .parts = {call}});
  ServerFixture server(scenario, {}, {}, provider(__i__));
  Pipeline pipeline(Caller::element() + both(server, provider(__i__), "tools=\"" + std::string(tools) + '"'));
  pipeline.play();
  pipeline.wait_for_element("realtime/session-updated");
  Caller caller(pipeline.element("caller"));
  caller.speak(400);
  caller.pause(800);
  const auto message = pipeline.wait_for_element("realtime/tool-call");
  const auto* asked = gst_message_get_structure(message.get());
  fail_unless_equals_string(gst_structure_get_string(asked, "name"), "get_time");
  fail_unless_equals_string(gst_structure_get_string(asked, "arguments"), R"({"zone":"UTC"})");
  gboolean accepted = FALSE;
  g_signal_emit_by_name(pipeline.element("in").get(), "send-tool-output",
                        gst_structure_get_string(asked, "call-id"), "noon", &accepted);
  fail_unless(accepted);
  pipeline.wait_for_element("realtime/playback-finished");
  is_ramp(pipeline.captured_samples(), 12000);
  nothing_was_refused(server);
}
GST_END_TEST

GST_START_TEST(an_answer_is_interrupted) {
  ServerFixture server(ramp_scenario(std::chrono::milliseconds(20000)), {}, {}, provider(__i__));
  Pipeline pipeline(Caller::element() + both(server, provider(__i__)));
  pipeline.play();
  pipeline.wait_for_element("realtime/session-updated");
  Caller caller(pipeline.element("caller"));
  caller.speak(400);
  caller.pause(800);
  pipeline.wait_for_element("realtime/playback-started");
  caller.speak(400);
  const auto message = pipeline.wait_for_element("realtime/interrupted");
  caller.pause(800);
  fail_unless(gst_message_get_structure(message.get()) != nullptr);
  pipeline.wait_for_element("realtime/playback-started"); // of the next answer
  nothing_was_refused(server);
}
GST_END_TEST

static Suite* providers_suite() {
  Suite* suite = suite_create("providers");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 120);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_loop_test(tcase, a_spoken_question_is_answered, 0, provider_count());
  tcase_add_loop_test(tcase, a_function_is_called_and_its_output_spoken, 0, provider_count());
  tcase_add_loop_test(tcase, an_answer_is_interrupted, 0, provider_count());
  return suite;
}

GST_CHECK_MAIN(providers)

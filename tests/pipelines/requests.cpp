// What an application asks of a running conversation: other turn detection, answers at its own time, answers
// beside the conversation, items.
#include "talk.h"

#include <algorithm>

using namespace rt;
using namespace rt::test;

namespace {

// A caller who speaks when the test says so, in a session with these properties.
class Talk {
 public:
  Talk(server::Scenario scenario, const std::string& properties)
      : server(std::move(scenario)),
        pipeline(Caller::element() + "realtimesink name=sink uri=" + server.uri() + ' ' + properties +
                 "  realtimesrc name=src ! fakesink name=out sync=true"),
        caller(pipeline.element("caller")), sink(pipeline.element("sink")) {
    pipeline.play();
    pipeline.wait_for_element("realtime/session-updated");
  }
  void turn() {
    caller.speak(400);
    caller.pause(1600);
  }
  std::size_t seen(const char* name) const { return pipeline.seen(name).size(); }
  // The settings that the server took last hold this.
  void wait_for_settings(const char* part) {
    pipeline.wait_for(
        [part](GstMessage* m) {
          return is_element_message(m, "realtime/session-updated") &&
                 field(m, "session").find(part) != std::string::npos;
        },
        part);
  }
  void expect_no_error() {
    const auto errors = server.sent(false, "error");
    fail_unless(errors.empty(), "%s", errors.empty() ? "" : errors[0].c_str());
    fail_unless_equals_int(seen("realtime/error"), 0);
  }

  ServerFixture server;
  Pipeline pipeline;
  Caller caller;
  GRef<GstElement> sink;
};

constexpr const char* no_options = nullptr;

} // namespace

GST_START_TEST(semantic_turns_are_answered) {
  Talk talk(ramp_of(200), "turn-detection=semantic-vad vad-eagerness=high");
  talk.turn();
  wait_for_seen(talk.pipeline, "realtime/playback-finished", 1);
  expect_ramp(talk.pipeline, 200);
  fail_unless_equals_int(sent_with(talk.server, true, "session.update", "semantic_vad").size(), 1);
  talk.expect_no_error();
}
GST_END_TEST

// Turns are found, and answered when the application says so.
GST_START_TEST(the_application_answers_the_turns) {
  Talk talk(ramp_of(200), "vad-create-response=false");
  talk.turn();
  wait_for_seen(talk.pipeline, "realtime/turn-committed", 1);
  fail_unless(act(talk.sink.get(), "create-response", no_options));
  wait_for_seen(talk.pipeline, "realtime/playback-finished", 1);
  expect_ramp(talk.pipeline, 200);
  fail_unless_equals_int(talk.seen("realtime/response-started"), 1);
  talk.expect_no_error();
}
GST_END_TEST

// From the button to turn detection and back, within one call.
GST_START_TEST(turn_detection_changes_during_a_call) {
  Talk talk(ramp_of(200), "turn-detection=none");
  talk.caller.speak(400);
  talk.server.wait_for_sent(true, "input_audio_buffer.append", 20);
  fail_unless(act(talk.sink.get(), "commit"));
  fail_unless(act(talk.sink.get(), "create-response", no_options));
  wait_for_seen(talk.pipeline, "realtime/playback-finished", 1);
  fail_unless_equals_int(talk.seen("realtime/speech-started"), 0);

  gst_util_set_object_arg(G_OBJECT(talk.sink.get()), "turn-detection", "server-vad");
  talk.wait_for_settings("server_vad");
  talk.turn();
  wait_for_seen(talk.pipeline, "realtime/playback-finished", 2);
  fail_unless_equals_int(talk.seen("realtime/speech-started"), 1);
  fail_unless_equals_int(talk.server.sent(true, "response.create").size(), 1);

  gst_util_set_object_arg(G_OBJECT(talk.sink.get()), "turn-detection", "none");
  talk.wait_for_settings("\"turn_detection\":null");
  const auto before = talk.server.sent(true, "input_audio_buffer.append").size();
  talk.turn();
  talk.server.wait_for_sent(true, "input_audio_buffer.append", before + 100);
  fail_unless(act(talk.sink.get(), "commit"));
  fail_unless(act(talk.sink.get(), "create-response", no_options));
  wait_for_seen(talk.pipeline, "realtime/playback-finished", 3);
  fail_unless_equals_int(talk.seen("realtime/speech-started"), 1);
  fail_unless_equals_int(talk.server.sent(true, "response.create").size(), 2);
  fail_unless_equals_int(without_silence(talk.pipeline).size(), 600 * samples_per_ms);
  talk.expect_no_error();
}
GST_END_TEST

// The answer is made no further; what had come of it is heard.
GST_START_TEST(an_answer_is_cancelled) {
  server::Scenario scenario = ramp_of(20000);
  scenario.pace = 1;
  Talk talk(std::move(scenario), "");
  fail_unless(act(talk.sink.get(), "send-text", "Tell me."));
  talk.pipeline.wait_for_element("realtime/playback-started");
  fail_unless(act(talk.sink.get(), "cancel-response"));
  const auto done = talk.pipeline.wait_for_element("realtime/response-done");
  fail_unless(field(done.get(), "status") == "cancelled");
  wait_for_seen(talk.pipeline, "realtime/playback-finished", 1);
  const auto heard = without_silence(talk.pipeline);
  std::size_t bytes = talk.server.reply_audio().size();
  fail_unless_equals_int(heard.size(), bytes / 2);
  act(talk.sink.get(), "cancel-response"); // there is nothing to cancel any more, and it is told
  fail_unless(field(talk.pipeline.wait_for_element("realtime/error").get(), "request") == "cancel-response");
  // The next is heard from its start.
  fail_unless(act(talk.sink.get(), "send-text", "Go on."));
  wait_for_seen(talk.pipeline, "realtime/playback-started", 2);
  fail_unless(act(talk.sink.get(), "interrupt"));
  talk.pipeline.wait_for_element("realtime/interrupted");
  const auto all = without_silence(talk.pipeline);
  fail_unless(all.size() > heard.size());
  fail_unless_equals_int(all[heard.size()], server::ramp_sample(0));
  fail_unless_equals_int(talk.server.sent(false, "error").size(), 0);
}
GST_END_TEST

// A question beside the conversation, asked while an answer is made and heard; it comes with what it was
// given.
GST_START_TEST(an_answer_beside_the_conversation) {
  server::Scenario scenario = ramp_of(2000);
  scenario.pace = 2;
  Talk talk(std::move(scenario), "");
  fail_unless(act(talk.sink.get(), "send-text", "Tell me."));
  talk.pipeline.wait_for_element("realtime/playback-started");
  fail_unless(act(talk.sink.get(), "create-response",
                  R"({"conversation":"none","metadata":{"topic":"mood"},"output_modalities":["text"],)"
                  R"("instructions":"Say \"He is glad\"."})"));
  const auto beside = [](GstMessage* m) {
    gboolean out_of_band = FALSE;
    return is_element_message(m, "realtime/response-done") &&
           gst_structure_get_boolean(gst_message_get_structure(m), "out-of-band", &out_of_band) &&
           out_of_band;
  };
  const auto done = talk.pipeline.wait_for(beside, "the answer beside");
  fail_unless(field(done.get(), "metadata").find("\"topic\":\"mood\"") != std::string::npos);
  fail_unless(field(done.get(), "status") == "completed");
  wait_for_seen(talk.pipeline, "realtime/playback-finished", 1);
  expect_ramp(talk.pipeline, 2000); // undisturbed
  fail_unless_equals_int(talk.seen("realtime/response-started"), 2);
  talk.expect_no_error();
}
GST_END_TEST

// The conversation begins with what was said before; an item is looked at and taken out.
GST_START_TEST(items_are_given_read_and_deleted) {
  ServerFixture server(ramp_of(200));
  Pipeline pipeline("realtimesrc name=src uri=" + server.uri() + " ! fakesink name=out sync=true");
  const auto src = pipeline.element("src");
  g_object_set(src.get(), "initial-items",
               R"([{"id":"before_1","type":"message","role":"user",)"
               R"("content":[{"type":"input_text","text":"My name is Ada."}]}])",
               nullptr);
  pipeline.play();
  server.wait_for_sent(true, "conversation.item.create");
  fail_unless(act(src.get(), "retrieve-item", "before_1"));
  const auto item = pipeline.wait_for_element("realtime/item");
  fail_unless(field(item.get(), "item-id") == "before_1");
  fail_unless(field(item.get(), "text") == "My name is Ada.");
  fail_unless(act(src.get(), "delete-item", "before_1"));
  server.wait_for_sent(false, "conversation.item.deleted");
  fail_unless(act(src.get(), "retrieve-item", "before_1"));
  const auto error = pipeline.wait_for_element("realtime/error");
  fail_unless(field(error.get(), "request") == "retrieve-item");
}
GST_END_TEST

// Nobody says anything after an answer: the model speaks, and the application knows why.
GST_START_TEST(a_caller_who_says_nothing_is_asked) {
  Talk talk(ramp_of(200), "vad-idle-timeout=5000");
  talk.turn();
  wait_for_seen(talk.pipeline, "realtime/playback-finished", 1);
  talk.caller.pause(6000);
  talk.pipeline.wait_for_element("realtime/idle-timeout");
  wait_for_seen(talk.pipeline, "realtime/playback-finished", 2);
  fail_unless_equals_int(talk.server.sent(true, "response.create").size(), 0);
  fail_unless_equals_int(talk.seen("realtime/speech-started"), 1);
  talk.expect_no_error();
}
GST_END_TEST

// The server stops to answer an account that has used up its minute; the application is told how long to
// wait.
GST_START_TEST(the_limits_of_an_account_are_told) {
  server::Scenario scenario = ramp_of(200);
  scenario.rate_limit = {.requests = 1, .tokens = 50000, .enforced = true};
  Talk talk(std::move(scenario), "");
  fail_unless(act(talk.sink.get(), "send-text", "One."));
  const auto limits = wait_for_seen(talk.pipeline, "realtime/rate-limits", 1);
  std::uint64_t remaining = 1;
  fail_unless(gst_structure_get_uint64(limits[0], "requests-remaining", &remaining));
  fail_unless_equals_uint64(remaining, 0);
  double reset = 0;
  fail_unless(gst_structure_get_double(limits[0], "requests-reset", &reset) && reset > 0 && reset <= 60);
  fail_unless(act(talk.sink.get(), "send-text", "Two."));
  const auto done = wait_for_seen(talk.pipeline, "realtime/response-done", 2);
  fail_unless(field(done[1], "status") == "failed");
  fail_unless(field(done[1], "error-code") == "rate_limit_exceeded");
}
GST_END_TEST

static Suite* requests_suite() {
  Suite* suite = suite_create("requests");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_test(tcase, semantic_turns_are_answered);
  tcase_add_test(tcase, the_application_answers_the_turns);
  tcase_add_test(tcase, turn_detection_changes_during_a_call);
  tcase_add_test(tcase, an_answer_is_cancelled);
  tcase_add_test(tcase, an_answer_beside_the_conversation);
  tcase_add_test(tcase, items_are_given_read_and_deleted);
  tcase_add_test(tcase, a_caller_who_says_nothing_is_asked);
  tcase_add_test(tcase, the_limits_of_an_account_are_told);
  return suite;
}

GST_CHECK_MAIN(requests)

// What is measured of a turn, as the application gets it: on the test's clocks, both of which it moves.
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <chrono>

using namespace rt;
using namespace rt::test;
using namespace rt::protocol;

namespace {

constexpr std::uint64_t frame_samples = 480; // 20 ms

// Both elements of a conversation with 100 ms of latency, at 5 s of their clock's time.
struct Talk {
  explicit Talk(std::uint64_t base_time = 5 * GST_SECOND) {
    h.use_one_pipeline();
    src = h.add_src({{"cushion", "0"}});
    sink = h.add_sink();
    for (GstElement* element : {src, sink})
      gst_element_set_base_time(element, base_time);
    gst_test_clock_set_time(h.test_clock(), base_time);
    gst_element_set_state(sink, GST_STATE_PLAYING);
    h.play_src();
    h.wait_for_frame();
    gst_harness_push_upstream_event(h.downstream(), gst_event_new_latency(100 * ms));
    h.send_start();
    h.connect();
  }
  // The loop's clock moves with the pipeline's.
  void frames(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      h.loop->advance(std::chrono::milliseconds(20));
      h.crank();
      h.wait_for_frame();
      h.run();
    }
  }
  // 20 ms of input with each frame.
  void speak(unsigned count) {
    for (unsigned i = 0; i < count; ++i, spoken += 20) {
      frames(1);
      h.push_ramp(0, frame_samples, spoken * ms);
      h.run();
    }
  }
  // The server takes the last 500 ms of what was sent for the silence that ended the turn.
  void end_turn() {
    h.transport.deliver(SpeechStarted{0, "question"});
    h.transport.deliver(SpeechStopped{spoken, "question"});
    h.server.commit("question");
    h.run();
  }
  std::uint64_t stat(const char* field) {
    GstStructure* stats = nullptr;
    g_object_get(src, "stats", &stats, nullptr);
    const std::uint64_t value = uint64_field(stats, field);
    gst_structure_free(stats);
    return value;
  }
  ElementHarness h;
  GstElement *src = nullptr, *sink = nullptr;
  std::uint64_t spoken = 0; // ms
};

bool flag(const GstStructure* structure, const char* field) {
  gboolean value = FALSE;
  fail_unless(gst_structure_get_boolean(structure, field, &value), "no field %s", field);
  return value;
}

} // namespace

GST_START_TEST(a_turn_is_measured_from_the_end_of_speech_to_the_first_sound) {
  Talk talk;
  talk.speak(50); // the last frame is of 980 ms
  talk.end_turn();
  const std::string item = talk.h.reply(ramp(3 * frame_samples)); // from 1000 ms, heard from 1100 ms
  talk.frames(8);
  fail_unless_equals_int(talk.h.count("realtime/metrics"), 0);
  talk.frames(1);
  const GstStructure* metrics = talk.h.find("realtime/metrics");
  fail_unless(metrics != nullptr);
  fail_unless_equals_uint64(uint64_field(metrics, "speech-end"), 500 * ms);
  fail_unless_equals_uint64(uint64_field(metrics, "speech-to-delta-ms"), 480);
  fail_unless_equals_uint64(uint64_field(metrics, "delta-to-push-ms"), 20);
  fail_unless_equals_uint64(uint64_field(metrics, "push-to-heard-ms"), 100);
  fail_unless_equals_uint64(uint64_field(metrics, "speech-to-heard-ms"), 600);
  fail_unless_equals_uint64(uint64_field(metrics, "underruns"), 0);
  fail_if(flag(metrics, "interrupted"));
  fail_unless_equals_uint64(talk.stat("turns"), 1);
  fail_unless_equals_uint64(talk.stat("speech-to-heard-ms-min"), 600);
  fail_unless_equals_uint64(talk.stat("speech-to-heard-ms-mean"), 600);
  fail_unless_equals_uint64(talk.stat("speech-to-heard-ms-max"), 600);
  fail_unless_equals_uint64(talk.stat("push-to-heard-ms-mean"), 100);
}
GST_END_TEST

GST_START_TEST(a_pause_is_no_part_of_the_input_and_counts_for_the_caller) {
  Talk talk;
  talk.speak(50);
  for (GstElement* element : {talk.sink, talk.src})
    gst_element_set_state(element, GST_STATE_PAUSED);
  talk.h.loop->advance(std::chrono::seconds(3));
  gst_test_clock_advance_time(talk.h.test_clock(), 3 * GST_SECOND);
  for (GstElement* element : {talk.sink, talk.src}) {
    gst_element_set_base_time(element, 8 * GST_SECOND);
    gst_element_set_state(element, GST_STATE_PLAYING);
  }
  talk.h.wait_for_frame();
  talk.end_turn(); // told late: the speech ended before the pause
  talk.h.reply(ramp(3 * frame_samples));
  talk.frames(9);
  const GstStructure* metrics = talk.h.find("realtime/metrics");
  fail_unless(metrics != nullptr);
  fail_unless_equals_uint64(uint64_field(metrics, "speech-to-delta-ms"), 3480);
  fail_unless_equals_uint64(uint64_field(metrics, "push-to-heard-ms"), 100);
  fail_unless_equals_uint64(uint64_field(metrics, "speech-end"), 500 * ms);
}
GST_END_TEST

GST_START_TEST(an_interrupted_turn_says_where) {
  Talk talk;
  const std::string response = talk.h.server.begin_response();
  talk.h.server.say(response, "answer", ramp(24000));
  talk.h.run();
  talk.frames(4);
  talk.h.transport.deliver(SpeechStarted{0, "question"});
  talk.h.server.end_response(response, ResponseStatus::cancelled);
  talk.h.run();
  const GstStructure* metrics = talk.h.find("realtime/metrics");
  fail_unless(metrics != nullptr);
  fail_unless(flag(metrics, "interrupted"));
  assert_text(string_field(metrics, "item-id"), "answer");
  fail_unless_equals_uint64(uint64_field(metrics, "heard-ms"), 85);
  fail_unless_equals_uint64(uint64_field(metrics, "received-ms"), 1000);
  fail_unless_equals_uint64(uint64_field(metrics, "push-to-heard-ms"), 100); // though it is on its way
}
GST_END_TEST

static Suite* metrics_suite() {
  Suite* suite = suite_create("metrics");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, a_turn_is_measured_from_the_end_of_speech_to_the_first_sound);
  tcase_add_test(tcase, a_pause_is_no_part_of_the_input_and_counts_for_the_caller);
  tcase_add_test(tcase, an_interrupted_turn_says_where);
  return suite;
}

GST_CHECK_MAIN(metrics)

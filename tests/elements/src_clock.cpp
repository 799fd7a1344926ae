// realtimesrc and what happens to its stream from outside: no clock, another clock, a flush, a new format.
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <algorithm>

using namespace rt;
using namespace rt::test;

namespace {

constexpr std::uint64_t frame_samples = 480; // 20 ms

GstStateChangeReturn pause(GstElement* element) {
  return gst_element_set_state(element, GST_STATE_PAUSED);
}

void assert_frame(const GRef<GstBuffer>& buffer, std::uint64_t pts_ms, bool discont) {
  fail_unless_equals_uint64(GST_BUFFER_PTS(buffer.get()), pts_ms * ms);
  fail_unless_equals_uint64(GST_BUFFER_DURATION(buffer.get()), 20 * ms);
  fail_unless_equals_int(is_discont(buffer), discont);
}

// The system's clock is the test's.
struct SystemClock {
  explicit SystemClock(GstClock* clock) { gst_system_clock_set_default(clock); }
  ~SystemClock() { gst_system_clock_set_default(nullptr); }
};

} // namespace

GST_START_TEST(without_a_clock_time_begins_with_the_stream) {
  ElementHarness h;
  const SystemClock system(h.clock());
  GstElement* src = h.add_src({{"cushion", "0"}});
  gst_element_set_clock(src, nullptr);
  gst_test_clock_set_time(h.test_clock(), 100 * GST_SECOND);
  h.play_src();
  fail_unless_equals_uint64(h.wait_for_frame(), 100 * GST_SECOND);
  assert_frame(h.crank(), 0, true);
  h.wait_for_frame();
  h.connect();
  const auto audio = ramp(4 * frame_samples);
  h.reply(audio);
  auto frames = h.crank(2);
  h.wait_for_frame();
  // It stands still in a pause, as with a clock, and the reply goes on where it stopped.
  pause(src);
  gst_test_clock_advance_time(h.test_clock(), 7 * GST_SECOND);
  h.play_src();
  fail_unless_equals_uint64(h.wait_for_frame(), 107 * GST_SECOND + 60 * ms);
  for (auto& frame : h.crank(2))
    frames.push_back(frame);
  fail_unless(joined(frames) == audio);
  for (unsigned i = 0; i < 4; ++i)
    assert_frame(frames[i], 20 + i * 20, false);
  h.crank(1);
  h.run();
  fail_unless_equals_int(h.count("realtime/playback-finished"), 1);
  fail_if(gst_structure_has_field(h.find("realtime/playback-finished"), "time")); // there is none to tell
}
GST_END_TEST

// As GstPipeline does it after clock-lost: a pause, another clock, and the base time that keeps the running
// time.
GST_START_TEST(another_clock_goes_on_where_the_first_stopped) {
  ElementHarness h;
  GstElement* src = h.add_src({{"cushion", "0"}});
  h.play_src();
  h.wait_for_frame();
  h.connect();
  const auto audio = ramp(6 * frame_samples);
  h.reply(audio);
  auto frames = h.crank(3);
  h.wait_for_frame();
  pause(src);
  const auto other = GRef<GstClock>::adopt(gst_test_clock_new_with_start_time(500 * GST_SECOND));
  gst_element_set_clock(src, other.get());
  gst_element_set_base_time(src, 500 * GST_SECOND - 50 * ms); // paused at 50 ms
  h.play_src();
  GstClockID id = nullptr;
  for (unsigned i = 0; i < 3; ++i) {
    gst_test_clock_wait_for_next_pending_id(GST_TEST_CLOCK(other.get()), &id);
    fail_unless_equals_uint64(gst_clock_id_get_time(id), 500 * GST_SECOND + (10 + i * 20) * ms);
    gst_clock_id_unref(id);
    fail_unless(gst_test_clock_crank(GST_TEST_CLOCK(other.get())));
    frames.push_back(GRef<GstBuffer>::adopt(gst_harness_pull(h.downstream())));
  }
  fail_unless(joined(frames) == audio);
  for (unsigned i = 0; i < 6; ++i)
    assert_frame(frames[i], i * 20, i == 0);
  gst_element_set_state(src, GST_STATE_NULL); // before its clock goes
}
GST_END_TEST

// The application flushes what is behind the source: the reply goes on, at the time that it is by then.
GST_START_TEST(a_flush_from_outside_skips_no_reply_audio) {
  ElementHarness h;
  GstElement* src = h.add_src({{"cushion", "0"}});
  h.play_src();
  h.wait_for_frame();
  h.connect();
  const auto audio = ramp(5 * frame_samples);
  h.reply(audio);
  auto frames = h.crank(2);
  h.wait_for_frame();
  while (GstEvent* event = gst_harness_try_pull_event(h.downstream()))
    gst_event_unref(event);
  fail_unless(gst_element_send_event(src, gst_event_new_flush_start()));
  gst_test_clock_set_time(h.test_clock(), 730 * ms);
  fail_unless(gst_element_send_event(src, gst_event_new_flush_stop(FALSE)));
  for (auto& frame : h.crank(3))
    frames.push_back(frame);
  assert_whole_but_for_a_fade(frames, audio, 2);
  assert_frame(frames[2], 730, true);
  assert_frame(frames[3], 750, false);
  bool segment = false;
  while (GstEvent* event = gst_harness_try_pull_event(h.downstream())) {
    segment |= GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT;
    gst_event_unref(event);
  }
  fail_unless(segment); // downstream forgot the one before
}
GST_END_TEST

// A short one: the time has not moved, but what is behind the source begins anew.
GST_START_TEST(the_first_frame_after_a_flush_is_discontinuous) {
  ElementHarness h;
  GstElement* src = h.add_src();
  h.play_src();
  h.crank(2);
  h.wait_for_frame();
  fail_unless(gst_element_send_event(src, gst_event_new_flush_start()));
  fail_unless(gst_element_send_event(src, gst_event_new_flush_stop(FALSE)));
  const auto frames = h.crank(2);
  assert_frame(frames[0], 40, true);
  assert_frame(frames[1], 60, false);
}
GST_END_TEST

// The answer has left and is on its way to the listener when the format changes.
GST_START_TEST(a_new_format_leaves_what_is_on_its_way) {
  ElementHarness h;
  h.add_src({{"cushion", "0"}});
  h.play_src();
  h.wait_for_frame();
  gst_harness_push_upstream_event(h.downstream(), gst_event_new_latency(100 * ms));
  h.connect();
  h.reply(ramp(2 * frame_samples));
  h.crank(2);
  h.wait_for_frame();
  gst_harness_set_sink_caps_str(h.downstream(), ulaw_caps);
  h.crank(2);
  h.wait_for_frame();
  fail_unless_equals_int(h.count("realtime/playback-finished"), 0);
  const std::vector<std::uint8_t> next(160, 0xF1);
  h.run();
  h.reply(next);
  fail_unless(bytes_of(h.crank()) == next);
  h.crank(6);
  h.wait_for_frame();
  h.run();
  fail_unless_equals_int(h.count("realtime/playback-finished"), 2);
  const GstStructure* finished = h.find("realtime/playback-finished");
  fail_unless_equals_uint64(uint64_field(finished, "time"), 140 * ms);
  fail_unless_equals_uint64(uint64_field(finished, "heard-ms"), 40);
  fail_unless_equals_int(h.texts_of(GST_MESSAGE_ERROR).size(), 0);
}
GST_END_TEST

static Suite* src_clock_suite() {
  Suite* suite = suite_create("src_clock");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, without_a_clock_time_begins_with_the_stream);
  tcase_add_test(tcase, another_clock_goes_on_where_the_first_stopped);
  tcase_add_test(tcase, a_flush_from_outside_skips_no_reply_audio);
  tcase_add_test(tcase, the_first_frame_after_a_flush_is_discontinuous);
  tcase_add_test(tcase, a_new_format_leaves_what_is_on_its_way);
  return suite;
}

GST_CHECK_MAIN(src_clock)

// realtimesrc on a clock that the test moves: when frames leave, what time they carry, and what fills the
// gaps.
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <algorithm>

using namespace rt;
using namespace rt::test;

namespace {

constexpr std::uint64_t frame_samples = 480; // 20 ms

void assert_frame(const GRef<GstBuffer>& buffer, std::uint64_t pts, std::uint64_t duration,
                  std::uint64_t offset) {
  fail_unless_equals_uint64(GST_BUFFER_PTS(buffer.get()), pts);
  fail_unless_equals_uint64(GST_BUFFER_DURATION(buffer.get()), duration);
  fail_unless_equals_uint64(GST_BUFFER_OFFSET(buffer.get()), offset);
  fail_unless_equals_uint64(GST_BUFFER_OFFSET_END(buffer.get()),
                            offset + gst_buffer_get_size(buffer.get()) / 2);
}

bool all_zero(const GRef<GstBuffer>& buffer) {
  const auto bytes = bytes_of(buffer);
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

// The server, one open reply and a realtimesrc that plays.
struct Talk {
  explicit Talk(const PropertyTexts& properties) {
    src = h.add_src(properties);
    h.play_src();
    h.wait_for_frame();
    h.connect();
    response = h.server.begin_response();
    h.run();
  }
  void say(std::uint64_t first, std::uint64_t samples) {
    h.server.say(response, "item", ramp(samples, first));
    h.run();
  }
  void finish() {
    h.server.end_item(response, "item");
    h.server.end_response(response);
    h.run();
  }
  ElementHarness h;
  GstElement* src = nullptr;
  std::string response;
};

} // namespace

GST_START_TEST(frames_are_due_one_after_the_other_from_running_time_zero) {
  ElementHarness h;
  GstElement* src = h.add_src();
  gst_test_clock_set_time(h.test_clock(), 7 * GST_SECOND);
  gst_element_set_base_time(src, 7 * GST_SECOND);
  h.play_src();
  for (unsigned i = 0; i < 20; ++i) {
    fail_unless_equals_uint64(h.wait_for_frame(), 7 * GST_SECOND + i * 20 * ms);
    fail_unless_equals_int(gst_harness_buffers_received(h.downstream()), i);
    const auto frame = h.crank();
    assert_frame(frame, i * 20 * ms, 20 * ms, i * frame_samples);
    fail_unless_equals_int(is_discont(frame), i == 0);
    fail_unless(is_gap(frame) && all_zero(frame));
  }
  fail_unless_equals_uint64(gst_clock_get_time(h.clock()), 7 * GST_SECOND + 19 * 20 * ms);
}
GST_END_TEST

GST_START_TEST(a_source_that_starts_late_begins_now) {
  ElementHarness h;
  h.add_src();
  gst_test_clock_set_time(h.test_clock(), 1234 * ms);
  h.play_src();
  fail_unless_equals_uint64(h.wait_for_frame(), 1234 * ms);
  const auto frames = h.crank(2);
  assert_frame(frames[0], 1234 * ms, 20 * ms, 0);
  assert_frame(frames[1], 1254 * ms, 20 * ms, frame_samples);
}
GST_END_TEST

GST_START_TEST(a_reply_is_contiguous_with_the_silence_around_it) {
  Talk talk(PropertyTexts{{"cushion", "0"}});
  auto frames = talk.h.crank(3);
  const auto audio = ramp(1000);
  talk.say(0, 1000); // two frames and 40 samples
  talk.finish();
  for (auto& frame : talk.h.crank(5))
    frames.push_back(frame);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    assert_frame(frames[i], i * 20 * ms, 20 * ms, i * frame_samples);
    fail_unless_equals_int(is_discont(frames[i]), i == 0);
    fail_unless_equals_int(is_gap(frames[i]), i < 3 || i > 5);
  }
  auto played = joined({frames.begin() + 3, frames.begin() + 6});
  fail_unless(std::equal(audio.begin(), audio.end(), played.begin()));
  fail_unless(std::all_of(played.begin() + 2000, played.end(), [](auto byte) { return byte == 0; }));
}
GST_END_TEST

GST_START_TEST(a_pad_that_is_late_goes_on_from_now_and_skips_no_reply_audio) {
  Talk talk(PropertyTexts{{"cushion", "0"}});
  const auto audio = ramp(10 * frame_samples);
  talk.say(0, 10 * frame_samples);
  talk.finish();
  auto frames = talk.h.crank(2);
  talk.h.wait_for_frame();
  gst_test_clock_set_time(talk.h.test_clock(), 641 * ms);
  for (auto& frame : talk.h.crank(8))
    frames.push_back(frame);
  assert_frame(frames[1], 20 * ms, 20 * ms, frame_samples);
  assert_frame(frames[2], 641 * ms, 20 * ms, 2 * frame_samples);
  fail_unless(is_discont(frames[2]));
  for (unsigned i = 3; i < 10; ++i) {
    assert_frame(frames[i], 641 * ms + (i - 2) * 20 * ms, 20 * ms, i * frame_samples);
    fail_if(is_discont(frames[i]));
  }
  assert_whole_but_for_a_fade(frames, audio, 2);
}
GST_END_TEST

GST_START_TEST(lateness_within_the_tolerance_changes_nothing) {
  // max(2 frames, 100 ms)
  for (const auto& [frame_ms, late_ms] : {std::pair{20, 100}, std::pair{100, 200}}) {
    ElementHarness h;
    h.add_src({{"frame-duration", std::to_string(frame_ms)}});
    h.play_src();
    h.crank(2);
    h.wait_for_frame();
    gst_test_clock_set_time(h.test_clock(), (2 * frame_ms + late_ms) * ms);
    const auto frame = h.crank();
    fail_unless_equals_uint64(GST_BUFFER_PTS(frame.get()), 2 * frame_ms * ms);
    fail_if(is_discont(frame));
    h.wait_for_frame();
    gst_test_clock_set_time(h.test_clock(), (3 * frame_ms + late_ms) * ms + 1);
    const auto jumped = h.crank();
    fail_unless_equals_uint64(GST_BUFFER_PTS(jumped.get()), (3 * frame_ms + late_ms) * ms + 1);
    fail_unless(is_discont(jumped));
  }
}
GST_END_TEST

GST_START_TEST(blocked_downstream_gets_no_burst) {
  ElementHarness h;
  h.add_src();
  gst_harness_set_blocking_push_mode(h.downstream());
  h.play_src();
  fail_unless(gst_test_clock_crank(h.test_clock()));
  // The pad is blocked in its first push until that buffer is pulled.
  while (gst_harness_buffers_received(h.downstream()) == 0)
    g_thread_yield();
  gst_test_clock_set_time(h.test_clock(), GST_SECOND);
  const auto blocked = GRef<GstBuffer>::adopt(gst_harness_pull(h.downstream()));
  fail_unless_equals_uint64(GST_BUFFER_PTS(blocked.get()), 0);
  h.wait_for_frame();
  const auto next = h.crank();
  fail_unless_equals_uint64(GST_BUFFER_PTS(next.get()), GST_SECOND);
  fail_unless(is_discont(next));
  fail_unless_equals_uint64(h.wait_for_frame(), GST_SECOND + 20 * ms);
}
GST_END_TEST

GST_START_TEST(gap_events_stand_for_silence) {
  Talk talk(PropertyTexts{{"cushion", "0"}, {"gap-mode", "gap-event"}});
  talk.h.crank_no_buffer();
  talk.h.crank_no_buffer();
  talk.say(0, 2 * frame_samples);
  talk.finish();
  const auto frames = talk.h.crank(2);
  talk.h.crank_no_buffer();
  assert_frame(frames[0], 40 * ms, 20 * ms, 2 * frame_samples);
  fail_unless(is_discont(frames[0]) && !is_gap(frames[0]));
  assert_frame(frames[1], 60 * ms, 20 * ms, 3 * frame_samples);
  fail_if(is_discont(frames[1]));

  std::vector<std::uint64_t> gaps;
  while (GstEvent* raw = gst_harness_try_pull_event(talk.h.downstream())) {
    const auto event = GRef<GstEvent>::adopt(raw);
    if (GST_EVENT_TYPE(raw) != GST_EVENT_GAP) continue;
    GstClockTime time = 0, duration = 0;
    gst_event_parse_gap(raw, &time, &duration);
    fail_unless_equals_uint64(duration, 20 * ms);
    gaps.push_back(time);
  }
  fail_unless(gaps == std::vector<std::uint64_t>({0, 20 * ms, 80 * ms}));
}
GST_END_TEST

GST_START_TEST(gap_mode_none_delivers_replies_only) {
  Talk talk(PropertyTexts{{"cushion", "0"}, {"gap-mode", "none"}});
  for (unsigned i = 0; i < 5; ++i)
    talk.h.crank_no_buffer();
  talk.say(0, 2 * frame_samples);
  auto frame = talk.h.crank();
  assert_frame(frame, 100 * ms, 20 * ms, 5 * frame_samples);
  fail_unless(is_discont(frame));
  fail_if(is_discont(talk.h.crank()));
  talk.h.crank_no_buffer();                       // a hole in the reply
  talk.say(2 * frame_samples, 5 * frame_samples); // enough to go on
  frame = talk.h.crank();
  assert_frame(frame, 160 * ms, 20 * ms, 8 * frame_samples);
  fail_unless(is_discont(frame));
  while (GstEvent* event = gst_harness_try_pull_event(talk.h.downstream())) {
    fail_if(GST_EVENT_TYPE(event) == GST_EVENT_GAP);
    gst_event_unref(event);
  }
}
GST_END_TEST

GST_START_TEST(frame_duration_changes_without_a_break) {
  ElementHarness h;
  GstElement* src = h.add_src({{"frame-duration", "10"}});
  h.play_src();
  assert_frame(h.crank(), 0, 10 * ms, 0);
  h.wait_for_frame(); // the next one was measured before the change
  g_object_set(src, "frame-duration", 60, nullptr);
  assert_frame(h.crank(), 10 * ms, 10 * ms, 240);
  const auto frame = h.crank();
  assert_frame(frame, 20 * ms, 60 * ms, 480);
  fail_if(is_discont(frame));
  fail_unless_equals_uint64(h.wait_for_frame(), 80 * ms);
}
GST_END_TEST

GST_START_TEST(a_reply_waits_for_its_cushion) {
  Talk talk(PropertyTexts{{"cushion", "60"}});
  talk.say(0, 2 * frame_samples); // 40 ms
  fail_unless(is_gap(talk.h.crank()));
  talk.h.wait_for_frame();
  talk.say(2 * frame_samples, frame_samples);
  const auto played = joined(talk.h.crank(3)), expected = ramp(3 * frame_samples);
  // All of it, but for the fade at its end: what follows has not come.
  constexpr std::ptrdiff_t fade_bytes = 240;
  fail_unless_equals_int(played.size(), expected.size());
  fail_unless(std::equal(played.begin(), played.end() - fade_bytes, expected.begin()));
  // Run dry before its end: silence, and a new cushion.
  fail_unless(is_gap(talk.h.crank()));
  talk.h.wait_for_frame();
  talk.say(3 * frame_samples, frame_samples);
  fail_unless(is_gap(talk.h.crank()));
  talk.h.wait_for_frame();
  talk.finish(); // nothing more is to come: what is there is played
  const auto last = bytes_of(talk.h.crank()), rest = ramp(frame_samples, 3 * frame_samples);
  fail_unless(std::equal(last.begin() + fade_bytes, last.end(), rest.begin() + fade_bytes));
  GstStructure* stats = nullptr;
  g_object_get(talk.src, "stats", &stats, nullptr);
  fail_unless_equals_uint64(uint64_field(stats, "underruns"), 1);
  gst_structure_free(stats);
}
GST_END_TEST

GST_START_TEST(a_backlog_above_its_limit_is_refused_with_a_warning) {
  Talk talk(PropertyTexts{{"max-backlog", "1"}});
  talk.say(0, 24000);
  talk.say(24000, 1);
  const auto warnings = talk.h.texts_of(GST_MESSAGE_WARNING);
  fail_unless_equals_int(warnings.size(), 1);
  fail_unless(warnings[0].find("max-backlog") != std::string::npos);
}
GST_END_TEST

static Suite* src_pacing_suite() {
  Suite* suite = suite_create("src_pacing");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, frames_are_due_one_after_the_other_from_running_time_zero);
  tcase_add_test(tcase, a_source_that_starts_late_begins_now);
  tcase_add_test(tcase, a_reply_is_contiguous_with_the_silence_around_it);
  tcase_add_test(tcase, a_pad_that_is_late_goes_on_from_now_and_skips_no_reply_audio);
  tcase_add_test(tcase, lateness_within_the_tolerance_changes_nothing);
  tcase_add_test(tcase, blocked_downstream_gets_no_burst);
  tcase_add_test(tcase, gap_events_stand_for_silence);
  tcase_add_test(tcase, gap_mode_none_delivers_replies_only);
  tcase_add_test(tcase, frame_duration_changes_without_a_break);
  tcase_add_test(tcase, a_reply_waits_for_its_cushion);
  tcase_add_test(tcase, a_backlog_above_its_limit_is_refused_with_a_warning);
  return suite;
}

GST_CHECK_MAIN(src_pacing)

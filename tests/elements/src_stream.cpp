// realtimesrc as an element: negotiation, state changes, latency, the end of its stream, what it refuses.
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <algorithm>

using namespace rt;
using namespace rt::test;

namespace {

// The events that went downstream so far, up to and with the first of type `last`; blocks for it.
std::vector<GRef<GstEvent>> events_until(ElementHarness& h, GstEventType last) {
  std::vector<GRef<GstEvent>> events;
  do {
    GstEvent* event = gst_harness_pull_event(h.downstream());
    fail_unless(event != nullptr, "no %s event", gst_event_type_get_name(last));
    events.push_back(GRef<GstEvent>::adopt(event));
  } while (GST_EVENT_TYPE(events.back().get()) != last);
  return events;
}

GstStateChangeReturn set_state(ElementHarness& h, GstState state) {
  return gst_element_set_state(h.downstream()->element, state);
}

void assert_silence(const char* caps, std::size_t bytes, std::uint8_t value) {
  ElementHarness h;
  h.add_src({}, caps);
  h.play_src();
  for (unsigned i = 0; i < 3; ++i) {
    const auto frame = h.crank();
    const auto content = bytes_of(frame);
    fail_unless_equals_int(content.size(), bytes);
    fail_unless(std::all_of(content.begin(), content.end(), [&](std::uint8_t b) { return b == value; }));
    fail_unless_equals_uint64(GST_BUFFER_PTS(frame.get()), i * 20 * ms);
    fail_unless_equals_uint64(GST_BUFFER_OFFSET(frame.get()), i * 160);
    fail_unless(is_gap(frame));
  }
}

} // namespace

GST_START_TEST(caps_and_segment_come_before_the_first_frame) {
  ElementHarness h;
  h.add_src();
  h.play_src();
  h.crank();
  const auto events = events_until(h, GST_EVENT_SEGMENT);
  fail_unless_equals_int(events.size(), 3);
  fail_unless_equals_int(GST_EVENT_TYPE(events[0].get()), GST_EVENT_STREAM_START);
  fail_unless_equals_int(GST_EVENT_TYPE(events[1].get()), GST_EVENT_CAPS);
  const GstSegment* segment = nullptr;
  gst_event_parse_segment(events[2].get(), &segment);
  fail_unless_equals_int(segment->format, GST_FORMAT_TIME);
  fail_unless_equals_uint64(segment->start, 0);
  fail_unless_equals_uint64(segment->base, 0);
}
GST_END_TEST

GST_START_TEST(the_first_update_carries_the_format_negotiated_in_paused) {
  const std::pair<const char*, audio::Format> formats[] = {
      {pcm_caps, audio::pcm16_24k}, {ulaw_caps, audio::ulaw_8k}, {alaw_caps, audio::alaw_8k}};
  for (const auto& [caps, format] : formats) {
    ElementHarness h;
    h.add_src({}, caps);
    fail_unless_equals_int(set_state(h, GST_STATE_PAUSED), GST_STATE_CHANGE_NO_PREROLL);
    h.loop->run_until([&] { return !h.updates().empty(); });
    fail_unless(h.updates()[0].output_format == format);
    fail_unless(h.updates()[0].output_modality == protocol::Modality::audio);
    fail_unless_equals_int(h.updates().size(), 1);
    fail_unless_equals_int(gst_harness_buffers_received(h.downstream()), 0);
  }
}
GST_END_TEST

GST_START_TEST(g711_silence_is_made_of_its_own_byte) {
  assert_silence(ulaw_caps, 160, 0xFF);
  assert_silence(alaw_caps, 160, 0xD5);
}
GST_END_TEST

GST_START_TEST(latency_is_live_and_none_of_its_own) {
  ElementHarness h;
  GstElement* src = h.add_src();
  h.play_src();
  const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(src, "src"));
  const auto query = GRef<GstQuery>::adopt(gst_query_new_latency());
  fail_unless(gst_pad_query(pad.get(), query.get()));
  gboolean live = FALSE;
  GstClockTime min = 1, max = 0;
  gst_query_parse_latency(query.get(), &live, &min, &max);
  fail_unless(live);
  fail_unless_equals_uint64(min, 0);
  fail_unless_equals_uint64(max, GST_CLOCK_TIME_NONE);
}
GST_END_TEST

GST_START_TEST(a_pause_moves_the_timeline_no_further) {
  ElementHarness h;
  GstElement* src = h.add_src({{"cushion", "0"}});
  h.play_src();
  h.wait_for_frame();
  h.connect();
  const auto audio = ramp(3 * 480);
  const std::string item = h.reply(audio);
  auto frames = h.crank(2);
  h.wait_for_frame();
  // Waiting for a clock that stands still: only unlock() can end that.
  fail_unless_equals_int(set_state(h, GST_STATE_PAUSED), GST_STATE_CHANGE_NO_PREROLL);
  gst_test_clock_advance_time(h.test_clock(), 10 * GST_SECOND);
  h.run();
  fail_unless_equals_int(h.count("realtime/playback-finished"), 0);
  gst_element_set_base_time(src, 10 * GST_SECOND);
  h.play_src();
  fail_unless_equals_uint64(h.wait_for_frame(), 10 * GST_SECOND + 40 * ms);
  frames.push_back(h.crank());
  fail_unless(joined(frames) == audio);
  fail_unless_equals_uint64(GST_BUFFER_PTS(frames[2].get()), 40 * ms);
  fail_if(is_discont(frames[2]));
  h.crank(2);
  h.run();
  const GstStructure* finished = h.find("realtime/playback-finished");
  fail_unless(finished != nullptr);
  fail_unless_equals_uint64(uint64_field(finished, "time"), 60 * ms);
}
GST_END_TEST

GST_START_TEST(a_restart_begins_a_new_timeline) {
  ElementHarness h;
  h.add_src();
  h.play_src();
  h.crank(5);
  h.wait_for_frame();
  set_state(h, GST_STATE_READY);
  gst_test_clock_set_time(h.test_clock(), 3 * GST_SECOND);
  h.play_src();
  fail_unless_equals_uint64(h.wait_for_frame(), 3 * GST_SECOND);
  const auto frame = h.crank();
  fail_unless(is_discont(frame));
  fail_unless_equals_uint64(GST_BUFFER_PTS(frame.get()), 3 * GST_SECOND);
  fail_unless_equals_uint64(GST_BUFFER_OFFSET(frame.get()), 0);
}
GST_END_TEST

GST_START_TEST(every_state_is_left_while_the_clock_stands_still) {
  ElementHarness h;
  h.add_src();
  for (unsigned i = 0; i < 20; ++i) {
    h.play_src();
    if (i % 2) h.wait_for_frame();
    if (i % 3 == 0) set_state(h, GST_STATE_PAUSED);
    fail_unless_equals_int(set_state(h, i % 2 ? GST_STATE_READY : GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
    h.run();
  }
}
GST_END_TEST

GST_START_TEST(eos_from_the_application_ends_the_stream_at_once) {
  ElementHarness h;
  GstElement* src = h.add_src({{"cushion", "0"}});
  h.play_src();
  h.wait_for_frame();
  h.connect();
  h.reply(ramp(48000));
  h.crank(2);
  h.wait_for_frame();
  fail_unless(gst_element_send_event(src, gst_event_new_eos()));
  events_until(h, GST_EVENT_EOS);
  fail_unless_equals_int(gst_harness_buffers_received(h.downstream()), 2);
  h.run();
  fail_unless_equals_int(h.texts_of(GST_MESSAGE_ERROR).size(), 0);
}
GST_END_TEST

GST_START_TEST(a_seek_is_refused_and_changes_nothing) {
  ElementHarness h;
  GstElement* src = h.add_src();
  fail_if(
      gst_element_seek_simple(src, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SECOND)); // nor kept for later
  h.play_src();
  h.crank();
  events_until(h, GST_EVENT_SEGMENT);
  fail_if(gst_element_seek_simple(src, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SECOND));
  fail_if(gst_harness_push_upstream_event(h.downstream(),
                                          gst_event_new_seek(1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                                                             GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_NONE, 0)));
  const auto query = GRef<GstQuery>::adopt(gst_query_new_seeking(GST_FORMAT_TIME));
  gboolean seekable = TRUE;
  if (gst_element_query(src, query.get())) {
    gst_query_parse_seeking(query.get(), nullptr, &seekable, nullptr, nullptr);
    fail_if(seekable);
  }
  fail_unless_equals_int(gst_harness_events_in_queue(h.downstream()), 0);
  fail_unless_equals_uint64(h.wait_for_frame(), 20 * ms);
}
GST_END_TEST

GST_START_TEST(the_format_is_kept_while_downstream_accepts_it) {
  ElementHarness h;
  h.add_src({{"cushion", "0"}});
  h.play_src();
  h.crank();
  h.connect();
  h.reply(ramp(960));
  events_until(h, GST_EVENT_SEGMENT);
  // What downstream would rather have comes first, but an answer waits in the old format.
  gst_harness_set_sink_caps_str(h.downstream(),
                                (std::string(ulaw_caps) + "; " + std::string(pcm_caps)).c_str());
  const auto frames = h.crank(2);
  fail_unless(joined(frames) == ramp(960));
  h.wait_for_frame();
  fail_unless_equals_int(gst_harness_events_in_queue(h.downstream()), 0);
  fail_unless_equals_int(h.texts_of(GST_MESSAGE_ERROR).size(), 0);
}
GST_END_TEST

GST_START_TEST(between_replies_the_format_may_change) {
  ElementHarness h;
  h.add_src({{"cushion", "0"}});
  h.play_src();
  h.crank();
  h.connect();
  fail_unless_equals_int(h.updates().size(), 1);
  h.wait_for_frame();
  gst_harness_set_sink_caps_str(h.downstream(), ulaw_caps);
  h.crank(); // was measured before
  h.wait_for_frame();
  h.run();
  fail_unless_equals_int(h.updates().size(), 2);
  fail_unless(h.updates()[1].output_format == audio::ulaw_8k);
  const std::vector<std::uint8_t> audio(160, 0xF1);
  h.reply(audio);
  const auto frame = h.crank();
  fail_unless(bytes_of(frame) == audio);
  fail_unless_equals_uint64(GST_BUFFER_PTS(frame.get()), 40 * ms);
  fail_unless_equals_uint64(GST_BUFFER_DURATION(frame.get()), 20 * ms);
  fail_if(is_discont(frame));
}
GST_END_TEST

GST_START_TEST(a_format_that_cannot_change_under_an_answer_is_an_error) {
  ElementHarness h;
  h.add_src({{"cushion", "0"}});
  h.play_src();
  h.crank();
  h.connect();
  h.reply(ramp(4800));
  h.wait_for_frame();
  gst_harness_set_sink_caps_str(h.downstream(), ulaw_caps);
  h.crank();
  h.wait_message([](GstMessage* m) { return GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR; });
  const auto errors = h.texts_of(GST_MESSAGE_ERROR);
  fail_unless(errors[0].find("format") != std::string::npos, "%s", errors[0].c_str());
}
GST_END_TEST

GST_START_TEST(a_fatal_error_is_posted_once_and_ends_the_stream) {
  ElementHarness h({.greets = false});
  h.add_src();
  h.play_src();
  h.crank(2);
  h.wait_for_frame();
  h.run();
  h.transport.end({ErrorKind::connection_refused, "Nobody listens"});
  h.run();
  events_until(h, GST_EVENT_EOS);
  h.run();
  fail_unless_equals_int(h.texts_of(GST_MESSAGE_ERROR).size(), 1);
}
GST_END_TEST

static Suite* src_stream_suite() {
  Suite* suite = suite_create("src_stream");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, caps_and_segment_come_before_the_first_frame);
  tcase_add_test(tcase, the_first_update_carries_the_format_negotiated_in_paused);
  tcase_add_test(tcase, g711_silence_is_made_of_its_own_byte);
  tcase_add_test(tcase, latency_is_live_and_none_of_its_own);
  tcase_add_test(tcase, a_pause_moves_the_timeline_no_further);
  tcase_add_test(tcase, a_restart_begins_a_new_timeline);
  tcase_add_test(tcase, every_state_is_left_while_the_clock_stands_still);
  tcase_add_test(tcase, eos_from_the_application_ends_the_stream_at_once);
  tcase_add_test(tcase, a_seek_is_refused_and_changes_nothing);
  tcase_add_test(tcase, the_format_is_kept_while_downstream_accepts_it);
  tcase_add_test(tcase, between_replies_the_format_may_change);
  tcase_add_test(tcase, a_format_that_cannot_change_under_an_answer_is_an_error);
  tcase_add_test(tcase, a_fatal_error_is_posted_once_and_ends_the_stream);
  return suite;
}

GST_CHECK_MAIN(src_stream)

// realtimeimagesink as an element: it delays nobody, takes one picture now and then, and no picture ends a
// conversation.
#include "gst/picture_rate.h"
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <thread>

using namespace rt;
using namespace rt::test;
using rt::gst::PictureRate;
using namespace rt::protocol;

namespace {

std::vector<std::uint8_t> jpeg(std::uint8_t number) {
  return {0xff, 0xd8, 0xff, 0xe0, number};
}

// Playing in a session of its own, which is connected.
struct Camera {
  explicit Camera(const char* max_rate = "1/2", const FakeSpeechlessServer::Options& options = {})
      : h(options) {
    sink = h.add_sink({{"max-rate", max_rate}}, "realtimeimagesink");
    fail_unless_equals_int(gst_element_set_state(sink, GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
    h.send_start("image/jpeg, width=320, height=200");
    h.connect();
    h.transport.take();
  }
  void show(std::uint8_t number, std::optional<std::uint64_t> at_ms) {
    std::optional<std::uint64_t> pts;
    if (at_ms) pts = *at_ms * ms;
    fail_unless_equals_int(h.push(jpeg(number), pts), GST_FLOW_OK);
    h.run();
  }
  // The last byte of each picture sent since the last call.
  std::vector<int> sent() {
    std::vector<int> numbers;
    for (const ItemCreate& create : only<ItemCreate>(h.transport.take())) {
      const std::string url = create.item.content.at(0).image_url.value_or("");
      const std::string base64 = url.substr(url.find(',') + 1);
      gsize size = 0;
      guchar* bytes = g_base64_decode(base64.c_str(), &size);
      fail_unless(size > 0);
      numbers.push_back(bytes[size - 1]);
      g_free(bytes);
    }
    return numbers;
  }
  std::uint64_t counter(const char* name) {
    GstStructure* raw = nullptr;
    g_object_get(sink, "stats", &raw, nullptr);
    const GstStructurePtr stats(raw);
    return uint64_field(stats.get(), name);
  }
  ElementHarness h;
  GstElement* sink = nullptr;
};

using Numbers = std::vector<int>;

unsigned taken_of(std::uint64_t every_ms, std::uint64_t interval_ms, const std::vector<int>& jitter_ms) {
  PictureRate rate;
  unsigned taken = 0;
  for (std::uint64_t i = 0; i * every_ms < 100'000; ++i) {
    const int shift = jitter_ms.empty() ? 0 : jitter_ms[i % jitter_ms.size()];
    const auto time = static_cast<std::uint64_t>(static_cast<std::int64_t>(1000 + i * every_ms) + shift);
    if (rate.due(time * ms, interval_ms * ms)) ++taken;
  }
  return taken;
}

} // namespace

GST_START_TEST(one_an_interval) {
  fail_unless(taken_of(40, 2000, {}) >= 50);
  fail_unless(taken_of(40, 2000, {}) <= 51); // the first, and one an interval
  fail_unless(taken_of(33, 1000, {}) >= 100);
  fail_unless(taken_of(33, 1000, {}) <= 101);
  // A camera of just this rate, and a slower one, lose nothing.
  fail_unless(taken_of(1000, 1000, {0, -50, 60, 10, -60}) == 100);
  fail_unless(taken_of(2500, 1000, {}) == 40);
  // A little faster all the time is too fast.
  fail_unless(taken_of(900, 1000, {}) <= 101);
}
GST_END_TEST

GST_START_TEST(time_that_begins_anew) {
  PictureRate rate;
  fail_unless(rate.due(3'600'000 * ms, 1000 * ms));
  fail_if(rate.due(3'600'100 * ms, 1000 * ms));
  fail_unless(rate.due(100 * ms, 1000 * ms));
  fail_if(rate.due(200 * ms, 1000 * ms));
  rate.reset();
  fail_unless(rate.due(200 * ms, 1000 * ms));
}
GST_END_TEST

GST_START_TEST(nothing_waits_for_a_picture) {
  ElementHarness h;
  GstElement* sink = h.add_sink({}, "realtimeimagesink");
  for (const GstState state : {GST_STATE_READY, GST_STATE_PAUSED, GST_STATE_PLAYING}) {
    fail_unless_equals_int(gst_element_set_state(sink, state), GST_STATE_CHANGE_SUCCESS);
    const auto query = GRef<GstQuery>::adopt(gst_query_new_latency());
    fail_unless(gst_element_query(sink, query.get()));
    gboolean live = TRUE;
    GstClockTime min = 1, max = 0;
    gst_query_parse_latency(query.get(), &live, &min, &max);
    fail_if(live);
    fail_unless_equals_uint64(min, 0);
    fail_unless_equals_uint64(max, GST_CLOCK_TIME_NONE);
  }
  gboolean async = TRUE, last_sample = TRUE;
  g_object_get(sink, "async", &async, "enable-last-sample", &last_sample, nullptr);
  fail_if(async);
  fail_if(last_sample);
}
GST_END_TEST

GST_START_TEST(only_jpeg_and_png_are_taken) {
  ElementHarness h;
  GstElement* sink = h.add_sink({}, "realtimeimagesink");
  const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(sink, "sink"));
  const std::pair<const char*, bool> all[] = {{"image/jpeg", true},
                                              {"image/png", true},
                                              {"image/gif", false},
                                              {"video/x-raw", false},
                                              {pcm_caps, false}};
  for (const auto& [text, taken] : all) {
    const auto caps = GRef<GstCaps>::adopt(gst_caps_from_string(text));
    fail_unless_equals_int(gst_pad_query_accept_caps(pad.get(), caps.get()), taken);
  }
}
GST_END_TEST

// By their timestamps, at once, whatever the clock says.
GST_START_TEST(a_stream_becomes_a_picture_now_and_then) {
  Camera c("1/1");
  for (std::uint8_t i = 0; i <= 50; ++i)
    c.show(i, i * 40u);
  fail_unless((c.sent() == Numbers{0, 22, 47})); // up to an eighth of the interval early
  fail_unless_equals_uint64(c.counter("images-sent"), 3);
  fail_unless_equals_uint64(c.counter("images-dropped"), 48);
  fail_unless_equals_uint64(gst_clock_get_time(c.h.clock()), 0);

  gst_util_set_object_arg(G_OBJECT(c.sink), "max-rate", "25/1"); // at once
  c.show(51, 3000);
  c.show(52, 3040);
  fail_unless((c.sent() == Numbers{51, 52}));
  GValue rate = G_VALUE_INIT;
  g_value_init(&rate, GST_TYPE_FRACTION);
  g_object_get_property(G_OBJECT(c.sink), "max-rate", &rate);
  fail_unless_equals_int(gst_value_get_fraction_numerator(&rate), 25);
  g_value_unset(&rate);
}
GST_END_TEST

GST_START_TEST(pictures_without_a_time_came_now) {
  Camera c("1/1");
  c.show(1, std::nullopt);
  c.show(2, std::nullopt);
  gst_test_clock_set_time(c.h.test_clock(), 1000 * ms);
  c.show(3, std::nullopt);
  fail_unless((c.sent() == Numbers{1, 3}));
}
GST_END_TEST

GST_START_TEST(a_file_is_paced_by_the_clock) {
  Camera c;
  c.h.set_upstream_live(false);
  GstFlowReturn result = GST_FLOW_ERROR;
  std::thread pushing([&] { result = c.h.push(jpeg(1), 5000 * ms); });
  const auto due = c.h.wait_for_frame();
  c.h.run();
  const auto early = c.sent();
  gst_test_clock_crank(c.h.test_clock());
  pushing.join();
  c.h.run();
  fail_unless_equals_uint64(due, 5000 * ms);
  fail_unless(early.empty());
  fail_unless_equals_int(result, GST_FLOW_OK);
  fail_unless(c.sent() == Numbers{1});
}
GST_END_TEST

GST_START_TEST(a_bad_picture_is_told_and_the_next_one_taken) {
  for (const std::vector<std::uint8_t>& bad : {std::vector<std::uint8_t>{}, {'G', 'I', 'F', '8', '9', 'a'}}) {
    Camera c;
    fail_unless_equals_int(c.h.push(bad, 0), GST_FLOW_OK);
    fail_unless_equals_int(c.h.push(bad, 10 * ms), GST_FLOW_OK); // told once in a while
    c.show(1, 20);
    fail_unless(c.sent() == Numbers{1});
    const auto warnings = c.h.texts_of(GST_MESSAGE_WARNING);
    fail_unless_equals_int(warnings.size(), 1);
    fail_unless(warnings[0].find("jpegenc") != std::string::npos, "%s", warnings[0].c_str());
    fail_unless(c.h.texts_of(GST_MESSAGE_ERROR).empty());
    fail_unless_equals_uint64(c.counter("images-dropped"), 2);
  }
}
GST_END_TEST

GST_START_TEST(too_large_a_picture_is_told) {
  Camera c;
  std::vector<std::uint8_t> large = jpeg(1);
  large.resize((10 << 20) + 1);
  fail_unless_equals_int(c.h.push(large, 0), GST_FLOW_OK);
  c.h.run();
  fail_unless(c.sent().empty());
  fail_unless(c.h.texts_of(GST_MESSAGE_WARNING).at(0).find("scale it down") != std::string::npos);
}
GST_END_TEST

GST_START_TEST(a_gap_is_no_picture) {
  Camera c;
  fail_unless_equals_int(c.h.push({}, 0, GST_BUFFER_FLAG_GAP), GST_FLOW_OK);
  fail_unless(c.h.texts_of(GST_MESSAGE_WARNING).empty());
  fail_unless_equals_uint64(c.counter("images-dropped"), 0);
}
GST_END_TEST

GST_START_TEST(before_the_session_the_newest_waits) {
  Camera c("1/1", {.greets = false});
  for (std::uint8_t i = 0; i < 4; ++i)
    c.show(i, i * 1000u);
  fail_unless(c.sent().empty());
  c.h.server.introduce();
  c.h.run();
  fail_unless(c.sent() == Numbers{3});
}
GST_END_TEST

// What was before a flush is not shown after it.
GST_START_TEST(a_flush_begins_anew) {
  Camera c("1/10");
  c.h.transport.set_writable(false);
  c.show(1, 0);
  fail_unless(gst_pad_push_event(c.h.upstream(), gst_event_new_flush_start()));
  fail_unless(gst_pad_push_event(c.h.upstream(), gst_event_new_flush_stop(TRUE)));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  fail_unless(gst_pad_push_event(c.h.upstream(), gst_event_new_segment(&segment)));
  c.h.transport.set_writable(true);
  c.h.run();
  fail_unless(c.sent().empty());
  c.show(2, 0);
  fail_unless(c.sent() == Numbers{2});
}
GST_END_TEST

// The end of the camera is not the end of the conversation.
GST_START_TEST(the_stream_ends_at_once) {
  Camera c;
  fail_unless(gst_pad_push_event(c.h.upstream(), gst_event_new_eos()));
  c.h.wait_message([](GstMessage* m) { return GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS; });
  fail_unless(c.h.transport.connected());
  gboolean accepted = FALSE;
  g_signal_emit_by_name(c.sink, "send-text", "Still there?", &accepted);
  fail_unless(accepted);
}
GST_END_TEST

GST_START_TEST(a_failed_session_ends_the_stream_without_another_error) {
  Camera c;
  c.h.transport.end({ErrorKind::not_authorized, "No"});
  c.h.run();
  fail_unless_equals_int(c.h.push(jpeg(1), 0), GST_FLOW_ERROR);
  fail_unless_equals_int(c.h.texts_of(GST_MESSAGE_ERROR).size(), 1);
}
GST_END_TEST

GST_START_TEST(several_cameras_are_one_conversation) {
  ElementHarness h;
  h.use_one_pipeline();
  GstElement* one = h.make("realtimeimagesink");
  GstElement* two = h.make("realtimeimagesink");
  GstElement* sink = h.make("realtimesink");
  for (GstElement* element : {one, two, sink})
    fail_unless_equals_int(gst_element_set_state(element, GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
  h.connect();
  fail_unless_equals_int(h.transport.opened().size(), 1);
  fail_unless_equals_int(h.count("realtime/session-created"), 1);
  const GstMessage* told = nullptr;
  for (const auto& message : h.messages())
    if (const GstStructure* s = gst_message_get_structure(message.get());
        s && gst_structure_has_name(s, "realtime/session-created"))
      told = message.get();
  fail_unless(GST_MESSAGE_SRC(told) == GST_OBJECT(sink)); // not by a camera
}
GST_END_TEST

static Suite* image_sink_suite() {
  Suite* suite = suite_create("image_sink");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, one_an_interval);
  tcase_add_test(tcase, time_that_begins_anew);
  tcase_add_test(tcase, nothing_waits_for_a_picture);
  tcase_add_test(tcase, only_jpeg_and_png_are_taken);
  tcase_add_test(tcase, a_stream_becomes_a_picture_now_and_then);
  tcase_add_test(tcase, pictures_without_a_time_came_now);
  tcase_add_test(tcase, a_file_is_paced_by_the_clock);
  tcase_add_test(tcase, a_bad_picture_is_told_and_the_next_one_taken);
  tcase_add_test(tcase, too_large_a_picture_is_told);
  tcase_add_test(tcase, a_gap_is_no_picture);
  tcase_add_test(tcase, before_the_session_the_newest_waits);
  tcase_add_test(tcase, a_flush_begins_anew);
  tcase_add_test(tcase, the_stream_ends_at_once);
  tcase_add_test(tcase, a_failed_session_ends_the_stream_without_another_error);
  tcase_add_test(tcase, several_cameras_are_one_conversation);
  return suite;
}

GST_CHECK_MAIN(image_sink)

// GAP events from the sources: none without a segment before it, whatever began or was flushed, and elements
// that work by segments take them.
#include "base/guarded.h"
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <atomic>
#include <initializer_list>

using namespace rt;
using namespace rt::test;

namespace {

// What GStreamer finds wrong, on whatever thread.
class Complaints {
 public:
  Complaints() : handler_(g_log_set_handler("GStreamer", levels, on_log, this)) {}
  ~Complaints() { g_log_remove_handler("GStreamer", handler_); }
  Complaints(const Complaints&) = delete;
  Complaints& operator=(const Complaints&) = delete;
  unsigned count() const { return count_; }

 private:
  static constexpr auto levels =
      static_cast<GLogLevelFlags>(G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING | G_LOG_FLAG_RECURSION);
  static void on_log(const char*, GLogLevelFlags, const char* text, gpointer self) {
    g_printerr("%s\n", text);
    ++static_cast<Complaints*>(self)->count_;
  }
  std::atomic<unsigned> count_{0};
  guint handler_;
};

// The types of the events downstream since the last call.
std::vector<GstEventType> events(ElementHarness& h) {
  std::vector<GstEventType> types;
  while (GstEvent* event = gst_harness_try_pull_event(h.downstream())) {
    types.push_back(GST_EVENT_TYPE(event));
    gst_event_unref(event);
  }
  return types;
}

void assert_events(ElementHarness& h, std::initializer_list<GstEventType> expected) {
  const std::vector<GstEventType> seen = events(h);
  fail_unless(std::ranges::equal(seen, expected), "%zu events, the last a %s", seen.size(),
              seen.empty() ? "" : gst_event_type_get_name(seen.back()));
}

void flush(GstElement* element) {
  fail_unless(gst_element_send_event(element, gst_event_new_flush_start()));
  fail_unless(gst_element_send_event(element, gst_event_new_flush_stop(FALSE)));
}

// Counts the GAPs that go into what stands behind the source.
class GapCount {
 public:
  explicit GapCount(GstElement* source) {
    const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(source, "src"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, this, nullptr);
  }
  void wait_for(unsigned count) {
    auto seen = seen_.lock();
    seen.wait([&](unsigned s) { return s >= count; });
  }

 private:
  static GstPadProbeReturn on_event(GstPad*, GstPadProbeInfo* info, gpointer self) {
    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_GAP) return GST_PAD_PROBE_OK;
    auto seen = static_cast<GapCount*>(self)->seen_.lock();
    ++*seen;
    seen.notify();
    return GST_PAD_PROBE_OK;
  }
  Guarded<unsigned> seen_;
};

// Nobody has said a word yet: GAPs are all there is.
void assert_takes_gaps(const std::string& source, const std::string& behind) {
  ElementHarness h;
  const Complaints complaints;
  const std::string line = source + " name=source session=gaps uri=ws://127.0.0.1:1/ api-key=test ! " +
                           behind + " ! fakesink sync=true";
  GError* error = nullptr;
  const auto pipeline = GRef<GstElement>::adopt(
      static_cast<GstElement*>(gst_object_ref_sink(gst_parse_launch(line.c_str(), &error))));
  fail_unless(error == nullptr, "%s", error ? error->message : "");
  const auto element = GRef<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "source"));
  GapCount gaps(element.get());
  fail_unless(gst_element_set_state(pipeline.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE);
  gaps.wait_for(5);
  flush(element.get());
  gaps.wait_for(10);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  h.run();
  fail_unless_equals_int(complaints.count(), 0);
}

} // namespace

GST_START_TEST(the_segment_comes_before_the_first_gap) {
  ElementHarness h;
  h.add_src({{"cushion", "0"}, {"gap-mode", "gap-event"}});
  h.play_src();
  h.wait_for_frame();
  h.crank_no_buffer();
  assert_events(h, {GST_EVENT_STREAM_START, GST_EVENT_CAPS, GST_EVENT_SEGMENT, GST_EVENT_GAP});
  h.crank_no_buffer();
  assert_events(h, {GST_EVENT_GAP});
  h.connect();
  const auto audio = ramp(480);
  h.reply(audio);
  fail_unless(bytes_of(h.crank()) == audio);
  h.wait_for_frame();
  assert_events(h, {GST_EVENT_SEGMENT}); // the base class's own
  h.crank_no_buffer();
  assert_events(h, {GST_EVENT_GAP});
}
GST_END_TEST

GST_START_TEST(and_again_after_an_interruption_that_flushes) {
  ElementHarness h;
  h.add_src({{"cushion", "0"}, {"gap-mode", "gap-event"}, {"flush-on-interrupt", "true"}});
  h.play_src();
  h.wait_for_frame();
  h.connect();
  h.reply(ramp(4800));
  h.crank(2);
  h.wait_for_frame();
  events(h);
  h.transport.deliver(protocol::SpeechStarted{0, "turn"});
  h.run();
  h.wait_for_frame();
  h.crank_no_buffer();
  assert_events(h, {GST_EVENT_FLUSH_START, GST_EVENT_FLUSH_STOP, GST_EVENT_SEGMENT, GST_EVENT_GAP});
}
GST_END_TEST

GST_START_TEST(and_after_a_flush_from_outside) {
  ElementHarness h;
  GstElement* src = h.add_src({{"cushion", "0"}, {"gap-mode", "gap-event"}});
  h.play_src();
  h.wait_for_frame();
  h.crank_no_buffer();
  events(h);
  flush(src);
  h.wait_for_frame();
  h.crank_no_buffer();
  assert_events(h, {GST_EVENT_FLUSH_START, GST_EVENT_FLUSH_STOP, GST_EVENT_SEGMENT, GST_EVENT_GAP});
  h.crank_no_buffer();
  assert_events(h, {GST_EVENT_GAP});
}
GST_END_TEST

GST_START_TEST(words_go_on_behind_a_segment_after_a_flush) {
  ElementHarness h;
  GstElement* text = h.add_text();
  h.play_src();
  h.wait_for_frame();
  h.crank_no_buffer();
  assert_events(h, {GST_EVENT_STREAM_START, GST_EVENT_CAPS, GST_EVENT_SEGMENT, GST_EVENT_GAP});
  flush(text);
  h.wait_for_frame();
  h.crank_no_buffer();
  assert_events(h, {GST_EVENT_FLUSH_START, GST_EVENT_FLUSH_STOP, GST_EVENT_SEGMENT, GST_EVENT_GAP});
}
GST_END_TEST

// Without a clock of the pipeline its time begins with each run.
GST_START_TEST(the_time_of_words_begins_with_the_stream) {
  ElementHarness h;
  gst_system_clock_set_default(h.clock());
  GstElement* text = h.add_text();
  gst_element_set_clock(text, nullptr);
  for (const std::uint64_t begin : {100 * GST_SECOND, 300 * GST_SECOND}) {
    gst_test_clock_set_time(h.test_clock(), begin);
    h.play_src();
    h.wait_for_frame();
    events(h);
    h.crank_no_buffer();
    auto event = GRef<GstEvent>::adopt(gst_harness_pull_event(h.downstream()));
    while (GST_EVENT_TYPE(event.get()) != GST_EVENT_GAP)
      event = GRef<GstEvent>::adopt(gst_harness_pull_event(h.downstream()));
    GstClockTime pts = 1;
    gst_event_parse_gap(event.get(), &pts, nullptr);
    fail_unless_equals_uint64(pts, 0);
    gst_element_set_state(text, GST_STATE_READY);
  }
  gst_system_clock_set_default(nullptr);
}
GST_END_TEST

GST_START_TEST(a_mixer_takes_them) {
  assert_takes_gaps("realtimesrc gap-mode=gap-event", "audiomixer");
}
GST_END_TEST

GST_START_TEST(a_muxer_takes_them) {
  assert_takes_gaps("realtimesrc gap-mode=gap-event", "matroskamux");
  for (const char* track : {"output", "input", "both"})
    assert_takes_gaps(std::string("realtimetextsrc track=") + track, "matroskamux");
}
GST_END_TEST

static Suite* gaps_suite() {
  Suite* suite = suite_create("gaps");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, the_segment_comes_before_the_first_gap);
  tcase_add_test(tcase, and_again_after_an_interruption_that_flushes);
  tcase_add_test(tcase, and_after_a_flush_from_outside);
  tcase_add_test(tcase, words_go_on_behind_a_segment_after_a_flush);
  tcase_add_test(tcase, the_time_of_words_begins_with_the_stream);
  tcase_add_test(tcase, a_mixer_takes_them);
  tcase_add_test(tcase, a_muxer_takes_them);
  return suite;
}

GST_CHECK_MAIN(gaps)

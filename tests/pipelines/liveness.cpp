// What the caller's side does must not reach the answers: its latency, its silence, its end.
#include "support/elements.h"
#include "support/pipeline.h"
#include "support/rendering_sink.h"

#include "server/sound.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;

namespace {

void wait_for_playing(Pipeline& pipeline) {
  fail_unless(gst_element_get_state(pipeline.get(), nullptr, nullptr, 20 * GST_SECOND) ==
              GST_STATE_CHANGE_SUCCESS);
}

void expect_ramp(Pipeline& pipeline, std::uint64_t samples) {
  std::vector<std::int16_t> heard = pipeline.captured_samples();
  std::erase(heard, std::int16_t{0});
  fail_unless_equals_uint64(heard.size(), samples);
  for (std::uint64_t i = 0; i < samples; ++i)
    fail_unless_equals_int(heard[i], server::ramp_sample(i));
}

GstPadProbeReturn count_buffer(GstPad*, GstPadProbeInfo*, gpointer counter) {
  auto count = static_cast<Guarded<unsigned>*>(counter)->lock();
  ++*count;
  count.notify();
  return GST_PAD_PROBE_OK;
}

void wait_for_buffers(Pipeline& pipeline, const char* element, unsigned buffers) {
  Guarded<unsigned> counter;
  const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(pipeline.element(element).get(), "sink"));
  const gulong probe =
      gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, count_buffer, &counter, nullptr);
  counter.lock().wait([&](unsigned count) { return count >= buffers; });
  gst_pad_remove_probe(pad.get(), probe);
}

} // namespace

GST_START_TEST(a_caller_with_latency_does_not_delay_the_answers) {
  ServerFixture server(ramp_scenario(std::chrono::milliseconds(200)));
  Pipeline pipeline(Caller::element("min-latency=2000000000 max-latency=2000000000") + "realtimesink uri=" +
                    server.uri() + "  realtimesrc ! queue name=out ! renderingsink name=speaker");
  pipeline.play();
  pipeline.wait_for_element("realtime/session-updated");
  wait_for_playing(pipeline);
  wait_for_buffers(pipeline, "out", 3);
  gst_bin_recalculate_latency(GST_BIN(pipeline.get()));
  fail_unless_equals_uint64(latency_of(pipeline.element("speaker").get()), rendering_latency);

  const auto query = GRef<GstQuery>::adopt(gst_query_new_latency());
  fail_unless(gst_element_query(pipeline.get(), query.get()));
  gboolean live = FALSE;
  GstClockTime least = 0;
  gst_query_parse_latency(query.get(), &live, &least, nullptr);
  fail_unless(live);
  fail_unless_equals_uint64(least, rendering_latency);
}
GST_END_TEST

GST_START_TEST(a_caller_that_never_speaks_keeps_nobody_waiting) {
  ServerFixture server(ramp_scenario(std::chrono::milliseconds(200)));
  for (const std::string& mute :
       {Caller::element(), std::string("audiotestsrc is-live=true ! valve drop=true ! ")}) {
    Pipeline pipeline(mute + "realtimesink uri=" + server.uri() +
                      "  realtimesrc ! fakesink name=out sync=true");
    pipeline.play();
    wait_for_playing(pipeline);
    wait_for_buffers(pipeline, "out", 10);
    for (const Captured& buffer : pipeline.captured()) {
      fail_unless(buffer.gap);
      fail_unless(std::all_of(buffer.bytes.begin(), buffer.bytes.end(), [](auto byte) { return byte == 0; }));
    }
    pipeline.wait_for_element("realtime/session-updated");
  }
}
GST_END_TEST

// Nothing follows the speech: without silence in its place the server would wait for ever.
GST_START_TEST(a_caller_that_stops_after_speaking_is_answered) {
  ServerFixture server(ramp_scenario(std::chrono::milliseconds(200)));
  Pipeline pipeline(Caller::element() + "realtimesink uri=" + server.uri() +
                    "  realtimesrc ! fakesink name=out sync=true");
  pipeline.play();
  pipeline.wait_for_element("realtime/session-updated");
  Caller caller(pipeline.element("caller"));
  caller.speak(300);
  pipeline.wait_for_element("realtime/speech-stopped");
  pipeline.wait_for_element("realtime/playback-finished");
  expect_ramp(pipeline, 200 * 24);
}
GST_END_TEST

GST_START_TEST(a_caller_whose_line_is_cut_is_answered) {
  ServerFixture server(ramp_scenario(std::chrono::milliseconds(200)));
  Pipeline pipeline("audiotestsrc is-live=true samplesperbuffer=480 ! audio/x-raw,rate=24000 ! "
                    "valve name=line drop=false ! realtimesink uri=" +
                    server.uri() + "  realtimesrc ! fakesink name=out sync=true");
  pipeline.play();
  pipeline.wait_for_element("realtime/speech-started");
  g_object_set(pipeline.element("line").get(), "drop", TRUE, nullptr);
  pipeline.wait_for_element("realtime/speech-stopped");
  pipeline.wait_for_element("realtime/playback-finished");
  expect_ramp(pipeline, 200 * 24);
}
GST_END_TEST

GST_START_TEST(a_file_need_not_be_paced) {
  ServerFixture server(ramp_scenario(std::chrono::milliseconds(500)));
  Pipeline pipeline("audiotestsrc num-buffers=100 samplesperbuffer=480 ! audio/x-raw,rate=24000 ! "
                    "realtimesink sync=false uri=" +
                    server.uri() + "  realtimesrc ! fakesink name=out sync=true");
  pipeline.play();
  pipeline.wait_for_eos();
  expect_ramp(pipeline, 500 * 24);
  fail_unless(server.input_audio().size() >= 2 * 24 * 2000);
}
GST_END_TEST

static void register_all() {
  register_elements();
  register_rendering_sink();
}

static Suite* liveness_suite() {
  Suite* suite = suite_create("liveness");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_checked_fixture(tcase, register_all, wait_for_loops_to_end);
  tcase_add_test(tcase, a_caller_with_latency_does_not_delay_the_answers);
  tcase_add_test(tcase, a_caller_that_never_speaks_keeps_nobody_waiting);
  tcase_add_test(tcase, a_caller_that_stops_after_speaking_is_answered);
  tcase_add_test(tcase, a_caller_whose_line_is_cut_is_answered);
  tcase_add_test(tcase, a_file_need_not_be_paced);
  return suite;
}

GST_CHECK_MAIN(liveness)

// Both elements of one session: how the end of the input, a flush and a departure on one side meet the other.
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <atomic>
#include <thread>

using namespace rt;
using namespace rt::test;
using namespace rt::protocol;

namespace {

struct Pair {
  Pair() {
    src = h.add_src({{"cushion", "0"}});
    sink = h.add_sink();
    gst_element_set_state(sink, GST_STATE_PLAYING);
    h.play_src();
    h.wait_for_frame();
    h.send_start();
    h.connect();
  }
  std::size_t truncates() { return h.count_sent("conversation.item.truncate"); }
  ElementHarness h;
  GstElement *src = nullptr, *sink = nullptr;
};

// An EOS event on a thread of its own: the sink holds it.
class Ending {
 public:
  explicit Ending(GstPad* pad)
      : thread_([this, pad] {
          gst_pad_push_event(pad, gst_event_new_eos());
          done_ = true;
        }) {}
  ~Ending() { thread_.join(); }
  bool done() const { return done_; }

 private:
  std::atomic<bool> done_{false};
  std::thread thread_;
};

void wait_for_eos_downstream(ElementHarness& h) {
  for (;;) {
    const auto event = GRef<GstEvent>::adopt(gst_harness_pull_event(h.downstream()));
    fail_unless(event.get() != nullptr, "the stream does not end");
    if (GST_EVENT_TYPE(event.get()) == GST_EVENT_EOS) return;
  }
}

} // namespace

// Input captured while the answer is heard is silenced, exactly; what comes before and after is not.
GST_START_TEST(half_duplex_sends_silence_while_an_answer_is_heard) {
  for (const bool half_duplex : {true, false}) {
    Pair p;
    g_object_set(p.sink, "half-duplex", half_duplex, nullptr);
    gst_harness_push_upstream_event(p.h.downstream(), gst_event_new_latency(100 * ms));
    p.h.reply(ramp(2 * 480)); // leaves from 0 ms to 40 ms: heard from 100 ms, and its echo until 340 ms
    p.h.crank(2);
    p.h.wait_for_frame();
    for (std::uint64_t i = 0; i < 20; ++i)
      p.h.push_ramp(i * 480, 480, i * 20 * ms);
    p.h.run();
    const auto sent = p.h.sent_audio();
    fail_unless_equals_int(sent.size(), 20 * 960);
    for (std::size_t i = 0; i < 20; ++i) {
      const auto frame = sent.begin() + static_cast<std::ptrdiff_t>(i * 960);
      const bool silent = std::all_of(frame, frame + 960, [](std::uint8_t byte) { return byte == 0; });
      fail_unless_equals_int(silent, half_duplex && i >= 5 && i < 17);
    }
  }
}
GST_END_TEST

GST_START_TEST(the_end_of_the_input_ends_the_stream_when_the_answer_was_heard) {
  Pair p;
  p.h.push_ramp(0, 4800);
  p.h.run();
  p.h.reply(ramp(5 * 480));
  p.h.crank(2);
  p.h.wait_for_frame();
  Ending ending(p.h.upstream());
  p.h.loop->run_until([&] { return p.h.updates().size() == 2; });
  p.h.run();
  auto frames = p.h.crank(3); // the answer is out, its last sample is not heard yet
  p.h.wait_for_frame();
  p.h.run();
  fail_if(ending.done());
  p.h.crank();
  p.h.run();
  wait_for_eos_downstream(p.h);
  p.h.wait_message([](GstMessage* m) { return GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS; });
  // Once per pipeline: without a bin, each element is one.
  fail_unless_equals_int(p.h.count("realtime/playback-finished"), 2);
  fail_unless_equals_int(p.h.texts_of(GST_MESSAGE_WARNING).size(), 0);
}
GST_END_TEST

GST_START_TEST(eos_from_the_application_counts_as_heard) {
  Pair p;
  p.h.push_ramp(0, 4800);
  p.h.run();
  p.h.reply(ramp(48000));
  p.h.crank(2);
  p.h.wait_for_frame();
  Ending ending(p.h.upstream());
  p.h.loop->run_until([&] { return p.h.updates().size() == 2; });
  p.h.run();
  fail_if(ending.done());
  gst_element_send_event(p.src, gst_event_new_eos());
  for (; !ending.done(); g_thread_yield())
    p.h.run();
  wait_for_eos_downstream(p.h);
  fail_unless_equals_int(p.truncates(), 0);
}
GST_END_TEST

GST_START_TEST(a_flush_of_the_input_leaves_the_answer_alone) {
  Pair p;
  p.h.push_ramp(0, 480);
  p.h.reply(ramp(3 * 480));
  auto frames = p.h.crank(1);
  gst_pad_push_event(p.h.upstream(), gst_event_new_flush_start());
  gst_pad_push_event(p.h.upstream(), gst_event_new_flush_stop(TRUE));
  p.h.run();
  for (auto& frame : p.h.crank(2))
    frames.push_back(frame);
  fail_unless(joined(frames) == ramp(3 * 480));
  fail_if(is_discont(frames[1]));
}
GST_END_TEST

GST_START_TEST(a_paused_input_leaves_the_answer_alone) {
  Pair p;
  p.h.reply(ramp(3 * 480));
  auto frames = p.h.crank(1);
  gst_element_set_state(p.sink, GST_STATE_PAUSED);
  p.h.run();
  for (auto& frame : p.h.crank(2))
    frames.push_back(frame);
  fail_unless(joined(frames) == ramp(3 * 480));
}
GST_END_TEST

GST_START_TEST(a_source_that_leaves_interrupts_without_a_fade) {
  Pair p;
  p.h.reply(ramp(10 * 480));
  p.h.crank(2);
  p.h.wait_for_frame();
  p.h.transport.take();
  gst_element_set_state(p.src, GST_STATE_READY);
  p.h.run();
  const auto truncates = only<ItemTruncate>(p.h.transport.take());
  fail_unless_equals_int(truncates.size(), 1);
  fail_unless_equals_uint64(truncates[0].audio_end_ms, 40);
  const GstStructure* interrupted = p.h.find("realtime/interrupted");
  fail_unless(interrupted != nullptr);
  fail_unless_equals_uint64(uint64_field(interrupted, "heard-ms"), 40);
  fail_unless_equals_uint64(uint64_field(interrupted, "received-ms"), 200);
  fail_unless_equals_int(p.h.transport.closed().size(), 0); // the other element stays
}
GST_END_TEST

// The sink of a pipeline that stops loses what it has not rendered.
GST_START_TEST(a_source_that_stops_with_its_pipeline_tells_what_was_rendered) {
  ElementHarness h;
  GstElement* pipeline = gst_bin_new("speaker");
  gst_object_ref_sink(pipeline);
  GstElement* src = h.add_src({{"cushion", "0"}});
  GstElement* sink = h.add_sink();
  // The bin must not take it away from the harness; it cuts every link of what is added.
  gst_bin_add(GST_BIN(pipeline), GST_ELEMENT(gst_object_ref(src)));
  const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(src, "src"));
  fail_unless_equals_int(gst_pad_link(pad.get(), h.downstream()->sinkpad), GST_PAD_LINK_OK);
  gst_element_set_clock(pipeline, h.clock());
  gst_element_set_state(sink, GST_STATE_PLAYING);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  h.wait_for_frame();
  gst_harness_push_upstream_event(h.downstream(), gst_event_new_latency(100 * ms));
  h.send_start();
  h.connect();
  h.reply(ramp(20 * 480));
  h.crank(10); // the last leaves at 180 ms
  h.wait_for_frame();
  h.transport.take();
  gst_element_set_state(pipeline, GST_STATE_NULL);
  h.run();
  const auto truncates = only<ItemTruncate>(h.transport.take());
  fail_unless_equals_int(truncates.size(), 1);
  fail_unless_equals_uint64(truncates[0].audio_end_ms, 80);
  gst_bin_remove(GST_BIN(pipeline), src);
  gst_object_unref(src);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(the_socket_lives_from_the_first_paused_to_the_last_ready) {
  for (const bool sink_first : {true, false}) {
    ElementHarness h;
    GstElement* src = h.add_src();
    GstElement* sink = h.add_sink();
    GstElement* const early = sink_first ? sink : src;
    GstElement* const late = sink_first ? src : sink;
    gst_element_set_state(early, GST_STATE_READY);
    gst_element_set_state(late, GST_STATE_READY);
    h.run();
    fail_unless_equals_int(h.transport.opened().size(), 0);
    gst_element_set_state(early, GST_STATE_PAUSED);
    h.run();
    fail_unless_equals_int(h.transport.opened().size(), 1);
    gst_element_set_state(late, GST_STATE_PAUSED);
    gst_element_set_state(early, GST_STATE_NULL);
    h.run();
    fail_unless_equals_int(h.transport.opened().size(), 1);
    fail_unless_equals_int(h.transport.closed().size(), 0);
    gst_element_set_state(early, GST_STATE_PAUSED);
    gst_element_set_state(late, GST_STATE_READY);
    gst_element_set_state(early, GST_STATE_READY);
    h.run();
    fail_unless_equals_int(h.transport.opened().size(), 1);
    fail_unless_equals_int(h.transport.closed().size(), 1);
    fail_unless_equals_int(h.transport.closed()[0].code, 1000);
  }
}
GST_END_TEST

GST_START_TEST(a_fatal_error_is_posted_once_for_a_bin) {
  ElementHarness h({.greets = false});
  GstElement* bin = gst_bin_new("pipe");
  GstElement* src = h.add_src();
  GstElement* sink = h.add_sink();
  gst_object_ref_sink(bin);
  // The bin must not take them away from the harness.
  gst_bin_add_many(GST_BIN(bin), GST_ELEMENT(gst_object_ref(src)), GST_ELEMENT(gst_object_ref(sink)),
                   nullptr);
  const auto bus = GRef<GstBus>::adopt(gst_bus_new());
  gst_element_set_bus(src, bus.get());
  gst_element_set_bus(sink, bus.get());
  gst_element_set_state(sink, GST_STATE_PAUSED);
  gst_element_set_state(src, GST_STATE_PAUSED);
  h.run();
  h.transport.end({ErrorKind::not_authorized, "No"});
  h.run();
  unsigned errors = 0;
  while (GstMessage* message = gst_bus_pop(bus.get())) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
      ++errors;
      fail_unless(GST_MESSAGE_SRC(message) == GST_OBJECT(src));
    }
    gst_message_unref(message);
  }
  fail_unless_equals_int(errors, 1);
  gst_element_set_state(src, GST_STATE_NULL);
  gst_element_set_state(sink, GST_STATE_NULL);
  gst_bin_remove_many(GST_BIN(bin), src, sink, nullptr);
  gst_object_unref(src);
  gst_object_unref(sink);
  gst_object_unref(bin);
}
GST_END_TEST

static Suite* pair_suite() {
  Suite* suite = suite_create("pair");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, half_duplex_sends_silence_while_an_answer_is_heard);
  tcase_add_test(tcase, the_end_of_the_input_ends_the_stream_when_the_answer_was_heard);
  tcase_add_test(tcase, eos_from_the_application_counts_as_heard);
  tcase_add_test(tcase, a_flush_of_the_input_leaves_the_answer_alone);
  tcase_add_test(tcase, a_paused_input_leaves_the_answer_alone);
  tcase_add_test(tcase, a_source_that_leaves_interrupts_without_a_fade);
  tcase_add_test(tcase, a_source_that_stops_with_its_pipeline_tells_what_was_rendered);
  tcase_add_test(tcase, the_socket_lives_from_the_first_paused_to_the_last_ready);
  tcase_add_test(tcase, a_fatal_error_is_posted_once_for_a_bin);
  return suite;
}

GST_CHECK_MAIN(pair)

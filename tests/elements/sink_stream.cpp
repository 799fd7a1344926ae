// realtimesink as an element: it delays nobody, its caps choose the input format, live input and files are
// treated differently, and every wait of its streaming thread can be ended.
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <atomic>
#include <thread>

using namespace rt;
using namespace rt::test;
using namespace rt::protocol;

namespace {

void set_state(GstElement* element, GstState state) {
  fail_unless_equals_int(gst_element_set_state(element, state), GST_STATE_CHANGE_SUCCESS);
}

// A push that may block, on a thread of its own.
class Pushing {
 public:
  template<typename Push>
  explicit Pushing(Push push)
      : thread_([this, push] {
          result_ = push();
          done_ = true;
        }) {}
  ~Pushing() {
    if (thread_.joinable()) thread_.join();
  }
  bool done() const { return done_; }
  GstFlowReturn result() {
    thread_.join();
    return result_;
  }

 private:
  std::atomic<bool> done_{false};
  GstFlowReturn result_ = GST_FLOW_ERROR;
  std::thread thread_;
};

// The sink in PLAYING and connected, told about PCM.
struct Sink {
  explicit Sink(const PropertyTexts& properties = {}, std::optional<bool> live = true) {
    sink = h.add_sink(properties);
    h.set_upstream_live(live);
    set_state(sink, GST_STATE_PLAYING);
    h.send_start();
    h.connect();
  }
  ElementHarness h;
  GstElement* sink = nullptr;
};

// Until so much audio waits to be sent.
void await_queued(GstElement* sink, std::uint64_t wanted_ms) {
  for (std::uint64_t queued = 0; queued < wanted_ms; g_thread_yield()) {
    GstStructure* stats = nullptr;
    g_object_get(sink, "stats", &stats, nullptr);
    queued = uint64_field(stats, "uplink-queued-ms");
    gst_structure_free(stats);
  }
}

void await_clock(ElementHarness& h, std::uint64_t time) {
  fail_unless_equals_uint64(h.wait_for_frame(), time);
}

} // namespace

GST_START_TEST(playing_is_reached_without_a_buffer) {
  ElementHarness h;
  GstElement* sink = h.add_sink();
  fail_unless_equals_int(gst_element_set_state(sink, GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
  gboolean async = TRUE, last_sample = TRUE;
  g_object_get(sink, "async", &async, "enable-last-sample", &last_sample, nullptr);
  fail_if(async);
  fail_if(last_sample);
}
GST_END_TEST

GST_START_TEST(the_latency_answer_is_that_of_no_live_element) {
  for (const auto live : {std::optional(true), std::optional(false), std::optional<bool>()}) {
    ElementHarness h;
    GstElement* sink = h.add_sink();
    h.set_upstream_live(live);
    for (const GstState state : {GST_STATE_READY, GST_STATE_PAUSED, GST_STATE_PLAYING}) {
      set_state(sink, state);
      const auto query = GRef<GstQuery>::adopt(gst_query_new_latency());
      fail_unless(gst_element_query(sink, query.get()));
      gboolean is_live = TRUE;
      GstClockTime min = 1, max = 0;
      gst_query_parse_latency(query.get(), &is_live, &min, &max);
      fail_if(is_live);
      fail_unless_equals_uint64(min, 0);
      fail_unless_equals_uint64(max, GST_CLOCK_TIME_NONE);
    }
  }
}
GST_END_TEST

GST_START_TEST(caps_before_the_dial_go_into_the_first_update) {
  const std::pair<const char*, audio::Format> formats[] = {
      {pcm_caps, audio::pcm16_24k}, {ulaw_caps, audio::ulaw_8k}, {alaw_caps, audio::alaw_8k}};
  for (const auto& [caps, format] : formats) {
    ElementHarness h;
    set_state(h.add_sink(), GST_STATE_PAUSED);
    h.send_start(caps);
    h.connect();
    fail_unless_equals_int(h.updates().size(), 1);
    fail_unless(h.updates()[0].input_format == format);
    fail_unless(h.updates()[0].output_modality == Modality::text); // nobody listens
  }
}
GST_END_TEST

GST_START_TEST(caps_after_the_first_update_go_into_a_second_one_before_any_audio) {
  ElementHarness h;
  set_state(h.add_sink(), GST_STATE_PLAYING);
  h.connect();
  fail_unless_equals_int(h.updates().size(), 1);
  fail_if(h.updates()[0].input_format.has_value());
  h.send_start(ulaw_caps);
  h.push(std::vector<std::uint8_t>(160, 0x42));
  h.run();
  fail_unless_equals_int(h.updates().size(), 2);
  fail_unless(h.updates()[1].input_format == audio::ulaw_8k);
  const auto sent = h.transport.sent();
  fail_unless(sent.back().find("input_audio_buffer.append") != std::string::npos);
  fail_unless(h.sent_audio() == std::vector<std::uint8_t>(160, 0x42));
}
GST_END_TEST

GST_START_TEST(a_change_of_caps_in_playing_changes_the_format_at_its_place) {
  Sink s;
  s.h.push_ramp(0, 480);
  s.h.run();
  s.h.push_ramp(480, 480);
  s.h.send_caps(ulaw_caps);
  s.h.push(std::vector<std::uint8_t>(160, 0x42));
  s.h.run();
  const auto updates = s.h.updates();
  fail_unless_equals_int(updates.size(), 2);
  fail_unless(updates[1].input_format == audio::ulaw_8k);
  // All PCM before the update, all G.711 behind it.
  std::vector<std::string> order;
  for (const ClientEvent& event : s.h.transport.take())
    order.push_back(std::holds_alternative<SessionUpdate>(event.body)      ? "update"
                    : std::holds_alternative<InputAudioAppend>(event.body) ? "audio"
                                                                           : "other");
  fail_unless(order == std::vector<std::string>({"update", "audio", "audio", "update", "audio"}));
  auto expected = ramp(960);
  expected.insert(expected.end(), 160, 0x42);
  fail_unless(s.h.sent_audio() == expected);
}
GST_END_TEST

GST_START_TEST(live_input_goes_out_as_it_comes) {
  for (const auto live : {std::optional(true), std::optional<bool>()}) { // unknown counts as live
    Sink s(PropertyTexts{}, live);
    // The clock stands still at 0.
    fail_unless_equals_int(s.h.push_ramp(0, 480, 500 * ms), GST_FLOW_OK);
    fail_unless_equals_int(s.h.push_ramp(480, 480, 520 * ms), GST_FLOW_OK);
    s.h.run();
    fail_unless(s.h.sent_audio() == ramp(960));
  }
}
GST_END_TEST

GST_START_TEST(a_file_is_paced_by_the_clock) {
  Sink s(PropertyTexts{}, false);
  Pushing pushing([&] {
    s.h.push_ramp(0, 480, 0);
    return s.h.push_ramp(480, 480, 20 * ms);
  });
  await_clock(s.h, 0);
  fail_unless(gst_test_clock_crank(s.h.test_clock()));
  await_clock(s.h, 20 * ms);
  s.h.run();
  fail_unless(s.h.sent_audio() == ramp(480));
  fail_unless(gst_test_clock_crank(s.h.test_clock()));
  fail_unless_equals_int(pushing.result(), GST_FLOW_OK);
  s.h.run();
  fail_unless(s.h.sent_audio() == ramp(960));
}
GST_END_TEST

GST_START_TEST(a_file_without_sync_is_not_paced) {
  Sink s(PropertyTexts{{"sync", "false"}}, false);
  fail_unless_equals_int(s.h.push_ramp(0, 480, 0), GST_FLOW_OK);
  fail_unless_equals_int(s.h.push_ramp(480, 480, 60 * GST_SECOND), GST_FLOW_OK);
}
GST_END_TEST

GST_START_TEST(upstream_is_asked_again_when_the_latency_changes) {
  Sink s(PropertyTexts{}, true);
  fail_unless_equals_int(s.h.push_ramp(0, 480, GST_SECOND), GST_FLOW_OK);
  s.h.set_upstream_live(false);
  fail_unless_equals_int(s.h.push_ramp(0, 480, GST_SECOND + 20 * ms), GST_FLOW_OK); // not asked
  gst_element_send_event(s.sink, gst_event_new_latency(0));
  Pushing pushing([&] { return s.h.push_ramp(0, 480, GST_SECOND + 40 * ms); });
  await_clock(s.h, GST_SECOND + 40 * ms);
  fail_unless(gst_test_clock_crank(s.h.test_clock()));
  fail_unless_equals_int(pushing.result(), GST_FLOW_OK);
}
GST_END_TEST

GST_START_TEST(a_full_queue_blocks_a_file_until_there_is_room) {
  Sink s(PropertyTexts{{"max-uplink-backlog", "100"}, {"sync", "false"}}, false);
  s.h.transport.set_writable(false);
  Pushing pushing([&] { return s.h.push_ramp(0, 24000); });
  await_queued(s.sink, 100);
  s.h.run();
  fail_unless_equals_int(s.h.count_sent("input_audio_buffer.append"), 0);
  fail_if(pushing.done());
  s.h.transport.set_writable(true);
  while (!pushing.done())
    s.h.run();
  fail_unless_equals_int(pushing.result(), GST_FLOW_OK);
  s.h.run();
  fail_unless(s.h.sent_audio() == ramp(24000));
  fail_unless_equals_int(s.h.texts_of(GST_MESSAGE_WARNING).size(), 0);
}
GST_END_TEST

GST_START_TEST(a_blocked_push_goes_on_after_a_pause_and_loses_nothing) {
  Sink s(PropertyTexts{{"max-uplink-backlog", "100"}, {"sync", "false"}}, false);
  s.h.transport.set_writable(false);
  Pushing pushing([&] { return s.h.push_ramp(0, 24000); });
  await_queued(s.sink, 100);
  gst_element_set_state(s.sink, GST_STATE_PAUSED);
  fail_if(pushing.done());
  s.h.transport.set_writable(true);
  s.h.run();
  fail_if(pushing.done());
  gst_element_set_state(s.sink, GST_STATE_PLAYING);
  while (!pushing.done())
    s.h.run();
  fail_unless_equals_int(pushing.result(), GST_FLOW_OK);
  s.h.run();
  fail_unless(s.h.sent_audio() == ramp(24000));
}
GST_END_TEST

GST_START_TEST(a_blocked_push_is_ended_by_a_flush_and_by_null) {
  for (const bool flush : {true, false}) {
    Sink s(PropertyTexts{{"max-uplink-backlog", "100"}, {"sync", "false"}}, false);
    s.h.transport.set_writable(false);
    Pushing pushing([&] { return s.h.push_ramp(0, 24000); });
    await_queued(s.sink, 100);
    if (flush)
      fail_unless(gst_pad_push_event(s.h.upstream(), gst_event_new_flush_start()));
    else
      gst_element_set_state(s.sink, GST_STATE_NULL);
    fail_unless_equals_int(pushing.result(), GST_FLOW_FLUSHING);
  }
}
GST_END_TEST

GST_START_TEST(a_push_after_a_fatal_error_fails) {
  ElementHarness h({.greets = false});
  GstElement* sink = h.add_sink();
  set_state(sink, GST_STATE_PLAYING);
  h.send_start();
  h.run();
  h.transport.end({ErrorKind::not_authorized, "No"});
  h.run();
  fail_unless_equals_int(h.texts_of(GST_MESSAGE_ERROR).size(), 1);
  fail_unless_equals_int(h.push_ramp(0, 480), GST_FLOW_ERROR);
  fail_unless_equals_int(h.push_ramp(0, 480), GST_FLOW_ERROR);
  h.run();
  fail_unless_equals_int(h.texts_of(GST_MESSAGE_ERROR).size(), 1);
}
GST_END_TEST

GST_START_TEST(a_second_sink_of_a_session_is_refused) {
  ElementHarness h;
  set_state(h.add_sink(), GST_STATE_READY);
  GstElement* other = h.make("realtimesink");
  fail_unless_equals_int(gst_element_set_state(other, GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
  const auto& messages = h.messages();
  const auto found = std::find_if(messages.begin(), messages.end(), [](const auto& m) {
    return GST_MESSAGE_TYPE(m.get()) == GST_MESSAGE_ERROR;
  });
  fail_unless(found != messages.end());
  GErrorPtr error;
  gst_message_parse_error(found->get(), OutError(error), nullptr);
  fail_unless(g_error_matches(error.get(), GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY));
  fail_unless(std::string(error->message).find("session") != std::string::npos);
  fail_unless_equals_int(gst_element_set_state(other, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
}
GST_END_TEST

static Suite* sink_stream_suite() {
  Suite* suite = suite_create("sink_stream");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, playing_is_reached_without_a_buffer);
  tcase_add_test(tcase, the_latency_answer_is_that_of_no_live_element);
  tcase_add_test(tcase, caps_before_the_dial_go_into_the_first_update);
  tcase_add_test(tcase, caps_after_the_first_update_go_into_a_second_one_before_any_audio);
  tcase_add_test(tcase, a_change_of_caps_in_playing_changes_the_format_at_its_place);
  tcase_add_test(tcase, live_input_goes_out_as_it_comes);
  tcase_add_test(tcase, a_file_is_paced_by_the_clock);
  tcase_add_test(tcase, a_file_without_sync_is_not_paced);
  tcase_add_test(tcase, upstream_is_asked_again_when_the_latency_changes);
  tcase_add_test(tcase, a_full_queue_blocks_a_file_until_there_is_room);
  tcase_add_test(tcase, a_blocked_push_goes_on_after_a_pause_and_loses_nothing);
  tcase_add_test(tcase, a_blocked_push_is_ended_by_a_flush_and_by_null);
  tcase_add_test(tcase, a_push_after_a_fatal_error_fails);
  tcase_add_test(tcase, a_second_sink_of_a_session_is_refused);
  return suite;
}

GST_CHECK_MAIN(sink_stream)

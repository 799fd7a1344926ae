// What realtimesink sends: chunks, silence in the place of gaps, what a full queue drops, and how the end of
// the stream and a flush meet the conversation.
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <atomic>
#include <thread>

using namespace rt;
using namespace rt::test;
using namespace rt::protocol;

namespace {

struct Sink {
  explicit Sink(const PropertyTexts& properties = {}, bool live = true) {
    sink = h.add_sink(properties);
    h.set_upstream_live(live);
    gst_element_set_state(sink, GST_STATE_PLAYING);
    h.send_start();
    h.connect();
  }
  std::vector<std::uint8_t> sent() {
    h.run();
    return h.sent_audio();
  }
  std::uint64_t stat(const char* field) {
    GstStructure* stats = nullptr;
    g_object_get(sink, "stats", &stats, nullptr);
    const std::uint64_t value = uint64_field(stats, field);
    gst_structure_free(stats);
    return value;
  }
  ElementHarness h;
  GstElement* sink = nullptr;
};

std::vector<std::uint8_t> silence(std::uint64_t length_ms) {
  return std::vector<std::uint8_t>(length_ms * 48, 0);
}

std::vector<std::uint8_t> concat(std::initializer_list<std::vector<std::uint8_t>> parts) {
  std::vector<std::uint8_t> all;
  for (const auto& part : parts)
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

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

bool eos_posted(ElementHarness& h) {
  const auto& messages = h.messages();
  return std::any_of(messages.begin(), messages.end(),
                     [](const auto& m) { return GST_MESSAGE_TYPE(m.get()) == GST_MESSAGE_EOS; });
}

} // namespace

GST_START_TEST(audio_is_cut_to_the_chunk_duration) {
  Sink s(PropertyTexts{{"chunk-duration", "40"}});
  s.h.push_ramp(0, 2000);
  s.h.run();
  fail_unless_equals_int(s.h.count_sent("input_audio_buffer.append"), 2);
  fail_unless(s.sent() == ramp(1920));
  g_object_set(s.sink, "chunk-duration", 10, nullptr);
  s.h.push_ramp(2000, 160);
  s.h.run();
  fail_unless(s.sent() == ramp(2160));
}
GST_END_TEST

GST_START_TEST(audio_from_before_the_configuration_is_kept) {
  ElementHarness h;
  gst_element_set_state(h.add_sink(), GST_STATE_PLAYING);
  h.send_start();
  h.push_ramp(0, 4800);
  fail_unless_equals_int(h.transport.sent().size(), 0);
  h.connect();
  fail_unless(h.sent_audio() == ramp(4800));
}
GST_END_TEST

GST_START_TEST(mute_sends_silence_of_the_same_length) {
  Sink s;
  s.h.push_ramp(0, 480);
  g_object_set(s.sink, "mute", TRUE, nullptr);
  s.h.push_ramp(480, 480);
  g_object_set(s.sink, "mute", FALSE, nullptr);
  s.h.push_ramp(960, 480);
  fail_unless(s.sent() == concat({ramp(480), silence(20), ramp(480, 960)}));
}
GST_END_TEST

GST_START_TEST(a_gap_event_becomes_silence) {
  Sink s;
  s.h.push_ramp(0, 480, 0);
  fail_unless(gst_pad_push_event(s.h.upstream(), gst_event_new_gap(20 * ms, 60 * ms)));
  s.h.push_ramp(480, 480, 80 * ms);
  fail_unless(s.sent() == concat({ramp(480), silence(60), ramp(480, 480)}));
  fail_unless_equals_uint64(s.stat("filled-ms"), 60);
}
GST_END_TEST

GST_START_TEST(a_gap_buffer_becomes_silence) {
  Sink s;
  s.h.push_ramp(0, 480, 0);
  // Without bytes: its duration tells; with bytes: they are silence already.
  GstBuffer* empty = gst_buffer_new();
  GST_BUFFER_PTS(empty) = 20 * ms;
  GST_BUFFER_DURATION(empty) = 40 * ms;
  GST_BUFFER_FLAG_SET(empty, GST_BUFFER_FLAG_GAP);
  fail_unless_equals_int(gst_pad_push(s.h.upstream(), empty), GST_FLOW_OK);
  s.h.push(silence(20), 60 * ms, GST_BUFFER_FLAG_GAP);
  s.h.push_ramp(480, 480, 80 * ms);
  fail_unless(s.sent() == concat({ramp(480), silence(60), ramp(480, 480)}));
}
GST_END_TEST

GST_START_TEST(a_jump_of_up_to_two_seconds_becomes_silence) {
  Sink s;
  s.h.push_ramp(0, 480, 0);
  s.h.push_ramp(480, 480, 2020 * ms);        // 2 s after the end of the one before
  s.h.push_ramp(960, 480, 2040 * ms + 1);    // no jump
  s.h.push_ramp(1440, 480, 10 * GST_SECOND); // a new place in time, not a gap
  fail_unless(s.sent() == concat({ramp(480), silence(2000), ramp(1440, 480)}));
}
GST_END_TEST

GST_START_TEST(live_input_behind_a_stalled_server_loses_its_oldest) {
  Sink s(PropertyTexts{{"max-uplink-backlog", "200"}});
  s.h.transport.set_writable(false);
  for (unsigned i = 0; i < 50; ++i)
    fail_unless_equals_int(s.h.push_ramp(i * 480, 480), GST_FLOW_OK); // 1 s
  s.h.run();
  fail_unless_equals_uint64(s.stat("dropped-ms"), 800);
  fail_unless_equals_uint64(s.stat("uplink-queued-ms"), 200);
  const auto warnings = s.h.texts_of(GST_MESSAGE_WARNING);
  fail_unless_equals_int(warnings.size(), 1);
  fail_unless(warnings[0].find("max-uplink-backlog") != std::string::npos);
  fail_unless(warnings[0].find("800 ms") != std::string::npos, "%s", warnings[0].c_str());
  s.h.transport.set_writable(true);
  fail_unless(s.sent() == ramp(4800, 19200));
}
GST_END_TEST

GST_START_TEST(a_flush_drops_what_is_unsent_and_clears_an_open_turn) {
  Sink s;
  s.h.push_ramp(0, 480);
  s.h.run();
  s.h.transport.deliver(SpeechStarted{0, "input"});
  s.h.run();
  s.h.transport.set_writable(false);
  s.h.push_ramp(480, 4800);
  gst_pad_push_event(s.h.upstream(), gst_event_new_flush_start());
  gst_pad_push_event(s.h.upstream(), gst_event_new_flush_stop(TRUE));
  s.h.run();
  s.h.transport.set_writable(true);
  s.h.run();
  fail_unless_equals_int(s.h.count_sent("input_audio_buffer.clear"), 1);
  s.h.send_start();
  s.h.push_ramp(9600, 480);
  fail_unless(s.sent() == concat({ramp(480), ramp(480, 9600)}));
}
GST_END_TEST

GST_START_TEST(a_flush_without_any_input_clears_nothing) {
  Sink s;
  gst_pad_push_event(s.h.upstream(), gst_event_new_flush_start());
  gst_pad_push_event(s.h.upstream(), gst_event_new_flush_stop(TRUE));
  s.h.run();
  fail_unless_equals_int(s.h.count_sent("input_audio_buffer.clear"), 0);
}
GST_END_TEST

GST_START_TEST(eos_is_held_until_the_answer_came_to_its_end) {
  Sink s;
  s.h.push_ramp(0, 4800);
  s.h.run();
  const std::string response = s.h.server.begin_response();
  Ending ending(s.h.upstream());
  // Trailing silence for the detector, then an acknowledged round trip.
  s.h.loop->run_until([&] { return s.h.updates().size() == 2; });
  s.h.run();
  fail_unless(s.sent() == concat({ramp(4800), silence(1000)}));
  fail_if(ending.done());
  fail_if(eos_posted(s.h));
  s.h.server.end_response(response);
  s.h.run();
  s.h.wait_message([](GstMessage* m) { return GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS; });
}
GST_END_TEST

GST_START_TEST(a_held_eos_survives_a_pause) {
  Sink s;
  s.h.push_ramp(0, 4800);
  s.h.run();
  const std::string response = s.h.server.begin_response();
  Ending ending(s.h.upstream());
  s.h.loop->run_until([&] { return s.h.updates().size() == 2; });
  fail_unless_equals_int(gst_element_set_state(s.sink, GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  s.h.server.end_response(response);
  s.h.run();
  fail_if(eos_posted(s.h));
  gst_element_set_state(s.sink, GST_STATE_PLAYING);
  s.h.wait_message([](GstMessage* m) { return GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS; });
}
GST_END_TEST

GST_START_TEST(a_held_eos_is_abandoned_by_a_flush_and_by_null) {
  for (const bool flush : {true, false}) {
    Sink s;
    s.h.push_ramp(0, 4800);
    s.h.run();
    s.h.server.begin_response();
    {
      Ending ending(s.h.upstream());
      s.h.loop->run_until([&] { return s.h.updates().size() == 2; });
      if (flush)
        gst_pad_push_event(s.h.upstream(), gst_event_new_flush_start());
      else
        gst_element_set_state(s.sink, GST_STATE_NULL);
    }
    fail_if(eos_posted(s.h));
    if (!flush) continue;
    gst_pad_push_event(s.h.upstream(), gst_event_new_flush_stop(TRUE));
    s.h.send_start();
    fail_unless_equals_int(s.h.push_ramp(0, 480), GST_FLOW_OK);
    s.h.run();
  }
}
GST_END_TEST

GST_START_TEST(eos_does_not_wait_longer_than_it_may) {
  Sink s(PropertyTexts{{"drain-timeout", "3000"}});
  s.h.push_ramp(0, 4800);
  s.h.run();
  s.h.server.begin_response();
  Ending ending(s.h.upstream());
  s.h.loop->run_until([&] { return s.h.updates().size() == 2; });
  s.h.loop->advance(std::chrono::milliseconds(2999));
  fail_if(ending.done());
  s.h.loop->advance(std::chrono::milliseconds(2));
  s.h.wait_message([](GstMessage* m) { return GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS; });
  const auto warnings = s.h.texts_of(GST_MESSAGE_WARNING);
  fail_unless_equals_int(warnings.size(), 1);
  fail_unless(warnings[0].find("drain-timeout") != std::string::npos);
}
GST_END_TEST

GST_START_TEST(eos_with_drain_timeout_zero_waits_for_nothing) {
  Sink s(PropertyTexts{{"drain-timeout", "0"}});
  s.h.push_ramp(0, 4800);
  s.h.run();
  s.h.server.begin_response();
  Ending ending(s.h.upstream());
  for (; !ending.done(); g_thread_yield())
    s.h.run();
  fail_unless(eos_posted(s.h));
}
GST_END_TEST

static Suite* sink_uplink_suite() {
  Suite* suite = suite_create("sink_uplink");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, audio_is_cut_to_the_chunk_duration);
  tcase_add_test(tcase, audio_from_before_the_configuration_is_kept);
  tcase_add_test(tcase, mute_sends_silence_of_the_same_length);
  tcase_add_test(tcase, a_gap_event_becomes_silence);
  tcase_add_test(tcase, a_gap_buffer_becomes_silence);
  tcase_add_test(tcase, a_jump_of_up_to_two_seconds_becomes_silence);
  tcase_add_test(tcase, live_input_behind_a_stalled_server_loses_its_oldest);
  tcase_add_test(tcase, a_flush_drops_what_is_unsent_and_clears_an_open_turn);
  tcase_add_test(tcase, a_flush_without_any_input_clears_nothing);
  tcase_add_test(tcase, eos_is_held_until_the_answer_came_to_its_end);
  tcase_add_test(tcase, a_held_eos_survives_a_pause);
  tcase_add_test(tcase, a_held_eos_is_abandoned_by_a_flush_and_by_null);
  tcase_add_test(tcase, eos_does_not_wait_longer_than_it_may);
  tcase_add_test(tcase, eos_with_drain_timeout_zero_waits_for_nothing);
  return suite;
}

GST_CHECK_MAIN(sink_uplink)

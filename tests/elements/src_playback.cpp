// When a reply is heard, and where an interruption cuts it: on the test's clock, with a pipeline latency and
// a delay behind the pipeline.
#include "gst/session_link.h"
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <algorithm>

using namespace rt;
using namespace rt::test;
using namespace rt::protocol;

namespace {

constexpr std::uint64_t frame_samples = 480; // 20 ms

struct Talk {
  explicit Talk(PropertyTexts properties, std::uint64_t latency_ms = 0) {
    properties.insert(properties.begin(), {"cushion", "0"});
    src = h.add_src(properties);
    gst_element_set_base_time(src, 5 * GST_SECOND);
    gst_test_clock_set_time(h.test_clock(), 5 * GST_SECOND);
    h.play_src();
    h.wait_for_frame();
    if (latency_ms > 0)
      fail_unless(gst_harness_push_upstream_event(h.downstream(), gst_event_new_latency(latency_ms * ms)));
    h.connect();
  }
  // A reply of `length_ms`, received at once.
  void reply(std::uint64_t length_ms, bool ended = true) {
    response = h.server.begin_response();
    h.server.say(response, "item", ramp(length_ms * 24));
    if (ended) {
      h.server.end_item(response, "item");
      h.server.end_response(response);
    }
    h.run();
  }
  void speech() {
    h.transport.deliver(SpeechStarted{0, "input"});
    h.run();
  }
  std::vector<ItemTruncate> truncates() { return only<ItemTruncate>(all_sent()); }
  std::vector<ItemDelete> deletes() { return only<ItemDelete>(all_sent()); }
  // A truncate, a delete or nothing: at most one, and that it is for our item.
  void assert_cut(std::optional<std::uint64_t> truncated_ms, bool deleted) {
    const auto truncated = truncates();
    fail_unless_equals_int(truncated.size(), truncated_ms ? 1 : 0);
    fail_unless_equals_int(deletes().size(), deleted ? 1 : 0);
    if (!truncated_ms) return;
    assert_text(truncated[0].item_id, "item");
    fail_unless_equals_int(truncated[0].content_index, 0);
    fail_unless_equals_uint64(truncated[0].audio_end_ms, *truncated_ms);
  }
  void assert_interrupted(std::uint64_t heard_ms, std::uint64_t received_ms) {
    fail_unless_equals_int(h.count("realtime/interrupted"), 1);
    const GstStructure* s = h.find("realtime/interrupted");
    assert_text(string_field(s, "item-id"), "item");
    fail_unless(string_field(s, "response-id") == response);
    fail_unless_equals_uint64(uint64_field(s, "heard-ms"), heard_ms);
    fail_unless_equals_uint64(uint64_field(s, "received-ms"), received_ms);
  }

  ElementHarness h;
  GstElement* src = nullptr;
  std::string response;

 private:
  std::vector<ClientEvent> all_sent() {
    std::vector<ClientEvent> events;
    for (const std::string& text : h.transport.sent())
      events.push_back(decode_client(text));
    return events;
  }
};

} // namespace

GST_START_TEST(playback_is_told_when_the_listener_hears_it) {
  Talk talk(PropertyTexts{{"playout-delay", "50"}}, 200);
  talk.h.crank(2);
  talk.h.wait_for_frame();
  talk.reply(100);  // leaves from 40 ms to 140 ms, is heard from 290 ms to 390 ms
  talk.h.crank(13); // the last is of 280 ms
  talk.h.run();
  fail_unless_equals_int(talk.h.count("realtime/playback-started"), 0);
  talk.h.crank(1);
  talk.h.run();
  const GstStructure* started = talk.h.find("realtime/playback-started");
  fail_unless(started != nullptr);
  fail_unless_equals_uint64(uint64_field(started, "time"), 290 * ms);
  assert_text(string_field(started, "item-id"), "item");
  fail_unless(string_field(started, "response-id") == talk.response);
  talk.h.crank(4); // the last is of 380 ms
  talk.h.run();
  fail_unless_equals_int(talk.h.count("realtime/playback-finished"), 0);
  talk.h.crank(1);
  talk.h.run();
  const GstStructure* finished = talk.h.find("realtime/playback-finished");
  fail_unless(finished != nullptr);
  fail_unless_equals_uint64(uint64_field(finished, "time"), 390 * ms);
  fail_unless_equals_uint64(uint64_field(finished, "heard-ms"), 100);
  fail_unless_equals_int(talk.h.count("realtime/playback-started"), 1);
}
GST_END_TEST

GST_START_TEST(a_latency_that_arrives_later_counts_from_then_on) {
  Talk talk(PropertyTexts{});
  talk.reply(40);
  talk.h.crank(1);
  talk.h.run();
  fail_unless_equals_uint64(uint64_field(talk.h.find("realtime/playback-started"), "time"), 0);
  gst_harness_push_upstream_event(talk.h.downstream(), gst_event_new_latency(100 * ms));
  talk.h.crank(7); // the last is of 140 ms: heard in full
  talk.h.run();
  fail_unless_equals_uint64(uint64_field(talk.h.find("realtime/playback-finished"), "time"), 140 * ms);
}
GST_END_TEST

// Taken out of the pipeline's work for a moment, it hears of no latency unless somebody asks for it.
GST_START_TEST(a_restart_keeps_the_latency_until_it_is_told_anew) {
  Talk talk(PropertyTexts{}, 100);
  gst_element_set_state(talk.src, GST_STATE_READY);
  talk.h.run();
  talk.h.play_src();
  talk.h.wait_for_frame();
  talk.h.run();
  talk.reply(40);
  talk.h.crank(2);
  talk.h.crank(6);
  talk.h.wait_for_frame();
  talk.h.run();
  fail_unless_equals_int(talk.h.count("realtime/playback-finished"), 1);
  fail_unless_equals_uint64(uint64_field(talk.h.find("realtime/playback-finished"), "time"), 140 * ms);
}
GST_END_TEST

// In a pipeline that goes on; at its own start the pipeline asks without.
GST_START_TEST(a_restart_in_a_pipeline_has_its_latency_distributed) {
  ElementHarness h;
  const auto pipeline = GRef<GstElement>::adopt(static_cast<GstElement*>(gst_object_ref_sink(gst_parse_launch(
      "realtimesrc name=src session=restart uri=ws://127.0.0.1:1/ api-key=test ! fakesink sync=true",
      nullptr))));
  const auto bus = GRef<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
  const auto src = GRef<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "src"));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  fail_unless_equals_int(gst_element_get_state(pipeline.get(), nullptr, nullptr, GST_CLOCK_TIME_NONE),
                         GST_STATE_CHANGE_SUCCESS);
  while (GstMessage* message = gst_bus_pop_filtered(bus.get(), GST_MESSAGE_LATENCY)) {
    fail_if(GST_MESSAGE_SRC(message) == GST_OBJECT(src.get()));
    gst_message_unref(message);
  }
  gst_element_set_state(src.get(), GST_STATE_READY);
  gst_element_set_state(src.get(), GST_STATE_PLAYING);
  const auto message = GRef<GstMessage>::adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_LATENCY));
  fail_unless(message && GST_MESSAGE_SRC(message.get()) == GST_OBJECT(src.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  h.run();
}
GST_END_TEST

GST_START_TEST(speech_before_the_first_sample_deletes_the_item) {
  Talk talk(PropertyTexts{});
  talk.reply(200, false);
  talk.speech();
  talk.assert_cut(std::nullopt, true);
  talk.assert_interrupted(0, 200);
  fail_unless(is_gap(talk.h.crank()));
}
GST_END_TEST

GST_START_TEST(speech_inside_a_reply_cuts_behind_what_left_and_the_fade) {
  for (unsigned frames = 1; frames <= 9; frames += 4) {
    Talk talk(PropertyTexts{});
    talk.reply(200, false);
    talk.h.crank(frames);
    talk.h.wait_for_frame();
    talk.speech();
    talk.assert_cut(frames * 20 + 5, false);
    talk.assert_interrupted(frames * 20 + 5, 200);
    const auto fade = bytes_of(talk.h.crank());
    const auto audible = [](std::uint8_t byte) { return byte != 0; };
    fail_unless(std::any_of(fade.begin(), fade.begin() + 240, audible));
    fail_if(std::any_of(fade.begin() + 240, fade.end(), audible)); // 5 ms, within one frame
    fail_unless(is_gap(talk.h.crank()));
  }
}
GST_END_TEST

GST_START_TEST(speech_in_a_hole_cuts_at_what_left) {
  Talk talk(PropertyTexts{});
  talk.reply(43, false);
  talk.h.crank(2);
  talk.h.wait_for_frame();
  talk.speech(); // the 3 ms that are left wait for more: the second frame has ended in a fade
  talk.assert_cut(40, false);
}
GST_END_TEST

GST_START_TEST(speech_after_all_audio_left_cuts_nothing) {
  Talk talk(PropertyTexts{}, 300);
  talk.reply(60);
  talk.h.crank(3);
  talk.h.wait_for_frame();
  talk.speech(); // none of it was heard, but all of it will be
  talk.assert_cut(std::nullopt, false);
  fail_unless_equals_int(talk.h.count("realtime/interrupted"), 0);
  talk.h.crank(20);
  talk.h.run();
  fail_unless_equals_int(talk.h.count("realtime/playback-finished"), 1);
  talk.speech();
  talk.assert_cut(std::nullopt, false);
}
GST_END_TEST

GST_START_TEST(with_a_flush_the_cut_is_what_was_heard) {
  struct Case {
    std::uint64_t latency_ms, now_ms;
    std::optional<std::uint64_t> truncated_ms;
    bool deleted;
  };
  // The reply leaves from 0 ms to 100 ms.
  const Case cases[] = {
      {0, 81, 81, false},
      {0, 93, 93, false},
      {30, 93, 63, false},
      {90, 91, 1, false},
      {200, 93, std::nullopt, true},
      {91, 90, std::nullopt, true},
      {10, 109, 99, false},
  };
  for (const Case& c : cases) {
    Talk talk(PropertyTexts{{"flush-on-interrupt", "true"}}, c.latency_ms);
    talk.reply(100, false);
    talk.h.crank(5);
    talk.h.wait_for_frame();
    gst_test_clock_set_time(talk.h.test_clock(), 5 * GST_SECOND + c.now_ms * ms);
    talk.speech();
    talk.h.loop->run_until([&] { return talk.h.count("realtime/interrupted") == 1; });
    talk.assert_cut(c.truncated_ms, c.deleted);
    talk.assert_interrupted(c.truncated_ms.value_or(0), 100);
  }
}
GST_END_TEST

GST_START_TEST(a_flush_resets_no_time_and_breaks_the_stream_once) {
  Talk talk(PropertyTexts{{"flush-on-interrupt", "true"}});
  talk.reply(200, false);
  talk.h.crank(3);
  talk.h.wait_for_frame();
  while (GstEvent* event = gst_harness_try_pull_event(talk.h.downstream()))
    gst_event_unref(event);
  talk.speech();
  talk.h.loop->run_until([&] { return talk.h.count("realtime/interrupted") == 1; });
  const auto after = talk.h.crank(2);
  fail_unless(is_discont(after[0]) && is_gap(after[0]));
  fail_if(is_discont(after[1]));
  fail_unless_equals_uint64(GST_BUFFER_PTS(after[0].get()), 60 * ms);
  const GstEventType expected[] = {GST_EVENT_FLUSH_START, GST_EVENT_FLUSH_STOP, GST_EVENT_SEGMENT};
  for (const GstEventType type : expected) {
    const auto event = GRef<GstEvent>::adopt(gst_harness_pull_event(talk.h.downstream()));
    fail_unless_equals_int(GST_EVENT_TYPE(event.get()), type);
    gboolean reset_time = TRUE;
    if (type != GST_EVENT_FLUSH_STOP) continue;
    gst_event_parse_flush_stop(event.get(), &reset_time);
    fail_if(reset_time);
  }
}
GST_END_TEST

// The frame's time comes between the request and the word of it.
GST_START_TEST(a_flush_that_meets_a_frame_breaks_the_stream_too) {
  Talk talk(PropertyTexts{{"flush-on-interrupt", "true"}});
  talk.reply(200, false);
  talk.h.crank(2);
  talk.h.wait_for_frame();
  rt::gst::link_of(talk.src)->session()->downlink().request_flush();
  const auto after = talk.h.crank(2);
  fail_unless(is_discont(after[0]) && is_gap(after[0]));
  fail_if(is_discont(after[1]));
  fail_unless_equals_uint64(GST_BUFFER_PTS(after[0].get()), 40 * ms);
}
GST_END_TEST

GST_START_TEST(nothing_is_flushed_while_nothing_plays) {
  Talk talk(PropertyTexts{{"flush-on-interrupt", "true"}});
  talk.h.crank(2);
  talk.h.wait_for_frame();
  while (GstEvent* event = gst_harness_try_pull_event(talk.h.downstream()))
    gst_event_unref(event);
  talk.speech();
  fail_if(is_discont(talk.h.crank()));
  fail_unless_equals_int(gst_harness_events_in_queue(talk.h.downstream()), 0);
}
GST_END_TEST

GST_START_TEST(audio_that_comes_after_the_cut_is_dropped_until_the_response_ends) {
  Talk talk(PropertyTexts{});
  talk.reply(100, false);
  talk.h.crank(1);
  talk.h.wait_for_frame();
  talk.speech();
  talk.h.server.say(talk.response, "item", ramp(2400));
  talk.h.run();
  talk.h.crank(1); // the fade
  fail_unless(is_gap(talk.h.crank()));
  talk.h.server.end_response(talk.response, ResponseStatus::cancelled);
  talk.h.run();
  const std::string next = talk.h.reply(ramp(frame_samples));
  fail_unless(bytes_of(talk.h.crank()) == ramp(frame_samples));
  talk.assert_cut(25, false);
}
GST_END_TEST

GST_START_TEST(items_behind_the_cut_one_are_deleted) {
  Talk talk(PropertyTexts{});
  talk.reply(40, false);
  talk.h.server.end_item(talk.response, "item");
  talk.h.server.say(talk.response, "second", ramp(2400));
  talk.h.run();
  talk.h.crank(1);
  talk.h.wait_for_frame();
  talk.speech();
  talk.assert_cut(25, true);
  assert_text(talk.deletes()[0].item_id, "second");
}
GST_END_TEST

// Nobody reads the rest: the server is told, nothing counts as waiting, and what is asked is answered.
void assert_left_at(Talk& talk, std::uint64_t heard_ms) {
  auto event = GRef<GstEvent>::adopt(gst_harness_pull_event(talk.h.downstream()));
  while (GST_EVENT_TYPE(event.get()) != GST_EVENT_EOS)
    event = GRef<GstEvent>::adopt(gst_harness_pull_event(talk.h.downstream()));
  talk.h.run();
  talk.assert_cut(heard_ms, false);
  talk.assert_interrupted(heard_ms, 200);
  const auto session = rt::gst::link_of(talk.src)->session();
  fail_unless(session->downlink().idle());
  talk.h.server.end_response(talk.response);
  talk.h.reply(ramp(4800));
  fail_unless(session->downlink().idle());
  gboolean accepted = FALSE;
  g_signal_emit_by_name(talk.src, "interrupt", &accepted);
  talk.h.run();
  fail_if(session->downlink().flush_requested()); // none would answer it
}

GST_START_TEST(a_stream_that_ends_by_its_last_buffer_counts_as_left) {
  Talk talk(PropertyTexts{{"num-buffers", "3"}, {"flush-on-interrupt", "true"}});
  talk.reply(200, false);
  talk.h.crank(3);
  assert_left_at(talk, 60);
}
GST_END_TEST

GstPadProbeReturn refuse(GstPad*, GstPadProbeInfo* info, gpointer flow) {
  gst_buffer_unref(GST_PAD_PROBE_INFO_BUFFER(info));
  GST_PAD_PROBE_INFO_FLOW_RETURN(info) = *static_cast<GstFlowReturn*>(flow);
  return GST_PAD_PROBE_HANDLED;
}

// Downstream ends a reply by `flow` at its third frame, which has left all the same; as long as the probe is
// there.
gulong end_by_downstream(Talk& talk, GstPad* pad, GstFlowReturn& flow) {
  talk.reply(200, false);
  talk.h.crank(2);
  talk.h.wait_for_frame();
  const gulong probe = gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, refuse, &flow, nullptr);
  fail_unless(gst_test_clock_crank(talk.h.test_clock()));
  assert_left_at(talk, 60);
  return probe;
}

GST_START_TEST(a_stream_that_downstream_ends_counts_as_left) {
  for (GstFlowReturn flow : {GST_FLOW_EOS, GST_FLOW_NOT_LINKED, GST_FLOW_ERROR}) {
    Talk talk(PropertyTexts{});
    const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(talk.src, "src"));
    end_by_downstream(talk, pad.get(), flow);
  }
}
GST_END_TEST

// The application flushes what had ended.
GST_START_TEST(a_stream_that_begins_again_reads_again) {
  Talk talk(PropertyTexts{});
  GstFlowReturn flow = GST_FLOW_EOS;
  const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(talk.src, "src"));
  gst_pad_remove_probe(pad.get(), end_by_downstream(talk, pad.get(), flow));
  fail_unless(gst_element_send_event(talk.src, gst_event_new_flush_start()));
  fail_unless(gst_element_send_event(talk.src, gst_event_new_flush_stop(FALSE)));
  talk.h.wait_for_frame();
  talk.h.reply(ramp(480));
  fail_unless(bytes_of(talk.h.crank()) == ramp(480));
}
GST_END_TEST

GST_START_TEST(interrupt_cancels_the_open_response_first) {
  Talk talk(PropertyTexts{});
  talk.reply(200, false);
  talk.h.crank(2);
  talk.h.wait_for_frame();
  gboolean accepted = FALSE;
  g_signal_emit_by_name(talk.src, "interrupt", &accepted);
  fail_unless(accepted);
  talk.h.run();
  talk.assert_cut(45, false);
  talk.assert_interrupted(45, 200);
  const auto sent = talk.h.transport.sent();
  const auto position = [&](const char* type) {
    return std::find_if(sent.begin(), sent.end(),
                        [&](const std::string& text) { return text.find(type) != std::string::npos; });
  };
  fail_unless(position("response.cancel") < position("conversation.item.truncate"));
  fail_unless(position("response.cancel")->find(talk.response) != std::string::npos);
}
GST_END_TEST

GST_START_TEST(without_interrupt_response_speech_is_only_told) {
  Talk talk(PropertyTexts{{"vad-interrupt-response", "false"}});
  talk.reply(100, false);
  talk.h.crank(1);
  talk.h.wait_for_frame();
  talk.speech();
  talk.assert_cut(std::nullopt, false);
  fail_unless_equals_int(talk.h.count("realtime/speech-started"), 1);
  fail_unless(bytes_of(talk.h.crank()) == ramp(frame_samples, frame_samples));
}
GST_END_TEST

static Suite* src_playback_suite() {
  Suite* suite = suite_create("src_playback");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, playback_is_told_when_the_listener_hears_it);
  tcase_add_test(tcase, a_latency_that_arrives_later_counts_from_then_on);
  tcase_add_test(tcase, a_restart_keeps_the_latency_until_it_is_told_anew);
  tcase_add_test(tcase, a_restart_in_a_pipeline_has_its_latency_distributed);
  tcase_add_test(tcase, speech_before_the_first_sample_deletes_the_item);
  tcase_add_test(tcase, speech_inside_a_reply_cuts_behind_what_left_and_the_fade);
  tcase_add_test(tcase, speech_in_a_hole_cuts_at_what_left);
  tcase_add_test(tcase, speech_after_all_audio_left_cuts_nothing);
  tcase_add_test(tcase, with_a_flush_the_cut_is_what_was_heard);
  tcase_add_test(tcase, a_flush_resets_no_time_and_breaks_the_stream_once);
  tcase_add_test(tcase, a_flush_that_meets_a_frame_breaks_the_stream_too);
  tcase_add_test(tcase, nothing_is_flushed_while_nothing_plays);
  tcase_add_test(tcase, audio_that_comes_after_the_cut_is_dropped_until_the_response_ends);
  tcase_add_test(tcase, items_behind_the_cut_one_are_deleted);
  tcase_add_test(tcase, a_stream_that_ends_by_its_last_buffer_counts_as_left);
  tcase_add_test(tcase, a_stream_that_downstream_ends_counts_as_left);
  tcase_add_test(tcase, a_stream_that_begins_again_reads_again);
  tcase_add_test(tcase, interrupt_cancels_the_open_response_first);
  tcase_add_test(tcase, without_interrupt_response_speech_is_only_told);
  return suite;
}

GST_CHECK_MAIN(src_playback)

// The times of what was said: the server counts the milliseconds it was sent, the application is told the
// running time at which they were captured, whatever was dropped, filled or paused in between.
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <chrono>
#include <thread>

using namespace rt;
using namespace rt::test;
using namespace rt::protocol;

namespace {

constexpr std::uint64_t frame_samples = 480; // 20 ms

struct Sink {
  // What the server says of speech is where the speech is, unless the padding is given.
  explicit Sink(PropertyTexts properties = {}) {
    properties.insert(properties.begin(), {"vad-prefix-padding", "0"});
    sink = h.add_sink(properties);
    play(5 * GST_SECOND);
    h.send_start();
    h.connect();
  }
  void play(std::uint64_t base_time) {
    gst_element_set_base_time(sink, base_time);
    gst_element_set_state(sink, GST_STATE_PLAYING);
  }
  void pause() { gst_element_set_state(sink, GST_STATE_PAUSED); }
  // Input of that length captured from `from_ms` on, in buffers of 20 ms, as the loop's clock goes.
  void speak(std::uint64_t from_ms, std::uint64_t length_ms) {
    for (std::uint64_t at = from_ms; at < from_ms + length_ms; at += 20) {
      h.loop->advance(std::chrono::milliseconds(20));
      h.push_ramp(0, frame_samples, at * ms);
      h.run();
    }
  }
  std::uint64_t sent_ms() { return h.sent_audio().size() / 48; }
  // The running time of that place of the audio that was sent, in ms, as speech-started tells it.
  std::uint64_t time_of(std::uint64_t position_ms) {
    const std::size_t told = h.count("realtime/speech-started");
    h.transport.deliver(SpeechStarted{position_ms, "item_" + std::to_string(told)});
    h.run();
    const std::uint64_t ns = uint64_field(h.find("realtime/speech-started", told), "time");
    fail_unless_equals_uint64(ns % ms, 0);
    return ns / ms;
  }
  // The same, as the end of what came before it: speech-stopped.
  std::uint64_t end_at(std::uint64_t position_ms) {
    const std::size_t told = h.count("realtime/speech-stopped");
    h.transport.deliver(SpeechStopped{position_ms, "item_" + std::to_string(told)});
    h.run();
    return uint64_field(h.find("realtime/speech-stopped", told), "time") / ms;
  }
  ElementHarness h;
  GstElement* sink = nullptr;
};

// Both elements, in one pipeline of 100 ms of latency.
struct Talk {
  Talk() {
    h.use_one_pipeline();
    src = h.add_src({{"cushion", "0"}});
    sink = h.add_sink();
    play(5 * GST_SECOND);
    h.wait_for_frame();
    gst_harness_push_upstream_event(h.downstream(), gst_event_new_latency(100 * ms));
    h.send_start();
    h.connect();
  }
  void play(std::uint64_t base_time) {
    for (GstElement* element : {sink, src}) {
      gst_element_set_base_time(element, base_time);
      if (base_time > gst_clock_get_time(h.clock())) gst_test_clock_set_time(h.test_clock(), base_time);
      gst_element_set_state(element, GST_STATE_PLAYING);
    }
  }
  void frames(unsigned count) {
    h.crank(count);
    h.wait_for_frame();
    h.run();
  }
  // The nth transcript of the answer.
  const GstStructure* transcript(std::size_t nth) { return h.find("realtime/transcript", nth); }
  void say(const std::string& response, std::uint64_t length_ms) {
    h.server.say(response, "answer", ramp(length_ms * 24));
  }
  void text(const std::string& response, const std::string& words) {
    h.transport.deliver(OutputTranscriptDelta{{response, "answer", 0, 0}, words});
    h.transport.deliver(OutputTranscriptDone{{response, "answer", 0, 0}, words});
    h.run();
  }
  void end(const std::string& response) {
    h.server.end_item(response, "answer");
    h.server.end_response(response);
    h.run();
  }
  ElementHarness h;
  GstElement *src = nullptr, *sink = nullptr;
};

void assert_times(const GstStructure* transcript, std::uint64_t start_ms, std::uint64_t end_ms) {
  fail_unless(transcript != nullptr);
  fail_unless_equals_uint64(uint64_field(transcript, "start"), start_ms * ms);
  fail_unless_equals_uint64(uint64_field(transcript, "end"), end_ms * ms);
}

bool has_field(const GstStructure* structure, const char* field) {
  fail_unless(structure != nullptr);
  return gst_structure_has_field(structure, field);
}

} // namespace

GST_START_TEST(an_undisturbed_input) {
  Sink s;
  s.speak(300, 1000); // the first audio is of 300 ms
  for (const std::uint64_t at : {0, 1, 19, 20, 555, 999})
    fail_unless_equals_uint64(s.time_of(at), 300 + at);
  fail_unless_equals_uint64(s.end_at(1000), 1300);
}
GST_END_TEST

GST_START_TEST(what_was_dropped_is_left_out) {
  Sink s(PropertyTexts{{"max-uplink-backlog", "200"}});
  s.speak(0, 400);
  s.h.transport.set_writable(false);
  s.speak(400, 1000); // of which the last 200 ms are kept
  s.h.transport.set_writable(true);
  s.speak(1400, 200);
  fail_unless_equals_uint64(s.sent_ms(), 800);
  fail_unless_equals_uint64(s.time_of(399), 399);
  fail_unless_equals_uint64(s.end_at(400), 400);
  fail_unless_equals_uint64(s.time_of(400), 1200);
  fail_unless_equals_uint64(s.time_of(750), 1550);
}
GST_END_TEST

GST_START_TEST(silence_in_the_place_of_missing_input_has_its_time) {
  Sink s;
  s.speak(0, 400);
  s.h.loop->advance(std::chrono::milliseconds(1000)); // nothing comes
  s.speak(1400, 200); // comes 20 ms after it was captured: they were filled, too
  fail_unless_equals_uint64(s.sent_ms(), 1620);
  for (const std::uint64_t at : {390, 410, 900, 1390})
    fail_unless_equals_uint64(s.time_of(at), at);
  for (const std::uint64_t at : {1420, 1500, 1610})
    fail_unless_equals_uint64(s.time_of(at), at - 20);
}
GST_END_TEST

GST_START_TEST(gap_events_and_buffers_have_their_time) {
  Sink s;
  fail_unless(gst_pad_push_event(s.h.upstream(), gst_event_new_gap(200 * ms, 60 * ms))); // before any audio
  s.speak(260, 40);
  gst_pad_push_event(s.h.upstream(), gst_event_new_gap(300 * ms, 100 * ms));
  GstBuffer* empty = gst_buffer_new();
  GST_BUFFER_PTS(empty) = 400 * ms;
  GST_BUFFER_DURATION(empty) = 100 * ms;
  GST_BUFFER_FLAG_SET(empty, GST_BUFFER_FLAG_GAP);
  gst_pad_push(s.h.upstream(), empty);
  s.speak(500, 40);
  fail_unless_equals_uint64(s.sent_ms(), 340);
  for (const std::uint64_t at : {0, 59, 61, 150, 250, 320})
    fail_unless_equals_uint64(s.time_of(at), 200 + at);
}
GST_END_TEST

// A gap event far behind the audio before it, as after lost packets: the jump counts, as that of a buffer.
GST_START_TEST(a_gap_after_a_jump) {
  Sink s;
  s.speak(0, 100);
  gst_pad_push_event(s.h.upstream(), gst_event_new_gap(600 * ms, 100 * ms));
  s.speak(700, 100);
  fail_unless_equals_uint64(s.sent_ms(), 800);
  fail_unless_equals_uint64(s.time_of(710), 710);
}
GST_END_TEST

GST_START_TEST(jumps_of_the_timestamps) {
  Sink s(PropertyTexts{{"chunk-duration", "100"}});
  s.speak(0, 140);
  s.speak(640, 160);   // 500 ms are filled
  s.speak(10800, 220); // 10 s are not
  s.speak(2000, 180);  // and back
  s.speak(2180, 20);   // ends the last chunk
  for (const std::uint64_t at : {0, 130, 150, 600, 790})
    fail_unless_equals_uint64(s.time_of(at), at);
  fail_unless_equals_uint64(s.end_at(800), 800);
  fail_unless_equals_uint64(s.time_of(800), 10800);
  fail_unless_equals_uint64(s.time_of(1010), 11010); // in a chunk that the next jump ended early
  fail_unless_equals_uint64(s.time_of(1020), 2000);
  fail_unless_equals_uint64(s.time_of(1199), 2179);
}
GST_END_TEST

GST_START_TEST(a_change_of_the_chunk_duration) {
  Sink s(PropertyTexts{{"chunk-duration", "200"}});
  s.speak(0, 300); // one chunk, and a half
  g_object_set(s.sink, "chunk-duration", 10, nullptr);
  s.speak(300, 100);
  g_object_set(s.sink, "chunk-duration", 60, nullptr);
  s.speak(400, 200);
  for (const std::uint64_t at : {0, 199, 201, 299, 301, 399, 401, 570})
    fail_unless_equals_uint64(s.time_of(at), at);
}
GST_END_TEST

// Each part of the input counts at the rate that it had.
GST_START_TEST(a_change_of_caps) {
  Sink s;
  s.speak(0, 400);
  s.h.send_caps(ulaw_caps);
  for (std::uint64_t at = 400; at < 1000; at += 20) {
    s.h.loop->advance(std::chrono::milliseconds(20));
    s.h.push(std::vector<std::uint8_t>(160, 0x42), at * ms);
    s.h.run();
  }
  s.h.send_caps(pcm_caps);
  s.speak(1500, 500); // behind a jump that is filled
  for (const std::uint64_t at : {0, 399, 401, 999, 1200, 1501, 1990})
    fail_unless_equals_uint64(s.time_of(at), at);
  GstStructure* stats = nullptr;
  g_object_get(s.sink, "stats", &stats, nullptr);
  fail_unless_equals_uint64(uint64_field(stats, "sent-ms"), 2000);
  fail_unless_equals_uint64(uint64_field(stats, "filled-ms"), 500);
  gst_structure_free(stats);
}
GST_END_TEST

// The running time stands still in a pause, the clock does not.
GST_START_TEST(a_pause) {
  Sink s;
  s.speak(0, 390);
  s.pause();
  gst_test_clock_set_time(s.h.test_clock(), 30 * GST_SECOND);
  s.h.loop->advance(std::chrono::seconds(20));
  s.play(25 * GST_SECOND);
  fail_unless_equals_uint64(s.time_of(100), 100); // told late
  s.speak(400, 400);
  fail_unless_equals_uint64(s.sent_ms(), 800);
  fail_unless_equals_uint64(s.time_of(399), 399);
  fail_unless_equals_uint64(s.time_of(500), 500);
  fail_unless_equals_uint64(s.end_at(790), 790);
}
GST_END_TEST

// A source of another pipeline: what it captured meanwhile is lost, and no silence stands for it.
GST_START_TEST(a_source_that_went_on_during_a_pause) {
  Sink s(PropertyTexts{{"chunk-duration", "100"}});
  s.speak(0, 140);
  s.pause();
  s.play(6 * GST_SECOND);
  s.speak(640, 260);
  fail_unless_equals_uint64(s.sent_ms(), 340); // 60 ms wait for their chunk to fill
  fail_unless_equals_uint64(s.time_of(139), 139);
  fail_unless_equals_uint64(s.time_of(145), 645);
  fail_unless_equals_uint64(s.time_of(339), 839);
}
GST_END_TEST

GST_START_TEST(a_transcript_of_the_caller_has_the_time_of_the_speech) {
  Sink s;
  s.speak(1000, 2000);
  s.h.transport.deliver(SpeechStarted{200, "said"});
  s.h.transport.deliver(InputTranscriptDelta{"said", 0, "One"});
  s.h.run();
  const GstStructure* partial = s.h.find("realtime/transcript", 0);
  fail_unless_equals_uint64(uint64_field(partial, "start"), 1200 * ms);
  fail_if(has_field(partial, "end"));
  s.h.transport.deliver(SpeechStopped{1900, "said"}); // 500 ms of silence included
  s.h.server.commit("said");
  s.h.transport.deliver(InputTranscriptCompleted{"said", 0, "One two", 0});
  s.h.transport.deliver(InputTranscriptCompleted{"unknown", 0, "Three", 0});
  s.h.run();
  assert_times(s.h.find("realtime/transcript", 1), 1200, 2400);
  fail_if(has_field(s.h.find("realtime/transcript", 2), "start"));
}
GST_END_TEST

// The server counts a turn from before its speech; at the start it may have had less to keep.
GST_START_TEST(the_padding_before_speech_is_no_speech) {
  Sink s(PropertyTexts{{"vad-prefix-padding", "300"}});
  s.speak(1000, 4000);
  fail_unless_equals_uint64(s.time_of(0), 1000);
  fail_unless_equals_uint64(s.time_of(200), 1500);
  s.h.transport.deliver(SpeechStopped{2000, "item_1"});
  s.h.server.commit("item_1");
  fail_unless_equals_uint64(s.time_of(2000), 3000);
  fail_unless_equals_uint64(s.time_of(2100), 3400);
  s.h.transport.deliver(SpeechStopped{3500, "item_3"});
  s.h.server.commit("item_3");
  s.h.transport.deliver(InputTranscriptCompleted{"item_3", 0, "One two", 0});
  s.h.run();
  assert_times(s.h.find("realtime/transcript"), 3400, 4000);
}
GST_END_TEST

GST_START_TEST(push_to_talk_has_the_time_of_what_was_committed) {
  Sink s(PropertyTexts{{"turn-detection", "none"}});
  gboolean accepted = FALSE;
  s.speak(0, 400);
  g_signal_emit_by_name(s.sink, "commit", &accepted);
  s.h.run();
  s.speak(400, 600);
  g_signal_emit_by_name(s.sink, "commit", &accepted);
  s.h.run();
  const auto sent = s.h.transport.sent();
  std::vector<std::string> items; // as the server has named them
  for (std::size_t i = 0; i < s.h.count("realtime/turn-committed"); ++i)
    items.push_back(string_field(s.h.find("realtime/turn-committed", i), "item-id"));
  fail_unless_equals_int(items.size(), 2);
  for (const std::string& item : items)
    s.h.transport.deliver(InputTranscriptCompleted{item, 0, "Yes", 0});
  s.h.run();
  assert_times(s.h.find("realtime/transcript", 0), 0, 400);
  assert_times(s.h.find("realtime/transcript", 1), 400, 1000);
}
GST_END_TEST

GST_START_TEST(the_last_transcript_of_an_answer_has_the_time_at_which_it_was_heard) {
  Talk talk;
  talk.frames(2); // the answer leaves from 40 ms
  const std::string response = talk.h.server.begin_response();
  talk.say(response, 100);
  talk.text(response, "Good day");
  talk.end(response);
  fail_unless_equals_int(talk.h.count("realtime/transcript"), 1);
  fail_if(has_field(talk.transcript(0), "start"));
  talk.frames(12);
  fail_unless_equals_int(talk.h.count("realtime/transcript"), 2);
  assert_times(talk.transcript(1), 140, 240);
  assert_text(string_field(talk.transcript(1), "text"), "Good day");
  fail_unless_equals_uint64(uint64_field(talk.h.find("realtime/playback-finished"), "time"), 240 * ms);
}
GST_END_TEST

GST_START_TEST(a_transcript_that_comes_after_its_audio_was_heard) {
  Talk talk;
  const std::string response = talk.h.server.begin_response();
  talk.say(response, 100);
  talk.h.server.end_item(response, "answer");
  talk.h.run();
  talk.frames(12);
  talk.text(response, "Good day");
  fail_unless_equals_int(talk.h.count("realtime/transcript"), 2);
  assert_times(talk.transcript(1), 100, 200);
  talk.end(response);
  fail_unless_equals_int(talk.h.count("realtime/transcript"), 2);
}
GST_END_TEST

GST_START_TEST(the_transcript_of_an_interrupted_answer_ends_at_the_cut) {
  Talk talk;
  const std::string response = talk.h.server.begin_response();
  talk.say(response, 1000);
  talk.text(response, "one two three four");
  talk.frames(10); // 200 ms have left
  talk.h.transport.deliver(SpeechStarted{0, "question"});
  talk.h.run();
  fail_unless_equals_int(talk.h.count("realtime/transcript"), 2);
  assert_times(talk.transcript(1), 100, 305); // with the fade
  talk.end(response);
  talk.frames(20);
  fail_unless_equals_int(talk.h.count("realtime/transcript"), 2); // nothing follows
}
GST_END_TEST

// What was heard before a pause and is told after it.
GST_START_TEST(an_answer_around_a_pause) {
  Talk talk;
  const std::string response = talk.h.server.begin_response();
  talk.say(response, 100);
  talk.text(response, "Good day");
  talk.end(response);
  talk.h.crank(3);
  talk.h.wait_for_frame();
  for (GstElement* element : {talk.sink, talk.src})
    gst_element_set_state(element, GST_STATE_PAUSED);
  gst_test_clock_set_time(talk.h.test_clock(), 60 * GST_SECOND);
  talk.play(60 * GST_SECOND - 60 * ms);
  talk.h.wait_for_frame();
  talk.frames(10);
  assert_times(talk.transcript(1), 100, 200);
}
GST_END_TEST

static Suite* input_time_suite() {
  Suite* suite = suite_create("input_time");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, an_undisturbed_input);
  tcase_add_test(tcase, what_was_dropped_is_left_out);
  tcase_add_test(tcase, silence_in_the_place_of_missing_input_has_its_time);
  tcase_add_test(tcase, gap_events_and_buffers_have_their_time);
  tcase_add_test(tcase, a_gap_after_a_jump);
  tcase_add_test(tcase, jumps_of_the_timestamps);
  tcase_add_test(tcase, a_change_of_the_chunk_duration);
  tcase_add_test(tcase, a_change_of_caps);
  tcase_add_test(tcase, a_pause);
  tcase_add_test(tcase, a_source_that_went_on_during_a_pause);
  tcase_add_test(tcase, a_transcript_of_the_caller_has_the_time_of_the_speech);
  tcase_add_test(tcase, the_padding_before_speech_is_no_speech);
  tcase_add_test(tcase, push_to_talk_has_the_time_of_what_was_committed);
  tcase_add_test(tcase, the_last_transcript_of_an_answer_has_the_time_at_which_it_was_heard);
  tcase_add_test(tcase, a_transcript_that_comes_after_its_audio_was_heard);
  tcase_add_test(tcase, the_transcript_of_an_interrupted_answer_ends_at_the_cut);
  tcase_add_test(tcase, an_answer_around_a_pause);
  return suite;
}

GST_CHECK_MAIN(input_time)

// Interruption, on a clock that the test moves: what the server is told was heard is what a sink with latency
// rendered, and nothing of an interrupted reply follows.
#include "support/elements.h"
#include "support/stepped_conversation.h"

#include "server/sound.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;

namespace {

constexpr unsigned interrupted_at_ms = 600;

void interrupt_by_speech(SteppedConversation& talk) {
  talk.start();
  talk.ask();
  talk.pipeline.wait_for_element("realtime/response-done");
  talk.hear_until(interrupted_at_ms);
  talk.caller.speak(300);
  talk.pipeline.wait_for_element("realtime/interrupted");
}

GstPadProbeReturn lose_latency(GstPad*, GstPadProbeInfo* info, gpointer) {
  const bool latency = GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_LATENCY;
  return latency ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

} // namespace

GST_START_TEST(without_a_flush_all_that_was_pushed_is_heard) {
  SteppedConversation talk(reply_of({ramp_part(3000)}), "vad-create-response=auto", "");
  interrupt_by_speech(talk);
  const auto cut = talk.truncation();
  talk.hear_until(interrupted_at_ms + 400);

  constexpr std::int64_t fade = 5 * samples_per_ms;
  fail_unless(talk.loud_samples_from(interrupted_at_ms * GST_MSECOND + 1) <= fade,
              "the reply goes on after the interruption");
  const auto told = static_cast<std::int64_t>(cut.audio_end_ms) * samples_per_ms;
  fail_unless(std::abs(told - talk.heard()) <= frame_samples, "told %d samples, heard %d",
              static_cast<int>(told), static_cast<int>(talk.heard()));
  fail_unless(told > 500 * samples_per_ms, "told only %d samples", static_cast<int>(told));
  talk.expect_no_server_error();
}
GST_END_TEST

GST_START_TEST(with_a_flush_what_was_rendered_is_heard) {
  SteppedConversation talk(reply_of({ramp_part(3000)}), "", "flush-on-interrupt=true");
  interrupt_by_speech(talk);
  const auto cut = talk.truncation();
  const std::int64_t heard = talk.heard();
  talk.hear_until(interrupted_at_ms + 400);

  fail_unless_equals_int(talk.heard(), heard); // nothing more came
  fail_unless_equals_int(talk.loud_samples_from(interrupted_at_ms * GST_MSECOND + 1), 0);
  const auto told = static_cast<std::int64_t>(cut.audio_end_ms) * samples_per_ms;
  fail_unless(std::abs(told - heard) <= frame_samples, "told %d samples, heard %d", static_cast<int>(told),
              static_cast<int>(heard));
  fail_unless(heard > 300 * samples_per_ms && heard < 500 * samples_per_ms);
  talk.expect_no_server_error();
}
GST_END_TEST

GST_START_TEST(beta_is_told_the_same) {
  SteppedConversation talk(reply_of({ramp_part(3000)}), "provider=openai-beta", "flush-on-interrupt=true");
  interrupt_by_speech(talk);
  const auto told = static_cast<std::int64_t>(talk.truncation().audio_end_ms) * samples_per_ms;
  fail_unless(std::abs(told - talk.heard()) <= frame_samples);
  talk.server.wait_for_sent(false, "conversation.item.truncated");
  fail_unless(talk.server.sent(false, "conversation.item.added").empty()); // an event of GA
  talk.expect_no_server_error();
}
GST_END_TEST

// What the first two tests measure is the latency: without knowing it, the server is told too much.
GST_START_TEST(without_the_latency_the_server_is_told_too_much) {
  SteppedConversation talk(reply_of({ramp_part(3000)}), "", "flush-on-interrupt=true");
  const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(talk.src.get(), "src"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, lose_latency, nullptr, nullptr);
  interrupt_by_speech(talk);
  const auto told = static_cast<std::int64_t>(talk.truncation().audio_end_ms) * samples_per_ms;
  fail_unless(std::abs(told - talk.heard()) > frame_samples);
}
GST_END_TEST

GST_START_TEST(items_that_wait_behind_are_deleted) {
  SteppedConversation talk(reply_of({ramp_part(2000), ramp_part(1000), ramp_part(500)}), "", "");
  interrupt_by_speech(talk);
  const auto cut = talk.truncation();
  talk.server.wait_for_sent(false, "conversation.item.deleted", 2);
  const auto deleted = sent_by_client<protocol::ItemDelete>(talk.server, "conversation.item.delete");
  fail_unless_equals_int(deleted.size(), 2);
  for (const auto& item : deleted)
    fail_unless(item.item_id != cut.item_id);
  talk.hear_until(interrupted_at_ms + 400);
  fail_unless_equals_int(talk.loud_samples_from((interrupted_at_ms + 20) * GST_MSECOND + 1), 0);
  talk.expect_no_server_error();
}
GST_END_TEST

GST_START_TEST(after_an_interruption_the_next_reply_plays_from_its_start) {
  for (const char* flush : {"flush-on-interrupt=false", "flush-on-interrupt=true"}) {
    SteppedConversation talk(reply_of({ramp_part(3000)}), "", flush);
    interrupt_by_speech(talk);
    talk.truncation();
    talk.hear_until(interrupted_at_ms + 100);
    const std::size_t before = talk.pipeline.captured().size();
    talk.caller.pause(800);
    talk.pipeline.wait_for_element("realtime/response-done");
    talk.hear_until(interrupted_at_ms + 1500);

    std::vector<std::int16_t> reply;
    const auto frames = talk.pipeline.captured();
    for (std::size_t i = before; i < frames.size(); ++i)
      for (std::size_t at = 0; at + 1 < frames[i].bytes.size(); at += 2)
        if (const auto sample = static_cast<std::int16_t>(frames[i].bytes[at] | frames[i].bytes[at + 1] << 8))
          reply.push_back(sample);
    fail_unless_equals_int(reply.size(), 1000 * samples_per_ms);
    for (std::size_t i = 0; i < reply.size(); ++i)
      fail_unless_equals_int(reply[i], server::ramp_sample(i));
    talk.expect_no_server_error();
  }
}
GST_END_TEST

GST_START_TEST(speech_that_may_not_interrupt_is_only_told) {
  SteppedConversation talk(reply_of({ramp_part(1500)}), "vad-interrupt-response=false", "");
  talk.start();
  talk.ask();
  talk.pipeline.wait_for_element("realtime/response-done");
  talk.hear_until(interrupted_at_ms);
  talk.caller.speak(300);
  talk.pipeline.wait_for_element("realtime/speech-started");
  talk.hear_until(2000);
  fail_unless_equals_int(talk.loud_samples_from(0), 1500 * samples_per_ms);
  fail_unless_equals_int(talk.server.sent(true, "conversation.item.truncate").size(), 0);
  fail_unless_equals_int(talk.pipeline.seen("realtime/interrupted").size(), 0);
}
GST_END_TEST

// While the server still sends: it must be told to stop, and what it sent meanwhile is not played.
GST_START_TEST(the_action_cancels_and_silences) {
  SteppedConversation talk(reply_of({ramp_part(60000)}, 20), "", "flush-on-interrupt=true");
  talk.start();
  talk.ask();
  talk.wait_for_reply_audio(2 * interrupted_at_ms);
  talk.hear_until(interrupted_at_ms);
  gboolean accepted = FALSE;
  g_signal_emit_by_name(talk.src.get(), "interrupt", &accepted);
  fail_unless(accepted);
  talk.pipeline.wait_for_element("realtime/interrupted");
  const auto done = talk.server.wait_for_sent(false, "response.done");
  fail_unless(done.front().find("cancelled") != std::string::npos);
  const auto told = static_cast<std::int64_t>(talk.truncation().audio_end_ms) * samples_per_ms;
  fail_unless(std::abs(told - talk.heard()) <= frame_samples);
  fail_unless_equals_int(talk.server.sent(true, "response.cancel").size(), 1);
  talk.hear_until(interrupted_at_ms + 400);
  fail_unless_equals_int(talk.loud_samples_from(interrupted_at_ms * GST_MSECOND + 1), 0);
  talk.expect_no_server_error();
}
GST_END_TEST

static void register_all() {
  register_elements();
  register_rendering_sink();
}

static Suite* barge_in_suite() {
  Suite* suite = suite_create("barge_in");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 120);
  tcase_add_checked_fixture(tcase, register_all, wait_for_loops_to_end);
  tcase_add_test(tcase, without_a_flush_all_that_was_pushed_is_heard);
  tcase_add_test(tcase, with_a_flush_what_was_rendered_is_heard);
  tcase_add_test(tcase, beta_is_told_the_same);
  tcase_add_test(tcase, without_the_latency_the_server_is_told_too_much);
  tcase_add_test(tcase, items_that_wait_behind_are_deleted);
  tcase_add_test(tcase, after_an_interruption_the_next_reply_plays_from_its_start);
  tcase_add_test(tcase, speech_that_may_not_interrupt_is_only_told);
  tcase_add_test(tcase, the_action_cancels_and_silences);
  return suite;
}

GST_CHECK_MAIN(barge_in)

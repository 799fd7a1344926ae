// The server's milliseconds as clock times, and its turns.
#include "session/input_timeline.h"

#include "session/input_turns.h"
#include "session/speech_spans.h"
#include "texts.h"

#include <glib.h>

namespace {

using namespace rt;
using namespace rt::session;
using rt::session::test::assert_text;

constexpr std::uint64_t ms = 1'000'000;
constexpr std::uint64_t start = 7'000 * ms;

void note(InputTimeline& timeline, std::uint64_t milliseconds, std::optional<std::uint64_t> time) {
  timeline.note(audio::pcm16_24k, milliseconds * 24, time);
}

void nothing_written() {
  InputTimeline timeline;
  g_assert_false(timeline.time_of_ms(0).has_value());
  note(timeline, 100, std::nullopt);
  g_assert_false(timeline.time_of_ms(50).has_value());
  g_assert_cmpuint(timeline.written_ms(), ==, 100);
}

void follows_the_capture() {
  InputTimeline timeline;
  for (std::uint64_t i = 0; i < 500; ++i)
    note(timeline, 20, start + i * 20 * ms + i % 7); // rounding of the timestamps
  g_assert_cmpuint(timeline.written_ms(), ==, 10000);
  for (const std::uint64_t at : {0, 1, 19, 20, 4321, 9999})
    g_assert_cmpuint(timeline.time_of_ms(at)->running, ==, start + at * ms);
  g_assert_cmpuint(timeline.time_of_ms(10100)->running, ==, start + 10100 * ms); // what is still on its way
}

// Dropped audio: the server's time stands still while the capture's goes on.
void jumps() {
  InputTimeline timeline;
  note(timeline, 1000, start);
  note(timeline, 1000, start + 5000 * ms);
  note(timeline, 1000, start + 6000 * ms);
  note(timeline, 1000, start + 100 * ms); // and back
  g_assert_cmpuint(timeline.time_of_ms(999)->running, ==, start + 999 * ms);
  g_assert_cmpuint(timeline.time_of_ms(1000)->running, ==, start + 5000 * ms);
  g_assert_cmpuint(timeline.time_of_ms(2500)->running, ==, start + 6500 * ms);
  g_assert_cmpuint(timeline.time_of_ms(3500)->running, ==, start + 600 * ms);
}

// What ends where the timeline jumps ended before the jump; what begins there begins after it.
void ends_before_a_jump() {
  InputTimeline timeline;
  note(timeline, 1000, start);
  note(timeline, 1000, start + 5000 * ms);
  g_assert_cmpuint(timeline.end_of_ms(1000)->running, ==, start + 1000 * ms);
  g_assert_cmpuint(timeline.time_of_ms(1000)->running, ==, start + 5000 * ms);
  g_assert_cmpuint(timeline.end_of_ms(1001)->running, ==, start + 5001 * ms);
  g_assert_false(timeline.end_of_ms(0).has_value());
}

// The running time goes on after a pause, the clock has gone on meanwhile.
void base_times() {
  InputTimeline timeline;
  timeline.note(audio::pcm16_24k, 24000, 0, 7000 * ms);
  timeline.note(audio::pcm16_24k, 24000, 1000 * ms, 17000 * ms);
  g_assert_cmpuint(timeline.time_of_ms(500)->running, ==, 500 * ms);
  g_assert_cmpuint(timeline.time_of_ms(500)->clock(), ==, 7500 * ms);
  g_assert_cmpuint(timeline.time_of_ms(1500)->running, ==, 1500 * ms);
  g_assert_cmpuint(timeline.time_of_ms(1500)->clock(), ==, 18500 * ms);
}

void formats() {
  InputTimeline timeline;
  timeline.note(audio::pcm16_24k, 24000, start);
  timeline.note(audio::ulaw_8k, 8000, start + 1000 * ms);
  g_assert_cmpuint(timeline.written_ms(), ==, 2000);
  g_assert_cmpuint(timeline.time_of_ms(1500)->running, ==, start + 1500 * ms);
}

void bounded() {
  InputTimeline timeline;
  for (std::uint64_t i = 0; i < 5000; ++i)
    note(timeline, 10, start + i * 1000 * ms);
  g_assert_false(timeline.time_of_ms(0).has_value()); // forgotten
  g_assert_cmpuint(timeline.time_of_ms(49'990)->running, ==, start + 4999 * 1000 * ms);
  timeline.reset();
  g_assert_cmpuint(timeline.written_ms(), ==, 0);
  g_assert_false(timeline.time_of_ms(0).has_value());
}

void spans_of_speech() {
  SpeechSpans spans;
  g_assert_false(spans.of("item_1").has_value());
  spans.started("item_1", 700, 0);
  g_assert_cmpuint(spans.of("item_1")->start_ms, ==, 700);
  g_assert_false(spans.of("item_1")->end_ms.has_value());
  spans.stopped("item_1", 1900);
  spans.stopped("item_2", 2000); // that never started
  g_assert_cmpuint(*spans.of("item_1")->end_ms, ==, 1900);
  g_assert_false(spans.of("item_2").has_value());
  // Speech shorter than the silence behind it, as some servers reckon.
  spans.started("item_3", 3000, 0);
  spans.stopped("item_3", 2900);
  g_assert_cmpuint(*spans.of("item_3")->end_ms, ==, 3000);
  for (int i = 0; i < 100; ++i)
    spans.started("more_" + std::to_string(i), 1, 0);
  g_assert_false(spans.of("item_1").has_value());
  g_assert_true(spans.of("more_99").has_value());
}

// Where nothing is held any more, the detector cannot keep all of its padding.
void padding_before_speech() {
  SpeechSpans spans;
  spans.started("first", 0, 300);
  spans.started("later", 1, 300);
  spans.emptied(2000);
  spans.started("at_once", 2000, 300);
  spans.started("after", 2020, 300);
  g_assert_cmpuint(spans.of("first")->start_ms, ==, 0);
  g_assert_cmpuint(spans.of("later")->start_ms, ==, 301);
  g_assert_cmpuint(spans.of("at_once")->start_ms, ==, 2000);
  g_assert_cmpuint(spans.of("after")->start_ms, ==, 2320);
}

void spans_of_commits() {
  SpeechSpans spans;
  spans.commit_asked("gst_1", 0, 500);
  spans.commit_asked("gst_2", 500, 900);
  spans.commit_refused("gst_1");
  spans.committed("item_1", true); // not ours
  g_assert_false(spans.of("item_1").has_value());
  spans.committed("item_2", false);
  g_assert_cmpuint(spans.of("item_2")->start_ms, ==, 500);
  g_assert_cmpuint(*spans.of("item_2")->end_ms, ==, 900);
  // Committed while the detector heard speech: that is where it ends.
  spans.started("item_3", 1000, 0);
  spans.commit_asked("gst_3", 900, 1600);
  spans.committed("item_3", false);
  g_assert_cmpuint(spans.of("item_3")->start_ms, ==, 1000);
  g_assert_cmpuint(*spans.of("item_3")->end_ms, ==, 1600);
  spans.committed("item_4", false);
  g_assert_false(spans.of("item_4").has_value());
}

void turns() {
  InputTurns turns;
  g_assert_true(turns.quiet());
  turns.speech_started();
  g_assert_true(turns.open());
  g_assert_false(turns.quiet());
  turns.speech_stopped();
  g_assert_false(turns.open());
  g_assert_false(turns.quiet()); // its commit is to come
  assert_text(turns.what_is_open(), "a turn the server has not committed");
  g_assert_true(turns.committed("item_1", true));
  assert_text(turns.what_is_open(), "an input transcript");
  assert_text(turns.transcript_piece("item_1", "Hel"), "Hel");
  assert_text(turns.transcript_piece("item_1", "lo"), "Hello");
  turns.transcript_ended("item_1");
  g_assert_true(turns.quiet());
  assert_text(turns.what_is_open(), "");
  assert_text(turns.transcript_piece("item_1", "x"), "x");
}

void stop_without_start() {
  InputTurns turns;
  turns.speech_stopped();
  g_assert_true(turns.quiet());
  turns.speech_started();
  turns.cleared();
  g_assert_true(turns.quiet());
}

// Whose commit it was decides whether the server answers it unasked.
void whose_commit() {
  InputTurns turns;
  turns.commit_asked("gst_1");
  turns.commit_asked("gst_2");
  turns.commit_refused("gst_1");
  g_assert_false(turns.committed("item_1", false));
  g_assert_true(turns.committed("item_2", false));
  turns.commit_asked("gst_3");
  turns.reset();
  g_assert_true(turns.committed("item_3", false));
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/input-timeline/nothing", nothing_written);
  g_test_add_func("/input-timeline/steady", follows_the_capture);
  g_test_add_func("/input-timeline/jumps", jumps);
  g_test_add_func("/input-timeline/jumps/ends", ends_before_a_jump);
  g_test_add_func("/input-timeline/base-times", base_times);
  g_test_add_func("/input-timeline/formats", formats);
  g_test_add_func("/input-timeline/bounded", bounded);
  g_test_add_func("/speech-spans/detected", spans_of_speech);
  g_test_add_func("/speech-spans/padding", padding_before_speech);
  g_test_add_func("/speech-spans/committed", spans_of_commits);
  g_test_add_func("/input-turns/phases", turns);
  g_test_add_func("/input-turns/stop-without-start", stop_without_start);
  g_test_add_func("/input-turns/commits", whose_commit);
  return g_test_run();
}

// The server's milliseconds as clock times, and its turns.
#include "session/input_timeline.h"

#include "session/input_turns.h"
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
    g_assert_cmpuint(*timeline.time_of_ms(at), ==, start + at * ms);
  g_assert_cmpuint(*timeline.time_of_ms(10100), ==, start + 10100 * ms); // what is still on its way
}

// Dropped audio: the server's time stands still while the capture's goes on.
void jumps() {
  InputTimeline timeline;
  note(timeline, 1000, start);
  note(timeline, 1000, start + 5000 * ms);
  note(timeline, 1000, start + 6000 * ms);
  note(timeline, 1000, start + 100 * ms); // and back
  g_assert_cmpuint(*timeline.time_of_ms(999), ==, start + 999 * ms);
  g_assert_cmpuint(*timeline.time_of_ms(1000), ==, start + 5000 * ms);
  g_assert_cmpuint(*timeline.time_of_ms(2500), ==, start + 6500 * ms);
  g_assert_cmpuint(*timeline.time_of_ms(3500), ==, start + 600 * ms);
}

void formats() {
  InputTimeline timeline;
  timeline.note(audio::pcm16_24k, 24000, start);
  timeline.note(audio::ulaw_8k, 8000, start + 1000 * ms);
  g_assert_cmpuint(timeline.written_ms(), ==, 2000);
  g_assert_cmpuint(*timeline.time_of_ms(1500), ==, start + 1500 * ms);
}

void bounded() {
  InputTimeline timeline;
  for (std::uint64_t i = 0; i < 5000; ++i)
    note(timeline, 10, start + i * 1000 * ms);
  g_assert_false(timeline.time_of_ms(0).has_value()); // forgotten
  g_assert_cmpuint(*timeline.time_of_ms(49'990), ==, start + 4999 * 1000 * ms);
  timeline.reset();
  g_assert_cmpuint(timeline.written_ms(), ==, 0);
  g_assert_false(timeline.time_of_ms(0).has_value());
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
  g_test_add_func("/input-timeline/formats", formats);
  g_test_add_func("/input-timeline/bounded", bounded);
  g_test_add_func("/input-turns/phases", turns);
  g_test_add_func("/input-turns/stop-without-start", stop_without_start);
  g_test_add_func("/input-turns/commits", whose_commit);
  return g_test_run();
}

// What Playout tells of the audio that went through it: when it left and was heard, and how it came.
#include "playout_helpers.h"

namespace {

using namespace rt::audio;
using namespace rt::audio::test;

constexpr std::uint64_t ms = 1'000'000;

std::uint64_t ms_of(std::uint64_t ns) {
  g_assert_cmpuint(ns % ms, ==, 0);
  return ns / ms;
}

void assert_span(const HeardSpan& span, std::uint64_t pushed, std::uint64_t start, std::uint64_t end) {
  g_assert_cmpuint(ms_of(span.pushed), ==, pushed);
  g_assert_cmpuint(ms_of(span.start), ==, start);
  g_assert_cmpuint(ms_of(span.end), ==, end);
}

void marks_carry_both_times() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  reader.read(2);
  playout.append(key("item_1"), pcm(0, 960));
  playout.content_done(key("item_1"));
  reader.read(2);
  const auto marks = reader.advance(500 * ms, 200 * ms);
  g_assert_cmpuint(marks.size(), ==, 2);
  assert_span(marks[0].span, 40, 240, 240);
  assert_span(marks[1].span, 40, 240, 280);
  g_assert_cmpuint(marks[1].heard_ms, ==, 40);
}

void a_cut_tells_what_it_leaves() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 4800));
  playout.append(key("item_2"), pcm(4800, 4800));
  reader.read(3);
  reader.advance(60 * ms, 300 * ms); // nothing is heard yet
  const std::vector<Cut> cuts = playout.cut();
  assert_span(cuts[0].span.value(), 0, 300, 365); // with the fade that is still to leave
  g_assert_false(cuts[1].span.has_value());
}

void a_flush_leaves_what_was_heard() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 4800));
  reader.read(3);
  reader.position += 2400; // a stall of 100 ms
  reader.read(2);
  reader.advance(170 * ms, 0);
  playout.prepare_flush();
  const std::vector<Cut> cuts = playout.cut_flushed(170 * ms, 0);
  g_assert_cmpuint(cuts[0].heard_ms, ==, 70);
  assert_span({cuts[0].span->pushed, cuts[0].span->start, cuts[0].span->end / ms * ms}, 0, 0, 170);
}

void holes_are_counted_with_their_item() {
  Playout playout;
  set_cushion(playout, 60);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 1440));
  reader.read(8); // 60 ms of reply, then nothing for 100 ms
  playout.append(key("item_1"), pcm(1440, 1440));
  playout.content_done(key("item_1"));
  reader.read(3);
  playout.append(key("item_2"), pcm(2880, 480));
  playout.content_done(key("item_2"));
  reader.read();
  const auto marks = reader.advance(1000 * ms);
  g_assert_cmpuint(marks.size(), ==, 4);
  g_assert_cmpuint(marks[1].delivery.underruns, ==, 1);
  g_assert_cmpuint(ms_of(marks[1].delivery.gap_ns), ==, 100);
  g_assert_cmpuint(ms_of(marks[1].delivery.cushion_used_ns), ==, 60);
  g_assert_cmpuint(marks[3].delivery.underruns, ==, 0);
  g_assert_cmpuint(marks[3].delivery.gap_ns, ==, 0);
  g_assert_cmpuint(playout.underruns(), ==, 1);
}

// The lowest the waiting audio fell while more was to come; not the end of a reply, which always runs out.
void the_cushion_counts_while_more_is_to_come() {
  Playout playout;
  set_cushion(playout, 100);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 2880)); // 120 ms
  reader.read(2);                              // 80 ms
  playout.append(key("item_1"), pcm(2880, 480));
  reader.read(2); // 60 ms
  playout.append(key("item_1"), pcm(3360, 2400));
  playout.content_done(key("item_1"));
  reader.read(8);
  const auto marks = reader.advance(1000 * ms);
  g_assert_cmpuint(ms_of(marks[1].delivery.cushion_used_ns), ==, 40);
  g_assert_cmpuint(marks[1].delivery.underruns, ==, 0);
}

// What left in the old format is heard, and told, to its end.
void a_new_format_forgets_nothing() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 960));
  playout.content_done(key("item_1"));
  reader.read(2);
  g_assert_true(playout.set_format(ulaw_8k));
  g_assert_false(playout.idle());
  std::vector<PlaybackMark> marks;
  playout.advance(229 * ms, 200 * ms, marks);
  g_assert_cmpuint(marks.size(), ==, 1);
  const std::vector<Cut> cuts = playout.cut();
  g_assert_cmpuint(cuts.size(), ==, 1);
  g_assert_true(cuts[0].complete);
  g_assert_cmpuint(cuts[0].heard_ms, ==, 40);
  playout.advance(240 * ms, 200 * ms, marks);
  g_assert_cmpuint(marks.size(), ==, 2);
  assert_span(marks[1].span, 0, 200, 240);
  g_assert_cmpuint(marks[1].heard_ms, ==, 40);
  g_assert_true(playout.idle());
}

// Its next delta would come in the old format.
void no_new_format_inside_a_reply() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 960));
  reader.read(3); // all of it, as far as it has come
  g_assert_cmpuint(playout.waiting_samples(), ==, 0);
  g_assert_false(playout.set_format(ulaw_8k));
  playout.cut();
  reader.read();
  g_assert_true(playout.set_format(ulaw_8k));
}

// Many breaks in one reply: where it is heard stays right, and the time of its end.
void breaks_are_forgotten_once_heard() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 480 * 100));
  for (unsigned i = 0; i < 50; ++i) {
    reader.read(2);
    reader.position += 480;
    reader.advance(reader.now() - ms, 120 * ms);
  }
  playout.prepare_flush();
  const std::vector<Cut> cuts = playout.cut_flushed(2999 * ms, 120 * ms); // in the last but one
  g_assert_cmpuint(cuts[0].heard_ms, ==, 1920);
  assert_span(cuts[0].span.value(), 0, 120, 2980);
  g_assert_cmpuint(ms_of(cuts[0].delivery.gap_ns), ==, 49 * 20);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/playout-report/marks", marks_carry_both_times);
  g_test_add_func("/playout-report/cut", a_cut_tells_what_it_leaves);
  g_test_add_func("/playout-report/flush", a_flush_leaves_what_was_heard);
  g_test_add_func("/playout-report/holes", holes_are_counted_with_their_item);
  g_test_add_func("/playout-report/cushion", the_cushion_counts_while_more_is_to_come);
  g_test_add_func("/playout-report/format", a_new_format_forgets_nothing);
  g_test_add_func("/playout-report/format/inside", no_new_format_inside_a_reply);
  g_test_add_func("/playout-report/breaks", breaks_are_forgotten_once_heard);
  return g_test_run();
}

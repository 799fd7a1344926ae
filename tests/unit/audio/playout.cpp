// What comes out, when, and what is told about it; cuts are tested in playout_cut.cpp.
#include "playout_helpers.h"

namespace {

using namespace rt::audio;
using namespace rt::audio::test;

constexpr std::uint64_t ms = 1'000'000;

void silence_before_anything() {
  Playout playout;
  Reader reader(playout);
  assert_silence(reader.read(3), 0);
  g_assert_cmpuint(reader.info.audio_samples, ==, 0);
  g_assert_false(reader.info.underrun);
  g_assert_true(playout.idle());

  Playout ulaw;
  g_assert_true(ulaw.set_format(ulaw_8k));
  std::vector<std::uint8_t> frame(160, 0);
  ulaw.read(frame, 0);
  for (const std::uint8_t byte : frame)
    g_assert_cmpuint(byte, ==, 0xFF);
}

// Deltas of every size, odd ones included, and an item that follows another: not one sample is lost or
// doubled.
void sample_exact() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout, 441);
  const std::vector<std::uint8_t> bytes = pcm(0, 5000);
  std::size_t at = 0;
  for (std::size_t size = 1; at < bytes.size(); size = size * 5 % 977 + 1) {
    const std::size_t count = std::min(size, bytes.size() - at);
    g_assert_true(playout.append(key("item_1"), std::span(bytes).subspan(at, count)));
    at += count;
  }
  playout.content_done(key("item_1"));
  playout.append(key("item_2"), pcm(5000, 1000));
  playout.content_done(key("item_2"));
  g_assert_cmpuint(playout.waiting_samples(), ==, 6000);

  const std::vector<std::int16_t> heard = reader.read(20);
  assert_speech(heard, 0, 0, 6000);
  assert_silence(heard, 6000);
  g_assert_cmpuint(playout.played_samples(), ==, 6000);
  g_assert_cmpuint(playout.waiting_samples(), ==, 0);
  g_assert_cmpuint(playout.underruns(), ==, 0);
}

// Half a sample belongs to its own item: the other's odd byte does not complete it.
void odd_bytes_stay_with_their_item() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout, 10);
  const std::vector<std::uint8_t> first = pcm(0, 4), second = pcm(4, 4);
  playout.append(key("item_1"), std::span(first).first(3));
  playout.append(key("item_2"), std::span(second).first(5));
  playout.append(key("item_1"), std::span(first).subspan(3));
  playout.append(key("item_2"), std::span(second).subspan(5));
  playout.response_done("resp_1");
  const std::vector<std::int16_t> heard = reader.read();
  assert_speech(heard, 0, 0, 8);
  assert_silence(heard, 8);
}

void cushion_holds_back() {
  Playout playout;
  set_cushion(playout, 100);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 2399)); // 99.96 ms
  assert_silence(reader.read(5), 0);
  g_assert_cmpuint(playout.underruns(), ==, 0);
  playout.append(key("item_1"), pcm(2399, 1));
  assert_speech(reader.read(), 0, 0, 480);
  g_assert_true(reader.info.starts_reply);
  g_assert_cmpuint(reader.info.audio_samples, ==, 480);
  assert_speech(reader.read(), 0, 480, 480);
  g_assert_false(reader.info.starts_reply);
}

// A reply shorter than the cushion is played as soon as it is known to be whole.
void short_reply_needs_no_cushion() {
  Playout playout;
  set_cushion(playout, 100);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 100));
  assert_silence(reader.read(), 0);
  playout.content_done(key("item_1"));
  const std::vector<std::int16_t> heard = reader.read();
  assert_speech(heard, 0, 0, 100);
  assert_silence(heard, 100);
}

void underrun_is_silence_and_a_new_cushion() {
  Playout playout;
  set_cushion(playout, 20);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 700));
  assert_speech(reader.read(), 0, 0, 480);
  const std::vector<std::int16_t> tail = reader.read();
  assert_speech(tail, 0, 480, 100);
  g_assert_cmpint(std::abs(tail[218]), <, 5); // faded out over 5 ms
  assert_silence(tail, 220);
  g_assert_true(reader.info.underrun);
  g_assert_cmpuint(playout.underruns(), ==, 1);
  assert_silence(reader.read(3), 0);
  g_assert_cmpuint(playout.underruns(), ==, 1); // one pause, one underrun
  playout.append(key("item_1"), pcm(700, 2399));
  assert_silence(reader.read(), 0); // more than the cushion: 100 ms
  playout.append(key("item_1"), pcm(3099, 1));
  const std::vector<std::int16_t> resumed = reader.read();
  g_assert_cmpint(resumed[0], ==, 0); // faded in
  assert_speech(resumed, 120, 820, 360);
  g_assert_true(reader.info.starts_reply);
}

// Deltas of 100 ms that come just in time, and a tenth late: a few pauses, and not one at each of them.
void a_slow_server_makes_few_pauses() {
  for (const unsigned frames_a_delta : {5, 6}) {
    Playout playout;
    set_cushion(playout, 100);
    Reader reader(playout);
    for (unsigned i = 0; i < 80; ++i) {
      playout.append(key("item_1"), pcm(i * 2400, 2400));
      reader.read(frames_a_delta);
    }
    g_assert_cmpuint(playout.underruns(), >=, 1);
    g_assert_cmpuint(playout.underruns(), <=, frames_a_delta == 5 ? 1 : 4);
  }
}

// The second reply waits for the first to come to its end, however they are sent.
void replies_never_mix() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout, 100);
  playout.append(key("item_1", "resp_1"), pcm(0, 300));
  playout.append(key("item_2", "resp_2"), pcm(500, 100));
  playout.append(key("item_1", "resp_1"), pcm(300, 100));
  playout.content_done(key("item_2", "resp_2"));
  assert_speech(reader.read(2), 0, 0, 200);
  reader.read(); // faded out: the first may still go on
  assert_silence(reader.read(), 0);
  playout.response_done("resp_1");
  reader.read(); // its last 100 samples
  assert_speech(reader.read(), 0, 500, 100);
}

void parts_of_one_item_are_told_apart() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout, 100);
  playout.append(key("item_1", "resp_1", 0), pcm(0, 100));
  playout.append(key("item_1", "resp_1", 1), pcm(500, 100));
  playout.response_done("resp_1");
  assert_speech(reader.read(), 0, 0, 100);
  assert_speech(reader.read(), 0, 500, 100);
}

// Heard is pushed + latency + the delay behind the pipeline.
void marks_follow_the_listener() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  reader.read(5); // the reply starts at 100 ms
  playout.append(key("item_1"), pcm(0, 960));
  playout.content_done(key("item_1"));
  reader.read(2);
  constexpr std::uint64_t delay = 230 * ms;
  g_assert_cmpuint(reader.advance(329 * ms, delay).size(), ==, 0);
  std::vector<PlaybackMark> marks = reader.advance(330 * ms, delay);
  g_assert_cmpuint(marks.size(), ==, 1);
  g_assert_true(marks[0].kind == PlaybackMark::Kind::started);
  g_assert_cmpuint(marks[0].time(), ==, 330 * ms);
  g_assert_cmpstr(marks[0].key.item_id.c_str(), ==, "item_1");
  g_assert_cmpstr(marks[0].key.response_id.c_str(), ==, "resp_1");
  g_assert_false(playout.idle());
  g_assert_cmpuint(reader.advance(369 * ms, delay).size(), ==, 0);
  marks = reader.advance(370 * ms, delay);
  g_assert_cmpuint(marks.size(), ==, 1);
  g_assert_true(marks[0].kind == PlaybackMark::Kind::finished);
  g_assert_cmpuint(marks[0].time(), ==, 370 * ms);
  g_assert_cmpuint(marks[0].samples, ==, 960);
  g_assert_true(playout.idle());
  g_assert_cmpuint(reader.advance(1000 * ms, delay).size(), ==, 0);
}

// An item that was heard before its end was announced finishes when that is known.
void finished_needs_the_end() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 960));
  reader.read(2);
  g_assert_cmpuint(reader.advance(500 * ms).size(), ==, 1);
  g_assert_false(playout.idle());
  playout.content_done(key("item_1"));
  const std::vector<PlaybackMark> marks = reader.advance(510 * ms);
  g_assert_cmpuint(marks.size(), ==, 1);
  g_assert_true(marks[0].kind == PlaybackMark::Kind::finished);
  g_assert_cmpuint(marks[0].time(), ==, 40 * ms);
  g_assert_true(playout.idle());
}

// After a stall of the reader the rest is heard later by as much.
void a_jump_of_the_reader_delays_what_is_heard() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 960));
  playout.content_done(key("item_1"));
  reader.read();
  reader.position += 24000;
  assert_speech(reader.read(), 0, 480, 480);
  g_assert_cmpuint(reader.advance(1019 * ms).size(), ==, 1); // started, 20 ms were heard
  const std::vector<PlaybackMark> marks = reader.advance(1040 * ms);
  g_assert_cmpuint(marks.size(), ==, 1);
  g_assert_cmpuint(marks[0].time(), ==, 1040 * ms);
}

void backlog_is_bounded() {
  Playout playout;
  Playout::Options options;
  options.cushion_ns = 0;
  options.max_backlog_ns = 100 * ms;
  playout.set_options(options);
  Reader reader(playout);
  g_assert_true(playout.append(key("item_1"), pcm(0, 2000)));
  g_assert_false(playout.append(key("item_1"), pcm(2000, 401)));
  g_assert_cmpuint(playout.waiting_samples(), ==, 2000);
  g_assert_true(playout.append(key("item_1"), pcm(2000, 400)));
  playout.content_done(key("item_1"));
  assert_speech(reader.read(5), 0, 0, 2400);
}

// What is refused takes whole samples with it: the rest must not be off by one byte.
void refused_audio_keeps_the_samples_aligned() {
  Playout playout;
  Playout::Options options;
  options.cushion_ns = 0;
  options.max_backlog_ns = 40 * ms;
  playout.set_options(options);
  Reader reader(playout);
  const std::vector<std::uint8_t> bytes = pcm(0, 2000);
  g_assert_true(playout.append(key("item_1"), std::span(bytes).first(1921)));
  g_assert_false(playout.append(key("item_1"), std::span(bytes).subspan(1921, 1000)));
  assert_speech(reader.read(), 0, 0, 480);
  g_assert_true(playout.append(key("item_1"), std::span(bytes).subspan(2921, 959)));
  playout.content_done(key("item_1"));
  assert_speech(reader.read(), 0, 480, 480);
  assert_speech(reader.read(), 0, 1460, 480);
}

// The server counts what was refused as well: the place of a cut behind it is later in its audio.
void refused_audio_counts_for_the_place_of_a_cut() {
  for (const std::uint64_t read_ms : {0, 20, 40, 60, 80}) {
    Playout playout;
    Playout::Options options;
    options.cushion_ns = options.fade_ns = 0;
    options.max_backlog_ns = 40 * ms;
    playout.set_options(options);
    Reader reader(playout);
    g_assert_true(playout.append(key("item_1"), pcm(0, 960)));
    g_assert_false(playout.append(key("item_1"), pcm(960, 480)));
    g_assert_false(playout.append(key("item_1"), pcm(1440, 480)));
    reader.read();
    g_assert_true(playout.append(key("item_1"), pcm(1920, 480))); // 40 ms of it are missing
    for (std::uint64_t at = 20; at < read_ms; at += 20)
      reader.read();
    if (read_ms >= 60) g_assert_false(playout.append(key("item_1"), pcm(0, 2400))); // and 100 at its end
    playout.content_done(key("item_1"));
    const std::vector<Cut> cuts =
        read_ms == 0 ? playout.abandon(Playout::Stopped{0, 40 * ms}) : playout.cut();
    g_assert_cmpuint(cuts.size(), ==, 1);
    const std::uint64_t heard_ms = std::min<std::uint64_t>(read_ms, 60);
    g_assert_cmpuint(cuts[0].heard_ms, ==, heard_ms);
    g_assert_cmpuint(cuts[0].position_ms, ==, heard_ms > 40 ? heard_ms + 40 : heard_ms);
    g_assert_cmpuint(cuts[0].received_ms, ==, read_ms >= 60 ? 200 : 100);
    g_assert_false(cuts[0].complete);
  }
}

void format_changes_only_between_replies() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout, 160);
  playout.append(key("item_1"), pcm(0, 320));
  g_assert_true(playout.set_format(pcm16_24k)); // no change
  g_assert_false(playout.set_format(ulaw_8k));
  g_assert_true(playout.format() == pcm16_24k);
  playout.content_done(key("item_1"));
  reader.read(2);
  g_assert_cmpuint(playout.played_samples(), ==, 320);
  g_assert_true(playout.set_format(ulaw_8k));
  g_assert_cmpuint(playout.played_samples(), ==, 106); // 13 ms are 13 ms
  const std::vector<std::uint8_t> speech(160, ulaw_encode(200));
  playout.append(key("item_2"), speech);
  playout.content_done(key("item_2"));
  for (const std::int16_t sample : reader.read())
    g_assert_cmpint(sample, ==, ulaw_decode(ulaw_encode(200)));
  assert_silence(reader.read(), 0);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/playout/silence", silence_before_anything);
  g_test_add_func("/playout/sample-exact", sample_exact);
  g_test_add_func("/playout/odd-bytes", odd_bytes_stay_with_their_item);
  g_test_add_func("/playout/cushion", cushion_holds_back);
  g_test_add_func("/playout/cushion/short-reply", short_reply_needs_no_cushion);
  g_test_add_func("/playout/underrun", underrun_is_silence_and_a_new_cushion);
  g_test_add_func("/playout/underrun/slow-server", a_slow_server_makes_few_pauses);
  g_test_add_func("/playout/replies-never-mix", replies_never_mix);
  g_test_add_func("/playout/content-parts", parts_of_one_item_are_told_apart);
  g_test_add_func("/playout/marks", marks_follow_the_listener);
  g_test_add_func("/playout/marks/finished-needs-the-end", finished_needs_the_end);
  g_test_add_func("/playout/marks/stall", a_jump_of_the_reader_delays_what_is_heard);
  g_test_add_func("/playout/backlog", backlog_is_bounded);
  g_test_add_func("/playout/backlog/alignment", refused_audio_keeps_the_samples_aligned);
  g_test_add_func("/playout/backlog/cut", refused_audio_counts_for_the_place_of_a_cut);
  g_test_add_func("/playout/format", format_changes_only_between_replies);
  return g_test_run();
}

// A stream that never pauses and comes a little faster than it is played.
#include "playout_helpers.h"

#include "audio/creep.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace rt::audio;
using namespace rt::audio::test;

constexpr std::uint64_t frame = 480; // 20 ms

// An interpreter: a low tone, as loud as `gain` says of each position of its stream.
struct Stream {
  explicit Stream(std::uint64_t cushion_ms, bool continuous = true) {
    set_cushion(playout, cushion_ms);
    playout.set_continuous(continuous);
  }
  void send(std::uint64_t samples) {
    std::vector<std::uint8_t> bytes;
    for (std::uint64_t i = 0; i < samples; ++i, ++sent) {
      const double value = 8000 * gain(sent) * std::sin(static_cast<double>(sent) * 0.05);
      const auto sample = static_cast<std::uint16_t>(static_cast<std::int16_t>(std::lround(value)));
      bytes.push_back(static_cast<std::uint8_t>(sample & 0xFF));
      bytes.push_back(static_cast<std::uint8_t>(sample >> 8));
      if (std::abs(value) > loud) ++spoken;
      if (sentence > 0 && (sent + 1) % sentence == 0) end_sentence(bytes);
    }
    playout.append(key(item()), bytes);
  }
  std::string item() const { return "item_" + std::to_string(sentences); }
  void end_sentence(std::vector<std::uint8_t>& bytes) {
    playout.append(key(item()), bytes);
    playout.content_done(key(item()));
    bytes.clear();
    ++sentences;
  }
  // `seconds` of frames, for each of which `per_frame` samples come, in pieces of `piece`.
  void run(unsigned seconds, double per_frame, std::uint64_t piece = frame) {
    for (unsigned i = 0; i < seconds * 50; ++i) {
      for (due += per_frame; due >= static_cast<double>(piece); due -= static_cast<double>(piece))
        send(piece);
      const auto samples = reader.read();
      heard.insert(heard.end(), samples.begin(), samples.end());
      longest_wait = std::max(longest_wait, playout.waiting_samples());
      for (PlaybackMark& mark : reader.advance(reader.now()))
        marks.push_back(std::move(mark));
    }
  }
  std::uint64_t loud_samples() const {
    return static_cast<std::uint64_t>(
        std::count_if(heard.begin(), heard.end(), [](int s) { return std::abs(s) > loud; }));
  }

  Playout playout;
  Reader reader{playout};
  static constexpr int loud = 200; // nothing that passes for silence
  double (*gain)(std::uint64_t) = [](std::uint64_t) { return 1.0; };
  std::uint64_t sent = 0, spoken = 0, longest_wait = 0;
  std::uint64_t sentence = 0, sentences = 1; // samples, if it has any
  std::vector<PlaybackMark> marks;
  double due = 0;
  std::vector<std::int16_t> heard;
};

// Two of three seconds, swelling and ebbing.
double mostly(std::uint64_t position) {
  const double within = static_cast<double>(position % 72000) / 48000;
  const double swell = std::sin(std::numbers::pi * within);
  return within < 1 ? swell * swell : 0;
}

// But for 150 ms of each second.
double often(std::uint64_t position) {
  const double within = static_cast<double>(position % 24000) / 20400;
  const double swell = std::sin(std::numbers::pi * within);
  return within < 1 ? std::sqrt(std::abs(swell)) : 0;
}

constexpr std::uint64_t in_ms(std::uint64_t samples) {
  return samples / 24;
}

void assert_no_click(const std::vector<std::int16_t>& heard) {
  // Of the tone itself: 8000 * 0.05^2 = 20, rounded; a fade of 5 ms adds little.
  for (std::size_t i = 2; i < heard.size(); ++i)
    g_assert_cmpint(std::abs(heard[i] - 2 * heard[i - 1] + heard[i - 2]), <=, 90);
}

void in_time_nothing_is_left_out() {
  Stream stream(100);
  stream.run(60, frame);
  g_assert_cmpuint(stream.playout.left_out_samples(), ==, 0);
  g_assert_cmpuint(stream.playout.underruns(), ==, 0);
}

// A backlog of seconds is what an ordinary reply has.
void a_reply_is_left_alone() {
  Stream stream(100, false);
  stream.gain = mostly;
  stream.run(20, frame * 3);
  g_assert_cmpuint(stream.playout.left_out_samples(), ==, 0);
  g_assert_cmpuint(in_ms(stream.longest_wait), >=, 39'000);
}

// Pauses take it all: every word is heard.
void pauses_are_shortened() {
  Stream stream(100);
  stream.gain = mostly;
  stream.run(120, frame * 1.05);
  g_assert_cmpuint(in_ms(stream.playout.left_out_samples()), >=, 5'000);
  // At most what came in the longest time without a pause, and the windows, stands above the cushion.
  g_assert_cmpuint(in_ms(stream.longest_wait), <=, 100 + 100 + 200);
  g_assert_cmpuint(stream.playout.underruns(), ==, 0);
  g_assert_cmpuint(stream.loud_samples() + stream.playout.waiting_samples(), >=, stream.spoken);
  assert_no_click(stream.heard);
}

// Without a pause words must go: the delay stays bounded, and no click tells where.
void without_pauses_words_go() {
  Stream stream(100);
  stream.run(120, frame * 1.1);
  g_assert_cmpuint(in_ms(stream.longest_wait), <=, 100 * 2 + 250);
  const std::uint64_t surplus = 12'000; // ms, of 120 s
  g_assert_cmpuint(in_ms(stream.playout.left_out_samples()), <=, surplus);
  g_assert_cmpuint(in_ms(stream.playout.left_out_samples()), >=, surplus - 500);
  g_assert_cmpuint(stream.playout.underruns(), ==, 0);
}

// What comes in large pieces stands higher for a moment each time; that is needed.
void large_pieces() {
  Stream stream(250);
  stream.run(120, frame * 1.05, 4800);
  g_assert_cmpuint(stream.playout.underruns(), ==, 0);
  g_assert_cmpuint(in_ms(stream.playout.left_out_samples()), >=, 5'000);
  g_assert_cmpuint(in_ms(stream.longest_wait), <=, 2 * 250 + 200 + 200);
}

// Of a pause no more than there is.
void short_pauses() {
  Stream stream(500);
  stream.gain = often;
  stream.run(60, frame * 1.03);
  g_assert_cmpuint(in_ms(stream.playout.left_out_samples()), >=, 1'000);
  g_assert_cmpuint(in_ms(stream.longest_wait), <=, 2 * 500);
  g_assert_cmpuint(stream.loud_samples() + stream.playout.waiting_samples(), >=, stream.spoken);
}

// One stall, after which everything comes at once and the delay would stay for ever.
void a_stall_is_made_up_for() {
  Stream stream(100);
  stream.gain = mostly;
  stream.run(6, frame);
  stream.run(1, 0); // nothing comes
  stream.send(24000);
  stream.run(20, frame);
  g_assert_cmpuint(stream.playout.underruns(), ==, 1);
  g_assert_cmpuint(in_ms(stream.playout.waiting_samples()), <=, 250);
  assert_no_click({stream.heard.end() - 10 * 24000, stream.heard.end()});
}

// Each sentence has its end; the stream goes on. Every one of them is told, also what was left out.
void a_stall_is_made_up_for_in_sentences_of(std::uint64_t seconds) {
  Stream stream(100);
  stream.sentence = seconds * 24000;
  stream.run(6, frame);
  stream.run(10, 0); // nothing comes
  stream.send(240000);
  stream.run(20, frame);
  g_assert_cmpuint(stream.playout.underruns(), ==, 1);
  g_assert_cmpuint(in_ms(stream.playout.waiting_samples()), <=, 250);
  assert_no_click({stream.heard.end() - 10 * 24000, stream.heard.end()});
  stream.playout.content_done(key(stream.item()));
  stream.run(1, 0);
  g_assert_true(stream.playout.idle());
  std::uint64_t finished = 0, ended = 0;
  for (const PlaybackMark& mark : stream.marks) {
    g_assert_cmpuint(mark.time(), >=, ended); // in order, none longer than it was
    ended = mark.time();
    if (mark.kind == PlaybackMark::Kind::finished) ++finished;
  }
  g_assert_cmpuint(finished, ==,
                   stream.sent % stream.sentence == 0 ? stream.sentences - 1 : stream.sentences);
}

void a_stall_is_made_up_for_in_sentences() {
  for (const std::uint64_t seconds : {1, 3, 8})
    a_stall_is_made_up_for_in_sentences_of(seconds);
}

void sentences_do_not_fall_behind() {
  Stream stream(100);
  stream.sentence = 24000;
  stream.run(600, frame * 1.05);
  g_assert_cmpuint(in_ms(stream.longest_wait), <=, 100 * 2 + 250);
  g_assert_cmpuint(stream.playout.underruns(), ==, 0);
  assert_no_click({stream.heard.begin() + 24000, stream.heard.end()}); // it begins at full level
}

// Words go only where no pause of the sentences that wait is long enough.
void pauses_between_sentences_are_shortened() {
  Stream stream(100);
  stream.gain = mostly;
  stream.sentence = 24000; // one in three is silent
  stream.run(120, frame * 1.05);
  g_assert_cmpuint(in_ms(stream.longest_wait), <=, 100 + 100 + 200);
  g_assert_cmpuint(stream.loud_samples() + stream.playout.waiting_samples(), >=, stream.spoken);
  assert_no_click(stream.heard);
}

// Bursts of a second, in time on the whole, are jitter and no delay.
void jitter_is_no_delay() {
  Stream stream(300);
  stream.send(2400); // what is left between two of them
  stream.run(60, frame, 24000);
  g_assert_cmpuint(stream.playout.left_out_samples(), ==, 0);
  g_assert_cmpuint(stream.playout.underruns(), ==, 0);
  g_assert_cmpuint(in_ms(stream.longest_wait), >=, 950); // more than thrice the cushion
}

void without_a_cushion() {
  Stream stream(0);
  stream.gain = mostly;
  stream.run(60, frame * 1.02);
  g_assert_cmpuint(in_ms(stream.longest_wait), <=, 50 * 2 + 250);
  g_assert_cmpuint(in_ms(stream.playout.left_out_samples()), >=, 800);
}

// What is heard and where it was cut counts what was left out as gone by.
void positions_go_on_behind_what_was_left_out() {
  Stream stream(100);
  stream.run(30, frame * 1.1);
  const std::uint64_t left_out = stream.playout.left_out_samples();
  g_assert_cmpuint(left_out, >, 0);
  g_assert_cmpuint(stream.playout.played_samples() + left_out + stream.playout.waiting_samples(), ==,
                   stream.sent);
  stream.reader.advance(stream.reader.now());
  stream.playout.prepare_flush();
  const std::uint64_t heard = stream.playout.cut_flushed(stream.reader.now(), 0).at(0).heard;
  g_assert_cmpuint(heard, ==, stream.playout.played_samples() + left_out);
}

void excess() {
  Creep creep;
  const auto read = [&](std::uint64_t waiting) { return creep.before_frame(waiting, 10, 100, 50); };
  for (int i = 0; i < 4; ++i)
    g_assert_cmpuint(read(500).any, ==, 0); // the first window
  g_assert_cmpuint(read(150).silent, ==, 50);
  for (int i = 0; i < 5; ++i)
    g_assert_cmpuint(read(500).silent, ==, 50); // the window before counts
  Creep::Excess now;
  for (int i = 0; i < 5; ++i)
    now = read(500);
  g_assert_cmpuint(now.silent, ==, 400);
  g_assert_cmpuint(now.any, ==, 400);
  creep.left_out(400);
  g_assert_cmpuint(read(100).silent, ==, 0);
  for (int i = 0; i < 15; ++i)
    now = read(190);
  g_assert_cmpuint(now.silent, ==, 90);
  g_assert_cmpuint(now.any, ==, 0); // up to twice of what is kept only pauses are shortened
  creep.reset();
  g_assert_cmpuint(read(500).silent, ==, 0);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/playout-creep/in-time", in_time_nothing_is_left_out);
  g_test_add_func("/playout-creep/reply", a_reply_is_left_alone);
  g_test_add_func("/playout-creep/pauses", pauses_are_shortened);
  g_test_add_func("/playout-creep/words", without_pauses_words_go);
  g_test_add_func("/playout-creep/large-pieces", large_pieces);
  g_test_add_func("/playout-creep/short-pauses", short_pauses);
  g_test_add_func("/playout-creep/stall", a_stall_is_made_up_for);
  g_test_add_func("/playout-creep/sentences/stall", a_stall_is_made_up_for_in_sentences);
  g_test_add_func("/playout-creep/sentences/in-time", sentences_do_not_fall_behind);
  g_test_add_func("/playout-creep/sentences/pauses", pauses_between_sentences_are_shortened);
  g_test_add_func("/playout-creep/jitter", jitter_is_no_delay);
  g_test_add_func("/playout-creep/no-cushion", without_a_cushion);
  g_test_add_func("/playout-creep/positions", positions_go_on_behind_what_was_left_out);
  g_test_add_func("/playout-creep/excess", excess);
  return g_test_run();
}

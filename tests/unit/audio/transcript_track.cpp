// When each word of a reply is told, and that none is told that nobody heard.
#include "audio/transcript_track.h"

#include "support/texts.h"

#include <glib.h>

#include <string>
#include <vector>

namespace {

using namespace rt::audio;
using rt::test::assert_text;

constexpr std::uint64_t ms = 1'000'000;
constexpr Format format = pcm16_24k;
constexpr std::uint64_t per_ms = 24; // samples

const ContentKey first{"resp_1", "item_1", 0}, second{"resp_2", "item_2", 0};

struct Talk {
  void receive(const ContentKey& key, std::uint64_t length_ms) {
    track.received(format, key, length_ms * per_ms);
  }
  // `length_ms` of `key` leave at running time `pts_ms`.
  void play(const ContentKey& key, std::uint64_t from_ms, std::uint64_t length_ms, std::uint64_t pts_ms) {
    track.played({key, from_ms * per_ms, length_ms * per_ms, pts_ms * ms, (pts_ms + length_ms) * ms});
  }
  std::vector<TimedWord> take() {
    std::vector<TimedWord> words;
    track.take(format, &words);
    return words;
  }
  void end(const ContentKey& key) {
    track.audio_done(key);
    track.text_done(format, key, "");
  }
  TranscriptTrack track;
};

void assert_word(const TimedWord& word, const char* text, std::uint64_t pts_ms, std::uint64_t duration_ms,
                 bool last) {
  assert_text(word.text, text);
  g_assert_cmpuint(word.pts, ==, pts_ms * ms);
  g_assert_cmpuint(word.duration, ==, duration_ms * ms);
  g_assert_cmpint(word.last, ==, last);
}

void words_leave_with_their_audio() {
  Talk talk;
  talk.track.text(format, first, "one two");
  talk.receive(first, 700);
  talk.end(first);
  g_assert_true(talk.take().empty()); // nothing has left
  talk.play(first, 0, 20, 5000);
  auto words = talk.take();
  g_assert_cmpuint(words.size(), ==, 1);
  assert_word(words[0], "one", 5000, 300, false);
  assert_text(words[0].item_id, "item_1");
  talk.play(first, 20, 380, 5020);
  g_assert_true(talk.take().empty()); // the second begins with the next sample
  talk.play(first, 400, 20, 5400);
  words = talk.take();
  g_assert_cmpuint(words.size(), ==, 1);
  assert_word(words[0], "two", 5400, 300, true);
}

// A hole in the audio (a pause, an underrun) moves the words behind it.
void a_hole_in_the_audio() {
  Talk talk;
  talk.track.text(format, first, "one two");
  talk.receive(first, 700);
  talk.end(first);
  talk.play(first, 0, 100, 1000);
  talk.play(first, 100, 600, 3100);
  const auto words = talk.take();
  g_assert_cmpuint(words.size(), ==, 2);
  assert_word(words[0], "one", 1000, 2300, false); // it was interrupted by the hole
  assert_word(words[1], "two", 3400, 300, true);
}

void a_cut_ends_the_words() {
  Talk talk;
  talk.track.text(format, first, "one two three");
  talk.receive(first, 1300);
  talk.end(first);
  talk.play(first, 0, 500, 0);
  g_assert_cmpuint(talk.take().size(), ==, 2);
  Cut cut;
  cut.key = first;
  cut.heard = 505 * per_ms;
  assert_text(talk.track.cut(cut).value(), "one two"); // what was told was begun
  talk.play(first, 500, 5, 500);
  const auto end = talk.take();
  g_assert_cmpuint(end.size(), ==, 1); // no word more, but that it is over
  assert_word(end[0], "", 0, 0, true);
  g_assert_true(talk.take().empty());
  // An item that was cut before a sample of it was heard.
  talk.track.text(format, second, "never said");
  cut.key = second;
  cut.heard = 0;
  assert_text(talk.track.cut(cut).value(), "");
  g_assert_true(talk.take().empty());
  cut.key.item_id = "unknown";
  g_assert_false(talk.track.cut(cut).has_value());
}

// A word that begins in the fade is the last.
void a_word_that_begins_in_the_fade() {
  Talk talk;
  talk.track.text(format, first, "one two three");
  talk.receive(first, 1300);
  talk.end(first);
  talk.play(first, 0, 400, 0);
  g_assert_cmpuint(talk.take().size(), ==, 1);
  Cut cut;
  cut.key = first;
  cut.heard = 405 * per_ms;
  assert_text(talk.track.cut(cut).value(), "one two");
  const auto rest = talk.take();
  g_assert_cmpuint(rest.size(), ==, 1);
  assert_word(rest[0], "two", 400, 300, true);
  g_assert_true(talk.take().empty());
}

// With a flush to come, a word is told when it is heard: then a cut leaves none that was not.
void no_sooner_than_heard() {
  Talk talk;
  talk.track.text(format, first, "one two three");
  talk.receive(first, 1300);
  talk.end(first);
  talk.play(first, 0, 1000, 0);
  std::vector<TimedWord> words;
  talk.track.take(format, &words, 399 * ms);
  g_assert_cmpuint(words.size(), ==, 1);
  talk.track.take(format, &words, 400 * ms);
  g_assert_cmpuint(words.size(), ==, 2);
  Cut cut;
  cut.key = first;
  cut.heard = 700 * per_ms;
  assert_text(talk.track.cut(cut).value(), "one two");
}

void text_after_its_audio_had_left() {
  Talk talk;
  talk.receive(first, 700);
  talk.play(first, 0, 700, 0);
  talk.track.audio_done(first);
  g_assert_true(talk.take().empty());
  talk.track.text_done(format, first, "one two");
  const auto words = talk.take();
  g_assert_cmpuint(words.size(), ==, 2);
  assert_word(words[1], "two", 400, 300, true);
}

void replies_follow_one_another() {
  Talk talk;
  for (const ContentKey& key : {first, second}) {
    talk.track.text(format, key, "word");
    talk.receive(key, 400);
    talk.end(key);
  }
  talk.play(first, 0, 400, 0);
  talk.play(second, 0, 400, 400);
  const auto words = talk.take();
  g_assert_cmpuint(words.size(), ==, 2);
  assert_text(words[1].item_id, "item_2");
  assert_word(words[1], "word", 400, 400, true);
}

// Nobody reads: who comes later does not get the words of before.
void nobody_reads() {
  Talk talk;
  talk.track.text(format, first, "one two");
  talk.receive(first, 700);
  talk.end(first);
  talk.play(first, 0, 100, 0);
  talk.track.take(format, nullptr);
  talk.play(first, 100, 600, 100);
  const auto words = talk.take();
  g_assert_cmpuint(words.size(), ==, 1);
  assert_word(words[0], "two", 400, 300, true);
}

void the_end_of_a_response_ends_its_texts() {
  Talk talk;
  talk.track.text(format, first, "cut off by the lim");
  talk.receive(first, 1800);
  talk.track.response_done("resp_1");
  talk.play(first, 0, 1800, 0);
  const auto words = talk.take();
  g_assert_cmpuint(words.size(), ==, 5);
  g_assert_true(words.back().last);
}

// The end of the first was left out: its words have the time at which what follows began to leave.
void audio_that_was_left_out() {
  Talk talk;
  talk.track.text(format, first, "one two six");
  talk.receive(first, 1100);
  talk.end(first);
  talk.play(first, 0, 100, 0);
  talk.play(first, 1100, 0, 100);
  const auto words = talk.take();
  g_assert_cmpuint(words.size(), ==, 3);
  assert_word(words[0], "one", 0, 100, false);
  assert_word(words[1], "two", 100, 0, false);
  assert_word(words[2], "six", 100, 0, true);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/transcript-track/leave", words_leave_with_their_audio);
  g_test_add_func("/transcript-track/hole", a_hole_in_the_audio);
  g_test_add_func("/transcript-track/cut", a_cut_ends_the_words);
  g_test_add_func("/transcript-track/cut/in-the-fade", a_word_that_begins_in_the_fade);
  g_test_add_func("/transcript-track/heard", no_sooner_than_heard);
  g_test_add_func("/transcript-track/late", text_after_its_audio_had_left);
  g_test_add_func("/transcript-track/two", replies_follow_one_another);
  g_test_add_func("/transcript-track/nobody", nobody_reads);
  g_test_add_func("/transcript-track/left-out", audio_that_was_left_out);
  g_test_add_func("/transcript-track/response-done", the_end_of_a_response_ends_its_texts);
  return g_test_run();
}

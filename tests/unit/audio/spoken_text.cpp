// Which audio each word of a transcript accompanies.
#include "audio/spoken_text.h"

#include "support/texts.h"

#include <glib.h>

#include <string>
#include <vector>

namespace {

using namespace rt::audio;
using rt::test::assert_text;

constexpr std::uint32_t rate = 1000; // a position is a millisecond

struct Expected {
  const char* text;
  std::uint64_t start, end;
};

void assert_words(const SpokenText& text, std::uint64_t received, bool done,
                  const std::vector<Expected>& expected) {
  g_assert_cmpuint(text.count(), ==, expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const SpokenWord word = text.word(i, received, done);
    assert_text(word.text, expected[i].text);
    g_assert_cmpuint(word.start, ==, expected[i].start);
    g_assert_cmpuint(word.end, ==, expected[i].end);
    g_assert_cmpuint(text.start_of(i, received, done), ==, expected[i].start);
  }
}

void pieces_share_the_audio_between_them() {
  SpokenText text(rate);
  text.add("go forward", 0);
  text.add(" ten", 500);
  text.add(" metres", 700);
  text.finish("go forward ten metres", 1050);
  assert_words(text, 1050, true,
               {{"go", 0, 100}, {"forward", 150, 500}, {"ten", 550, 700}, {"metres", 750, 1050}});
}

void texts_that_come_together_share_their_audio() {
  SpokenText text(rate);
  text.add("aa", 0);
  text.add("bb ", 0); // the same word goes on
  text.add("cccc", 0);
  text.finish("", 900);
  assert_words(text, 900, true, {{"aabb", 0, 400}, {"cccc", 500, 900}});
}

void a_word_waits_for_its_end() {
  SpokenText text(rate);
  text.add("me", 0);
  assert_words(text, 500, false, {});
  text.add("tres", 0);
  assert_words(text, 500, false, {});
  text.add(" and", 0);
  g_assert_cmpuint(text.count(), ==, 1);
  text.finish("", 500);
  g_assert_cmpuint(text.count(), ==, 2);
}

// A server that says what it said.
void text_behind_its_audio() {
  SpokenText text(rate);
  text.add("aaaaa ", 1200);
  text.add("bbbb", 2200);
  text.finish("", 2200);
  assert_words(text, 2200, true, {{"aaaaa", 0, 1000}, {"bbbb", 1200, 2200}});
}

void only_the_whole_transcript_comes() {
  SpokenText text(rate);
  text.finish("one two", 700);
  assert_words(text, 700, true, {{"one", 0, 300}, {"two", 400, 700}});
}

// Until the audio has come its length is reckoned with; it is never shorter than what came.
void the_end_is_not_known_yet() {
  SpokenText text(rate);
  text.add("fifteen letters ", 0);
  g_assert_cmpuint(text.word(1, 0, false).end, ==, 999); // fifteen letters a second, rounded down
  g_assert_cmpuint(text.word(1, 3200, false).end, ==, 3000);
}

void what_has_begun() {
  SpokenText text(rate);
  text.add("one two three", 0);
  text.finish("", 1300); // one 0-300, two 400-700, three 800-1300
  const auto heard = [&](std::uint64_t samples) { return text.first(text.begun(samples, 1300, true)); };
  assert_text(heard(0), "");
  assert_text(heard(1), "one");
  assert_text(heard(400), "one");
  assert_text(heard(401), "one two");
  assert_text(heard(1300), "one two three");
}

void scripts_without_spaces() {
  SpokenText text(rate);
  text.add("你好。再", 0);
  text.finish("", 1200);
  g_assert_cmpuint(text.count(), ==, 3);
  assert_text(text.word(1, 1200, true).text, "好。"); // punctuation goes with what it follows
  g_assert_cmpuint(text.word(2, 1200, true).end, ==, 1200);
}

void odd_texts() {
  SpokenText nothing(rate);
  nothing.finish("", 0);
  g_assert_cmpuint(nothing.count(), ==, 0);
  g_assert_cmpuint(nothing.begun(5, 5, true), ==, 0);
  assert_text(nothing.first(0), "");
  SpokenText blank(rate);
  blank.add(" \n\t ", 0);
  blank.finish("", 100);
  g_assert_cmpuint(blank.count(), ==, 0);
  SpokenText broken(rate);
  broken.add("a\xE4\xBD", 0); // a character cut in two by the delta
  broken.add("\xA0 b", 0);
  broken.finish("", 60);
  assert_text(broken.word(broken.count() - 1, 60, true).text, "b");
  SpokenText late(rate);
  late.finish("done", 10);
  late.add(" more", 20);
  g_assert_cmpuint(late.count(), ==, 1);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/spoken-text/pieces", pieces_share_the_audio_between_them);
  g_test_add_func("/spoken-text/together", texts_that_come_together_share_their_audio);
  g_test_add_func("/spoken-text/growing", a_word_waits_for_its_end);
  g_test_add_func("/spoken-text/behind", text_behind_its_audio);
  g_test_add_func("/spoken-text/whole", only_the_whole_transcript_comes);
  g_test_add_func("/spoken-text/open", the_end_is_not_known_yet);
  g_test_add_func("/spoken-text/heard", what_has_begun);
  g_test_add_func("/spoken-text/no-spaces", scripts_without_spaces);
  g_test_add_func("/spoken-text/odd", odd_texts);
  return g_test_run();
}

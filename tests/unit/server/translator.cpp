// The lexicon, and the track on which its words are said.
#include "server/translator.h"
#include "harness.h"
#include "server/output_track.h"

namespace {

using namespace rt::server;
using namespace rt::server::test;

void known_words_are_translated() {
  equal(translated("go forward ten meters", "es"), "ve adelante diez metros");
  equal(translated("go forward ten meters", "fr"), "va en avant dix mètres");
  equal(translated("go forward ten meters", "de"), "geh vorwärts zehn Meter");
  equal(translated("eight of spades four of clubs", "es"), "ocho de picas cuatro de tréboles");
}

void unknown_words_are_kept() {
  equal(translated("my name is marcelo", "es"), "mi nombre es marcelo");
  equal(translated("goforward", "es"), "goforward");
  equal(translated("", "es"), "");
}

void what_stands_between_words_stays() {
  equal(translated("Hello, my name is Marcelo.", "es"), "Hola, mi nombre es Marcelo.");
  equal(translated("I go: 10 meters!  Now?", "es"), "yo ve: 10 metros!  Ahora?");
  equal(translated("don't go", "es"), "don't ve");
}

void languages_are_codes() {
  equal(translated("yes", "ES"), "sí");
  equal(translated("yes", "es-MX"), "sí");
  for (const char* language : {"en", "eo", "", "-", "spanish"})
    equal(translated("Yes, ten.", language), "Yes, ten.");
}

using Words = std::vector<std::string>;
using Samples = std::vector<std::int16_t>;

void silence_fills_the_track() {
  OutputTrack track;
  g_assert_true(track.take(3).samples == Samples(3));
  track.add({1, 2, 3, 4}, {});
  g_assert_cmpuint(track.left(), ==, 4);
  g_assert_true((track.take(3).samples == Samples{1, 2, 3}));
  track.add({5}, {});
  g_assert_true((track.take(4).samples == Samples{4, 5, 0, 0}));
  g_assert_cmpuint(track.left(), ==, 0);
}

void words_come_with_their_audio() {
  OutputTrack track;
  track.add(Samples(10, 1), {"a", "b"}); // b begins with the sixth sample
  track.add(Samples(4, 2), {"c"});
  g_assert_true(track.take(5).words == Words{"a"});
  g_assert_true(track.take(5).words == Words{"b"});
  g_assert_true(track.take(5).words == Words{"c"});
  g_assert_true(track.take(5).words.empty());
}

void words_without_audio_are_not_lost() {
  OutputTrack track;
  track.add({}, {"a", "b"});
  g_assert_true((track.take(2).words == Words{"a", "b"}));
  track.add(Samples(6, 1), {"c"});
  track.add({}, {"d"});
  g_assert_true(track.take(2).words == Words{"c"});
  g_assert_true(track.take(4).words == Words{"d"});
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/translator/known", known_words_are_translated);
  g_test_add_func("/server/translator/unknown", unknown_words_are_kept);
  g_test_add_func("/server/translator/between", what_stands_between_words_stays);
  g_test_add_func("/server/translator/languages", languages_are_codes);
  g_test_add_func("/server/output-track/silence", silence_fills_the_track);
  g_test_add_func("/server/output-track/words", words_come_with_their_audio);
  g_test_add_func("/server/output-track/mute-words", words_without_audio_are_not_lost);
  return g_test_run();
}

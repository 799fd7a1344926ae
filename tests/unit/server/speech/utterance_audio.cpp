#include "clips.h"

#include "server/speech/utterance_audio.h"

#include <glib.h>

#include <span>

namespace {

using rt::server::UtteranceAudio;
using rt::test::silence;
using rt::test::tone;

constexpr std::size_t second = 16000;

void test_pause_begins_300_ms_after_speech() {
  UtteranceAudio audio;
  audio.add(tone(1, 200, 8000));
  g_assert_false(audio.pausing());
  audio.add(silence(0.28));
  g_assert_false(audio.pausing());
  audio.add(silence(0.02));
  g_assert_true(audio.pausing());
  g_assert_cmpuint(audio.spoken().size(), ==, second * 13 / 10);
}

void test_going_on_being_quiet_changes_nothing() {
  UtteranceAudio audio;
  audio.add(tone(1, 200, 8000));
  audio.add(silence(0.5));
  const auto spoken = audio.spoken().size();
  audio.add(silence(3));
  g_assert_cmpuint(audio.spoken().size(), ==, spoken);
  audio.add(tone(0.5, 200, 8000));
  g_assert_false(audio.pausing());
  g_assert_cmpuint(audio.spoken().size(), ==, second * 5);
}

void test_soft_speech_after_a_knock_is_kept() {
  UtteranceAudio audio;
  audio.add(tone(0.02, 1000, 32000));
  audio.add(tone(1, 200, 600)); // 35 dB below the knock, yet not as soft as silence
  g_assert_false(audio.pausing());
  g_assert_cmpuint(audio.spoken().size(), ==, audio.size());
}

void test_a_noisy_place_has_no_pause() {
  UtteranceAudio audio;
  audio.add(tone(1, 200, 8000));
  audio.add(rt::test::white_noise(2, 400));
  g_assert_false(audio.pausing());
  g_assert_cmpuint(audio.spoken().size(), ==, 3 * second);
}

void test_chunks_do_not_matter() {
  rt::test::Samples all = tone(0.7, 200, 8000);
  rt::test::append(all, silence(0.7));
  UtteranceAudio whole, pieces;
  whole.add(all);
  for (std::size_t i = 0; i < all.size(); i += 77)
    pieces.add(std::span(all).subspan(i, std::min<std::size_t>(77, all.size() - i)));
  g_assert_cmpuint(pieces.spoken().size(), ==, whole.spoken().size());
}

void test_front_is_cut_where_it_is_quiet() {
  UtteranceAudio audio;
  audio.add(tone(3.5, 200, 8000));
  audio.add(silence(0.1)); // 3.5 to 3.6 s
  audio.add(tone(1.4, 200, 8000));
  const auto front = audio.take_front(4 * second, second);
  g_assert_cmpuint(front.size(), >=, 35 * second / 10);
  g_assert_cmpuint(front.size(), <=, 36 * second / 10);
  g_assert_cmpuint(front.size() + audio.size(), ==, 5 * second);
  g_assert_cmpuint(audio.spoken().size(), ==, audio.size()); // the rest is judged anew
}

void test_nothing_and_silence() {
  UtteranceAudio audio;
  g_assert_cmpuint(audio.spoken().size(), ==, 0);
  audio.add(silence(2));
  g_assert_true(audio.pausing());
  g_assert_cmpuint(audio.spoken().size(), ==, UtteranceAudio::kept_tail);
  audio.clear();
  g_assert_cmpuint(audio.size(), ==, 0);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/utterance-audio/pause", test_pause_begins_300_ms_after_speech);
  g_test_add_func("/utterance-audio/quiet", test_going_on_being_quiet_changes_nothing);
  g_test_add_func("/utterance-audio/knock", test_soft_speech_after_a_knock_is_kept);
  g_test_add_func("/utterance-audio/noisy-place", test_a_noisy_place_has_no_pause);
  g_test_add_func("/utterance-audio/chunks", test_chunks_do_not_matter);
  g_test_add_func("/utterance-audio/front", test_front_is_cut_where_it_is_quiet);
  g_test_add_func("/utterance-audio/nothing", test_nothing_and_silence);
  return g_test_run();
}

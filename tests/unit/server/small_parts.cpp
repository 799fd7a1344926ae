// Signals, loudness, resampling, turn rules, words and recording lines.
#include "server/level_detector.h"
#include "server/linear_resampler.h"
#include "server/recorder.h"
#include "server/sound.h"
#include "server/turn_detector.h"
#include "server/words.h"

#include "harness.h"

#include <glib.h>

#include <algorithm>
#include <cmath>

namespace {

using namespace rt::server;
using rt::server::test::equal;
using Change = TurnDetector::Change;

void the_ramp_is_never_silent() {
  for (std::uint64_t i = 0; i < 100'000; ++i)
    g_assert_cmpint(ramp_sample(i), >, 0);
  g_assert_cmpint(ramp_sample(0), ==, 1);
  g_assert_cmpint(ramp_sample(32766), ==, 32767);
  g_assert_cmpint(ramp_sample(32767), ==, 1);
}

void sounds_are_as_long_as_asked() {
  const auto tone = make_sound({Sound::Kind::tone, std::chrono::milliseconds(250)}, 8000);
  g_assert_cmpuint(tone.size(), ==, 2000);
  g_assert_cmpint(*std::max_element(tone.begin(), tone.end()), >, 8000);
  const auto silence = make_sound({Sound::Kind::silence, std::chrono::milliseconds(250)}, 8000);
  g_assert_true(std::all_of(silence.begin(), silence.end(), [](auto sample) { return sample == 0; }));
}

void loud_frames_are_speech() {
  LevelDetector detector;
  std::array<std::int16_t, SpeechDetector::frame_samples> frame{};
  g_assert_cmpfloat(detector.probability(frame), ==, 0);
  frame.fill(299);
  g_assert_cmpfloat(detector.probability(frame), ==, 0);
  frame.fill(-301);
  g_assert_cmpfloat(detector.probability(frame), ==, 1);
}

// A straight line stays one, at any rate and however it is cut.
void lines_stay_lines() {
  for (const auto& [from, to] :
       {std::pair(24000u, 16000u), std::pair(8000u, 16000u), std::pair(8000u, 24000u)}) {
    LinearResampler resampler(from, to);
    std::vector<std::int16_t> in, out;
    for (int i = 0; i < 2400; ++i)
      in.push_back(static_cast<std::int16_t>(i * 6));
    for (std::size_t i = 0; i < in.size(); i += 7) {
      const auto part = resampler.convert(std::span(in).subspan(i, std::min<std::size_t>(7, in.size() - i)));
      out.insert(out.end(), part.begin(), part.end());
    }
    const auto expected = in.size() * to / from;
    g_assert_cmpuint(out.size(), >=, expected - 2);
    g_assert_cmpuint(out.size(), <=, expected + 1);
    for (std::size_t i = 0; i < out.size(); ++i) {
      g_assert_cmpfloat(std::abs(out[i] - 6.0 * static_cast<double>(i) * from / to), <=, 1.0);
    }
  }
}

void three_frames_start_a_turn() {
  const TurnRules rules{0.5, 300, 200};
  TurnDetector detector;
  for (int i = 0; i < 5; ++i) {
    g_assert_true(detector.frame(0.9, rules) == Change::none);
    g_assert_true(detector.frame(0.9, rules) == Change::none);
    g_assert_true(detector.frame(0.49, rules) == Change::none);
  }
  detector.frame(0.5, rules);
  detector.frame(0.5, rules);
  g_assert_true(detector.frame(0.5, rules) == Change::started);
}

void silence_in_a_row_ends_it() {
  const TurnRules rules{0.5, 300, 200};
  TurnDetector detector;
  for (int i = 0; i < 3; ++i)
    detector.frame(1, rules);
  for (int i = 0; i < 9; ++i)
    g_assert_true(detector.frame(0, rules) == Change::none);
  // Soft speech: below the threshold, but not by much.
  g_assert_true(detector.frame(0.4, rules) == Change::none);
  for (int i = 0; i < 9; ++i)
    g_assert_true(detector.frame(0, rules) == Change::none);
  g_assert_true(detector.frame(0, rules) == Change::stopped);
  g_assert_false(detector.speaking());
}

void words_are_split() {
  const auto words = split_words("What's the weather(s), in S\xc3\xa3o Paulo?");
  g_assert_cmpuint(words.size(), ==, 7);
  equal(words[0].text, "What's");
  equal(words[2].plain, "weather");
  g_assert_true(words[3].ends_phrase);
  equal(words[5].text, "S\xc3\xa3o");
  const auto name = name_words("getWeatherFor_cities");
  g_assert_cmpuint(name.size(), ==, 4);
  equal(name[1], "weather");
}

void traffic_is_one_line() {
  equal(recorded_line({1, true, "{\n \"type\": \"x\"\n}"}),
        R"({"dir":"C","connection":1,"event":{"type":"x"}})");
  equal(recorded_line({2, false, "no\n\"json\""}), R"({"dir":"S","connection":2,"event":"no\n\"json\""})");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/sound/ramp", the_ramp_is_never_silent);
  g_test_add_func("/server/sound/length", sounds_are_as_long_as_asked);
  g_test_add_func("/server/level-detector", loud_frames_are_speech);
  g_test_add_func("/server/linear-resampler", lines_stay_lines);
  g_test_add_func("/server/turn-detector/start", three_frames_start_a_turn);
  g_test_add_func("/server/turn-detector/stop", silence_in_a_row_ends_it);
  g_test_add_func("/server/words", words_are_split);
  g_test_add_func("/server/recorder", traffic_is_one_line);
  return g_test_run();
}

#include "clips.h"

#include "server/speech/flite_synthesizer.h"
#include "server/speech/periodicity.h"
#include "server/speech/speech_detector.h"

#include <glib.h>

#include <algorithm>
#include <span>

namespace {

using rt::server::SpeechDetector;
using rt::test::append;
using rt::test::Samples;
constexpr std::size_t frame = SpeechDetector::frame_samples;

std::vector<double> probabilities(SpeechDetector& detector, const Samples& samples) {
  std::vector<double> out;
  for (std::size_t i = 0; i + frame <= samples.size(); i += frame)
    out.push_back(detector.probability(std::span<const std::int16_t, frame>(samples.data() + i, frame)));
  return out;
}

std::vector<double> probabilities(const Samples& samples) {
  return probabilities(*rt::server::make_speech_detector(), samples);
}

std::size_t speech_frames(const std::vector<double>& frames, double threshold = 0.5) {
  return static_cast<std::size_t>(
      std::count_if(frames.begin(), frames.end(), [&](double p) { return p >= threshold; }));
}

// A second of silence, the sound, and a second and a half of silence.
Samples alone(const Samples& sound) {
  Samples out = rt::test::silence(1);
  append(out, sound);
  append(out, rt::test::silence(1.5));
  return out;
}

Samples voice() {
  return rt::server::make_flite_synthesizer()->speak("Please turn on the light in the kitchen.", 1, 16000);
}

void test_voice_is_found() {
  const Samples speech = voice();
  const auto frames = probabilities(alone(speech));
  const auto count = speech_frames(frames);
  g_assert_cmpuint(count, >, speech.size() / frame * 6 / 10);
  g_assert_cmpuint(count, <, speech.size() / frame + 15);
  for (std::size_t i = 0; i < 50; i++)
    g_assert_cmpfloat(frames[i], <, 0.5); // not before it begins
  for (std::size_t i = frames.size() - 40; i < frames.size(); i++)
    g_assert_cmpfloat(frames[i], <, 0.35); // nor long after it
}

void test_people_are_found() {
  if (!rt::test::installed(rt::test::path_of(rt::test::go_forward))) return;
  std::vector<rt::test::Clip> clips = rt::test::librivox;
  clips.push_back(rt::test::go_forward);
  for (const auto& clip : clips) {
    const Samples speech = rt::test::load(rt::test::path_of(clip));
    const auto frames = probabilities(alone(speech));
    g_assert_cmpuint(speech_frames(frames), >, speech.size() / frame / 2);
    g_assert_cmpuint(speech_frames({frames.begin(), frames.begin() + 50}), ==, 0);
  }
}

void test_soft_and_noisy_voices_are_found() {
  const Samples loud = voice(), noise = rt::test::white_noise(30, 60);
  Samples soft = alone(loud), noisy = alone(loud);
  for (auto& sample : soft)
    sample = static_cast<std::int16_t>(sample / 20);
  for (std::size_t i = 0; i < noisy.size(); i++)
    noisy[i] = static_cast<std::int16_t>(noisy[i] / 4 + noise[i]);
  for (const auto& samples : {soft, noisy}) {
    const auto frames = probabilities(samples);
    g_assert_cmpuint(speech_frames(frames), >, loud.size() / frame / 2);
    g_assert_cmpuint(speech_frames({frames.begin(), frames.begin() + 50}), ==, 0);
  }
}

void expect_no_speech(const Samples& sound) {
  g_assert_cmpuint(speech_frames(probabilities(sound)), ==, 0);
  g_assert_cmpuint(speech_frames(probabilities(alone(sound))), ==, 0); // its sudden start does not fool it
}

void test_noise_is_not_speech() {
  for (const double rms : {30.0, 300.0, 3000.0}) {
    expect_no_speech(rt::test::white_noise(5, rms));
    expect_no_speech(rt::test::brown_noise(5, rms));
  }
  expect_no_speech(rt::test::silence(3));
}

void test_recorded_noise_is_not_speech() {
  const std::string path = "/usr/share/sounds/alsa/Noise.wav";
  if (!rt::test::installed(path)) return;
  expect_no_speech(rt::test::load(path));
}

void test_hum_and_clicks_are_not_speech() {
  expect_no_speech(rt::test::tone(5, 50, 3000));
  Samples clicks = rt::test::silence(5);
  for (std::size_t i = 5000; i < clicks.size(); i += 5000)
    std::fill_n(clicks.begin() + static_cast<std::ptrdiff_t>(i), 40, static_cast<std::int16_t>(20000));
  expect_no_speech(clicks);
}

void test_extremes() {
  expect_no_speech(Samples(32000, 32767));
  Samples clipped = voice();
  for (auto& sample : clipped)
    sample = static_cast<std::int16_t>(std::clamp(sample * 20, -32768, 32767));
  for (const double p : probabilities(clipped)) {
    g_assert_cmpfloat(p, >=, 0);
    g_assert_cmpfloat(p, <=, 1);
  }
}

void test_a_higher_threshold_finds_less() {
  const auto frames = probabilities(alone(voice()));
  std::size_t before = frames.size() + 1;
  for (const double threshold : {0.0, 0.35, 0.5, 0.7, 0.9}) {
    const auto now = speech_frames(frames, threshold);
    g_assert_cmpuint(now, <, before);
    before = now;
  }
}

void test_reset_forgets() {
  const auto detector = rt::server::make_speech_detector();
  const Samples sound = alone(voice());
  const auto first = probabilities(*detector, sound);
  probabilities(*detector, rt::test::white_noise(3, 2000));
  detector->reset();
  g_assert_true(probabilities(*detector, sound) == first);
}

void test_periodicity() {
  constexpr auto size = rt::server::periodicity_window;
  const auto of = [](const Samples& samples) {
    std::vector<double> window(samples.begin(), samples.begin() + size);
    return rt::server::periodicity(std::span<const double, size>(window.data(), size));
  };
  for (const int hz : {80, 120, 200, 350}) {
    Samples pulses(1000);
    for (std::size_t i = 0; i < pulses.size(); i += 16000 / static_cast<std::size_t>(hz))
      pulses[i] = 10000;
    g_assert_cmpfloat(of(pulses), >, 0.8);
  }
  g_assert_cmpfloat(of(rt::test::white_noise(0.1, 1000)), <, 0.5);
  g_assert_cmpfloat(of(rt::test::brown_noise(0.1, 1000)), <, 0.5);
  g_assert_cmpfloat(of(Samples(1000)), <, 0.1);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/detector/voice", test_voice_is_found);
  g_test_add_func("/detector/people", test_people_are_found);
  g_test_add_func("/detector/soft-and-noisy", test_soft_and_noisy_voices_are_found);
  g_test_add_func("/detector/noise", test_noise_is_not_speech);
  g_test_add_func("/detector/recorded-noise", test_recorded_noise_is_not_speech);
  g_test_add_func("/detector/hum-and-clicks", test_hum_and_clicks_are_not_speech);
  g_test_add_func("/detector/extremes", test_extremes);
  g_test_add_func("/detector/threshold", test_a_higher_threshold_finds_less);
  g_test_add_func("/detector/reset", test_reset_forgets);
  g_test_add_func("/detector/periodicity", test_periodicity);
  return g_test_run();
}

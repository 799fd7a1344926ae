// The local ear: what it takes for the beginning of speech, how soon, and what does not fool it.
#include "audio/speech_onset.h"

#include "support/tone.h"
#include "support/voice.h"

#include <glib.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

namespace {

using namespace rt::audio;
using rt::test::encoded, rt::test::noise, rt::test::voice;
using Samples = std::vector<std::int16_t>;

constexpr Format pcm16_16k{Encoding::pcm16, 16000}, pcm16_48k{Encoding::pcm16, 48000};

void add(Samples& to, const Samples& more) {
  to.insert(to.end(), more.begin(), more.end());
}

Samples silence(std::uint32_t rate, std::uint64_t ms) {
  return Samples(ms * rate / 1000);
}

// Milliseconds at whose end speech was heard to have begun; pushed `step` samples at a time.
std::vector<std::uint64_t> onsets(SpeechOnset& ear, const Format& format, const Samples& samples,
                                  std::size_t step = 0) {
  if (step == 0) step = format.samples_of_ms(20);
  const std::vector<std::uint8_t> bytes = encoded(format, samples);
  std::vector<std::uint64_t> found;
  for (std::size_t at = 0; at < samples.size(); at += step) {
    const std::size_t count = std::min(step, samples.size() - at);
    if (ear.push(format, std::span(bytes).subspan(format.bytes(at), format.bytes(count))))
      found.push_back(format.ms_of_samples(at + count));
  }
  return found;
}

std::vector<std::uint64_t> onsets(const Format& format, const Samples& samples, std::size_t step = 0) {
  SpeechOnset ear;
  return onsets(ear, format, samples, step);
}

void for_each_format(const std::function<void(const Format&)>& check) {
  for (const Format& format : {pcm16_24k, ulaw_8k, alaw_8k, pcm16_16k, pcm16_48k})
    check(format);
}

void a_voice_is_heard_at_once() {
  for_each_format([](const Format& format) {
    Samples sound = noise(format.rate, 500, 30);
    add(sound, voice(format.rate, 500));
    const auto found = onsets(format, sound);
    g_assert_cmpuint(found.size(), ==, 1);
    g_assert_cmpuint(found[0], >=, 560);
    g_assert_cmpuint(found[0], <=, 600);
  });
}

// What touches less than three frames is a click of the tongue.
void a_short_sound_is_not_speech() {
  for_each_format([](const Format& format) {
    for (const std::uint64_t length : {10, 20, 30}) {
      Samples sound = silence(format.rate, 505);
      add(sound, voice(format.rate, length));
      add(sound, silence(format.rate, 500));
      g_assert_cmpuint(onsets(format, sound).size(), ==, 0);
    }
  });
}

void each_utterance_once() {
  Samples sound = silence(24000, 200);
  for (unsigned i = 0; i < 3; ++i) {
    add(sound, voice(24000, 900));
    add(sound, silence(24000, 200)); // within one utterance
    add(sound, voice(24000, 400));
    add(sound, silence(24000, 600));
  }
  const auto found = onsets(pcm16_24k, sound);
  g_assert_cmpuint(found.size(), ==, 3);
  for (std::size_t i = 0; i < 3; ++i)
    g_assert_cmpuint(found[i], <=, 200 + i * 2100 + 100);
}

void noise_is_not_speech() {
  for_each_format([](const Format& format) {
    for (const double rms : {30.0, 300.0, 3000.0})
      for (const double colour : {0.0, 0.8, 0.97, 0.99}) {
        g_assert_cmpuint(onsets(format, noise(format.rate, 4000, rms, colour)).size(), ==, 0);
        Samples bursts; // each start is a chance to be fooled
        for (unsigned i = 0; i < 4; ++i) {
          add(bursts, silence(format.rate, 400));
          add(bursts, noise(format.rate, 400, rms, colour, i));
        }
        g_assert_cmpuint(onsets(format, bursts).size(), ==, 0);
      }
  });
}

void silence_and_level_are_not_speech() {
  for_each_format([](const Format& format) {
    g_assert_cmpuint(onsets(format, silence(format.rate, 1000)).size(), ==, 0);
    g_assert_cmpuint(onsets(format, Samples(format.rate, 32767)).size(), ==, 0);
    g_assert_cmpuint(onsets(format, Samples(format.rate, -32768)).size(), ==, 0);
  });
}

void a_voice_over_noise() {
  for_each_format([](const Format& format) {
    Samples sound = noise(format.rate, 2000, 300);
    const Samples spoken = voice(format.rate, 500);
    for (std::size_t i = 0; i < spoken.size(); ++i) // from 1 s on
      sound[format.rate + i] = static_cast<std::int16_t>(sound[format.rate + i] + spoken[i]);
    const auto found = onsets(format, sound);
    g_assert_cmpuint(found.size(), ==, 1);
    g_assert_cmpuint(found[0], >=, 1000);
    g_assert_cmpuint(found[0], <=, 1160);
  });
}

// However the stream is cut into buffers.
void any_size_of_buffers() {
  for_each_format([](const Format& format) {
    Samples sound = silence(format.rate, 300);
    add(sound, voice(format.rate, 300));
    const std::uint64_t at = onsets(format, sound)[0];
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{333}}) {
      const auto found = onsets(format, sound, step);
      g_assert_cmpuint(found.size(), ==, 1);
      g_assert_cmpuint(found[0], <=, at + format.ms_of_samples(step));
      g_assert_cmpuint(found[0] + 20, >=, at);
    }
    g_assert_cmpuint(onsets(format, sound, sound.size()).size(), ==, 1);
  });
}

void another_format_starts_afresh() {
  SpeechOnset ear;
  Samples sound = voice(24000, 300);
  g_assert_cmpuint(onsets(ear, pcm16_24k, sound).size(), ==, 1);
  g_assert_cmpuint(onsets(ear, ulaw_8k, voice(8000, 300)).size(), ==, 1);
  ear.reset();
  g_assert_cmpuint(onsets(ear, ulaw_8k, voice(8000, 300)).size(), ==, 1);
}

// 16 bit mono WAV; nothing, with the test marked as skipped, when it is not there.
Samples load(const std::string& path, Format& format) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const std::size_t data = bytes.find("data");
  if (!bytes.starts_with("RIFF") || data == std::string::npos) {
    g_test_skip((path + " is not there").c_str());
    return {};
  }
  std::memcpy(&format.rate, bytes.data() + 24, 4);
  Samples samples((bytes.size() - data - 8) / 2);
  std::memcpy(samples.data(), bytes.data() + data + 8, samples.size() * 2);
  return samples;
}

void people() {
  for (const char* name : {"cards/001", "cards/002", "cards/003", "cards/004", "cards/005",
                           "librivox/sense_and_sensibility_01_austen_64kb-0870",
                           "librivox/sense_and_sensibility_01_austen_64kb-0880"}) {
    Format format;
    const Samples spoken = load("/usr/share/pocketsphinx/test/data/" + std::string(name) + ".wav", format);
    if (spoken.empty()) return;
    Samples sound = silence(format.rate, 500);
    add(sound, spoken);
    const auto found = onsets(format, sound);
    g_assert_cmpuint(found.size(), >=, 1);
    g_assert_cmpuint(found[0], >=, 500);
    g_assert_cmpuint(found[0], <, 500 + 1000);
  }
}

void recorded_noise() {
  Format format;
  const Samples sound = load("/usr/share/sounds/alsa/Noise.wav", format);
  if (sound.empty()) return;
  Samples three = sound;
  add(three, silence(format.rate, 500));
  add(three, sound);
  g_assert_cmpuint(onsets(format, three).size(), ==, 0);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/speech-onset/voice", a_voice_is_heard_at_once);
  g_test_add_func("/speech-onset/short", a_short_sound_is_not_speech);
  g_test_add_func("/speech-onset/utterances", each_utterance_once);
  g_test_add_func("/speech-onset/noise", noise_is_not_speech);
  g_test_add_func("/speech-onset/silence", silence_and_level_are_not_speech);
  g_test_add_func("/speech-onset/voice-over-noise", a_voice_over_noise);
  g_test_add_func("/speech-onset/buffers", any_size_of_buffers);
  g_test_add_func("/speech-onset/format", another_format_starts_afresh);
  g_test_add_func("/speech-onset/people", people);
  g_test_add_func("/speech-onset/recorded-noise", recorded_noise);
  return g_test_run();
}

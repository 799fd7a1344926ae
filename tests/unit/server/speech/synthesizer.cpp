#include "clips.h"

#include "server/speech/flite_synthesizer.h"

#include <glib.h>

#include <array>
#include <cmath>
#include <string>
#include <thread>

namespace {

using rt::server::make_flite_synthesizer;
using rt::test::Samples;

Samples say(const char* text, double speed = 1, std::uint32_t rate = 24000) {
  return make_flite_synthesizer()->speak(text, speed, rate);
}

double rms(const Samples& samples) {
  double energy = 0;
  for (const double sample : samples)
    energy += sample * sample;
  return std::sqrt(energy / static_cast<double>(samples.size()));
}

void test_speaks() {
  const Samples speech = say("Hello, how are you?");
  g_assert_cmpuint(speech.size(), >, 24000 / 2);
  g_assert_cmpuint(speech.size(), <, 24000 * 4);
  g_assert_cmpfloat(rms(speech), >, 500);
}

void test_deterministic() {
  const auto synthesizer = make_flite_synthesizer();
  const Samples first = synthesizer->speak("Go forward ten meters.", 1, 24000);
  synthesizer->speak("Something else, at another speed.", 1.5, 8000);
  g_assert_true(synthesizer->speak("Go forward ten meters.", 1, 24000) == first);
  g_assert_true(say("Go forward ten meters.") == first);
}

void test_rates_last_equally_long() {
  const double seconds = static_cast<double>(say("Good morning.", 1, 16000).size()) / 16000;
  for (const std::uint32_t rate : {8000U, 24000U, 48000U})
    g_assert_cmpfloat_with_epsilon(static_cast<double>(say("Good morning.", 1, rate).size()) / rate, seconds,
                                   0.001);
}

void test_speed() {
  const auto normal = static_cast<double>(say("Please turn on the light in the kitchen.").size());
  for (const double speed : {0.5, 0.8, 1.25, 1.5, 2.0}) {
    const auto size = static_cast<double>(say("Please turn on the light in the kitchen.", speed).size());
    g_assert_cmpfloat_with_epsilon(normal / size, speed, 0.15 * speed);
  }
}

void test_impossible_speeds_are_bounded() {
  g_assert_cmpuint(say("Yes.", 0).size(), ==, say("Yes.", 0.25).size());
  g_assert_cmpuint(say("Yes.", 1000).size(), ==, say("Yes.", 4).size());
}

void test_nothing_to_say() {
  for (const char* text : {"", "   ", "...", "\xff\xff"})
    g_assert_true(say(text).empty());
}

void test_sentences_follow_each_other() {
  const auto together = say("Yes. I think so.").size();
  const auto apart = say("Yes.").size() + say("I think so.").size();
  g_assert_cmpuint(together, >, apart * 3 / 4);
  g_assert_cmpuint(together, <, apart * 5 / 4);
}

void test_long_text_is_bounded() {
  std::string text;
  for (int i = 0; i < 2000; i++)
    text += "word and another, ";
  const auto seconds = say(text.c_str(), 4, 8000).size() / 8000;
  g_assert_cmpuint(seconds, >, 20);
  g_assert_cmpuint(seconds, <, 600);
}

void test_threads_do_not_disturb_each_other() {
  const Samples slow = say("I am slow.", 0.7), fast = say("And I am fast.", 1.4);
  std::array<bool, 4> same{};
  std::array<std::thread, same.size()> threads;
  for (std::size_t i = 0; i < threads.size(); i++)
    threads[i] = std::thread([&, i] {
      same[i] = true;
      for (int n = 0; n < 10; n++)
        same[i] &= i % 2 ? say("I am slow.", 0.7) == slow : say("And I am fast.", 1.4) == fast;
    });
  for (auto& thread : threads)
    thread.join();
  for (const bool each : same)
    g_assert_true(each);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/synthesizer/speaks", test_speaks);
  g_test_add_func("/synthesizer/deterministic", test_deterministic);
  g_test_add_func("/synthesizer/rates", test_rates_last_equally_long);
  g_test_add_func("/synthesizer/speed", test_speed);
  g_test_add_func("/synthesizer/impossible-speeds", test_impossible_speeds_are_bounded);
  g_test_add_func("/synthesizer/nothing-to-say", test_nothing_to_say);
  g_test_add_func("/synthesizer/sentences", test_sentences_follow_each_other);
  g_test_add_func("/synthesizer/long-text", test_long_text_is_bounded);
  g_test_add_func("/synthesizer/threads", test_threads_do_not_disturb_each_other);
  return g_test_run();
}

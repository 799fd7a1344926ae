#include "clips.h"

#include "server/speech.h"
#include "server/speech/flite_synthesizer.h"
#include "server/speech/pocketsphinx_recognizer.h"

#include <glib.h>

#include <algorithm>
#include <span>
#include <stdexcept>

namespace {

using rt::server::Recognizer;
using rt::test::Samples;

const std::string model_dir = RT_SPEECH_MODEL_DIR;

// One for all tests: loading takes half a second, and no utterance may depend on those before it.
Recognizer& shared_recognizer() {
  static const auto instance = rt::server::make_pocketsphinx_recognizer(model_dir);
  return *instance;
}

std::string understand(const Samples& samples, std::size_t chunk = 320) {
  auto& recognizer = shared_recognizer();
  recognizer.start();
  for (std::size_t i = 0; i < samples.size(); i += chunk)
    recognizer.feed(std::span(samples).subspan(i, std::min(chunk, samples.size() - i)));
  return recognizer.finish();
}

void expect_text(const std::string& got, const std::string& wanted) {
  g_assert_cmpstr(got.c_str(), ==, wanted.c_str());
}

bool ready() {
  return rt::test::installed(model_dir + "/en-us/en-us.lm.bin") &&
         rt::test::installed(rt::test::path_of(rt::test::go_forward));
}

Samples go_forward() {
  return rt::test::load(rt::test::path_of(rt::test::go_forward));
}

void test_go_forward() {
  if (!ready()) return;
  expect_text(understand(go_forward()), "go forward ten meters");
}

void test_read_speech() {
  if (!ready()) return;
  std::size_t wanted = 0, heard = 0;
  for (const auto& clip : rt::test::librivox) {
    const auto words = rt::test::words_of(clip.words);
    const auto text = understand(rt::test::load(rt::test::path_of(clip)));
    g_test_message("%s", text.c_str());
    wanted += words.size();
    heard += rt::test::heard_in_order(words, rt::test::words_of(text));
  }
  g_test_message("%zu of %zu words", heard, wanted);
  g_assert_cmpuint(heard * 100, >=, wanted * 75);
}

void test_chunks_and_order_do_not_matter() {
  if (!ready()) return;
  const Samples samples = rt::test::load(rt::test::path_of(rt::test::librivox[1]));
  const auto text = understand(samples);
  g_assert_cmpuint(text.size(), >, 10);
  understand(go_forward(), 1000);
  expect_text(understand(samples, 97), text);
  expect_text(understand(samples, samples.size()), text);
}

void test_loudness_does_not_matter() {
  if (!ready()) return;
  for (const double gain : {0.1, 0.3, 2.0}) {
    Samples samples = go_forward();
    for (auto& sample : samples)
      sample = static_cast<std::int16_t>(std::clamp(sample * gain, -32768.0, 32767.0));
    expect_text(understand(samples), "go forward ten meters");
  }
}

void test_silence_around_does_not_matter() {
  if (!ready()) return;
  for (const double seconds : {0.1, 0.5, 1.5, 4.0}) {
    Samples samples = rt::test::silence(seconds / 2);
    rt::test::append(samples, go_forward());
    rt::test::append(samples, rt::test::silence(seconds));
    expect_text(understand(samples), "go forward ten meters");
  }
}

void test_nothing_was_said() {
  if (!ready()) return;
  expect_text(understand({}), "");
  expect_text(understand(Samples(10)), "");
  expect_text(understand(rt::test::silence(2)), "");
}

void test_partial() {
  if (!ready()) return;
  auto& recognizer = shared_recognizer();
  const Samples samples = go_forward();
  recognizer.start();
  expect_text(recognizer.partial(), "");
  recognizer.feed(std::span(samples).first(samples.size() / 2));
  expect_text(recognizer.partial(), ""); // in the middle of a word nothing is sure
  recognizer.feed(std::span(samples).subspan(samples.size() / 2));
  recognizer.feed(rt::test::silence(1));
  expect_text(recognizer.partial(), "go forward ten meters"); // a pause is time to look
  expect_text(recognizer.finish(), "go forward ten meters");
}

void test_start_forgets_an_abandoned_utterance() {
  if (!ready()) return;
  auto& recognizer = shared_recognizer();
  const Samples other = rt::test::load(rt::test::path_of(rt::test::librivox[1]));
  recognizer.start();
  recognizer.feed(other);
  recognizer.start();
  recognizer.feed(go_forward());
  expect_text(recognizer.finish(), "go forward ten meters");
}

// Longer than the part that is decoded at once, with and without pauses to cut at.
void test_long_utterance() {
  if (!ready()) return;
  const Samples once = go_forward();
  Samples samples;
  constexpr std::size_t times = 14;
  for (std::size_t i = 0; i < times; i++)
    rt::test::append(samples, once);
  g_assert_cmpuint(samples.size(), >, 36 * 16000);
  const auto heard = rt::test::words_of(understand(samples, 16000));
  g_assert_cmpint(std::count(heard.begin(), heard.end(), "forward"), >=, times - 2);
  g_assert_cmpint(std::count(heard.begin(), heard.end(), "forward"), <=, times);
}

// The answers that the server gives by default must be intelligible to a machine.
void test_understands_the_synthesizer() {
  if (!ready()) return;
  const auto synthesizer = rt::server::make_flite_synthesizer();
  std::size_t wanted = 0, heard = 0;
  for (const char* text :
       {"You said: go forward ten meters.", "You said: what is the weather like today.",
        "You said: thank you very much and good night.", "You said: where is the nearest train station.",
        "You said: please turn on the light in the kitchen."}) {
    const auto words = rt::test::words_of(text);
    const auto understood = understand(synthesizer->speak(text, 1, 16000));
    g_test_message("%s -> %s", text, understood.c_str());
    wanted += words.size();
    heard += rt::test::heard_in_order(words, rt::test::words_of(understood));
  }
  g_test_message("%zu of %zu words", heard, wanted);
  g_assert_cmpuint(heard * 100, >=, wanted * 85);
}

void test_missing_model_is_named() {
  try {
    rt::server::make_pocketsphinx_recognizer("/nowhere");
    g_assert_not_reached();
  } catch (const std::runtime_error& error) {
    g_assert_nonnull(g_strstr_len(error.what(), -1, "/nowhere/en-us"));
    g_assert_nonnull(g_strstr_len(error.what(), -1, "pocketsphinx-en-us"));
  }
}

void test_factory() {
  g_setenv("REALTIME_SERVER_MODEL_DIR", "/nowhere", TRUE);
  bool thrown = false;
  try {
    rt::server::real_speech();
  } catch (const std::runtime_error&) {
    thrown = true;
  }
  g_assert_true(thrown);
  g_unsetenv("REALTIME_SERVER_MODEL_DIR");
  if (!ready()) return;
  const auto factory = rt::server::real_speech();
  g_assert_nonnull(factory.recognizer().get());
  g_assert_nonnull(factory.synthesizer().get());
  g_assert_nonnull(factory.detector().get());
  g_assert_nonnull(factory.resampler(24000, 16000).get());
}

// The library is talkative: neither its settings nor its progress may reach the user.
void test_quiet() {
  if (!ready()) return;
  if (g_test_subprocess()) {
    understand(go_forward());
    return;
  }
  g_test_trap_subprocess(nullptr, 0, static_cast<GTestSubprocessFlags>(0));
  g_test_trap_assert_passed();
  g_test_trap_assert_stderr("");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/recognizer/go-forward", test_go_forward);
  g_test_add_func("/recognizer/read-speech", test_read_speech);
  g_test_add_func("/recognizer/chunks-and-order", test_chunks_and_order_do_not_matter);
  g_test_add_func("/recognizer/loudness", test_loudness_does_not_matter);
  g_test_add_func("/recognizer/silence-around", test_silence_around_does_not_matter);
  g_test_add_func("/recognizer/nothing-said", test_nothing_was_said);
  g_test_add_func("/recognizer/partial", test_partial);
  g_test_add_func("/recognizer/abandoned", test_start_forgets_an_abandoned_utterance);
  g_test_add_func("/recognizer/long", test_long_utterance);
  g_test_add_func("/recognizer/synthesizer", test_understands_the_synthesizer);
  g_test_add_func("/recognizer/missing-model", test_missing_model_is_named);
  g_test_add_func("/recognizer/factory", test_factory);
  g_test_add_func("/recognizer/quiet", test_quiet);
  return g_test_run();
}

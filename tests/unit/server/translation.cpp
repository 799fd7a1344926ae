// Sessions without turns: what comes in is said again, on a track that moves on with the input.
#include "server/translation.h"
#include "harness.h"

#include <algorithm>

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::server;
using namespace rt::server::test;

struct Interpreter : Harness {
  explicit Interpreter(Scenario with = {}) : Harness(std::move(with), SessionType::translation) {}
  void set(SessionConfig config, std::string event_id = {}) {
    client(SessionUpdate{std::move(config), SessionType::translation}, std::move(event_id));
  }
  void hear_transcripts() {
    SessionConfig config;
    config.transcription.emplace().model = "gpt-realtime-whisper";
    set(std::move(config));
  }
  // A phrase, and the pause that ends it.
  void phrase() {
    tone(400);
    silence(600);
  }
  std::vector<std::int16_t> output() const {
    std::vector<std::int16_t> samples;
    for (const auto& delta : all<StreamAudioDelta>()) {
      const auto bytes = decode_audio(delta.audio).value();
      for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
        samples.push_back(static_cast<std::int16_t>(bytes[i] | bytes[i + 1] << 8));
    }
    return samples;
  }
  std::size_t output_ms() const { return output().size() / 24; }
  std::size_t spoken_ms() const {
    const auto samples = output();
    return static_cast<std::size_t>(std::ranges::count_if(samples, [](auto each) { return each != 0; })) / 24;
  }
  template<typename Text>
  std::string joined() const {
    std::string text;
    for (const auto& delta : all<Text>())
      text += delta.delta;
    return text;
  }
};

void silence_in_gives_silence_out() {
  Interpreter i;
  i.silence(1000);
  const auto deltas = i.all<StreamAudioDelta>();
  g_assert_cmpuint(deltas.size(), ==, 5);
  for (std::size_t n = 0; n < deltas.size(); ++n) {
    g_assert_cmpuint(decode_audio(deltas[n].audio)->size(), ==, 9600);
    g_assert_cmpuint(deltas[n].elapsed_ms.value(), ==, 200 * (n + 1));
    g_assert_cmpuint(deltas[n].sample_rate, ==, 24000);
  }
  g_assert_cmpuint(i.spoken_ms(), ==, 0);
  i.silence(180);
  g_assert_cmpuint(i.output_ms(), ==, 1000);
  i.silence(20);
  g_assert_cmpuint(i.output_ms(), ==, 1200);
  i.advance(10'000); // time is what the input says
  g_assert_cmpuint(i.output_ms(), ==, 1200);
}

void pieces_of_any_size_are_taken() {
  Interpreter i;
  std::string second;
  rt::audio::base64_append(second, std::vector<std::uint8_t>(48000));
  i.client(InputAudioAppend{second});
  g_assert_cmpuint(i.all<StreamAudioDelta>().size(), ==, 5);
  std::string odd;
  rt::audio::base64_append(odd, std::vector<std::uint8_t>(33)); // ends in half a sample
  for (int n = 0; n < 291; ++n)                                 // 9603 bytes
    i.client(InputAudioAppend{odd});
  g_assert_cmpuint(i.output_ms(), ==, 1200);
}

void phrases_are_said_in_the_other_language() {
  Interpreter i;
  i.silence(200);
  i.phrase();
  g_assert_cmpuint(i.spoken_ms(), ==, 0);
  i.understand("go forward ten meters");
  equal(i.said(), "ve adelante diez metros");
  equal(i.joined<StreamOutputText>(), "");
  i.silence(1000);
  equal(i.joined<StreamOutputText>(), "ve adelante diez metros");
  g_assert_cmpuint(i.spoken_ms(), ==, 400); // 100 ms a word
  g_assert_cmpuint(i.output_ms(), ==, 2200);
  const auto words = i.all<StreamOutputText>();
  g_assert_cmpuint(words.size(), ==, 4);
  equal(words[1].delta, " adelante");
  // The third word begins with the second 200 ms.
  g_assert_cmpuint(words[0].elapsed_ms.value(), ==, 1400);
  g_assert_cmpuint(words[1].elapsed_ms.value(), ==, 1400);
  g_assert_cmpuint(words[2].elapsed_ms.value(), ==, 1600);
  i.phrase();
  i.understand("stop");
  i.silence(200);
  equal(i.joined<StreamOutputText>(), "ve adelante diez metros para");
  g_assert_true(i.all<StreamInputText>().empty());
}

void what_was_heard_is_told_where_it_is_asked_for() {
  Interpreter i;
  i.hear_transcripts();
  i.phrase();
  i.understand("Hello, world.");
  equal(i.joined<StreamInputText>(), "Hello, world.");
  i.phrase();
  i.understand("goodbye");
  i.silence(400);
  equal(i.joined<StreamInputText>(), "Hello, world. goodbye");
  equal(i.joined<StreamOutputText>(), "Hola, mundo. adiós");
  for (const auto& delta : i.all<StreamInputText>())
    g_assert_cmpuint(delta.elapsed_ms.value() % 200, ==, 0);
}

void phrases_keep_their_order() {
  Interpreter i;
  i.hear_transcripts();
  i.phrase();
  i.phrase();
  i.understand("two"); // the fake recogniser answers the newest first
  g_assert_true(i.speech.spoken.empty());
  equal(i.joined<StreamInputText>(), "");
  i.understand("one");
  i.silence(1000);
  equal(i.joined<StreamInputText>(), "one two");
  equal(i.joined<StreamOutputText>(), "uno dos");
}

void a_slow_voice_holds_up_only_itself() {
  Interpreter i;
  i.speech.speaks_at_once = false;
  i.phrase();
  i.understand("one");
  i.phrase();
  i.understand("two");
  i.silence(1000);
  g_assert_cmpuint(i.output_ms(), ==, 3000);
  g_assert_cmpuint(i.spoken_ms(), ==, 0);
  g_assert_cmpuint(i.speech.spoken.size(), ==, 1); // one voice at a time
  i.speech.finish_speaking();
  i.speech.finish_speaking();
  i.silence(400);
  equal(i.joined<StreamOutputText>(), "uno dos");
  g_assert_cmpuint(i.spoken_ms(), ==, 200);
}

void what_is_not_understood_is_not_said() {
  Interpreter i;
  i.hear_transcripts();
  i.phrase();
  i.understand("");
  i.silence(400);
  i.client(SessionClose{});
  g_assert_true(i.all<StreamInputText>().empty() && i.all<StreamOutputText>().empty());
  g_assert_cmpuint(i.all<SessionClosed>().size(), ==, 1);
}

void speech_without_a_pause_is_said_in_pieces() {
  Interpreter i;
  i.tone(20'000);
  i.silence(600);
  for (const char* words : {"three", "two", "one"})
    i.understand(words);
  g_assert_false(i.speech.utterance_waits());
  i.silence(1000);
  equal(i.joined<StreamOutputText>(), "uno dos tres");
}

void the_language_may_change() {
  Interpreter i;
  equal(i.last<SessionCreated>().session.config.target_language.value(), "es");
  i.set({.target_language = "de"});
  const auto updated = i.last<SessionUpdated>().session;
  equal(updated.config.target_language.value(), "de");
  g_assert_true(updated.type == SessionType::translation && updated.expires_at == 1000);
  i.phrase();
  i.understand("ten");
  i.silence(200);
  equal(i.joined<StreamOutputText>(), "zehn");
  i.set({.target_language = ""}, "mine");
  equal(i.last<ErrorEvent>().error.param, "session.audio.output.language");
  equal(i.last<ErrorEvent>().error.event_id, "mine");
}

void what_is_no_part_of_a_translation_is_refused() {
  Interpreter i;
  i.client(ResponseCreate{}, "mine");
  equal(i.last<ErrorEvent>().error.event_id, "mine");
  i.client(InputAudioCommit{}, "mine, too");
  equal(i.last<ErrorEvent>().error.event_id, "mine, too");
  i.client(InputAudioAppend{"!!!!"});
  equal(i.last<ErrorEvent>().error.param, "audio");
  g_assert_cmpuint(i.output_ms(), ==, 0);
}

void closing_says_the_rest_first() {
  Interpreter i;
  i.speech.speaks_at_once = false;
  i.phrase();
  i.understand("one");
  i.tone(300); // a phrase without its end
  i.events();
  i.client(SessionClose{});
  equal(i.events(), "");
  i.client(InputAudioAppend{""}, "late");
  equal(i.last<ErrorEvent>().error.event_id, "late");
  i.understand("two three");
  i.speech.finish_speaking();
  g_assert_true(i.all<SessionClosed>().empty());
  i.speech.finish_speaking();
  equal(i.events(), "error output_transcript.delta output_audio.delta output_transcript.delta "
                    "output_audio.delta closed");
  equal(i.joined<StreamOutputText>(), "uno dos tres");
  g_assert_cmpuint(i.spoken_ms(), ==, 300);
  // 1300 ms of input of which 1200 were answered: what is left to say is longer.
  g_assert_cmpuint(i.output_ms(), ==, 1500);
  i.client(SessionClose{}, "again");
  equal(i.last<ErrorEvent>().error.event_id, "again");
  g_assert_cmpuint(i.all<SessionClosed>().size(), ==, 1);
}

void closing_answers_all_of_the_input() {
  Interpreter i;
  i.silence(1120);
  i.client(SessionClose{});
  g_assert_cmpuint(i.output_ms(), ==, 1120);
  g_assert_cmpuint(i.last<StreamAudioDelta>().elapsed_ms.value(), ==, 1200);
  g_assert_true(std::holds_alternative<SessionClosed>(i.log.back().body));
}

// Ears and mouth replaced: what comes can be told sample by sample.
void a_scenario_replaces_ears_and_mouth() {
  Scenario scenario;
  scenario.ears = Scenario::Ears::off;
  scenario.detector = Scenario::Detector::level;
  scenario.transcripts = {"go", "stop"};
  scenario.default_sound = Sound{Sound::Kind::ramp, Ms(250)};
  Interpreter i(scenario);
  i.phrase();
  i.phrase();
  i.phrase();
  i.client(SessionClose{});
  equal(i.joined<StreamOutputText>(), "ve para");
  const auto samples = i.output();
  const auto first = std::ranges::find(samples, ramp_sample(0));
  for (std::uint64_t n = 0; n < 6000; ++n)
    g_assert_cmpint(first[static_cast<std::ptrdiff_t>(n)], ==, ramp_sample(n));
  g_assert_cmpuint(i.spoken_ms(), ==, 500);
  g_assert_true(i.speech.spoken.empty());
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/translation/silence", silence_in_gives_silence_out);
  g_test_add_func("/server/translation/pieces", pieces_of_any_size_are_taken);
  g_test_add_func("/server/translation/said", phrases_are_said_in_the_other_language);
  g_test_add_func("/server/translation/heard", what_was_heard_is_told_where_it_is_asked_for);
  g_test_add_func("/server/translation/order", phrases_keep_their_order);
  g_test_add_func("/server/translation/slow-voice", a_slow_voice_holds_up_only_itself);
  g_test_add_func("/server/translation/nothing", what_is_not_understood_is_not_said);
  g_test_add_func("/server/translation/without-pause", speech_without_a_pause_is_said_in_pieces);
  g_test_add_func("/server/translation/language", the_language_may_change);
  g_test_add_func("/server/translation/refused", what_is_no_part_of_a_translation_is_refused);
  g_test_add_func("/server/translation/close", closing_says_the_rest_first);
  g_test_add_func("/server/translation/close-silence", closing_answers_all_of_the_input);
  g_test_add_func("/server/translation/scripted", a_scenario_replaces_ears_and_mouth);
  return g_test_run();
}

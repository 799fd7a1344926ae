// Audio in: turn detection, commits, recognition, transcripts.
#include "harness.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::server;
using namespace rt::server::test;

SessionConfig with_transcription() {
  SessionConfig config;
  config.transcription.emplace().model = "whisper-1";
  return config;
}

void a_turn_makes_an_item_and_a_response() {
  Harness h;
  h.silence(1000);
  equal(h.events(), "");
  h.tone(600);
  equal(h.events(), "speech_started");
  h.silence(200);
  equal(h.events(), "speech_stopped committed item.added item.done created");
  g_assert_true(h.speech.utterance_waits());
  h.understand("go forward");
  h.finish_responses();
  equal(h.events(),
        "output_item.added item.added content_part.added output_audio_transcript.delta output_audio.delta "
        "output_audio_transcript.delta output_audio.delta output_audio_transcript.delta "
        "output_audio.delta output_audio_transcript.delta output_audio.delta output_audio.done "
        "output_audio_transcript.done content_part.done item.done output_item.done done "
        "rate_limits.updated");
  equal(h.said(), "You said: go forward.");
}

void times_count_the_audio_written() {
  Harness h;
  h.silence(1000);
  h.tone(600);
  h.silence(400);
  const auto started = h.last<SpeechStarted>();
  const auto stopped = h.last<SpeechStopped>();
  // 300 ms of padding; a frame more or less for the resampler and the frame's edges.
  g_assert_cmpuint(started.audio_start_ms, >=, 680);
  g_assert_cmpuint(started.audio_start_ms, <=, 720);
  g_assert_cmpuint(stopped.audio_end_ms, >=, 1780);
  g_assert_cmpuint(stopped.audio_end_ms, <=, 1840);
  equal(started.item_id, stopped.item_id);
  equal(h.last<InputAudioCommitted>().item_id, started.item_id);
  equal(h.last<ItemDone>().item.id, started.item_id);
}

// Without it the agents SDK does not take the item.
void an_item_of_audio_has_a_transcript_from_the_start() {
  Harness h;
  h.configure(with_transcription());
  h.tone(400);
  h.silence(300);
  equal(h.last<ItemAdded>().item.content.at(0).transcript.value(), "");
  h.understand("hello");
  h.client(ItemRetrieve{h.last<SpeechStarted>().item_id});
  equal(h.last<ItemRetrieved>().item.content.at(0).transcript.value(), "hello");
}

void a_second_turn_starts_after_the_first() {
  Harness h;
  h.tone(400);
  h.silence(240);
  const auto first_end = h.last<SpeechStopped>().audio_end_ms;
  h.tone(400);
  const auto second = h.last<SpeechStarted>();
  g_assert_cmpuint(second.audio_start_ms, >=, first_end);
  h.silence(240);
  g_assert_cmpuint(h.all<InputAudioCommitted>().size(), ==, 2);
  g_assert_true(h.last<InputAudioCommitted>().previous_item_id.has_value());
}

void a_click_is_no_speech() {
  Harness h;
  h.silence(500);
  for (int i = 0; i < 10; ++i) {
    h.tone(40);
    h.silence(100);
  }
  equal(h.events(), "");
}

void the_recogniser_hears_the_padding_too() {
  Harness h;
  h.silence(1000);
  h.tone(600);
  h.silence(200);
  // 300 ms before, 600 of speech, 200 of silence.
  g_assert_cmpuint(h.speech.samples_heard, >, 1060 * 16);
  g_assert_cmpuint(h.speech.samples_heard, <, 1200 * 16);
}

void settings_of_the_turn_are_obeyed() {
  Harness h;
  SessionConfig config;
  auto& detection = config.turn_detection.emplace();
  detection.silence_duration_ms = 800;
  detection.prefix_padding_ms = 100;
  detection.create_response = false;
  h.configure(config);
  h.events();
  h.silence(500);
  h.tone(400);
  h.silence(600);
  equal(h.events(), "speech_started");
  h.silence(200);
  equal(h.events(), "speech_stopped committed item.added item.done");
  g_assert_cmpuint(h.last<SpeechStarted>().audio_start_ms, >=, 380);
  h.understand("hello");
  equal(h.events(), "");
  h.client(ResponseCreate{});
  equal(h.said(), "You said: hello.");
}

void an_unreachable_threshold_hears_nothing() {
  Harness h(Scenario{.detector = Scenario::Detector::off});
  h.tone(1000);
  equal(h.events(), "");
}

void semantic_detection_waits_by_eagerness() {
  using Eagerness = TurnDetection::Eagerness;
  for (const auto& [eagerness, pause] :
       {std::pair(Eagerness::high, 300u), std::pair(Eagerness::automatic, 600u),
        std::pair(Eagerness::low, 1200u)}) {
    Harness h;
    SessionConfig config;
    auto& detection = config.turn_detection.emplace();
    detection.mode = TurnDetection::Mode::semantic_vad;
    detection.eagerness = eagerness;
    h.configure(config);
    h.tone(400);
    h.silence(pause - 40);
    g_assert_cmpuint(h.all<SpeechStopped>().size(), ==, 0);
    h.silence(80);
    g_assert_cmpuint(h.all<SpeechStopped>().size(), ==, 1);
  }
}

void transcripts_come_when_asked_for() {
  Harness h;
  h.configure(with_transcription());
  h.tone(400);
  h.silence(200);
  const auto item = h.last<ItemDone>().item.id;
  h.understand("go forward ten meters");
  std::string joined;
  for (const auto& delta : h.all<InputTranscriptDelta>())
    joined += delta.delta;
  equal(joined, "go forward ten meters");
  const auto completed = h.last<InputTranscriptCompleted>();
  equal(completed.transcript, "go forward ten meters");
  equal(completed.item_id, item);
  g_assert_cmpfloat(completed.seconds, >, 0.5);
  g_assert_cmpfloat(completed.seconds, <, 1.0);
}

void no_transcripts_unless_asked_for() {
  Harness h;
  h.tone(400);
  h.silence(200);
  h.understand("hello");
  g_assert_cmpuint(h.all<InputTranscriptCompleted>().size(), ==, 0);
}

void nothing_understood_is_said_so() {
  Harness h;
  h.configure(with_transcription());
  h.tone(400);
  h.silence(200);
  h.understand("");
  equal(h.last<InputTranscriptCompleted>().transcript, "");
  equal(h.said(), "I did not understand.");
}

void manual_turns_wait_for_commit_and_create() {
  Harness h;
  h.no_turn_detection();
  h.events();
  h.tone(400);
  h.silence(1000);
  equal(h.events(), "");
  h.client(InputAudioCommit{});
  equal(h.events(), "committed item.added item.done");
  h.client(ResponseCreate{});
  equal(h.events(), "created");
  h.understand("hello there");
  h.finish_responses();
  equal(h.said(), "You said: hello there.");
  g_assert_cmpuint(h.speech.samples_heard, >=, 1380 * 16);
}

void a_short_commit_is_refused() {
  Harness h;
  h.no_turn_detection();
  h.tone(80);
  h.client(InputAudioCommit{}, "mine");
  equal(h.last_error(), "input_audio_buffer_commit_empty");
  equal(h.last<ErrorEvent>().error.event_id, "mine");
  h.tone(20);
  h.client(InputAudioCommit{});
  g_assert_cmpuint(h.all<InputAudioCommitted>().size(), ==, 1);
  h.client(InputAudioCommit{});
  g_assert_cmpuint(h.all<InputAudioCommitted>().size(), ==, 1);
}

void clear_forgets_the_audio() {
  Harness h;
  h.no_turn_detection();
  h.tone(400);
  g_assert_cmpuint(h.speech.utterances_open, ==, 1);
  h.events();
  h.client(InputAudioClear{});
  equal(h.events(), "cleared");
  g_assert_cmpuint(h.speech.utterances_open, ==, 0);
  h.client(InputAudioCommit{});
  equal(h.last_error(), "input_audio_buffer_commit_empty");
}

void clear_ends_the_turn_that_is_open() {
  Harness h;
  h.tone(400);
  h.client(InputAudioClear{});
  h.silence(1000);
  g_assert_cmpuint(h.all<SpeechStopped>().size(), ==, 0);
  h.tone(400);
  g_assert_cmpuint(h.all<SpeechStarted>().size(), ==, 2);
}

void a_commit_during_speech_takes_the_announced_item() {
  Harness h;
  h.tone(400);
  const auto announced = h.last<SpeechStarted>().item_id;
  h.client(InputAudioCommit{});
  equal(h.last<InputAudioCommitted>().item_id, announced);
  h.understand("cut");
  g_assert_cmpuint(h.all<ResponseCreated>().size(), ==, 0);
}

void turn_detection_may_end_in_the_middle_of_speech() {
  Harness h;
  h.tone(400);
  h.no_turn_detection();
  h.silence(1000);
  g_assert_cmpuint(h.all<SpeechStopped>().size(), ==, 0);
  h.client(InputAudioCommit{});
  g_assert_cmpuint(h.all<InputAudioCommitted>().size(), ==, 1);
}

void bad_base64_is_refused() {
  Harness h;
  h.client(InputAudioAppend{"!!!!"}, "e1");
  equal(h.last_error(), "invalid_value");
  equal(h.last<ErrorEvent>().error.param, "audio");
  equal(h.last<ErrorEvent>().error.event_id, "e1");
}

void a_full_buffer_is_refused() {
  Harness h;
  h.no_turn_detection();
  InputAudioAppend minute;
  audio::base64_append(minute.audio, std::vector<std::uint8_t>(60 * 48000));
  for (int i = 0; i < 10; ++i)
    h.client(minute);
  g_assert_cmpuint(h.all<ErrorEvent>().size(), ==, 0);
  h.client(minute, "eleven");
  equal(h.last<ErrorEvent>().error.event_id, "eleven");
  h.client(InputAudioClear{});
  h.client(minute);
  g_assert_cmpuint(h.all<ErrorEvent>().size(), ==, 1);
}

// G.711 at 8 kHz: the times are those of 8000 bytes a second.
void g711_is_heard() {
  for (const auto format : {audio::ulaw_8k, audio::alaw_8k}) {
    Harness h;
    SessionConfig config;
    config.input_format = format;
    h.configure(config);
    const auto send = [&](unsigned ms, std::uint8_t first, std::uint8_t second) {
      std::vector<std::uint8_t> bytes;
      for (unsigned i = 0; i < ms * 8; ++i)
        bytes.push_back(i / 8 % 2 ? first : second);
      InputAudioAppend event;
      audio::base64_append(event.audio, bytes);
      h.client(std::move(event));
    };
    send(500, format.silence_byte(), format.silence_byte());
    send(500, 0x10, 0x90); // loud in both laws
    send(300, format.silence_byte(), format.silence_byte());
    g_assert_cmpuint(h.last<SpeechStarted>().audio_start_ms, <=, 240);
    g_assert_cmpuint(h.last<SpeechStopped>().audio_end_ms, >=, 1160);
    g_assert_cmpuint(h.last<SpeechStopped>().audio_end_ms, <=, 1260);
  }
}

// 33 bytes leave half a sample for the next event.
void samples_cut_in_two_are_joined() {
  Harness h;
  h.no_turn_detection();
  std::vector<std::uint8_t> bytes(4801);
  InputAudioAppend event;
  audio::base64_append(event.audio, bytes);
  h.client(event);
  h.client(event);
  h.client(InputAudioCommit{});
  g_assert_cmpuint(h.speech.samples_heard, >=, 3200);
  g_assert_cmpuint(h.speech.samples_heard, <=, 3202);
}

void scripted_transcripts_replace_the_recogniser() {
  Scenario scenario;
  scenario.ears = Scenario::Ears::off;
  scenario.transcripts = {"first", "second"};
  Harness h(scenario);
  for (int i = 0; i < 3; ++i) {
    h.tone(400);
    h.silence(300);
    h.finish_responses();
  }
  g_assert_cmpuint(h.speech.spoken.size(), ==, 3);
  equal(h.speech.spoken[0], "You said: first.");
  equal(h.speech.spoken[1], "You said: second.");
  equal(h.speech.spoken[2], "I did not understand.");
}

void silence_for_long_is_a_turn() {
  Harness h;
  SessionConfig config;
  config.turn_detection.emplace().idle_timeout_ms = 6000;
  h.configure(config);
  h.ask("hello");
  h.executor.advance(Milliseconds(1000));
  equal(h.last<ResponseDone>().response.id, h.last<ResponseCreated>().response.id);
  h.events();
  // The reply of 3 words is 300 ms long; 60 ms of it were needed to send it.
  h.advance(5000);
  equal(h.events(), "");
  h.advance(1000);
  const auto events = h.events();
  g_assert_true(events.starts_with("timeout_triggered committed item.added item.done created"));
  equal(h.said(), "Are you still there?");
}

void speech_stops_the_idle_clock() {
  Harness h;
  SessionConfig config;
  config.turn_detection.emplace().idle_timeout_ms = 6000;
  h.configure(config);
  h.ask("hello");
  h.advance(1000);
  h.tone(400);
  h.advance(20'000);
  g_assert_cmpuint(h.all<IdleTimeout>().size(), ==, 0);
}

// An answer of 3 words plays for 300 ms after response.done came; 60 ms of it were needed to send it.
void idle_time_begins_when_the_answer_was_heard() {
  Harness h;
  SessionConfig config;
  config.turn_detection.emplace().idle_timeout_ms = 6000;
  h.configure(config);
  h.ask("hello");
  while (h.all<ResponseDone>().empty())
    h.advance(1);
  h.silence(200); // written while the answer is heard
  h.advance(299);
  h.silence(400);
  h.advance(1);
  h.silence(1000);
  h.advance(5999);
  g_assert_cmpuint(h.all<IdleTimeout>().size(), ==, 0);
  h.advance(1);
  const auto timeout = h.last<IdleTimeout>();
  g_assert_cmpuint(timeout.audio_start_ms, ==, 600);
  g_assert_cmpuint(timeout.audio_end_ms, ==, 1600);
  equal(h.last<InputAudioCommitted>().item_id, timeout.item_id);
}

void the_idle_clock_survives_other_settings() {
  Harness h;
  SessionConfig config;
  config.turn_detection.emplace().idle_timeout_ms = 6000;
  h.configure(config);
  h.ask("hello");
  h.advance(1000);
  h.configure({}); // a client may ask in this way whether all it sent has arrived
  h.advance(6000);
  g_assert_cmpuint(h.all<IdleTimeout>().size(), ==, 1);
}

void without_turn_detection_nobody_is_idle() {
  Harness h;
  SessionConfig config;
  config.turn_detection.emplace().idle_timeout_ms = 6000;
  h.configure(config);
  h.ask("hello");
  h.advance(1000);
  h.no_turn_detection();
  h.advance(20'000);
  g_assert_cmpuint(h.all<IdleTimeout>().size(), ==, 0);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/turns/item-and-response", a_turn_makes_an_item_and_a_response);
  g_test_add_func("/server/turns/times", times_count_the_audio_written);
  g_test_add_func("/server/turns/empty-transcript", an_item_of_audio_has_a_transcript_from_the_start);
  g_test_add_func("/server/turns/second", a_second_turn_starts_after_the_first);
  g_test_add_func("/server/turns/click", a_click_is_no_speech);
  g_test_add_func("/server/turns/padding", the_recogniser_hears_the_padding_too);
  g_test_add_func("/server/turns/settings", settings_of_the_turn_are_obeyed);
  g_test_add_func("/server/turns/off", an_unreachable_threshold_hears_nothing);
  g_test_add_func("/server/turns/semantic", semantic_detection_waits_by_eagerness);
  g_test_add_func("/server/turns/transcripts", transcripts_come_when_asked_for);
  g_test_add_func("/server/turns/no-transcripts", no_transcripts_unless_asked_for);
  g_test_add_func("/server/turns/nothing-understood", nothing_understood_is_said_so);
  g_test_add_func("/server/turns/manual", manual_turns_wait_for_commit_and_create);
  g_test_add_func("/server/turns/short-commit", a_short_commit_is_refused);
  g_test_add_func("/server/turns/clear", clear_forgets_the_audio);
  g_test_add_func("/server/turns/clear-open", clear_ends_the_turn_that_is_open);
  g_test_add_func("/server/turns/commit-during-speech", a_commit_during_speech_takes_the_announced_item);
  g_test_add_func("/server/turns/switched-off", turn_detection_may_end_in_the_middle_of_speech);
  g_test_add_func("/server/turns/bad-base64", bad_base64_is_refused);
  g_test_add_func("/server/turns/full", a_full_buffer_is_refused);
  g_test_add_func("/server/turns/g711", g711_is_heard);
  g_test_add_func("/server/turns/half-samples", samples_cut_in_two_are_joined);
  g_test_add_func("/server/turns/scripted", scripted_transcripts_replace_the_recogniser);
  g_test_add_func("/server/turns/idle", silence_for_long_is_a_turn);
  g_test_add_func("/server/turns/idle-stopped", speech_stops_the_idle_clock);
  g_test_add_func("/server/turns/idle-heard", idle_time_begins_when_the_answer_was_heard);
  g_test_add_func("/server/turns/idle-update", the_idle_clock_survives_other_settings);
  g_test_add_func("/server/turns/idle-off", without_turn_detection_nobody_is_idle);
  return g_test_run();
}

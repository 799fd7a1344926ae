// Transcription sessions against the development server: what is said becomes text, and nobody answers.
#include "support/elements.h"
#include "support/pipeline.h"

#include "protocol/json_value.h"

#include <gst/check/gstcheck.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;

namespace {

constexpr const char* spoken = "audiotestsrc is-live=false freq=440 num-buffers=50 samplesperbuffer=480 ! "
                               "audio/x-raw,format=S16LE,rate=24000,channels=1 ! ";

server::Scenario writer() {
  auto scenario = ramp_scenario(std::chrono::milliseconds(100));
  scenario.transcripts = {"first words", "second words", "third"};
  return scenario;
}

std::string sink(const ServerFixture& server, const char* properties) {
  return "realtimesink name=in session-type=transcription uri=" + server.uri() + ' ' + properties;
}

std::vector<std::string> final_texts(const Pipeline& pipeline) {
  std::vector<std::string> texts;
  for (const GstStructure* message : pipeline.seen("realtime/transcript")) {
    gboolean final = FALSE;
    fail_unless_equals_string(gst_structure_get_string(message, "role"), "user");
    if (gst_structure_get_boolean(message, "final", &final) && final)
      texts.emplace_back(gst_structure_get_string(message, "text"));
  }
  return texts;
}

void nobody_answers(ServerFixture& server) {
  for (const SentFrame& frame : server.traffic()) {
    fail_unless(frame.text.find("\"response.") == std::string::npos, "%s", frame.text.c_str());
    fail_unless(frame.text.find("\"error\"") == std::string::npos, "%s", frame.text.c_str());
  }
}

// Understands one more word with each 200 ms.
class CountingRecognizer final : public server::Recognizer {
 public:
  void start() override { heard_ = 0; }
  void feed(std::span<const std::int16_t> samples) override { heard_ += samples.size(); }
  std::string partial() override {
    constexpr std::size_t word = server::SpeechDetector::rate / 5;
    std::string text;
    for (std::size_t i = 1; i <= heard_ / word; ++i)
      text += (i == 1 ? "" : " ") + std::to_string(i);
    return text;
  }
  std::string finish() override { return partial() + " end"; }

 private:
  std::size_t heard_ = 0;
};

} // namespace

GST_START_TEST(a_file_becomes_text_and_the_pipeline_ends) {
  ServerFixture server(writer());
  Pipeline pipeline(spoken + sink(server, "input-transcription-model=gpt-4o-transcribe"));
  pipeline.play();
  pipeline.wait_for_eos();
  fail_unless(final_texts(pipeline) == std::vector<std::string>{"first words"});
  const std::string address = server.handshake();
  fail_unless_equals_string(address.c_str(), "/v1/realtime?intent=transcription");
  const auto update = *protocol::read_json(server.sent(true, "session.update").at(0));
  fail_unless(update["session"]["type"].text() == "transcription");
  fail_unless_equals_int(pipeline.seen("realtime/speech-started").size(), 1);
  fail_unless(pipeline.all(GST_MESSAGE_WARNING).empty());
  nobody_answers(server);
}
GST_END_TEST

// Models that find no turns: a commit ends one, the end of the stream the last.
GST_START_TEST(turns_that_nobody_finds_are_committed) {
  ServerFixture server(writer());
  Pipeline pipeline(Caller::element() + sink(server, "input-transcription-model=gpt-realtime-whisper"));
  pipeline.play();
  pipeline.wait_for_element("realtime/session-updated");
  Caller caller(pipeline.element("caller"));
  caller.speak(400);
  server.wait_for_sent(true, "input_audio_buffer.append", 20); // of 20 ms
  gboolean accepted = FALSE;
  g_signal_emit_by_name(pipeline.element("in").get(), "commit", &accepted);
  fail_unless(accepted);
  server.wait_for_sent(false, "conversation.item.input_audio_transcription.completed");
  caller.speak(400);
  caller.end();
  pipeline.wait_for_eos();
  fail_unless((final_texts(pipeline) == std::vector<std::string>{"first words", "second words"}));
  fail_unless_equals_int(server.sent(true, "input_audio_buffer.commit").size(), 2);
  fail_unless(pipeline.seen("realtime/speech-started").empty());
  nobody_answers(server);
}
GST_END_TEST

// Such a model writes while the caller speaks: nobody has said yet that the turn is over.
GST_START_TEST(words_come_while_they_are_said) {
  auto scenario = ramp_scenario(std::chrono::milliseconds(100));
  scenario.transcripts.clear();
  scenario.ears = server::Scenario::Ears::real;
  server::SpeechFactory speech;
  speech.recognizer = [] { return std::make_unique<CountingRecognizer>(); };
  ServerFixture server(scenario, {}, speech);
  Pipeline pipeline(Caller::element() + sink(server, "input-transcription-model=gpt-live-transcribe"));
  pipeline.play();
  pipeline.wait_for_element("realtime/session-updated");
  Caller caller(pipeline.element("caller"));
  caller.speak(500);
  pipeline.wait_for(
      [](GstMessage* m) {
        return is_element_message(m, "realtime/transcript") &&
               g_str_equal(gst_structure_get_string(gst_message_get_structure(m), "text"), "1 2");
      },
      "the first words");
  fail_unless(final_texts(pipeline).empty());
  fail_unless(server.sent(true, "input_audio_buffer.commit").empty());
  caller.end();
  pipeline.wait_for_eos();
  fail_unless((final_texts(pipeline) == std::vector<std::string>{"1 2 end"}));
  nobody_answers(server);
}
GST_END_TEST

// The same where the application wants no turns to be found, in both dialects.
GST_START_TEST(turn_detection_can_be_left_to_the_application) {
  for (const char* provider : {"openai", "openai-beta"}) {
    ServerFixture server(writer());
    Pipeline pipeline(Caller::element() +
                      sink(server, "turn-detection=none input-transcription-model=whisper-1") +
                      " provider=" + provider);
    pipeline.play();
    pipeline.wait_for_element("realtime/session-updated");
    Caller caller(pipeline.element("caller"));
    caller.speak(400);
    caller.pause(1000); // would end a turn
    server.wait_for_sent(true, "input_audio_buffer.append", 70);
    gboolean accepted = FALSE;
    g_signal_emit_by_name(pipeline.element("in").get(), "commit", &accepted);
    fail_unless(accepted);
    server.wait_for_sent(false, "conversation.item.input_audio_transcription.completed");
    caller.speak(400);
    caller.end();
    pipeline.wait_for_eos();
    fail_unless((final_texts(pipeline) == std::vector<std::string>{"first words", "second words"}));
    fail_unless_equals_int(server.sent(true, "input_audio_buffer.commit").size(), 2);
    fail_unless(server.sent(false, "input_audio_buffer.speech_started").empty());
    fail_unless(pipeline.all(GST_MESSAGE_WARNING).empty());
    nobody_answers(server);
  }
}
GST_END_TEST

GST_START_TEST(the_text_can_be_read_from_a_pad) {
  ServerFixture server(writer());
  Pipeline pipeline(spoken + sink(server, "input-transcription-model=whisper-1") +
                    "  realtimetextsrc track=input ! fakesink name=out sync=false");
  pipeline.play();
  pipeline.wait_for_eos();
  std::string text;
  for (const Captured& word : pipeline.captured())
    text += (text.empty() ? "" : " ") + std::string(word.bytes.begin(), word.bytes.end());
  fail_unless_equals_string(text.c_str(), "first words");
}
GST_END_TEST

GST_START_TEST(beta_has_an_update_of_its_own) {
  ServerFixture server(writer());
  Pipeline pipeline(spoken + sink(server, "provider=openai-beta input-transcription-model=whisper-1"));
  pipeline.play();
  pipeline.wait_for_eos();
  fail_unless(final_texts(pipeline) == std::vector<std::string>{"first words"});
  fail_unless(!server.sent(true, "transcription_session.update").empty());
  fail_unless(server.sent(true, "session.update").empty());
  nobody_answers(server);
}
GST_END_TEST

GST_START_TEST(speakers_are_told_apart) {
  ServerFixture server(writer());
  Pipeline pipeline(spoken + sink(server, "input-transcription-model=gpt-4o-transcribe-diarize"));
  pipeline.play();
  pipeline.wait_for_eos();
  const auto segments = pipeline.seen("realtime/transcript-segment");
  fail_unless_equals_int(segments.size(), 1);
  fail_unless_equals_string(gst_structure_get_string(segments[0], "speaker"), "A");
  fail_unless_equals_string(gst_structure_get_string(segments[0], "text"), "first words");
}
GST_END_TEST

GST_START_TEST(a_transcript_that_failed_holds_nothing_up) {
  auto scenario = writer();
  scenario.transcription_error = server::ScriptedError{"audio_unintelligible", "Not a word.", "server_error"};
  ServerFixture server(scenario);
  Pipeline pipeline(spoken + sink(server, "input-transcription-model=whisper-1"));
  pipeline.play();
  pipeline.wait_for_eos();
  const auto errors = pipeline.seen("realtime/error");
  fail_unless_equals_int(errors.size(), 1);
  fail_unless_equals_string(gst_structure_get_string(errors[0], "code"), "audio_unintelligible");
  fail_unless(final_texts(pipeline).empty());
}
GST_END_TEST

static Suite* transcription_suite() {
  Suite* suite = suite_create("transcription");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 30);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_test(tcase, a_file_becomes_text_and_the_pipeline_ends);
  tcase_add_test(tcase, turns_that_nobody_finds_are_committed);
  tcase_add_test(tcase, words_come_while_they_are_said);
  tcase_add_test(tcase, turn_detection_can_be_left_to_the_application);
  tcase_add_test(tcase, the_text_can_be_read_from_a_pad);
  tcase_add_test(tcase, beta_has_an_update_of_its_own);
  tcase_add_test(tcase, speakers_are_told_apart);
  tcase_add_test(tcase, a_transcript_that_failed_holds_nothing_up);
  return suite;
}

GST_CHECK_MAIN(transcription)

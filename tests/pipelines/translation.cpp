// Translation sessions through both elements against the development server, to the end of the stream.
#include "support/elements.h"
#include "support/pipeline.h"

#include "audio/base64.h"
#include "protocol/json_value.h"
#include "server/sound.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;

namespace {

constexpr const char* spoken = "audiotestsrc is-live=false freq=440 num-buffers=50 samplesperbuffer=480 ! "
                               "audio/x-raw,format=S16LE,rate=24000,channels=1 ! ";
constexpr const char* append = "session.input_audio_buffer.append";

server::Scenario interpreter(std::chrono::milliseconds length) {
  auto scenario = ramp_scenario(length);
  scenario.transcripts = {"one two", "stop", "ten"};
  return scenario;
}

std::string sink(const ServerFixture& server, const char* properties = "") {
  return "realtimesink name=in session-type=translation model=any target-language=es uri=" + server.uri() +
         ' ' + properties + "  realtimesrc ! fakesink name=out sync=true";
}

std::size_t bytes_of_append(const std::string& frame) {
  const auto text = (*protocol::read_json(frame))["audio"].as_string().value();
  std::vector<std::uint8_t> bytes(audio::base64_decoded_bound(text.size()));
  return audio::base64_decode(text, bytes.data()).value();
}

// The last text of each line of one side.
std::string final_text(const Pipeline& pipeline, const char* role) {
  std::string text;
  for (const GstStructure* message : pipeline.seen("realtime/transcript")) {
    gboolean final = FALSE;
    gst_structure_get_boolean(message, "final", &final);
    if (!final || g_strcmp0(gst_structure_get_string(message, "role"), role) != 0) continue;
    text += (text.empty() ? "" : " | ") + std::string(gst_structure_get_string(message, "text"));
  }
  return text;
}

void assert_text(const std::string& text, const std::string& expected) {
  fail_unless(text == expected, "'%s' instead of '%s'", text.c_str(), expected.c_str());
}

void no_warnings(Pipeline& pipeline) {
  fail_unless(pipeline.all(GST_MESSAGE_WARNING).empty());
}

} // namespace

GST_START_TEST(what_is_said_comes_out_in_another_language_and_the_pipeline_ends) {
  ServerFixture server(interpreter(std::chrono::milliseconds(1500)));
  Pipeline pipeline(spoken + sink(server, "input-transcription-model=gpt-realtime-whisper"));
  pipeline.play();
  pipeline.wait_for_eos();

  // Every sample that the server said, the last of them after the input had ended.
  auto samples = pipeline.captured_samples();
  std::erase(samples, std::int16_t{0});
  fail_unless_equals_int(samples.size(), 36000);
  for (std::uint64_t i = 0; i < samples.size(); ++i)
    fail_unless_equals_int(samples[i], server::ramp_sample(i));
  assert_text(final_text(pipeline, "user"), "one two");
  assert_text(final_text(pipeline, "assistant"), "uno dos");

  const std::string address = server.handshake();
  fail_unless_equals_string(address.c_str(), "/v1/realtime/translations?model=any");
  fail_unless_equals_int(server.sent(true, "session.close").size(), 1);
  fail_unless_equals_int(server.sent(false, "session.closed").size(), 1);
  const auto traffic = server.traffic();
  fail_unless(traffic.back().text.find("session.closed") != std::string::npos);
  fail_unless(server.input_audio().size() >= 48000);
  no_warnings(pipeline);
}
GST_END_TEST

GST_START_TEST(input_goes_out_in_the_servers_frames) {
  ServerFixture server(interpreter(std::chrono::milliseconds(200)));
  Pipeline pipeline(spoken + sink(server));
  pipeline.play();
  pipeline.wait_for_eos();
  const auto frames = server.sent(true, append);
  fail_unless(frames.size() >= 5);
  for (std::size_t i = 0; i + 1 < frames.size(); ++i)
    fail_unless_equals_int(bytes_of_append(frames[i]), 9600);
  // Nobody asked for the words that were heard.
  fail_unless(server.sent(false, "session.input_transcript.delta").empty());
  assert_text(final_text(pipeline, "user"), "");
}
GST_END_TEST

// The server's time is the audio it gets: where a live input pauses, silence takes its place.
GST_START_TEST(a_pause_of_the_input_does_not_stop_the_servers_time) {
  ServerFixture server(interpreter(std::chrono::milliseconds(400)));
  Pipeline pipeline(Caller::element() + sink(server));
  pipeline.play();
  pipeline.wait_for_element("realtime/session-updated");
  Caller caller(pipeline.element("caller"));
  caller.speak(400);
  // The phrase ends by silence that nobody pushed; its translation comes, and time goes on after it.
  server.wait_for_sent(false, "session.output_transcript.delta", 2);
  const auto so_far = server.sent(false, "session.output_audio.delta").size();
  server.wait_for_sent(false, "session.output_audio.delta", so_far + 5);
  caller.speak(400);
  server.wait_for_sent(false, "session.output_transcript.delta", 3);
  caller.end();
  pipeline.wait_for_eos();
  assert_text(final_text(pipeline, "assistant"), "uno dos para");
}
GST_END_TEST

GST_START_TEST(the_language_changes_while_it_runs) {
  ServerFixture server(interpreter(std::chrono::milliseconds(200)));
  Pipeline pipeline(Caller::element() + sink(server));
  pipeline.play();
  pipeline.wait_for_element("realtime/session-updated");
  const auto before = server.sent(true, "session.update").size();
  g_object_set(pipeline.element("in").get(), "target-language", "de", nullptr);
  const auto update = server.wait_for_sent(true, "session.update", before + 1).back();
  const auto session = (*protocol::read_json(update))["session"];
  assert_text(protocol::to_text(session), R"({"audio":{"output":{"language":"de"}}})");
  server.wait_for_sent(false, "session.updated", before + 1);
  Caller caller(pipeline.element("caller"));
  caller.speak(400);
  server.wait_for_sent(false, "session.output_transcript.delta", 2);
  caller.end();
  pipeline.wait_for_eos();
  assert_text(final_text(pipeline, "assistant"), "eins zwei");
}
GST_END_TEST

GST_START_TEST(words_come_as_timed_text_of_both_sides) {
  ServerFixture server(interpreter(std::chrono::milliseconds(800)));
  Pipeline pipeline(
      std::string(spoken) +
      "realtimesink session-type=translation input-transcription-model=any target-language=fr uri=" +
      server.uri() +
      "  realtimesrc ! fakesink sync=true"
      "  realtimetextsrc track=both ! fakesink name=out sync=false");
  pipeline.play();
  pipeline.wait_for_eos();
  std::string text;
  for (const Captured& word : pipeline.captured())
    text += std::string(word.bytes.begin(), word.bytes.end()) + ' ';
  for (const char* word : {"one", "two", "un", "deux"})
    fail_unless(text.find(word) != std::string::npos, "no '%s' in '%s'", word, text.c_str());
}
GST_END_TEST

// The connection breaks before the rest is said.
GST_START_TEST(an_end_that_the_server_does_not_answer_is_told) {
  auto scenario = interpreter(std::chrono::milliseconds(200));
  scenario.every_connection.endings.push_back({.after_client_events = 4, .close_code = 0});
  ServerFixture server(scenario);
  Pipeline pipeline(spoken + sink(server));
  pipeline.play();
  const auto error = pipeline.wait_for_error();
  fail_unless(static_cast<bool>(error));
}
GST_END_TEST

static Suite* translation_suite() {
  Suite* suite = suite_create("translation");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 120);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_test(tcase, what_is_said_comes_out_in_another_language_and_the_pipeline_ends);
  tcase_add_test(tcase, input_goes_out_in_the_servers_frames);
  tcase_add_test(tcase, a_pause_of_the_input_does_not_stop_the_servers_time);
  tcase_add_test(tcase, the_language_changes_while_it_runs);
  tcase_add_test(tcase, words_come_as_timed_text_of_both_sides);
  tcase_add_test(tcase, an_end_that_the_server_does_not_answer_is_told);
  return suite;
}

GST_CHECK_MAIN(translation)

// Human speech through the launch line of the README: what the server understood, what it sent, and what is
// in the file.
#include "support/elements.h"
#include "support/pipeline.h"

#include "protocol/codec.h"
#include "server/speech.h"

#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace rt;
using namespace rt::test;

namespace {

constexpr const char* data = "/usr/share/pocketsphinx/test/data/";

struct Clip {
  std::string path, words;
};

using Words = std::vector<std::string>;

Words words_of(const std::string& text) {
  std::string plain;
  for (const unsigned char c : text)
    plain += g_ascii_isalnum(c) || c == '\'' ? static_cast<char>(g_ascii_tolower(static_cast<char>(c))) : ' ';
  std::istringstream stream(plain);
  Words words;
  for (std::string word; stream >> word;)
    words.push_back(word);
  return words;
}

// How many of `wanted` are in `heard`, each as often as it was heard.
unsigned overlap(const Words& wanted, const Words& heard) {
  std::map<std::string, unsigned> left;
  for (const std::string& word : heard)
    ++left[word];
  unsigned found = 0;
  for (const std::string& word : wanted)
    if (left[word] > 0) {
      --left[word];
      ++found;
    }
  return found;
}

std::vector<Clip> clips() {
  std::vector<Clip> found{{std::string(data) + "goforward.raw", "go forward ten meters"}};
  char* text = nullptr;
  const std::string folder = std::string(data) + "librivox/";
  if (!g_file_get_contents((folder + "transcription").c_str(), &text, nullptr, nullptr)) return {};
  const GCharPtr owned(text);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto begin = line.find("<s>"), end = line.find("</s>"), name = line.find('('),
               close = line.find(')');
    if (close == std::string::npos || end == std::string::npos) continue;
    const std::string path = folder + line.substr(name + 1, close - name - 1) + ".wav";
    if (g_file_test(path.c_str(), G_FILE_TEST_EXISTS))
      found.push_back({path, line.substr(begin + 3, end - begin - 3)});
  }
  return found;
}

// The 16 bit samples of a WAV file's data chunk, or all of a file that is no WAV.
std::vector<std::int16_t> samples_of(const std::string& path) {
  char* bytes = nullptr;
  gsize size = 0;
  fail_unless(g_file_get_contents(path.c_str(), &bytes, &size, nullptr));
  const GCharPtr owned(bytes);
  const std::string_view file(bytes, size);
  const auto chunk = file.find("data");
  const std::size_t start = file.starts_with("RIFF") && chunk != std::string_view::npos ? chunk + 8 : 0;
  std::vector<std::int16_t> samples((size - start) / 2);
  std::memcpy(samples.data(), bytes + start, samples.size() * 2);
  return samples;
}

struct Heard {
  unsigned understood = 0, spoken = 0; // input words
  unsigned recognised = 0, said = 0;   // words of the replies
};

std::string hear(const server::SpeechFactory& speech, const std::vector<std::int16_t>& samples_24k) {
  const auto resampler = speech.resampler(24000, 16000);
  std::vector<std::int16_t> samples = resampler->convert(samples_24k);
  const auto tail = resampler->flush();
  samples.insert(samples.end(), tail.begin(), tail.end());
  const auto recognizer = speech.recognizer();
  recognizer->start();
  recognizer->feed(samples);
  return recognizer->finish();
}

std::string transcript_of(const Pipeline& pipeline, const char* role) {
  std::string text;
  for (const GstStructure* message : pipeline.seen("realtime/transcript")) {
    gboolean final_text = FALSE;
    gst_structure_get_boolean(message, "final", &final_text);
    if (!final_text || !g_str_equal(gst_structure_get_string(message, "role"), role)) continue;
    text += gst_structure_get_string(message, "text") + std::string(" ");
  }
  return text;
}

void talk(const Clip& clip, const server::SpeechFactory& speech, Heard& heard) {
  ServerFixture server({}, {}, speech);
  char* folder = g_dir_make_tmp("realtime-XXXXXX", nullptr);
  const std::string reply = std::string(folder) + "/reply.wav";
  const std::string parse = clip.path.ends_with(".raw")
                                ? "rawaudioparse format=pcm pcm-format=s16le sample-rate=16000 num-channels=1"
                                : "wavparse";
  {
    Pipeline pipeline("filesrc location=" + clip.path + " ! " + parse +
                      " ! audioconvert ! audioresample ! realtimesink vad-silence-duration=1500 "
                      "input-transcription-model=whisper-1 uri=" +
                      server.uri() + "  realtimesrc ! wavenc ! filesink location=" + reply);
    pipeline.play();
    pipeline.wait_for_eos(120);
    const std::string understood = transcript_of(pipeline, "user"),
                      said = transcript_of(pipeline, "assistant");
    heard.spoken += static_cast<unsigned>(words_of(clip.words).size());
    const unsigned found = overlap(words_of(clip.words), words_of(understood));
    heard.understood += found;
    if (clip.path.ends_with("goforward.raw"))
      fail_unless(found >= 3, "goforward was understood as '%s'", understood.c_str());
    g_print("# spoken: %s\n# understood: %s\n# said: %s\n", clip.words.c_str(), understood.c_str(),
            said.c_str());

    const std::vector<std::uint8_t> sent_bytes = server.reply_audio();
    std::vector<std::int16_t> sent(sent_bytes.size() / 2);
    std::memcpy(sent.data(), sent_bytes.data(), sent.size() * 2);
    fail_unless(!sent.empty(), "the server sent no audio");
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    const std::vector<std::int16_t> file = samples_of(reply);
    const auto at = std::search(file.begin(), file.end(), sent.begin(), sent.end());
    fail_unless(at != file.end(), "the reply in the file differs from what the server sent");
    fail_unless(std::all_of(file.begin(), at, [](std::int16_t s) { return s == 0; }),
                "noise before the reply");
    fail_unless(std::all_of(at + static_cast<std::ptrdiff_t>(sent.size()), file.end(),
                            [](std::int16_t s) { return s == 0; }),
                "noise after the reply");
    heard.said += static_cast<unsigned>(words_of(said).size());
    const std::string ear = hear(speech, file);
    g_print("# heard: %s\n", ear.c_str());
    heard.recognised += overlap(words_of(said), words_of(ear));
  }
  g_remove(reply.c_str());
  g_rmdir(folder);
  g_free(folder);
}

} // namespace

GST_START_TEST(people_are_understood_and_answered_in_words) {
  const std::vector<Clip> all = clips();
  fail_unless(all.size() == 6, "package pocketsphinx-testdata is missing");
  const server::SpeechFactory speech = server::real_speech();
  Heard heard;
  for (const Clip& clip : all)
    talk(clip, speech, heard);
  g_print("# understood %u of %u spoken words; a recogniser heard %u of %u words of the answers\n",
          heard.understood, heard.spoken, heard.recognised, heard.said);
  fail_unless(heard.understood * 100 >= heard.spoken * 70,
              "less than 70 %% of the spoken words were understood");
  fail_unless(heard.recognised * 100 >= heard.said * 70,
              "less than 70 %% of the answers' words can be heard");
}
GST_END_TEST

namespace {

constexpr std::uint64_t late_ms = 200; // people begin to speak before they press

// Presses the button when the audio has come to a position, and releases it at its end: on the streaming
// thread, so that both have their exact places in the audio.
struct Button {
  GstElement* sink;
  GstClockTime at;
  bool pressed = false;
};

void press(GstElement* sink, const char* action) {
  gboolean accepted = FALSE;
  g_signal_emit_by_name(sink, action, &accepted);
  fail_unless(accepted);
}

GstPadProbeReturn hold_button(GstPad*, GstPadProbeInfo* info, gpointer held) {
  Button& button = *static_cast<Button*>(held);
  if (GST_IS_EVENT(info->data) && GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS) {
    press(button.sink, "commit");
    gboolean accepted = FALSE;
    g_signal_emit_by_name(button.sink, "create-response", static_cast<const char*>(nullptr), &accepted);
    fail_unless(accepted);
  }
  if (GST_IS_BUFFER(info->data) && GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)) >= button.at &&
      !std::exchange(button.pressed, true))
    press(button.sink, "clear-input");
  return GST_PAD_PROBE_OK;
}

// In buffers of 20 ms, so that a position can be hit.
void feed(GstElement* caller, const std::vector<std::int16_t>& samples) {
  constexpr std::size_t count = 320;
  for (std::size_t at = 0; at < samples.size(); at += count) {
    const std::size_t size = std::min(count, samples.size() - at);
    GstBuffer* buffer = gst_buffer_new_memdup(samples.data() + at, size * 2);
    GST_BUFFER_PTS(buffer) = gst_util_uint64_scale(at, GST_SECOND, 16000);
    GST_BUFFER_DURATION(buffer) = gst_util_uint64_scale(size, GST_SECOND, 16000);
    GstFlowReturn result = GST_FLOW_ERROR;
    g_signal_emit_by_name(caller, "push-buffer", buffer, &result);
    gst_buffer_unref(buffer);
    fail_unless_equals_int(result, GST_FLOW_OK);
  }
  GstFlowReturn result = GST_FLOW_ERROR;
  g_signal_emit_by_name(caller, "end-of-stream", &result);
}

std::string talk_by_button(const std::vector<std::int16_t>& samples, std::uint64_t press_ms,
                           unsigned pre_roll_ms, const server::SpeechFactory& speech) {
  ServerFixture server({}, {}, speech);
  Pipeline pipeline(
      "appsrc name=caller format=time "
      "caps=audio/x-raw,format=S16LE,rate=16000,channels=1,layout=interleaved"
      " ! audioconvert ! audioresample"
      " ! realtimesink name=sink turn-detection=none input-transcription-model=whisper-1 pre-roll=" +
      std::to_string(pre_roll_ms) + " uri=" + server.uri() + "  realtimesrc ! fakesink name=out sync=true");
  const auto sink = pipeline.element("sink");
  Button button{sink.get(), press_ms * GST_MSECOND};
  const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(sink.get(), "sink"));
  gst_pad_add_probe(
      pad.get(),
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
      hold_button, &button, nullptr);
  pipeline.play();
  feed(pipeline.element("caller").get(), samples);
  pipeline.wait_for_eos(60);
  fail_unless(button.pressed);
  return transcript_of(pipeline, "user");
}

} // namespace

GST_START_TEST(push_to_talk_keeps_the_first_word) {
  const Clip clip = clips().at(0);
  const std::vector<std::int16_t> samples = samples_of(clip.path); // at 16 kHz
  const auto begins =
      std::find_if(samples.begin(), samples.end(), [](std::int16_t s) { return std::abs(s) > 1500; });
  const auto begins_ms = static_cast<std::uint64_t>(begins - samples.begin()) / 16;
  const server::SpeechFactory speech = server::real_speech();
  const std::string kept = talk_by_button(samples, begins_ms + late_ms, 300, speech);
  const std::string lost = talk_by_button(samples, begins_ms + late_ms, 0, speech);
  g_print("# spoken from %u ms on, pressed %u ms later: '%s'; without pre-roll: '%s'\n",
          static_cast<unsigned>(begins_ms), static_cast<unsigned>(late_ms), kept.c_str(), lost.c_str());
  fail_unless(words_of(kept) == words_of(clip.words), "'%s' was understood as '%s'", clip.words.c_str(),
              kept.c_str());
  fail_unless(words_of(lost) != words_of(clip.words), "the button was pressed too early to show anything");
}
GST_END_TEST

static Suite* real_speech_suite() {
  Suite* suite = suite_create("real_speech");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 540);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_test(tcase, push_to_talk_keeps_the_first_word);
  tcase_add_test(tcase, people_are_understood_and_answered_in_words);
  return suite;
}

GST_CHECK_MAIN(real_speech)

// realtimetextsrc beside the two others against the development server: every word at the time of its audio,
// none that nobody heard, and other elements that read it.
#include "support/elements.h"
#include "support/pipeline.h"
#include "support/rendering_sink.h"

#include "base/guarded.h"

#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;

namespace {

constexpr const char* answer = "one two three four five six seven eight nine ten";
constexpr const char* question = "audiotestsrc is-live=false freq=440 num-buffers=50 samplesperbuffer=480 ! "
                                 "audio/x-raw,format=S16LE,rate=24000,channels=1 ! ";

server::Scenario answered(std::chrono::milliseconds length) {
  server::Scenario scenario = ramp_scenario(length);
  server::ReplyPart part;
  part.text = answer;
  part.sound = {server::Sound::Kind::ramp, length};
  scenario.replies.push_back({.match = "", .times = 1, .parts = {part}, .pace = 4});
  return scenario;
}

std::string text_of(const Captured& word) {
  return {word.bytes.begin(), word.bytes.end()};
}

std::string joined(const std::vector<Captured>& words) {
  std::string text;
  for (const Captured& word : words)
    text += (text.empty() ? "" : " ") + text_of(word);
  return text;
}

// Custom events and GAP events of a pad, in order.
struct Events {
  explicit Events(const GRef<GstElement>& element) {
    const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(element.get(), "sink"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, this, nullptr);
  }
  static GstPadProbeReturn on_event(GstPad* pad, GstPadProbeInfo* info, gpointer self) {
    auto& events = *static_cast<Events*>(self);
    GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
    if (GST_EVENT_TYPE(event) == GST_EVENT_CUSTOM_DOWNSTREAM)
      events.custom.lock()->push_back(gst_structure_get_name(gst_event_get_structure(event)));
    if (GST_EVENT_TYPE(event) == GST_EVENT_GAP) {
      // A GAP without a segment before it cannot be placed.
      GstEvent* segment = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
      fail_unless(segment != nullptr);
      gst_event_unref(segment);
      ++*events.gaps.lock();
    }
    return GST_PAD_PROBE_OK;
  }
  Guarded<std::vector<std::string>> custom;
  Guarded<unsigned> gaps;
};

void assert_text(const std::string& text, const std::string& expected) {
  fail_unless(text == expected, "'%s' instead of '%s'", text.c_str(), expected.c_str());
}

// Interrupts when the fourth word passes, on the streaming thread that brings it.
struct Interrupter {
  Interrupter(const GRef<GstElement>& reader, GRef<GstElement> of) : element(std::move(of)) {
    const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(reader.get(), "sink"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, on_word, this, nullptr);
  }
  static GstPadProbeReturn on_word(GstPad*, GstPadProbeInfo*, gpointer self) {
    auto& interrupter = *static_cast<Interrupter*>(self);
    if (++interrupter.words != 4) return GST_PAD_PROBE_OK;
    gboolean accepted = FALSE;
    g_signal_emit_by_name(interrupter.element.get(), "interrupt", &accepted);
    fail_unless(accepted);
    return GST_PAD_PROBE_OK;
  }
  GRef<GstElement> element;
  unsigned words = 0; // streaming thread
};

std::uint64_t time_of(const GstStructure* message) {
  guint64 time = 0;
  fail_unless(gst_structure_get_uint64(message, "time", &time));
  return time;
}

std::string text_field(const GstStructure* message) {
  const char* text = gst_structure_get_string(message, "text");
  return text ? text : "";
}

// The model's words, told for good.
std::vector<const GstStructure*> last_words(const Pipeline& pipeline) {
  auto messages = pipeline.seen("realtime/transcript");
  std::erase_if(messages, [](const GstStructure* message) {
    gboolean last = FALSE;
    gst_structure_get_boolean(message, "final", &last);
    return !last || g_strcmp0(gst_structure_get_string(message, "role"), "assistant") != 0;
  });
  return messages;
}

} // namespace

GST_START_TEST(words_come_with_their_audio) {
  ServerFixture server(answered(std::chrono::milliseconds(2000)));
  Pipeline pipeline(std::string(question) + "realtimesink uri=" + server.uri() +
                    "  realtimesrc ! fakesink sync=true processing-deadline=0"
                    "  realtimetextsrc ! fakesink name=out sync=false");
  Events events(pipeline.element("out"));
  pipeline.play();
  pipeline.wait_for_eos();

  const auto words = pipeline.captured();
  assert_text(joined(words), answer);
  // The pipeline has no latency: what leaves is heard.
  const std::uint64_t from = time_of(pipeline.seen("realtime/playback-started")[0]);
  const std::uint64_t to = time_of(pipeline.seen("realtime/playback-finished")[0]);
  fail_unless_equals_uint64(words.front().pts, from);
  std::uint64_t last = 0;
  for (const Captured& word : words) {
    fail_unless(word.pts >= last, "timestamps go back");
    fail_unless(word.duration > 0 && word.duration < GST_SECOND);
    last = word.pts;
  }
  fail_unless(words.back().pts > from + (to - from) / 2);
  fail_unless(words.back().pts + words.back().duration <= to + GST_MSECOND);
  const auto whole = last_words(pipeline); // before the end of the stream
  fail_unless_equals_int(whole.size(), 1);
  assert_text(text_field(whole[0]), answer);
  const auto custom = *events.custom.lock();
  fail_unless_equals_int(custom.size(), 1);
  assert_text(custom[0], "rstranscribe/final-transcript");
  fail_unless(*events.gaps.lock() > 0);
}
GST_END_TEST

GST_START_TEST(an_interrupted_answer_ends_with_the_last_word_heard) {
  ServerFixture server(answered(std::chrono::milliseconds(10000)));
  Pipeline pipeline(std::string(question) + "realtimesink name=in uri=" + server.uri() +
                    "  realtimesrc ! fakesink sync=true  realtimetextsrc ! fakesink name=out sync=false");
  Interrupter interrupter(pipeline.element("out"), pipeline.element("in"));
  pipeline.play();
  pipeline.wait_for_eos();

  const std::string said = joined(pipeline.captured());
  assert_text(said, "one two three four");
  const auto last = last_words(pipeline);
  fail_unless_equals_int(last.size(), 1);
  gboolean truncated = FALSE;
  gst_structure_get_boolean(last[0], "truncated", &truncated);
  fail_unless(truncated);
  assert_text(text_field(last[0]), said);
}
GST_END_TEST

GST_START_TEST(what_the_caller_says) {
  ServerFixture server(answered(std::chrono::milliseconds(500)));
  Pipeline pipeline(std::string(question) + "realtimesink input-transcription-model=any uri=" + server.uri() +
                    "  realtimesrc ! fakesink sync=true"
                    "  realtimetextsrc track=both ! fakesink name=out sync=false");
  Events events(pipeline.element("out"));
  pipeline.play();
  pipeline.wait_for_eos();
  const auto words = pipeline.captured();
  fail_unless_equals_int(words.size(), 11);
  const auto is_callers = [](const Captured& word) { return text_of(word) == "one" && word.duration > 0; };
  fail_unless(std::any_of(words.begin(), words.end(), is_callers));
  const auto custom = *events.custom.lock();
  fail_unless_equals_int(std::count(custom.begin(), custom.end(), "rstranscribe/final-transcript"), 2);
  fail_unless(std::count(custom.begin(), custom.end(), "rstranscribe/speaker-change") >= 1);
}
GST_END_TEST

GST_START_TEST(an_answer_in_text_alone) {
  ServerFixture server(answered(std::chrono::milliseconds(500)));
  Pipeline pipeline(std::string(question) + "realtimesink uri=" + server.uri() +
                    "  realtimetextsrc ! fakesink name=out sync=false");
  pipeline.play();
  pipeline.wait_for_eos();
  const auto words = pipeline.captured();
  assert_text(joined(words), answer);
  for (std::size_t i = 1; i < words.size(); ++i)
    fail_unless(words[i].pts >= words[i - 1].pts + words[i - 1].duration);
}
GST_END_TEST

// Text and audio in one file, which is complete: the muxer waited for neither.
GST_START_TEST(a_muxer_takes_it) {
  ServerFixture server(answered(std::chrono::milliseconds(1500)));
  const std::string file =
      std::string(g_get_tmp_dir()) + "/realtime-transcript-" + std::to_string(g_random_int()) + ".mkv";
  {
    Pipeline pipeline(std::string(question) + "realtimesink uri=" + server.uri() +
                      "  realtimesrc ! audioconvert ! queue ! mux.  realtimetextsrc ! queue ! mux."
                      "  matroskamux name=mux ! filesink location=" +
                      file);
    pipeline.play();
    pipeline.wait_for_eos();
  }
  Pipeline reader("filesrc location=" + file +
                  " ! matroskademux name=demux"
                  " demux.subtitle_0 ! queue ! fakesink name=out demux.audio_0 ! queue ! fakesink");
  reader.play();
  reader.wait_for_eos();
  const auto words = reader.captured();
  assert_text(joined(words), answer);
  for (const Captured& word : words)
    fail_unless(word.duration > 0);
  g_remove(file.c_str());
}
GST_END_TEST

// Other elements that read text, where they are installed.
GST_START_TEST(subtitle_writers_and_overlays_take_it) {
  for (const char* encoder : {"webvttenc", "srtenc"}) {
    const auto factory = GRef<GstElement>::adopt(gst_element_factory_make(encoder, nullptr));
    if (!factory) {
      g_print("SKIP %s is not installed\n", encoder);
      continue;
    }
    gst_object_ref_sink(factory.get());
    ServerFixture server(answered(std::chrono::milliseconds(1500)));
    Pipeline pipeline(std::string(question) + "realtimesink uri=" + server.uri() +
                      "  realtimesrc ! fakesink sync=true  realtimetextsrc ! " + encoder +
                      " ! fakesink name=out sync=false");
    pipeline.play();
    pipeline.wait_for_eos();
    std::string file;
    for (const Captured& part : pipeline.captured())
      file += text_of(part);
    std::istringstream words(answer);
    for (std::string word; words >> word;)
      fail_unless(file.find(word) != std::string::npos, "%s has no '%s' in %s", encoder, word.c_str(),
                  file.c_str());
    fail_unless(file.find("-->") != std::string::npos);
  }
  const auto overlay = GRef<GstElement>::adopt(gst_element_factory_make("textoverlay", nullptr));
  if (!overlay) {
    g_print("SKIP textoverlay is not installed\n");
    return;
  }
  gst_object_ref_sink(overlay.get());
  ServerFixture server(answered(std::chrono::milliseconds(1500)));
  Pipeline pipeline(
      std::string(question) + "realtimesink uri=" + server.uri() +
      "  realtimesrc ! fakesink sync=true  realtimetextsrc ! queue ! o.text_sink"
      "  videotestsrc is-live=true pattern=black ! video/x-raw,format=I420,width=320,height=240 !"
      " textoverlay name=o wait-text=false font-desc=40 ! fakesink name=out sync=true");
  pipeline.play();
  pipeline.wait_for_element("realtime/playback-finished");
  // Some picture is not black.
  const auto pictures = pipeline.captured();
  const bool written = std::any_of(pictures.begin(), pictures.end(), [](const Captured& picture) {
    const auto luma = picture.bytes.begin() + 320 * 240;
    return std::any_of(picture.bytes.begin(), luma, [](std::uint8_t y) { return y > 200; });
  });
  fail_unless(written);
}
GST_END_TEST

static Suite* transcript_suite() {
  Suite* suite = suite_create("transcript");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 120);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_test(tcase, words_come_with_their_audio);
  tcase_add_test(tcase, an_interrupted_answer_ends_with_the_last_word_heard);
  tcase_add_test(tcase, what_the_caller_says);
  tcase_add_test(tcase, an_answer_in_text_alone);
  tcase_add_test(tcase, a_muxer_takes_it);
  tcase_add_test(tcase, subtitle_writers_and_overlays_take_it);
  return suite;
}

GST_CHECK_MAIN(transcript)

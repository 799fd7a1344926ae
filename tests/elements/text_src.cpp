// realtimetextsrc on the test's clock: when each word leaves and what time it bears, where an interruption
// ends it, and what is said while nobody speaks.
#include "base/guarded.h"
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <algorithm>

using namespace rt;
using namespace rt::test;
using namespace rt::protocol;

namespace {

struct Entry { // what passed the pad
  enum class Kind { word, gap, final, change };
  Kind kind = Kind::word;
  std::string text; // of a word, or who speaks
  std::uint64_t pts = 0, duration = 0;
};

class Talk {
 public:
  explicit Talk(const PropertyTexts& text_properties, const PropertyTexts& src_properties = {},
                bool with_src = true) {
    if (with_src) {
      PropertyTexts properties = src_properties;
      properties.insert(properties.begin(), {"cushion", "0"});
      h.add_src(properties);
      waiting = 2;
    }
    for (const auto& [name, value] : text_properties)
      if (value == "transcription") h.server.session().type = SessionType::transcription;
    sink = h.add_sink({{"vad-prefix-padding", "100"}});
    text = h.make("realtimetextsrc", text_properties);
    harness_ = gst_harness_new_with_element(text, nullptr, "src");
    gst_element_set_clock(text, h.clock()); // the harness brought its own
    const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(text, "src"));
    const auto what = GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM;
    gst_pad_add_probe(pad.get(), static_cast<GstPadProbeType>(what), on_data, this, nullptr);
    for (GstElement* element : {sink, text})
      gst_element_set_state(element, GST_STATE_READY);
    for (GstElement* element : {sink, text})
      gst_element_set_state(element, GST_STATE_PLAYING);
    if (with_src) h.play_src();
    h.send_start();
    h.connect();
  }
  ~Talk() {
    gst_element_set_state(text, GST_STATE_NULL);
    gst_harness_teardown(harness_);
  }
  // Every wait up to then ends, in order of time; all elements are at their next wait afterwards.
  void run_to(std::uint64_t ms_of_time) {
    for (;;) {
      GList* pending = nullptr;
      gst_test_clock_wait_for_multiple_pending_ids(h.test_clock(), waiting, &pending);
      GstClockID first = pending->data;
      for (GList* each = pending; each; each = each->next)
        if (gst_clock_id_get_time(each->data) < gst_clock_id_get_time(first)) first = each->data;
      const bool due = gst_clock_id_get_time(first) <= ms_of_time * ms;
      if (due) {
        if (gst_clock_id_get_time(first) > gst_clock_get_time(h.clock()))
          gst_test_clock_set_time(h.test_clock(), gst_clock_id_get_time(first));
        gst_test_clock_process_id(h.test_clock(), gst_clock_id_ref(first)); // takes the reference
      }
      g_list_free_full(pending, gst_clock_id_unref);
      h.run();
      if (due) continue;
      if (gst_clock_get_time(h.clock()) < ms_of_time * ms)
        gst_test_clock_set_time(h.test_clock(), ms_of_time * ms);
      return;
    }
  }
  // A spoken answer: its words come before its audio.
  void reply(const char* words, std::uint64_t length_ms, bool ended = true) {
    response = h.server.begin_response();
    h.transport.deliver(OutputTranscriptDelta{{response, "item", 0, 0}, words});
    h.server.say(response, "item", ramp(length_ms * 24));
    if (ended) {
      h.transport.deliver(OutputTranscriptDone{{response, "item", 0, 0}, words});
      h.server.end_item(response, "item");
      h.server.end_response(response);
    }
    h.run();
  }
  // The caller speaks from 200 ms to 500 ms, and the server hears it out and understands.
  void question(const char* words) {
    for (std::uint64_t i = 0; i < 50; ++i)
      h.push_ramp(i * 480, 480, i * 20 * ms);
    h.run();
    h.transport.deliver(SpeechStarted{100, "question"});
    h.transport.deliver(SpeechStopped{1000, "question"}); // the silence that ends it included
    h.server.commit("question");
    InputTranscriptCompleted transcript;
    transcript.item_id = "question";
    transcript.transcript = words;
    h.transport.deliver(transcript);
    h.run();
  }
  std::vector<Entry> entries() { return *entries_.lock(); }
  std::vector<Entry> words() {
    auto all = entries();
    std::erase_if(all, [](const Entry& entry) { return entry.kind != Entry::Kind::word; });
    return all;
  }
  std::string said() {
    std::string all;
    for (const Entry& word : words())
      all += (all.empty() ? "" : " ") + word.text;
    return all;
  }
  std::size_t count(Entry::Kind kind) {
    const auto all = entries();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const Entry& entry) { return entry.kind == kind; }));
  }
  // Of the transcript that tells what was heard of an interrupted answer.
  std::string truncated_text() {
    for (std::size_t i = 0; const GstStructure* message = h.find("realtime/transcript", i); ++i) {
      gboolean truncated = FALSE;
      if (gst_structure_get_boolean(message, "truncated", &truncated) && truncated)
        return string_field(message, "text");
    }
    return "(none)";
  }

  ElementHarness h;
  GstElement *sink = nullptr, *text = nullptr;
  std::string response;
  guint waiting = 1; // elements that wait for the clock

 private:
  static GstPadProbeReturn on_data(GstPad*, GstPadProbeInfo* info, gpointer self) {
    Entry entry;
    if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
      GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
      const auto bytes = bytes_of(GRef<GstBuffer>::share(buffer));
      entry = {Entry::Kind::word,
               {bytes.begin(), bytes.end()},
               GST_BUFFER_PTS(buffer),
               GST_BUFFER_DURATION(buffer)};
    } else {
      GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
      const GstStructure* structure = gst_event_get_structure(event);
      if (GST_EVENT_TYPE(event) == GST_EVENT_GAP) {
        entry.kind = Entry::Kind::gap;
        gst_event_parse_gap(event, &entry.pts, &entry.duration);
      } else if (GST_EVENT_TYPE(event) != GST_EVENT_CUSTOM_DOWNSTREAM) {
        return GST_PAD_PROBE_OK;
      } else if (gst_structure_has_name(structure, "rstranscribe/final-transcript")) {
        entry.kind = Entry::Kind::final;
      } else {
        entry.kind = Entry::Kind::change;
        entry.text = string_field(structure, "speaker");
      }
    }
    static_cast<Talk*>(self)->entries_.lock()->push_back(std::move(entry));
    return GST_PAD_PROBE_OK;
  }
  GstHarness* harness_ = nullptr;
  Guarded<std::vector<Entry>> entries_;
};

void assert_word(const Entry& word, const char* text, std::uint64_t pts_ms, std::uint64_t duration_ms) {
  assert_text(word.text, text);
  fail_unless_equals_uint64(word.pts, pts_ms * ms);
  fail_unless_equals_uint64(word.duration, duration_ms * ms);
}

} // namespace

GST_START_TEST(a_word_leaves_with_its_audio) {
  Talk talk({});
  talk.run_to(40);            // frames of 0, 20 and 40 ms have left
  talk.reply("one two", 700); // from 60 ms on: 100 ms a letter
  fail_unless_equals_int(talk.words().size(), 0);
  talk.run_to(60);
  assert_text(talk.said(), "one");
  talk.run_to(440);
  assert_text(talk.said(), "one");
  talk.run_to(460);
  const auto words = talk.words();
  fail_unless_equals_int(words.size(), 2);
  assert_word(words[0], "one", 60, 300);
  assert_word(words[1], "two", 460, 300);
  talk.run_to(1500);
  fail_unless_equals_int(talk.count(Entry::Kind::final), 1);
  fail_unless_equals_int(talk.words().size(), 2);
}
GST_END_TEST

// Whatever the moment and whatever waits in the sink: the text ends where the message says that it does.
GST_START_TEST(an_interruption_cuts_text_and_message_at_the_same_word) {
  for (const char* flush : {"false", "true"})
    for (const std::uint64_t latency_ms : {0, 130})
      for (std::uint64_t at_ms = 20; at_ms < 1300; at_ms += 60) {
        Talk talk({}, {{"flush-on-interrupt", flush}});
        talk.run_to(0);
        gst_harness_push_upstream_event(talk.h.downstream(), gst_event_new_latency(latency_ms * ms));
        talk.reply("one two three four", 1800);
        talk.run_to(at_ms);
        talk.h.transport.deliver(SpeechStarted{0, "question"});
        talk.h.loop->run_until([&] { return talk.truncated_text() != "(none)"; });
        const std::string message = talk.truncated_text();
        talk.run_to(at_ms + 400);
        fail_unless(talk.said() == message, "flush %s, latency %u, at %u ms: '%s' and '%s'", flush,
                    static_cast<unsigned>(latency_ms), static_cast<unsigned>(at_ms), talk.said().c_str(),
                    message.c_str());
        // The words of what was heard, no more: each takes 100 ms a letter, the reply began at 20 ms.
        const std::uint64_t heard_ms = *flush == 't' ? at_ms - std::min(at_ms, latency_ms + 20) : at_ms;
        const std::size_t wanted = (heard_ms > 0) + (heard_ms > 400) + (heard_ms > 800);
        const std::size_t told = talk.words().size();
        fail_unless(told == wanted || (heard_ms % 400 <= 25 && told + 1 >= wanted && told <= wanted + 1),
                    "flush %s, latency %u, at %u ms: %zu words instead of %zu", flush,
                    static_cast<unsigned>(latency_ms), static_cast<unsigned>(at_ms), told, wanted);
        fail_unless_equals_int(talk.count(Entry::Kind::final), told > 0);
        if (told > 0) {
          // The last that comes before the gaps.
          auto all = talk.entries();
          std::erase_if(all, [](const Entry& entry) { return entry.kind == Entry::Kind::gap; });
          fail_unless(all.back().kind == Entry::Kind::final);
        }
      }
}
GST_END_TEST

// A muxer must not wait for words that nobody says, nor be told of a gap where a word is still to come.
GST_START_TEST(gaps_fill_the_time_between) {
  for (const bool flush : {false, true}) {
    Talk talk({}, {{"flush-on-interrupt", flush ? "true" : "false"}});
    talk.run_to(0);
    gst_harness_push_upstream_event(talk.h.downstream(), gst_event_new_latency(130 * ms));
    talk.run_to(500);
    talk.reply("one two", 700); // from 520 ms on
    talk.run_to(2500);
    std::uint64_t position = 0;
    for (const Entry& entry : talk.entries()) {
      if (entry.kind == Entry::Kind::final) continue;
      if (entry.kind == Entry::Kind::gap) fail_unless_equals_uint64(entry.pts, position);
      fail_unless(entry.pts >= position, "a word where a gap was told");
      position = entry.pts + entry.duration;
    }
    fail_unless_equals_int(talk.words().size(), 2);
    // Where a flush may come, words come when they are heard: so late is the gap as well.
    const std::uint64_t behind = 2500 * ms - position;
    fail_unless(flush ? behind >= 130 * ms && behind < 230 * ms : behind < 100 * ms);
  }
}
GST_END_TEST

GST_START_TEST(nothing_is_said_in_paused) {
  Talk talk({}, {}, false);
  talk.run_to(500);
  const std::size_t before = talk.entries().size();
  fail_unless_equals_int(before, 5);
  gst_element_set_state(talk.text, GST_STATE_PAUSED);
  gst_test_clock_set_time(talk.h.test_clock(), 3000 * ms);
  talk.response = talk.h.server.begin_response();
  talk.h.transport.deliver(OutputTextDone{{talk.response, "item", 0, 0}, "one two"});
  talk.h.run();
  fail_unless_equals_int(talk.entries().size(), before);
  gst_element_set_state(talk.text, GST_STATE_PLAYING);
  talk.run_to(3000);
  assert_text(talk.said(), "one two"); // it waited
  fail_unless(talk.words()[0].pts >= 3000 * ms);
}
GST_END_TEST

// Without audio each follows the one before it, as if it were spoken.
GST_START_TEST(an_answer_in_text) {
  Talk talk({}, {}, false);
  talk.run_to(300);
  talk.response = talk.h.server.begin_response();
  for (const char* delta : {"First wo", "rd, and ", "another."})
    talk.h.transport.deliver(OutputTextDelta{{talk.response, "item", 0, 0}, delta});
  talk.h.transport.deliver(OutputTextDone{{talk.response, "item", 0, 0}, "First word, and another."});
  talk.h.server.end_response(talk.response);
  talk.h.run();
  talk.run_to(300);
  assert_text(talk.said(), "First word, and another.");
  const auto words = talk.words();
  fail_unless(words[0].pts >= 300 * ms);
  for (std::size_t i = 1; i < words.size(); ++i)
    fail_unless_equals_uint64(words[i].pts, words[i - 1].pts + words[i - 1].duration);
  fail_unless_equals_int(talk.count(Entry::Kind::final), 1);
}
GST_END_TEST

// The caller's words bear the time at which they were spoken, 100 ms a letter; in a session that only
// transcribes they are what it says.
GST_START_TEST(what_the_caller_said_and_when) {
  struct Case {
    const char *type, *track;
    bool wanted;
  };
  const Case cases[] = {{"conversation", "input", true},
                        {"conversation", "both", true},
                        {"conversation", "output", false},
                        {"transcription", "output", true},
                        {"transcription", "input", true}};
  for (const Case& c : cases) {
    Talk talk({{"session-type", c.type}, {"track", c.track}}, {}, false);
    talk.run_to(1500);
    talk.question("a b");
    talk.run_to(1500);
    const auto words = talk.words();
    fail_unless(words.size() == (c.wanted ? 2 : 0), "%s, track %s: %zu words", c.type, c.track, words.size());
    if (!c.wanted) continue;
    assert_word(words[0], "a", 200, 100);
    assert_word(words[1], "b", 400, 100);
    fail_unless_equals_int(talk.count(Entry::Kind::final), 1);
  }
}
GST_END_TEST

GST_START_TEST(who_speaks_is_told) {
  Talk talk({{"track", "both"}}, {});
  talk.question("a b");
  talk.run_to(100);
  talk.reply("one", 300);
  talk.run_to(600);
  auto all = talk.entries();
  std::erase_if(all, [](const Entry& entry) { return entry.kind == Entry::Kind::gap; });
  using Kind = Entry::Kind;
  const std::pair<Kind, const char*> wanted[] = {{Kind::word, "a"},   {Kind::word, "b"},
                                                 {Kind::final, ""},   {Kind::change, "assistant"},
                                                 {Kind::word, "one"}, {Kind::final, ""}};
  fail_unless_equals_int(all.size(), std::size(wanted));
  for (std::size_t i = 0; i < all.size(); ++i) {
    fail_unless(all[i].kind == wanted[i].first, "entry %zu", i);
    assert_text(all[i].text, wanted[i].second);
  }
}
GST_END_TEST

static Suite* text_src_suite() {
  Suite* suite = suite_create("text_src");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, a_word_leaves_with_its_audio);
  tcase_add_test(tcase, an_interruption_cuts_text_and_message_at_the_same_word);
  tcase_add_test(tcase, gaps_fill_the_time_between);
  tcase_add_test(tcase, nothing_is_said_in_paused);
  tcase_add_test(tcase, an_answer_in_text);
  tcase_add_test(tcase, what_the_caller_said_and_when);
  tcase_add_test(tcase, who_speaks_is_told);
  return suite;
}

GST_CHECK_MAIN(text_src)

// Where an interruption cuts, as a table: replies of several shapes, interrupted after every frame, without a
// flush and with one behind several latencies. What the server and the application are told, and what still
// leaves, is compared with a model that knows only the lengths of the items.
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <algorithm>

using namespace rt;
using namespace rt::test;
using namespace rt::protocol;

namespace {

constexpr unsigned frame_ms = 20, fade_ms = 5;

struct ItemShape {
  unsigned response; // a new number begins a new response
  unsigned length_ms;
};

struct Shape {
  const char* name;
  std::vector<ItemShape> items;
  bool ended = true; // the server has said everything
};

const std::vector<Shape> shapes = {
    {"one item", {{0, 200}}},
    {"one item that goes on", {{0, 200}}, false},
    {"items of whole frames", {{0, 60}, {0, 100}, {0, 40}}},
    {"items that end within frames", {{0, 50}, {0, 33}, {0, 7}, {0, 70}}},
    {"two responses", {{0, 60}, {0, 30}, {1, 90}, {1, 40}}},
    {"the second response goes on", {{0, 60}, {1, 90}}, false},
};

// What becomes of an item: nothing, or a cut at so many milliseconds; at 0 it is deleted.
struct Fate {
  bool cut = false;
  unsigned heard_ms = 0;
};

// `until_ms` of the whole reply were heard when it is quiet, but for a fade.
std::vector<Fate> fates(const Shape& shape, unsigned until_ms, bool fades) {
  std::vector<Fate> all;
  unsigned start = 0;
  for (std::size_t i = 0; i < shape.items.size(); start += shape.items[i++].length_ms) {
    const unsigned length = shape.items[i].length_ms;
    const bool goes_on = !shape.ended && i + 1 == shape.items.size();
    unsigned heard = std::min(until_ms > start ? until_ms - start : 0, length);
    if (fades && heard > 0) heard = std::min(heard + fade_ms, length);
    all.push_back({heard < length || goes_on, heard});
  }
  return all;
}

struct Way {
  bool flush = false;
  unsigned latency_ms = 0;
  unsigned into_frame_ms = 0; // time since the last frame left
};

struct Talk {
  Talk(const Shape& of, const Way& way, const PropertyTexts& more = {}) : shape(of) {
    PropertyTexts properties = more;
    properties.insert(properties.begin(),
                      {{"cushion", "0"}, {"flush-on-interrupt", way.flush ? "true" : "false"}});
    src = h.add_src(properties);
    h.play_src();
    h.wait_for_frame();
    if (way.latency_ms > 0)
      gst_harness_push_upstream_event(h.downstream(), gst_event_new_latency(way.latency_ms * ms));
    h.connect();
  }
  void receive() {
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < shape.items.size(); ++i) {
      const ItemShape& item = shape.items[i];
      if (i == 0 || shape.items[i - 1].response != item.response)
        responses.push_back(h.server.begin_response());
      const bool last = i + 1 == shape.items.size();
      const bool last_of_response = last || shape.items[i + 1].response != item.response;
      h.server.say(responses.back(), item_id(i), ramp(item.length_ms * 24, first));
      first += item.length_ms * 24;
      if (!shape.ended && last) break;
      h.server.end_item(responses.back(), item_id(i));
      if (last_of_response) h.server.end_response(responses.back());
    }
    h.run();
  }
  std::string item_id(std::size_t i) const {
    return "item_" + std::to_string(round) + "_" + std::to_string(i);
  }
  void play(unsigned frames) {
    for (unsigned i = 0; i < frames; ++i)
      heard += audible(h.crank());
    time_of_last = h.wait_for_frame() - frame_ms * ms;
    h.run();
  }
  void speech() {
    h.transport.deliver(SpeechStarted{0, "input"});
    h.run();
  }
  // The server has not read yet that it is to stop.
  void late_audio() {
    if (shape.ended) return;
    h.server.say(responses.back(), item_id(shape.items.size() - 1), ramp(4800));
    h.run();
  }
  // The next frame, once the interruption has been made and told.
  std::uint64_t next() {
    const auto frame = h.crank();
    h.wait_for_frame();
    h.run();
    return audible(frame);
  }
  // Samples from the frame's start that are no silence; silence must be all that follows.
  static std::uint64_t audible(const GRef<GstBuffer>& frame) {
    const auto bytes = bytes_of(frame);
    const auto loud = [](std::uint8_t byte) { return byte != 0; };
    const auto last = std::find_if(bytes.rbegin(), bytes.rend(), loud);
    return static_cast<std::uint64_t>(bytes.rend() - last + 1) / 2;
  }
  void expect(const std::vector<Fate>& wanted, const std::string& where) {
    std::vector<std::pair<std::string, Fate>> told;
    std::size_t notices = h.count("realtime/interrupted") - notices_before;
    for (const ClientEvent& event : h.transport.take()) {
      if (const auto* truncate = std::get_if<ItemTruncate>(&event.body))
        told.push_back({truncate->item_id, {true, static_cast<unsigned>(truncate->audio_end_ms)}});
      else if (const auto* deletion = std::get_if<ItemDelete>(&event.body))
        told.push_back({deletion->item_id, {true, 0}});
    }
    std::size_t at = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!wanted[i].cut) continue;
      fail_unless(at < told.size(), "%s: nothing is told of item %zu", where.c_str(), i);
      fail_unless(told[at].first == item_id(i), "%s: %s instead of item %zu", where.c_str(),
                  told[at].first.c_str(), i);
      fail_unless(told[at].second.heard_ms == wanted[i].heard_ms, "%s: item %zu is cut at %u ms, not %u",
                  where.c_str(), i, told[at].second.heard_ms, wanted[i].heard_ms);
      const GstStructure* notice = h.find("realtime/interrupted", notices_before + at);
      fail_unless(notice != nullptr, "%s: no message for item %zu", where.c_str(), i);
      assert_text(string_field(notice, "item-id"), item_id(i));
      fail_unless_equals_uint64(uint64_field(notice, "heard-ms"), wanted[i].heard_ms);
      fail_unless_equals_uint64(uint64_field(notice, "received-ms"), shape.items[i].length_ms);
      ++at;
    }
    fail_unless(at == told.size(), "%s: more is told, the first of %s", where.c_str(),
                at < told.size() ? told[at].first.c_str() : "");
    fail_unless(at == notices, "%s: %zu messages instead of %zu", where.c_str(), notices, at);
    notices_before += notices;
  }
  void next_round() {
    // The server ends what it had open.
    if (!shape.ended) h.server.end_response(responses.back(), ResponseStatus::cancelled);
    h.run();
    h.transport.take();
    responses.clear();
    ++round;
  }

  const Shape& shape;
  ElementHarness h;
  GstElement* src = nullptr;
  std::vector<std::string> responses;
  std::uint64_t heard = 0; // samples
  std::uint64_t time_of_last = 0;
  std::size_t notices_before = 0;
  unsigned round = 0;
};

unsigned length_of(const Shape& shape) {
  unsigned sum = 0;
  for (const ItemShape& item : shape.items)
    sum += item.length_ms;
  return sum;
}

// A reply, interrupted after so many of its frames have left.
void interrupt_after(Talk& talk, const Way& way, unsigned frames, const std::string& where) {
  const unsigned total = length_of(talk.shape);
  talk.receive();
  talk.h.transport.take();
  if (frames > 0) talk.play(frames);
  const std::uint64_t began = talk.time_of_last + frame_ms * ms - frames * frame_ms * ms;
  if (frames > 0 && way.into_frame_ms > 0)
    gst_test_clock_set_time(talk.h.test_clock(), talk.time_of_last + way.into_frame_ms * ms);
  const unsigned left_ms = std::min(frames * frame_ms, total);
  talk.speech();
  talk.late_audio();
  const std::uint64_t rest = talk.next();
  unsigned until_ms = left_ms;
  if (way.flush) {
    const std::uint64_t now = frames > 0 ? talk.time_of_last + way.into_frame_ms * ms : began;
    const auto passed = static_cast<unsigned>((now - began) / ms);
    until_ms = std::min(left_ms, passed > way.latency_ms ? passed - way.latency_ms : 0);
  }
  talk.expect(fates(talk.shape, until_ms, !way.flush), where);
  // One frame after the event: at most the fade; then nothing.
  fail_unless(rest <= (way.flush ? 0 : fade_ms * 24), "%s: %u samples follow", where.c_str(),
              static_cast<unsigned>(rest));
  fail_unless_equals_uint64(talk.next(), 0);
}

} // namespace

GST_START_TEST(every_moment_of_every_shape) {
  const Way ways[] = {{}, {true, 0, 7}, {true, 30, 0}, {true, 45, 13}, {true, 1000, 19}};
  for (const Shape& shape : shapes)
    for (const Way& way : ways)
      for (unsigned frames = 0; frames <= (length_of(shape) + frame_ms - 1) / frame_ms + 2; ++frames) {
        Talk talk(shape, way);
        interrupt_after(talk, way, frames,
                        std::string(shape.name) + (way.flush ? ", flushed" : "") + ", latency " +
                            std::to_string(way.latency_ms) + ", after " + std::to_string(frames) + " frames");
      }
}
GST_END_TEST

// The second finds nothing left to cut, in the fade and after it.
GST_START_TEST(twice_in_a_row) {
  for (const Shape& shape : shapes)
    for (const bool flush : {false, true}) {
      const Way way{flush, 30, 3};
      Talk talk(shape, way);
      talk.receive();
      talk.play(2);
      talk.speech();
      talk.speech();
      talk.next();
      talk.speech();
      talk.next();
      talk.speech();
      fail_unless_equals_uint64(talk.next(), 0);
      std::size_t cuts = 0;
      for (const ClientEvent& event : talk.h.transport.take())
        cuts += std::holds_alternative<ItemTruncate>(event.body) ||
                std::holds_alternative<ItemDelete>(event.body);
      const auto wanted = fates(shape, 40, false);
      fail_unless_equals_int(
          cuts, std::count_if(wanted.begin(), wanted.end(), [](const Fate& f) { return f.cut; }));
    }
}
GST_END_TEST

// Each reply counts from its own first sample.
GST_START_TEST(one_reply_after_the_other) {
  for (const Shape& shape : shapes)
    for (const bool flush : {false, true}) {
      const Way way{flush, flush ? 25U : 0U, 4};
      Talk talk(shape, way);
      for (const unsigned frames : {3U, 1U, 5U, 0U, 2U}) {
        interrupt_after(talk, way, frames, std::string(shape.name) + ", round " + std::to_string(talk.round));
        talk.next_round();
      }
    }
}
GST_END_TEST

GST_START_TEST(speech_that_may_not_interrupt_cuts_nothing) {
  for (const Shape& shape : shapes)
    for (const bool flush : {false, true}) {
      Talk talk(shape, {flush, 0, 0}, {{"vad-interrupt-response", "false"}});
      talk.receive();
      talk.h.transport.take();
      for (unsigned left_ms = 0; left_ms < length_of(shape) + 2 * frame_ms; left_ms += frame_ms) {
        talk.speech();
        talk.play(1);
      }
      talk.expect(std::vector<Fate>(shape.items.size()), shape.name);
      // What goes on ends in a fade, whose last samples are 0.
      const std::uint64_t whole = length_of(shape) * 24;
      fail_unless(talk.heard <= whole && talk.heard + (shape.ended ? 0 : 8) >= whole);
    }
}
GST_END_TEST

static Suite* interruptions_suite() {
  Suite* suite = suite_create("interruptions");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, every_moment_of_every_shape);
  tcase_add_test(tcase, twice_in_a_row);
  tcase_add_test(tcase, one_reply_after_the_other);
  tcase_add_test(tcase, speech_that_may_not_interrupt_cuts_nothing);
  return suite;
}

GST_CHECK_MAIN(interruptions)

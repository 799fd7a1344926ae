// local-vad: an answer is lowered as soon as somebody speaks into the microphone, and comes back or is cut
// when the server has decided. On the test's clock, frame by frame on both sides.
#include "support/element_harness.h"
#include "support/tone.h"
#include "support/voice.h"

#include "audio/fade.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace rt;
using namespace rt::test;
using namespace rt::protocol;

namespace {

constexpr unsigned confirmation_frames = 35; // 700 ms

struct Talk {
  Talk(const PropertyTexts& sink_properties, const PropertyTexts& src_properties = {},
       const char* of_caps = pcm_caps)
      : caps(of_caps), format(of_caps == pcm_caps ? audio::pcm16_24k : audio::ulaw_8k) {
    PropertyTexts properties = src_properties;
    properties.insert(properties.begin(), {"cushion", "0"});
    src = h.add_src(properties, caps);
    sink = h.add_sink(sink_properties);
    gst_element_set_state(sink, GST_STATE_PLAYING);
    h.play_src();
    h.wait_for_frame();
    h.send_start(caps);
    h.connect();
    reply_bytes = tone(format, 0, format.samples_of_ms(10000));
    const std::size_t swell = format.bytes(format.samples_of_ms(10));
    audio::fade_in(format.encoding, std::span(reply_bytes).first(swell)); // nothing is to be faded on its way
    response = h.server.begin_response();
    h.server.say(response, "item", reply_bytes);
    h.run();
  }
  // The microphone captures the next 20 ms of it, then the answer's next frame leaves. Returns its level
  // against what it was.
  double step(const std::vector<std::int16_t>& sound) {
    const std::size_t frame = format.samples_of_ms(20), at = captured * frame % sound.size();
    fail_unless(at + frame <= sound.size());
    h.push(encoded(format, std::span(sound).subspan(at, frame)), captured++ * 20 * ms);
    return leave();
  }
  double leave() {
    const auto bytes = bytes_of(h.crank());
    h.wait_for_frame();
    h.run();
    const auto is = linear(format, bytes);
    const auto was = linear(format, std::span(reply_bytes).subspan(heard_bytes, bytes.size()));
    untouched = std::equal(bytes.begin(), bytes.end(),
                           reply_bytes.begin() + static_cast<std::ptrdiff_t>(heard_bytes));
    heard_bytes += bytes.size();
    heard.insert(heard.end(), is.begin(), is.end());
    double before = 0, after = 0;
    for (std::size_t i = is.size() / 2; i < is.size(); ++i) {
      before += std::abs(was[i]);
      after += std::abs(is[i]);
    }
    return after / before;
  }
  // Frames that leave at their own level while somebody speaks; the one after them does not.
  unsigned frames_until_lowered() {
    const auto sound = voice(format.rate, 1000);
    for (unsigned i = 0; i < 20; ++i)
      if (step(sound) < 0.9) return i;
    return 20;
  }
  std::vector<ItemTruncate> truncates() {
    std::vector<ItemTruncate> all;
    for (const std::string& text : h.transport.sent()) {
      const ClientEvent event = decode_client(text);
      if (const auto* truncate = std::get_if<ItemTruncate>(&event.body)) all.push_back(*truncate);
    }
    return all;
  }
  void server_hears_speech() {
    h.transport.deliver(SpeechStarted{0, "input"});
    h.run();
  }

  const char* caps;
  audio::Format format;
  ElementHarness h;
  GstElement *src = nullptr, *sink = nullptr;
  std::string response;
  std::vector<std::uint8_t> reply_bytes;
  std::vector<std::int16_t> heard;
  std::size_t heard_bytes = 0;
  std::uint64_t captured = 0;
  bool untouched = false;
};

const PropertyTexts on{{"local-vad", "true"}};

} // namespace

// The frame that leaves after the third to fifth of speech was captured: within 100 ms of the first sound.
GST_START_TEST(speech_lowers_the_answer_within_a_frame) {
  for (const char* caps : {pcm_caps, ulaw_caps}) {
    Talk talk(on, {}, caps);
    for (unsigned i = 0; i < 10; ++i) {
      talk.step(noise(talk.format.rate, 20, 20));
      fail_unless(talk.untouched);
    }
    const unsigned at = talk.frames_until_lowered();
    fail_unless(at >= 2 && at <= 4, "lowered with frame %u of speech", at + 1);
    fail_unless(std::abs(talk.leave() - 0.2) < 0.02);
  }
}
GST_END_TEST

GST_START_TEST(a_cough_costs_no_word) {
  for (const char* caps : {pcm_caps, ulaw_caps}) {
    Talk talk(on, {}, caps);
    const unsigned lowered_at = talk.frames_until_lowered();
    for (unsigned i = 1; i < confirmation_frames; ++i) {
      const double level = talk.step(noise(talk.format.rate, 20, 20)); // all is quiet again
      fail_unless(level < 0.3, "raised %u frames early", confirmation_frames - i);
    }
    for (unsigned i = 0; i < 3; ++i)
      talk.leave(); // on its way up
    for (unsigned i = 0; i < 10; ++i) {
      talk.leave();
      fail_unless(talk.untouched);
    }
    fail_unless_equals_int(talk.heard.size(),
                           (lowered_at + confirmation_frames + 13) * talk.format.samples_of_ms(20));
    fail_unless_equals_int(talk.truncates().size(), 0);
    fail_unless_equals_int(talk.h.count("realtime/interrupted"), 0);
    fail_unless(roughness(talk.heard) <= roughness_of_tone(talk.format) * 3 / 2, "it clicks");
  }
}
GST_END_TEST

GST_START_TEST(what_was_lowered_was_heard) {
  for (const bool flush : {false, true}) {
    Talk talk(on, {{"flush-on-interrupt", flush ? "true" : "false"}});
    const unsigned before = talk.frames_until_lowered();
    for (unsigned i = 0; i < 9; ++i)
      talk.step(voice(talk.format.rate, 1000));
    talk.server_hears_speech();
    talk.h.loop->run_until([&] { return !talk.truncates().empty(); });
    // All that left and the fade; with a flush, what was due before the clock's present.
    const unsigned left_ms = (before + 10) * 20;
    fail_unless_equals_uint64(talk.truncates().at(0).audio_end_ms, flush ? left_ms - 20 : left_ms + 5);
    // The next answer is as loud as any.
    talk.h.crank();
    talk.h.wait_for_frame();
    talk.h.server.end_response(talk.response, ResponseStatus::cancelled);
    talk.h.run();
    const auto next = ramp(2 * 480);
    talk.h.reply(next);
    fail_unless(joined(talk.h.crank(2)) == next);
  }
}
GST_END_TEST

GST_START_TEST(what_does_not_lower_it) {
  const std::pair<PropertyTexts, const char*> cases[] = {
      {{}, "it is off"},
      {{{"local-vad", "true"}, {"mute", "true"}}, "the microphone is muted"},
      {{{"local-vad", "true"}, {"half-duplex", "true"}}, "nobody listens while the answer is heard"},
      {{{"local-vad", "true"}, {"vad-interrupt-response", "false"}}, "speech may not interrupt"},
      {{{"local-vad", "true"}, {"turn-detection", "none"}}, "the application takes the turns"},
  };
  for (const auto& [properties, why] : cases) {
    Talk talk(properties);
    fail_unless_equals_int(talk.frames_until_lowered(), 20);
    fail_unless(talk.untouched, "%s", why);
  }
  Talk talk(on);
  const auto hiss = noise(talk.format.rate, 1000, 2000);
  for (unsigned i = 0; i < 50; ++i) {
    talk.step(hiss);
    fail_unless(talk.untouched, "noise is not speech");
  }
}
GST_END_TEST

// What is said before the answer begins is a turn that the server answers, not an interruption of it.
GST_START_TEST(an_answer_that_begins_later_is_not_lowered) {
  ElementHarness h;
  h.add_src({{"cushion", "0"}});
  gst_element_set_state(h.add_sink(on), GST_STATE_PLAYING);
  h.play_src();
  h.wait_for_frame();
  h.send_start();
  h.connect();
  h.push(encoded(audio::pcm16_24k, voice(24000, 400)), 0);
  const auto answer = ramp(3 * 480);
  h.reply(answer);
  fail_unless(joined(h.crank(3)) == answer);
}
GST_END_TEST

static Suite* local_vad_suite() {
  Suite* suite = suite_create("local_vad");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, speech_lowers_the_answer_within_a_frame);
  tcase_add_test(tcase, a_cough_costs_no_word);
  tcase_add_test(tcase, what_was_lowered_was_heard);
  tcase_add_test(tcase, what_does_not_lower_it);
  tcase_add_test(tcase, an_answer_that_begins_later_is_not_lowered);
  return suite;
}

GST_CHECK_MAIN(local_vad)

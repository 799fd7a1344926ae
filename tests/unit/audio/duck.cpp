// A reply that is lowered while somebody may interrupt it: how low, for how long, and without a click.
#include "audio/duck.h"

#include "support/tone.h"

#include <glib.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <vector>

namespace {

using namespace rt::audio;
using rt::test::linear, rt::test::roughness, rt::test::roughness_of_tone, rt::test::tone;

constexpr std::uint64_t ms = 1'000'000;

// A tone that leaves in frames of 20 ms.
struct Stream {
  explicit Stream(const Format& of, std::uint64_t lead = 0) : format(of), position(lead) {}
  std::vector<std::int16_t> leave(unsigned frames = 1) {
    std::vector<std::int16_t> all;
    for (unsigned i = 0; i < frames; ++i) {
      bytes = tone(format, position, format.samples_of_ms(20));
      original = bytes;
      duck.apply(format, bytes, pts, format.samples_of_ms(20));
      const auto samples = linear(format, bytes);
      all.insert(all.end(), samples.begin(), samples.end());
      position += format.samples_of_ms(20);
      pts += 20 * ms;
    }
    return all;
  }
  bool untouched() const { return bytes == original; }
  // The frame that left last: its level against what it was, over samples of it.
  double gain(std::uint64_t from_ms, std::uint64_t to_ms) const {
    const auto was = linear(format, original), is = linear(format, bytes);
    double before = 0, after = 0;
    for (std::uint64_t i = format.samples_of_ms(from_ms); i < format.samples_of_ms(to_ms); ++i) {
      before += std::abs(was[i]);
      after += std::abs(is[i]);
    }
    return after / before;
  }
  Format format;
  std::uint64_t position, pts = 0;
  Duck duck;
  std::vector<std::uint8_t> bytes, original;
};

void for_each_format(const std::function<void(const Format&)>& check) {
  for (const Format& format : {pcm16_24k, ulaw_8k, alaw_8k})
    check(format);
}

void nothing_is_changed_unasked() {
  for_each_format([](const Format& format) {
    Stream stream(format);
    for (unsigned i = 0; i < 50; ++i) {
      stream.leave();
      g_assert_true(stream.untouched());
    }
  });
}

void lowered_within_the_next_frame() {
  for_each_format([](const Format& format) {
    Stream stream(format);
    stream.leave();
    stream.duck.lower();
    stream.leave();
    g_assert_cmpfloat(stream.gain(0, 2), >, 0.8);
    g_assert_cmpfloat(std::abs(stream.gain(10, 20) - Duck::lowered_gain), <, 0.01);
    stream.leave();
    g_assert_cmpfloat(std::abs(stream.gain(0, 20) - Duck::lowered_gain), <, 0.01);
  });
}

// The first frame at or after the time goes up.
void raised_when_nothing_confirms_it() {
  for_each_format([](const Format& format) {
    Stream stream(format);
    stream.duck.lower();
    stream.leave(35); // 0 to 680 ms
    g_assert_cmpfloat(stream.gain(10, 20), <, 0.21);
    stream.leave(); // 700 ms: goes up over 50 ms
    g_assert_cmpfloat(stream.gain(10, 20), >, 0.22);
    stream.leave(2);
    g_assert_cmpfloat(stream.gain(10, 20), >, 0.98);
    stream.leave();
    g_assert_true(stream.untouched());
  });
}

void speech_that_begins_again_counts_anew() {
  Stream stream(pcm16_24k);
  stream.duck.lower();
  stream.leave(30);
  stream.duck.lower(); // at 600 ms
  stream.leave(35);
  g_assert_cmpfloat(stream.gain(0, 20), <, 0.21);
  stream.leave(4);
  g_assert_true(stream.untouched());
}

void a_decision_raises_at_once() {
  Stream stream(pcm16_24k);
  stream.duck.lower();
  stream.leave(2);
  stream.duck.raise();
  stream.leave(3);
  stream.leave();
  g_assert_true(stream.untouched());
  stream.duck.lower();
  stream.duck.raise(); // before any frame
  stream.leave();
  g_assert_true(stream.untouched());
  stream.duck.lower();
  stream.leave();
  stream.duck.reset();
  stream.leave();
  g_assert_true(stream.untouched());
}

// What begins after a silence has its level from its first sample on.
void silence_needs_no_ramp() {
  Stream stream(pcm16_24k);
  std::vector<std::uint8_t> silence(960);
  stream.duck.lower();
  stream.duck.apply(pcm16_24k, silence, stream.pts, 0);
  stream.leave();
  g_assert_cmpfloat(stream.gain(0, 2), <, 0.21);
  stream.duck.raise();
  stream.duck.apply(pcm16_24k, silence, stream.pts, 120); // the end of a reply, and silence
  stream.leave();
  g_assert_true(stream.untouched());
  for_each_format([](const Format& format) {
    Duck duck;
    std::vector<std::uint8_t> quiet(format.bytes(160), format.silence_byte());
    duck.lower();
    duck.apply(format, quiet, 0, 160);
    for (const std::uint8_t byte : quiet)
      g_assert_cmpuint(byte, ==, format.silence_byte());
  });
}

// Down, up again in the middle of the way down, and by itself: at every phase of the tone.
void no_click() {
  for_each_format([](const Format& format) {
    const int own = roughness_of_tone(format);
    for (std::uint64_t lead = 0; lead < format.rate / 440; ++lead) {
      Stream stream(format, lead);
      auto heard = stream.leave(2);
      const auto hear = [&](unsigned frames) {
        const auto more = stream.leave(frames);
        heard.insert(heard.end(), more.begin(), more.end());
      };
      stream.duck.lower();
      hear(2);
      stream.duck.raise();
      hear(1); // in the middle of the way up
      stream.duck.lower();
      hear(42);
      g_assert_true(stream.untouched());
      g_assert_cmpint(roughness(heard), <=, own * 3 / 2);
    }
  });
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/duck/unasked", nothing_is_changed_unasked);
  g_test_add_func("/duck/lowered", lowered_within_the_next_frame);
  g_test_add_func("/duck/raised", raised_when_nothing_confirms_it);
  g_test_add_func("/duck/again", speech_that_begins_again_counts_anew);
  g_test_add_func("/duck/decided", a_decision_raises_at_once);
  g_test_add_func("/duck/silence", silence_needs_no_ramp);
  g_test_add_func("/duck/no-click", no_click);
  return g_test_run();
}

// What passes between the loop and realtimesrc's streaming thread beside the audio itself.
#include "session/downlink.h"

#include <glib.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

using namespace rt;
using namespace rt::session;

constexpr std::uint64_t frame_ns = 20'000'000;
const audio::ContentKey key{"resp_1", "item_1", 0};

// All of one level, too low for a fade at its begin.
constexpr int level = 200;
std::vector<std::uint8_t> quiet(std::size_t samples) {
  std::vector<std::uint8_t> bytes(samples * 2);
  for (std::size_t i = 0; i < bytes.size(); i += 2)
    bytes[i] = level;
  return bytes;
}

std::uint64_t read(Downlink& downlink, std::uint64_t pts) {
  std::vector<std::uint8_t> frame(960);
  return downlink.read(frame, pts).audio_samples;
}

bool append(Downlink& downlink, std::size_t samples = 480) {
  const std::vector<std::uint8_t> bytes(samples * 2, 1);
  return downlink.append(key, bytes, audio::pcm16_24k).lost == Downlink::Lost::nothing;
}

void format() {
  Downlink downlink;
  g_assert_false(downlink.format().has_value());
  g_assert_true(downlink.set_format(audio::pcm16_24k)); // also when it is the ledger's own
  g_assert_true(downlink.format() == audio::pcm16_24k);
  append(downlink);
  g_assert_false(downlink.set_format(audio::ulaw_8k));
  g_assert_true(downlink.format() == audio::pcm16_24k);
  const auto other = downlink.append(key, std::vector<std::uint8_t>(160, 1), audio::ulaw_8k);
  g_assert_true(other.lost == Downlink::Lost::other_format && other.samples == 0);
  g_assert_cmpuint(downlink.counters().waiting_ms, ==, 20);
  downlink.reset();
  g_assert_false(downlink.format().has_value());
  g_assert_true(downlink.idle());
}

void counters() {
  Downlink downlink;
  downlink.set_format(audio::pcm16_24k);
  append(downlink, 4800);
  g_assert_cmpuint(downlink.counters().waiting_ms, ==, 200);
  g_assert_cmpuint(read(downlink, 0), ==, 480);
  g_assert_cmpuint(downlink.counters().waiting_ms, ==, 180);
  g_assert_cmpuint(downlink.counters().played_samples, ==, 480);
}

void flush() {
  Downlink downlink;
  downlink.set_format(audio::pcm16_24k);
  append(downlink, 4800);
  read(downlink, 0);
  g_assert_false(downlink.flush_requested());
  downlink.request_flush();
  g_assert_true(downlink.flush_requested());
  g_assert_cmpuint(downlink.cut_flushed(frame_ns, 0).size(), ==, 1);
  g_assert_false(downlink.flush_requested());
  g_assert_true(downlink.idle());
}

void end() {
  Downlink downlink;
  g_assert_false(downlink.ended());
  downlink.end();
  g_assert_true(downlink.ended());
  downlink.resume();
  g_assert_false(downlink.ended());
  downlink.end();
  downlink.reset();
  g_assert_false(downlink.ended());
}

// Audio that the loop had in its hands when the reader left is not played to the next one.
void nobody_reads() {
  Downlink downlink;
  downlink.set_format(audio::pcm16_24k);
  append(downlink, 4800);
  downlink.request_flush();
  g_assert_cmpuint(downlink.abandon().size(), ==, 1);
  g_assert_false(downlink.flush_requested());
  g_assert_true(append(downlink));
  g_assert_true(downlink.idle());
  downlink.start_reading();
  downlink.set_options({0});
  g_assert_cmpuint(read(downlink, 0), ==, 0);
  append(downlink, 960);
  g_assert_cmpuint(read(downlink, frame_ns), ==, 480);
}

// Latency 100 ms, base time 5 s: frames of 0 to 40 ms are heard from 5.1 s to 5.14 s, and echo until 5.34 s.
void when_a_reply_is_heard() {
  constexpr std::uint64_t ms = 1'000'000, base = 5000 * ms;
  Downlink downlink;
  downlink.set_format(audio::pcm16_24k);
  downlink.set_options({0});
  g_assert_false(downlink.heard_at(base, 20 * ms));
  g_assert_false(downlink.heard_at(std::nullopt, 0));
  append(downlink, 960);
  g_assert_true(downlink.heard_at(std::nullopt, 0)); // no clock: as long as it plays
  downlink.content_done(key);
  read(downlink, 0);
  read(downlink, frame_ns);
  downlink.advance(2 * frame_ns, 100 * ms, base);
  g_assert_false(downlink.heard_at(base + 80 * ms, 20 * ms));
  g_assert_true(downlink.heard_at(base + 81 * ms, 20 * ms));
  g_assert_true(downlink.heard_at(base + 339 * ms, 20 * ms));
  g_assert_false(downlink.heard_at(base + 340 * ms, 20 * ms));
  // What was flushed is not heard; what had been is.
  downlink.request_flush();
  downlink.cut_flushed(120 * ms, 100 * ms);
  g_assert_true(downlink.heard_at(base + 319 * ms, ms));
  g_assert_false(downlink.heard_at(base + 320 * ms, ms));
  downlink.abandon();
  g_assert_false(downlink.heard_at(base + 110 * ms, ms));
}

// What somebody's voice does to a reply; audio::Duck's own tests say how.
void duck() {
  Downlink downlink;
  downlink.set_format(audio::pcm16_24k);
  downlink.set_options({0});
  const auto loudest = [&](std::uint64_t pts) {
    std::vector<std::uint8_t> frame(960);
    downlink.read(frame, pts);
    return *std::max_element(frame.begin(), frame.end());
  };
  downlink.set_interruptible(true);
  downlink.duck(); // nothing plays
  downlink.append(key, quiet(24000), audio::pcm16_24k);
  g_assert_cmpuint(loudest(0), ==, level);
  downlink.set_interruptible(false);
  downlink.duck();
  g_assert_cmpuint(loudest(frame_ns), ==, level);
  downlink.set_interruptible(true);
  downlink.duck();
  loudest(2 * frame_ns);
  std::vector<std::uint8_t> lowered(960);
  g_assert_cmpuint(downlink.read(lowered, 3 * frame_ns).audio_samples, ==, 480);
  for (std::size_t i = 0; i < 480; ++i)
    g_assert_cmpint(lowered[2 * i] + 256 * lowered[2 * i + 1], ==, level / 5);
  const auto cuts = downlink.cut();
  g_assert_cmpuint(cuts.size(), ==, 1);
  g_assert_cmpuint(cuts[0].heard, ==, 4 * 480 + 120);
  loudest(4 * frame_ns); // the fade
  downlink.append({"resp_2", "item_2", 0}, quiet(4800), audio::pcm16_24k);
  std::vector<std::uint8_t> next(960);
  downlink.read(next, 6 * frame_ns);
  g_assert_true(next == quiet(480));
}

// Somebody speaks while its last frames are on their way. What goes on behind a hole is still what he spoke
// to.
void a_duck_ends_with_its_reply() {
  for (const bool hole : {false, true}) {
    Downlink downlink;
    downlink.set_format(audio::pcm16_24k);
    downlink.set_options({0});
    downlink.set_interruptible(true);
    append(downlink, 960);
    if (!hole) downlink.content_done(key);
    read(downlink, 0);
    downlink.duck();
    for (std::uint64_t i = 1; i < 4; ++i)
      read(downlink, i * frame_ns);
    const audio::ContentKey next = hole ? key : audio::ContentKey{"resp_2", "item_2", 0};
    downlink.append(next, quiet(4800), audio::pcm16_24k);
    std::vector<std::uint8_t> frame(960);
    g_assert_cmpuint(downlink.read(frame, 4 * frame_ns).audio_samples, ==, 480);
    g_assert_cmpint(frame[958], ==, hole ? level / 5 : level);
  }
}

// The words end with the cut itself: the reader may ask for more before the loop has told the cut.
void words_end_with_the_cut() {
  for (const bool flush : {false, true}) {
    Downlink downlink;
    downlink.set_format(audio::pcm16_24k);
    downlink.set_options({0});
    downlink.text(key, "one two three four");
    append(downlink, 24 * 1800); // 100 ms a letter
    downlink.text_done(key, "");
    downlink.content_done(key);
    for (std::uint64_t i = 0; i < 30; ++i)
      read(downlink, i * frame_ns);
    std::vector<audio::TimedWord> words;
    downlink.take_words(&words, 100'000'000);
    g_assert_cmpuint(words.size(), ==, 1);
    if (flush) {
      downlink.request_flush();
      g_assert_cmpuint(downlink.cut_flushed(30 * frame_ns, 300'000'000)[0].heard_ms, ==, 300);
    } else {
      g_assert_cmpuint(downlink.cut()[0].heard_ms, ==, 605);
    }
    words.clear();
    downlink.take_words(&words, ~std::uint64_t{0});
    g_assert_cmpuint(words.size(), ==, 1);
    g_assert_cmpstr(words[0].text.c_str(), ==, flush ? "" : "two"); // and that it is over
    g_assert_true(words[0].last);
    for (std::uint64_t i = 30; i < 60; ++i)
      read(downlink, i * frame_ns);
    downlink.take_words(&words, ~std::uint64_t{0});
    g_assert_cmpuint(words.size(), ==, 1);
  }
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/downlink/format", format);
  g_test_add_func("/downlink/counters", counters);
  g_test_add_func("/downlink/flush", flush);
  g_test_add_func("/downlink/end", end);
  g_test_add_func("/downlink/nobody-reads", nobody_reads);
  g_test_add_func("/downlink/heard", when_a_reply_is_heard);
  g_test_add_func("/downlink/duck", duck);
  g_test_add_func("/downlink/duck/ends", a_duck_ends_with_its_reply);
  g_test_add_func("/downlink/words-end-with-the-cut", words_end_with_the_cut);
  return g_test_run();
}

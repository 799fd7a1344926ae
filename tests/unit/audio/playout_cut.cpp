// Interruption: where a reply is cut, what the server is told, and that nobody hears a click.
#include "playout_helpers.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace {

using namespace rt::audio;
using namespace rt::audio::test;

constexpr std::uint64_t ms = 1'000'000;
constexpr std::uint64_t fade = 120; // 5 ms at 24 kHz

void nothing_to_cut() {
  Playout playout;
  Reader reader(playout);
  g_assert_cmpuint(playout.cut().size(), ==, 0);
  reader.read();
  playout.prepare_flush();
  g_assert_cmpuint(playout.cut_flushed(reader.now(), 0).size(), ==, 0);
  g_assert_cmpuint(playout.abandon().size(), ==, 0);
}

void before_the_first_sample() {
  Playout playout;
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 4800));
  const std::vector<Cut> cuts = playout.cut();
  g_assert_cmpuint(cuts.size(), ==, 1);
  g_assert_true(cuts[0].key == key("item_1"));
  g_assert_cmpuint(cuts[0].heard, ==, 0);
  g_assert_cmpuint(cuts[0].received, ==, 4800);
  g_assert_cmpuint(cuts[0].received_ms, ==, 200);
  g_assert_false(cuts[0].complete);
  assert_silence(reader.read(2), 0);
  g_assert_cmpuint(playout.waiting_samples(), ==, 0);
  g_assert_true(playout.idle());
}

// Everything pushed and the fade count as heard: that is what the listener will have when it is quiet.
void inside_an_item() {
  Playout playout;
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 4800));
  assert_speech(reader.read(3), 0, 0, 1440);
  const std::vector<Cut> cuts = playout.cut();
  g_assert_cmpuint(cuts.size(), ==, 1);
  g_assert_cmpuint(cuts[0].heard, ==, 1440 + fade);
  g_assert_cmpuint(cuts[0].heard_ms, ==, 65);
  g_assert_cmpuint(cuts[0].received, ==, 4800);
  g_assert_false(cuts[0].complete);
  const std::vector<std::int16_t> after = reader.read();
  g_assert_cmpuint(reader.info.audio_samples, ==, fade);
  g_assert_cmpint(std::abs(after[fade - 2]), <, 30); // of about 1660
  g_assert_cmpint(after[0], >, 1400);
  assert_silence(after, fade);
  assert_silence(reader.read(), 0);
  // Late audio of the same item is not wanted while it is known.
  g_assert_cmpuint(reader.advance(1000 * ms).size(), ==, 1); // started; cut items do not finish
  g_assert_true(playout.idle());
}

void at_the_end_of_an_item() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 480));
  playout.content_done(key("item_1"));
  reader.read();
  // Pushed in full though not heard yet: nothing is lost.
  const std::vector<Cut> cuts = playout.cut();
  g_assert_cmpuint(cuts.size(), ==, 1);
  g_assert_true(cuts[0].complete);
  g_assert_cmpuint(cuts[0].heard, ==, 480);
  const std::vector<PlaybackMark> marks = reader.advance(20 * ms);
  g_assert_cmpuint(marks.size(), ==, 2);
  g_assert_true(marks[1].kind == PlaybackMark::Kind::finished);
  g_assert_cmpuint(playout.cut().size(), ==, 0); // after it: nothing is left to cut
}

// Less than a fade is left: the item ends by itself, unfaded.
void just_before_the_end() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 580));
  playout.content_done(key("item_1"));
  reader.read();
  const std::vector<Cut> cuts = playout.cut();
  g_assert_cmpuint(cuts.size(), ==, 1);
  g_assert_true(cuts[0].complete);
  const std::vector<std::int16_t> rest = reader.read();
  assert_speech(rest, 0, 480, 100);
  assert_silence(rest, 100);
}

// All that came has been pushed, but the item is not at its end: the server must know what was heard.
void in_an_underrun() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 960));
  reader.read(3);
  const std::vector<Cut> cuts = playout.cut();
  g_assert_cmpuint(cuts.size(), ==, 1);
  g_assert_cmpuint(cuts[0].heard, ==, 960);
  g_assert_false(cuts[0].complete);
  assert_silence(reader.read(), 0);
}

void several_items_and_responses() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1", "resp_1"), pcm(0, 480));
  playout.append(key("item_2", "resp_1"), pcm(480, 2400));
  playout.append(key("item_3", "resp_1"), pcm(2880, 2400));
  playout.append(key("item_4", "resp_2"), pcm(5280, 2400));
  playout.response_done("resp_1");
  reader.read(3);
  const std::vector<Cut> cuts = playout.cut();
  g_assert_cmpuint(cuts.size(), ==, 4);
  g_assert_true(cuts[0].complete);
  g_assert_cmpuint(cuts[1].heard, ==, 960 + fade);
  g_assert_false(cuts[1].complete);
  g_assert_cmpuint(cuts[2].heard, ==, 0);
  g_assert_cmpuint(cuts[3].heard, ==, 0);
  g_assert_cmpstr(cuts[3].key.response_id.c_str(), ==, "resp_2");
  const std::vector<std::int16_t> after = reader.read(20);
  assert_silence(after, fade);
}

void twice() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 4800));
  reader.read();
  g_assert_cmpuint(playout.cut().size(), ==, 1);
  g_assert_cmpuint(playout.cut().size(), ==, 0); // told once
  const std::vector<std::int16_t> after = reader.read();
  g_assert_cmpint(after[0], !=, 0); // the fade survives the second
  assert_silence(after, fade);
  g_assert_cmpuint(playout.cut().size(), ==, 0);
}

// The next reply is held back by its own cushion, also when it comes while the fade still waits.
void the_next_reply_starts_afresh() {
  Playout playout;
  set_cushion(playout, 40);
  Reader reader(playout);
  playout.append(key("item_1", "resp_1"), pcm(0, 4800));
  reader.read();
  playout.cut();
  playout.append(key("item_2", "resp_2"), pcm(20000, 480));
  const std::vector<std::int16_t> after = reader.read();
  assert_silence(after, fade);
  assert_silence(reader.read(), 0);
  playout.append(key("item_2", "resp_2"), pcm(20480, 480));
  playout.content_done(key("item_2", "resp_2"));
  assert_speech(reader.read(2), 0, 20000, 960);
}

// With a flush only what has reached the listener counts.
void flushed() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 24000));
  playout.append(key("item_2"), pcm(24000, 4800));
  reader.read(25); // 500 ms are pushed
  playout.prepare_flush();
  const std::vector<Cut> cuts = playout.cut_flushed(500 * ms, 200 * ms);
  g_assert_cmpuint(cuts.size(), ==, 2);
  g_assert_cmpuint(cuts[0].heard, >=, 7200);
  g_assert_cmpuint(cuts[0].heard, <=, 7201);
  g_assert_cmpuint(cuts[0].heard_ms, ==, 300);
  g_assert_cmpuint(cuts[0].received, ==, 24000);
  g_assert_cmpuint(cuts[1].heard, ==, 0);
  assert_silence(reader.read(2), 0); // no fade: the flush has cut already
  g_assert_true(playout.idle());
}

void flushed_before_anything_is_heard() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 24000));
  reader.read(5);
  playout.prepare_flush();
  const std::vector<Cut> cuts = playout.cut_flushed(100 * ms, 200 * ms);
  g_assert_cmpuint(cuts.size(), ==, 1);
  g_assert_cmpuint(cuts[0].heard, ==, 0);
  g_assert_true(playout.idle());
}

void flushed_after_all_is_heard() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 480));
  playout.content_done(key("item_1"));
  reader.read();
  playout.prepare_flush();
  const std::vector<Cut> cuts = playout.cut_flushed(2000 * ms, 200 * ms);
  for (const Cut& cut : cuts)
    g_assert_true(cut.complete);
  const std::vector<PlaybackMark> marks = reader.advance(2000 * ms, 200 * ms);
  g_assert_cmpuint(marks.size(), ==, 2); // it was played to its end
  g_assert_true(playout.idle());
}

// A fade still to come does not come after a flush.
void flushed_after_a_cut() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 4800));
  reader.read(2);
  playout.cut();
  playout.prepare_flush();
  g_assert_cmpuint(playout.cut_flushed(30 * ms, 0).size(), ==, 0);
  assert_silence(reader.read(), 0);
  g_assert_cmpuint(playout.waiting_samples(), ==, 0);
  g_assert_true(playout.idle());
}

// A reply that came between the wish to flush and the flush is none that was to be interrupted.
void what_comes_before_the_flush_is_made_stays() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1", "resp_1"), pcm(0, 24000));
  reader.read(5);
  playout.prepare_flush();
  playout.append(key("item_2", "resp_2"), pcm(20000, 480));
  playout.content_done(key("item_2", "resp_2"));
  const std::vector<Cut> cuts = playout.cut_flushed(100 * ms, 20 * ms);
  g_assert_cmpuint(cuts.size(), ==, 1);
  g_assert_true(cuts[0].key == key("item_1", "resp_1"));
  assert_speech(reader.read(), 0, 20000, 480);
}

void abandoned_while_downstream_stops() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 24000));
  playout.append(key("item_2"), pcm(24000, 2400));
  reader.read(10);
  const std::vector<Cut> cuts = playout.abandon(Playout::Stopped{200 * ms, 150 * ms});
  g_assert_cmpuint(cuts.size(), ==, 2);
  g_assert_cmpuint(cuts[0].heard_ms, ==, 50);
  g_assert_cmpuint(cuts[0].received, ==, 24000);
  g_assert_cmpuint(cuts[1].heard, ==, 0);
  g_assert_true(playout.idle());
}

void abandoned() {
  Playout playout;
  set_cushion(playout, 0);
  Reader reader(playout);
  playout.append(key("item_1"), pcm(0, 2400));
  playout.append(key("item_2"), pcm(2400, 2400));
  reader.read();
  const std::vector<Cut> cuts = playout.abandon();
  g_assert_cmpuint(cuts.size(), ==, 2);
  g_assert_cmpuint(cuts[0].heard, ==, 480); // no fade is read any more
  g_assert_cmpuint(cuts[1].heard, ==, 0);
  g_assert_true(playout.idle());
  g_assert_cmpuint(playout.waiting_samples(), ==, 0);
  assert_silence(reader.read(), 0);
}

// A tone is cut at every phase: no step between two samples is out of proportion to the tone's own.
void no_click(const Format& format) {
  const auto period = format.rate / 200U; // 200 Hz
  const auto level = [&](std::uint64_t i) {
    // A triangle wave: straight lines, so that what the cut adds is seen.
    const auto phase = static_cast<std::int64_t>(i % period), half = static_cast<std::int64_t>(period / 2);
    return static_cast<std::int16_t>((phase < half ? phase : 2 * half - phase) * 16000 / half - 8000);
  };
  const auto code = [&](std::vector<std::uint8_t>& out, std::int16_t sample) {
    if (format.encoding == Encoding::g711_ulaw) {
      out.push_back(ulaw_encode(sample));
    } else if (format.encoding == Encoding::g711_alaw) {
      out.push_back(alaw_encode(sample));
    } else {
      out.push_back(static_cast<std::uint8_t>(sample & 0xFF));
      out.push_back(static_cast<std::uint8_t>(static_cast<std::uint16_t>(sample) >> 8));
    }
  };
  const std::uint64_t fade_samples = format.samples_of_ms(5), frame = format.samples_of_ms(10);
  for (std::uint64_t shift = 0; shift < period; shift += 3) {
    Playout playout;
    g_assert_true(playout.set_format(format));
    set_cushion(playout, 0);
    Reader reader(playout, frame);
    std::vector<std::uint8_t> bytes;
    for (std::uint64_t i = 0; i < 20 * frame; ++i)
      code(bytes, level(i + shift));
    playout.append(key("item_1"), bytes);
    std::vector<std::int16_t> heard = reader.read(3);
    playout.cut();
    const std::vector<std::int16_t> after = reader.read(2);
    heard.insert(heard.end(), after.begin(), after.end());
    // G.711 adds steps of a 32nd of the sample, PCM the rounding.
    const double coarse = format.encoding == Encoding::pcm16 ? 4 : 8000.0 / 16;
    const double corner = 2.0 * 16000 * 2 / period + 4.0 * 8000 / static_cast<double>(fade_samples) + coarse;
    for (std::size_t i = 3 * frame - 1; i + 1 < heard.size(); ++i)
      g_assert_cmpfloat(std::abs(heard[i - 1] - 2.0 * heard[i] + heard[i + 1]), <=, corner);
    // The level only falls.
    for (std::uint64_t i = 0; i < fade_samples; ++i) {
      const double left = 1.0 - static_cast<double>(i) / static_cast<double>(fade_samples);
      g_assert_cmpfloat(std::abs(heard[3 * frame + i]), <=, 8000.0 * left * left * (3 - 2 * left) * 1.04 + 8);
    }
    const std::uint8_t silence[2] = {format.silence_byte(), format.silence_byte()};
    for (std::size_t i = fade_samples; i < after.size(); ++i)
      g_assert_cmpint(after[i], ==, linear(format, silence)); // A-law has no zero
  }
}

void no_click_pcm() {
  no_click(pcm16_24k);
}
void no_click_ulaw() {
  no_click(ulaw_8k);
}
void no_click_alaw() {
  no_click(alaw_8k);
}

// Whatever the moment: what the cut tells is what comes out.
void cut_tells_what_comes_out() {
  for (unsigned frames = 0; frames <= 12; ++frames) {
    Playout playout;
    set_cushion(playout, 0);
    Reader reader(playout, 100);
    playout.append(key("item_1"), pcm(0, 333));
    playout.append(key("item_2"), pcm(333, 500));
    playout.response_done("resp_1");
    std::uint64_t out = 0;
    for (unsigned i = 0; i < frames; ++i) {
      reader.read();
      out += reader.info.audio_samples;
    }
    std::uint64_t told = 0;
    for (const Cut& cut : playout.cut()) {
      g_assert_cmpuint(cut.heard, <=, cut.received);
      told += cut.heard;
    }
    for (unsigned i = 0; i < 10; ++i) {
      reader.read();
      out += reader.info.audio_samples;
    }
    g_assert_cmpuint(out, ==, told);
    g_assert_cmpuint(playout.played_samples(), ==, out);
  }
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/playout/cut/nothing", nothing_to_cut);
  g_test_add_func("/playout/cut/before", before_the_first_sample);
  g_test_add_func("/playout/cut/inside", inside_an_item);
  g_test_add_func("/playout/cut/at-the-end", at_the_end_of_an_item);
  g_test_add_func("/playout/cut/just-before-the-end", just_before_the_end);
  g_test_add_func("/playout/cut/underrun", in_an_underrun);
  g_test_add_func("/playout/cut/several", several_items_and_responses);
  g_test_add_func("/playout/cut/twice", twice);
  g_test_add_func("/playout/cut/next-reply", the_next_reply_starts_afresh);
  g_test_add_func("/playout/cut/tells-what-comes-out", cut_tells_what_comes_out);
  g_test_add_func("/playout/flush/inside", flushed);
  g_test_add_func("/playout/flush/before", flushed_before_anything_is_heard);
  g_test_add_func("/playout/flush/after", flushed_after_all_is_heard);
  g_test_add_func("/playout/flush/after-a-cut", flushed_after_a_cut);
  g_test_add_func("/playout/flush/later-reply", what_comes_before_the_flush_is_made_stays);
  g_test_add_func("/playout/abandon", abandoned);
  g_test_add_func("/playout/abandon/stopped", abandoned_while_downstream_stops);
  g_test_add_func("/playout/fade/pcm16", no_click_pcm);
  g_test_add_func("/playout/fade/ulaw", no_click_ulaw);
  g_test_add_func("/playout/fade/alaw", no_click_alaw);
  return g_test_run();
}

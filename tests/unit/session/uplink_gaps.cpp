// Input that stops, jumps, jitters or is muted, on the clock of the capture.
#include "uplink_helpers.h"

#include <algorithm>

namespace {

using namespace rt;
using namespace rt::session;
using namespace rt::session::test;

constexpr std::uint64_t base = 5'000 * ms;
constexpr std::chrono::milliseconds t0{100'000};

struct Fixture {
  Fixture() { uplink.reopen(); }
  Uplink uplink{[] {}};

  void push_at(std::uint64_t time, std::uint64_t milliseconds) {
    uplink.push(speech(0, pcm_bytes(milliseconds)), base + time, true, t0);
  }
  std::vector<Uplink::Entry> taken() {
    uplink.end_chunk();
    return take_all(uplink);
  }
};

std::size_t silent_bytes(const std::vector<std::uint8_t>& bytes) {
  return static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), 0));
}

void times_of_chunks() {
  Fixture f;
  f.push_at(0, 30);
  f.push_at(30 * ms, 30);
  const auto entries = f.taken();
  g_assert_cmpuint(entries.size(), ==, 3);
  for (std::size_t i = 0; i < 3; ++i)
    g_assert_cmpuint(*entries[i].time, ==, base + i * 20 * ms);
}

void no_times_no_gaps() {
  Fixture f;
  f.uplink.push(speech(0, pcm_bytes(20)), std::nullopt, true, t0);
  f.push_at(1000 * ms, 20);
  f.uplink.push(speech(0, pcm_bytes(20)), std::nullopt, true, t0);
  const auto entries = f.taken();
  g_assert_cmpuint(silent_bytes(audio_of(entries)), ==, 0);
  g_assert_false(entries[0].time.has_value());
  g_assert_cmpuint(*entries[1].time, ==, base + 1000 * ms);
  g_assert_cmpuint(*entries[2].time, ==, base + 1020 * ms);
}

void a_jump_becomes_silence() {
  Fixture f;
  f.push_at(0, 20);
  f.push_at(520 * ms, 20);
  const auto entries = f.taken();
  const std::vector<std::uint8_t> bytes = audio_of(entries);
  g_assert_cmpuint(bytes.size(), ==, pcm_bytes(540));
  g_assert_cmpuint(silent_bytes(bytes), ==, pcm_bytes(500));
  g_assert_true(std::all_of(bytes.begin() + pcm_bytes(20), bytes.begin() + pcm_bytes(520),
                            [](std::uint8_t b) { return b == 0; }));
  g_assert_cmpuint(f.uplink.counters().filled_ns, ==, 500 * ms);
  g_assert_cmpuint(*entries.back().time, ==, base + 520 * ms);
}

void g711_silence() {
  Fixture f;
  f.uplink.set_format(audio::alaw_8k);
  f.uplink.push(std::vector<std::uint8_t>(160, 0x11), base, true, t0);
  f.uplink.push(std::vector<std::uint8_t>(160, 0x11), base + 120 * ms, true, t0);
  const std::vector<std::uint8_t> bytes = audio_of(f.taken());
  g_assert_cmpuint(bytes.size(), ==, 140 * 8);
  g_assert_cmpint(std::count(bytes.begin(), bytes.end(), 0xD5), ==, 100 * 8);
}

void the_longest_jump() {
  Fixture f;
  f.push_at(0, 20);
  f.push_at(2020 * ms, 20);
  g_assert_cmpuint(silent_bytes(audio_of(f.taken())), ==, pcm_bytes(2000));
}

void a_longer_jump_is_a_new_start() {
  Fixture f;
  f.push_at(0, 20);
  f.push_at(2021 * ms, 20);
  f.push_at(2041 * ms, 20);
  const auto entries = f.taken();
  g_assert_cmpuint(silent_bytes(audio_of(entries)), ==, 0);
  g_assert_cmpuint(entries.size(), ==, 3);
  g_assert_cmpuint(*entries[1].time, ==, base + 2021 * ms);
  g_assert_cmpuint(*entries[2].time, ==, base + 2041 * ms);
}

void a_step_back_is_a_new_start() {
  Fixture f;
  f.push_at(1000 * ms, 20);
  f.push_at(0, 20);
  f.push_at(20 * ms, 20);
  const auto entries = f.taken();
  g_assert_cmpuint(silent_bytes(audio_of(entries)), ==, 0);
  g_assert_cmpuint(*entries[1].time, ==, base);
  g_assert_cmpuint(*entries[2].time, ==, base + 20 * ms);
}

void jitter_is_not_filled() {
  Fixture f;
  constexpr std::uint64_t late[] = {0, 39, 3, 40, 0, 12, 25, 7};
  for (std::uint64_t i = 0; i < 80; ++i)
    f.push_at((i * 20 + late[i % 8]) * ms, 20);
  const auto entries = f.taken();
  g_assert_cmpuint(silent_bytes(audio_of(entries)), ==, 0);
  g_assert_cmpuint(*entries.back().time, ==, base + 79 * 20 * ms);
}

void fill_covers_the_pause() {
  Fixture f;
  f.push_at(0, 20);
  f.uplink.fill_until(t0 + Milliseconds(200));
  f.uplink.fill_until(t0 + Milliseconds(250));
  f.uplink.fill_until(t0 + Milliseconds(250)); // time stands still
  g_assert_cmpuint(f.uplink.counters().filled_ns, ==, 250 * ms);
  g_assert_cmpint(f.uplink.quiet_for(t0 + Milliseconds(250))->since_push.count(), ==, 250 * ms);
  // Upstream returns where the clock says, a little before or after: no second silence.
  f.push_at(280 * ms, 20);
  const auto entries = f.taken();
  const std::vector<std::uint8_t> bytes = audio_of(entries);
  g_assert_cmpuint(*entries.back().time, ==, base + 280 * ms); // but it has its own time
  g_assert_cmpuint(silent_bytes(bytes), ==, pcm_bytes(250));
  g_assert_cmpuint(bytes.size(), ==, pcm_bytes(290));
}

void nothing_to_fill_before_the_first_audio() {
  Fixture f;
  f.uplink.fill_until(t0 + Milliseconds(1000));
  g_assert_true(f.uplink.empty());
  g_assert_false(f.uplink.quiet_for(t0).has_value());
  f.push_at(0, 20);
  f.uplink.close();
  f.uplink.fill_until(t0 + Milliseconds(1000));
  g_assert_true(f.uplink.empty());
}

// A flush is no gap: what it dropped is not made up for by silence.
void nothing_to_fill_after_a_flush() {
  Fixture f;
  f.push_at(0, 20);
  f.uplink.drop_unsent();
  g_assert_false(f.uplink.quiet_for(t0 + Milliseconds(300)).has_value());
  f.uplink.fill_until(t0 + Milliseconds(300));
  g_assert_true(f.uplink.empty());
  f.push_at(500 * ms, 20);
  g_assert_cmpuint(silent_bytes(audio_of(f.taken())), ==, 0);
}

// Nor is the time in PAUSED.
void a_pause_is_not_filled() {
  Fixture f;
  f.push_at(0, 20);
  f.uplink.resume(t0 + Milliseconds(1500));
  f.uplink.fill_until(t0 + Milliseconds(1500));
  g_assert_cmpint(f.uplink.quiet_for(t0 + Milliseconds(1600))->since_push.count(), ==, 100 * ms);
  f.push_at(1500 * ms, 20);
  g_assert_cmpuint(silent_bytes(audio_of(f.taken())), ==, 0);
}

void mute_sends_silence() {
  Fixture f;
  f.uplink.set_muted(true);
  f.push_at(0, 40);
  f.uplink.set_muted(false);
  f.push_at(40 * ms, 20);
  const auto entries = f.taken();
  const std::vector<std::uint8_t> bytes = audio_of(entries);
  g_assert_cmpuint(bytes.size(), ==, pcm_bytes(60));
  g_assert_cmpuint(silent_bytes(bytes), ==, pcm_bytes(40));
  g_assert_cmpuint(*entries[2].time, ==, base + 40 * ms);
  g_assert_cmpuint(f.uplink.counters().filled_ns, ==, 0);
}

void gap_events() {
  Fixture f;
  f.push_at(0, 20);
  g_assert_true(f.uplink.push_silence(100 * ms, true, t0) == Uplink::Pushed::ok);
  f.push_at(120 * ms, 20);
  const auto entries = f.taken();
  g_assert_cmpuint(silent_bytes(audio_of(entries)), ==, pcm_bytes(100));
  g_assert_cmpuint(entries.size(), ==, 7);
  g_assert_cmpuint(*entries.back().time, ==, base + 120 * ms);
}

// A pause in live input is bounded like its audio.
void fill_is_bounded() {
  Fixture f;
  f.uplink.set_options({20, 1000});
  f.push_at(0, 20);
  f.uplink.fill_until(t0 + Milliseconds(5000));
  g_assert_cmpuint(f.uplink.counters().queued_ms, <=, 1000);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/uplink/times", times_of_chunks);
  g_test_add_func("/uplink/times/none", no_times_no_gaps);
  g_test_add_func("/uplink/jump/silence", a_jump_becomes_silence);
  g_test_add_func("/uplink/jump/g711", g711_silence);
  g_test_add_func("/uplink/jump/longest", the_longest_jump);
  g_test_add_func("/uplink/jump/longer", a_longer_jump_is_a_new_start);
  g_test_add_func("/uplink/jump/back", a_step_back_is_a_new_start);
  g_test_add_func("/uplink/jump/jitter", jitter_is_not_filled);
  g_test_add_func("/uplink/fill/pause", fill_covers_the_pause);
  g_test_add_func("/uplink/fill/before-audio", nothing_to_fill_before_the_first_audio);
  g_test_add_func("/uplink/fill/after-flush", nothing_to_fill_after_a_flush);
  g_test_add_func("/uplink/fill/after-paused", a_pause_is_not_filled);
  g_test_add_func("/uplink/fill/bounded", fill_is_bounded);
  g_test_add_func("/uplink/mute", mute_sends_silence);
  g_test_add_func("/uplink/gap-events", gap_events);
  return g_test_run();
}

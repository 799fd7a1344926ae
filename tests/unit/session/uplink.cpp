// Chunks, their order among marks, and a queue that is bounded.
#include "uplink_helpers.h"

#include <algorithm>
#include <thread>

namespace {

using namespace rt;
using namespace rt::session;
using namespace rt::session::test;

constexpr Nanoseconds now{0};

struct Fixture {
  Fixture() { uplink.reopen(); }
  unsigned wakes = 0;
  Uplink uplink{[this] { ++wakes; }};

  Uplink::Pushed push(std::span<const std::uint8_t> bytes, bool live = true) {
    return uplink.push(bytes, std::nullopt, live, now);
  }
};

void chunks() {
  Fixture f;
  const std::vector<std::uint8_t> in = speech(0, pcm_bytes(105));
  for (std::size_t at = 0, size = 1; at < in.size(); at += size, size = size * 7 % 1999 + 1) {
    size = std::min(size, in.size() - at);
    g_assert_true(f.push(std::span(in).subspan(at, size)) == Uplink::Pushed::ok);
  }
  g_assert_cmpuint(f.uplink.counters().queued_ms, ==, 100);
  g_assert_cmpuint(f.wakes, >, 0);
  f.uplink.end_chunk();
  const auto entries = take_all(f.uplink);
  g_assert_cmpuint(entries.size(), ==, 6);
  for (std::size_t i = 0; i < 5; ++i)
    g_assert_cmpuint(entries[i].samples, ==, 480);
  g_assert_cmpuint(entries[5].samples, ==, 120);
  g_assert_true(audio_of(entries) == in);
  g_assert_cmpuint(f.uplink.counters().sent_ns, ==, 105 * ms);
  g_assert_cmpuint(f.uplink.counters().queued_ms, ==, 0);
  g_assert_true(f.uplink.empty());
  f.uplink.end_chunk();
  g_assert_true(f.uplink.empty());
}

void chunk_duration_changes() {
  Fixture f;
  f.uplink.set_options({100, 10000});
  f.push(speech(0, pcm_bytes(50)));
  g_assert_true(f.uplink.empty());
  f.uplink.set_options({20, 10000});
  f.push(speech(pcm_bytes(50), pcm_bytes(20)));
  const auto entries = take_all(f.uplink);
  g_assert_true(audio_of(entries) == speech(0, pcm_bytes(70)));
}

// What must keep its place does: the audio before a mark leaves before it, to the last sample.
void marks_keep_their_place() {
  Fixture f;
  f.push(speech(0, pcm_bytes(30)));
  bool ran = false;
  f.uplink.marker([&] { ran = true; });
  f.push(speech(pcm_bytes(30), pcm_bytes(20)));
  const auto entries = take_all(f.uplink);
  g_assert_cmpuint(entries.size(), ==, 4);
  g_assert_cmpuint(entries[1].samples, ==, 240);
  g_assert_false(entries[2].is_audio);
  g_assert_cmpuint(entries[3].samples, ==, 480);
  g_assert_true(ran);
  g_assert_true(audio_of(entries) == speech(0, pcm_bytes(50)));
}

void audio_waits_and_marks_do_not() {
  Fixture f;
  f.uplink.marker([] {});
  f.push(speech(0, pcm_bytes(20)));
  f.uplink.marker([] {});
  Uplink::Entry entry;
  g_assert_true(f.uplink.pop(entry, false));
  g_assert_false(entry.is_audio);
  g_assert_false(f.uplink.pop(entry, false)); // the second mark is behind audio
  g_assert_true(f.uplink.pop(entry, true));
  g_assert_true(entry.is_audio);
  g_assert_true(f.uplink.pop(entry, false));
  g_assert_false(f.uplink.pop(entry, true));
}

void live_input_drops_its_oldest() {
  Fixture f;
  f.uplink.set_options({20, 100});
  unsigned marks = 0;
  f.push(speech(0, pcm_bytes(40)));
  f.uplink.marker([&] { ++marks; });
  f.push(speech(pcm_bytes(40), pcm_bytes(40)));
  f.uplink.marker([&] { ++marks; });
  f.push(speech(pcm_bytes(80), pcm_bytes(60)));
  const Uplink::Counters counters = f.uplink.counters();
  g_assert_cmpuint(counters.queued_ms, ==, 100);
  g_assert_cmpuint(counters.dropped_ns, ==, 40 * ms);
  const auto entries = take_all(f.uplink);
  g_assert_cmpuint(marks, ==, 2); // no drop removes a mark
  g_assert_false(entries.front().is_audio);
  g_assert_true(audio_of(entries) == speech(pcm_bytes(40), pcm_bytes(100)));
}

// One buffer above the bound: a file loses nothing, and waits.
void other_input_waits() {
  Fixture f;
  f.uplink.set_options({20, 110}); // the last chunk does not fit in whole
  const std::vector<std::uint8_t> in = speech(0, pcm_bytes(1000));
  std::vector<std::uint8_t> out;
  std::thread streaming(
      [&] { g_assert_true(f.uplink.push(in, std::nullopt, false, now) == Uplink::Pushed::ok); });
  while (out.size() < in.size()) {
    g_assert_cmpuint(f.uplink.counters().queued_ms, <=, 120);
    const std::vector<std::uint8_t> some = audio_of(take_all(f.uplink));
    out.insert(out.end(), some.begin(), some.end());
    std::this_thread::yield();
  }
  streaming.join();
  g_assert_true(out == in);
  g_assert_cmpuint(f.uplink.counters().dropped_ns, ==, 0);
}

void waiting_ends_with(const std::function<void(Uplink&)>& act, Uplink::Pushed expected) {
  Fixture f;
  f.uplink.set_options({20, 100});
  g_assert_true(f.push(speech(0, pcm_bytes(100)), false) == Uplink::Pushed::ok);
  Uplink::Pushed result = Uplink::Pushed::ok;
  std::thread streaming([&] { result = f.uplink.push(speech(0, pcm_bytes(20)), std::nullopt, false, now); });
  act(f.uplink);
  streaming.join();
  g_assert_true(result == expected);
}

// PAUSED in the middle of a buffer: what was taken is not taken again.
void a_released_push_goes_on_with_the_rest() {
  Fixture f;
  f.uplink.set_options({20, 100});
  const std::vector<std::uint8_t> in = speech(0, pcm_bytes(300));
  Uplink::Input input{in, 40'000'000, std::nullopt};
  f.uplink.set_flushing(true);
  g_assert_true(f.uplink.push(input, false, now) == Uplink::Pushed::flushing);
  g_assert_cmpuint(input.bytes.size(), ==, in.size());
  f.uplink.set_flushing(false);
  std::vector<std::uint8_t> out;
  const auto take = [&] {
    const std::vector<std::uint8_t> some = audio_of(take_all(f.uplink));
    out.insert(out.end(), some.begin(), some.end());
  };
  Uplink::Pushed result = Uplink::Pushed::ok;
  std::thread streaming([&] { result = f.uplink.push(input, false, now); });
  while (f.uplink.counters().queued_ms < 100)
    std::this_thread::yield();
  f.uplink.set_flushing(true);
  streaming.join();
  g_assert_true(result == Uplink::Pushed::flushing);
  g_assert_cmpuint(input.bytes.size(), <, in.size());
  f.uplink.set_flushing(false);
  std::thread again([&] { result = f.uplink.push(input, false, now); });
  while (out.size() < in.size() + pcm_bytes(40)) {
    take();
    std::this_thread::yield();
  }
  again.join();
  g_assert_true(result == Uplink::Pushed::ok);
  std::vector<std::uint8_t> expected = in;
  expected.resize(in.size() + pcm_bytes(40));
  // Silence is laid among the chunks it came with; nothing is missing and nothing is there twice.
  std::vector<std::uint8_t> heard = out, wanted = expected;
  std::sort(heard.begin(), heard.end());
  std::sort(wanted.begin(), wanted.end());
  g_assert_true(heard == wanted);
}

void flushing_ends_waiting() {
  waiting_ends_with([](Uplink& u) { u.set_flushing(true); }, Uplink::Pushed::flushing);
}
void closing_ends_waiting() {
  waiting_ends_with([](Uplink& u) { u.close(); }, Uplink::Pushed::closed);
}
void dropping_makes_room() {
  waiting_ends_with([](Uplink& u) { u.drop_unsent(); }, Uplink::Pushed::ok);
}

void drop_unsent_keeps_marks() {
  Fixture f;
  f.push(speech(0, pcm_bytes(30)));
  f.uplink.marker([] {});
  f.push(speech(0, pcm_bytes(30)));
  f.uplink.drop_unsent();
  g_assert_cmpuint(f.uplink.counters().queued_ms, ==, 0);
  f.push(speech(7, pcm_bytes(20)));
  const auto entries = take_all(f.uplink);
  g_assert_cmpuint(entries.size(), ==, 2);
  g_assert_false(entries[0].is_audio);
  g_assert_true(audio_of(entries) == speech(7, pcm_bytes(20)));
}

void closed_takes_nothing() {
  Uplink uplink([] {});
  g_assert_true(uplink.push(speech(0, 960), std::nullopt, true, now) == Uplink::Pushed::closed);
  uplink.reopen();
  g_assert_true(uplink.push(speech(0, 960), std::nullopt, true, now) == Uplink::Pushed::ok);
  uplink.marker([] {});
  uplink.close();
  g_assert_true(uplink.empty());
  uplink.reopen();
  g_assert_true(uplink.empty());
  g_assert_cmpuint(uplink.counters().sent_ns, ==, 0);
}

// Each piece of audio tells its own format: what was captured before a change is not sent as if after it.
void formats_do_not_mix() {
  Fixture f;
  f.push(speech(0, pcm_bytes(30)));
  g_assert_true(f.uplink.oldest_format(true) == audio::pcm16_24k);
  f.uplink.set_format(audio::ulaw_8k);
  f.push(speech(0, 160));
  const auto entries = take_all(f.uplink);
  g_assert_cmpuint(entries.size(), ==, 3);
  g_assert_true(entries[1].format == audio::pcm16_24k);
  g_assert_cmpuint(entries[1].samples, ==, 240);
  g_assert_true(entries[2].format == audio::ulaw_8k);
  g_assert_cmpuint(entries[2].samples, ==, 160);
  g_assert_false(f.uplink.oldest_format(false).has_value());
}

// A second is a second, whatever its rate was and is now.
void counters_hold_across_a_change_of_format() {
  Fixture f;
  f.uplink.set_options({20, 200});
  f.push(speech(0, pcm_bytes(300))); // 100 of them are dropped
  f.uplink.push_silence(100 * ms, true, now);
  g_assert_cmpuint(f.uplink.counters().dropped_ns, ==, 200 * ms);
  f.uplink.set_format(audio::ulaw_8k);
  f.push(speech(0, 8 * 60));
  f.uplink.push_silence(40 * ms, true, now);
  const Uplink::Counters counters = f.uplink.counters();
  g_assert_cmpuint(counters.dropped_ns, ==, 300 * ms); // what was old is still of the old format
  g_assert_cmpuint(counters.filled_ns, ==, 140 * ms);
  g_assert_cmpuint(counters.queued_ms, ==, 200);
  take_all(f.uplink);
  g_assert_cmpuint(f.uplink.counters().sent_ns, ==, 200 * ms);
}

void storage_is_reused() {
  Fixture f;
  f.push(speech(0, pcm_bytes(20)));
  Uplink::Entry entry;
  g_assert_true(f.uplink.pop(entry, true));
  const char* storage = entry.text.data();
  f.uplink.recycle(std::move(entry));
  f.push(speech(0, pcm_bytes(20)));
  Uplink::Entry next;
  g_assert_true(f.uplink.pop(next, true));
  g_assert_true(next.text.data() == storage);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/uplink/chunks", chunks);
  g_test_add_func("/uplink/chunks/duration-changes", chunk_duration_changes);
  g_test_add_func("/uplink/marks/order", marks_keep_their_place);
  g_test_add_func("/uplink/marks/audio-not-allowed", audio_waits_and_marks_do_not);
  g_test_add_func("/uplink/bounded/live-drops", live_input_drops_its_oldest);
  g_test_add_func("/uplink/bounded/other-waits", other_input_waits);
  g_test_add_func("/uplink/bounded/flushing", flushing_ends_waiting);
  g_test_add_func("/uplink/bounded/closing", closing_ends_waiting);
  g_test_add_func("/uplink/bounded/dropping", dropping_makes_room);
  g_test_add_func("/uplink/released-push", a_released_push_goes_on_with_the_rest);
  g_test_add_func("/uplink/drop-unsent", drop_unsent_keeps_marks);
  g_test_add_func("/uplink/closed", closed_takes_nothing);
  g_test_add_func("/uplink/formats", formats_do_not_mix);
  g_test_add_func("/uplink/formats/counters", counters_hold_across_a_change_of_format);
  g_test_add_func("/uplink/storage", storage_is_reused);
  return g_test_run();
}

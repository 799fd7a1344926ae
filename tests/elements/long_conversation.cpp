// Half an hour of conversation on the test's clock, every frame of it: no hole that the server did not cause,
// no timestamp out of place, and of the replies every sample that was sent, but for what was interrupted.
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <cstring>
#include <random>

using namespace rt;
using namespace rt::test;
using namespace rt::protocol;

namespace {

constexpr unsigned frames = 30 * 60 * 50, frame_ms = 20, seed = 7;
constexpr std::size_t frame_bytes = 960, bytes_per_ms = 48, fade_bytes = 240;
constexpr std::size_t delta_bytes = 4801; // 100 ms and half a sample

// What the server does, turn by turn: it thinks, then sends its reply faster than it is heard, by any factor.
class Talk {
 public:
  explicit Talk(bool stalls = false) : stalls_(stalls) {
    src = h.add_src(); // as it is without any property set
    h.play_src();
    h.wait_for_frame();
    h.connect();
    begin_turn();
  }
  // What happens before the frame that is due at `now_ms` leaves.
  void step(unsigned now_ms) {
    if (reply_.empty() && now_ms >= reply_at_) begin_reply();
    while (sent_ < reply_.size() && now_ms >= next_delta_at_) {
      send_delta();
      if (sent_ >= stall_at_ && sent_ < reply_.size()) stall(now_ms);
    }
    // Somebody speaks: the turn ends here, whatever is left of it.
    if (interrupts_ && !reply_.empty() && now_ms >= interrupt_at_) interrupt();
    h.run();
  }
  // The frame that left.
  void heard(const GRef<GstBuffer>& buffer, unsigned now_ms) {
    const auto bytes = bytes_of(buffer);
    fail_unless_equals_int(bytes.size(), frame_bytes);
    fail_unless_equals_uint64(GST_BUFFER_PTS(buffer.get()), now_ms * ms);
    fail_unless_equals_uint64(GST_BUFFER_DURATION(buffer.get()), frame_ms * ms);
    fail_unless_equals_uint64(GST_BUFFER_OFFSET(buffer.get()), now_ms * 24);
    fail_unless_equals_int(is_discont(buffer), now_ms == 0);
    const auto silent_from = [&](std::size_t at) {
      return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(),
                         [](auto b) { return b == 0; });
    };
    if (hole_) return heard_around_a_hole(bytes, now_ms);
    if (fades_) { // the frame after the interruption
      fail_unless(silent_from(fade_bytes), "the reply goes on at %u ms", now_ms);
      fades_ = false;
      return;
    }
    if (is_gap(buffer)) {
      fail_unless(silent_from(0));
      fail_unless(heard_ == 0, "a hole in the reply at %u ms", now_ms);
      return;
    }
    const std::size_t count = std::min(frame_bytes, reply_.size() - heard_);
    fail_unless(std::memcmp(bytes.data(), reply_.data() + heard_, count) == 0, "another sound at %u ms",
                now_ms);
    fail_unless(silent_from(count));
    heard_ += count;
    total_ += count;
    if (heard_ == reply_.size()) {
      ++whole;
      end_turn(now_ms);
    }
  }
  std::uint64_t underruns() const {
    GstStructure* raw = nullptr;
    g_object_get(src, "stats", &raw, nullptr);
    const std::uint64_t count = uint64_field(raw, "underruns");
    gst_structure_free(raw);
    return count;
  }
  std::uint64_t total_ms() const { return total_ / bytes_per_ms; }

  ElementHarness h;
  unsigned whole = 0, interrupted = 0, holes = 0, narrow = 0;

 private:
  unsigned pick(unsigned from, unsigned to) { return std::uniform_int_distribution(from, to)(random_); }
  void begin_turn() {
    reply_at_ += pick(300, 2000);
    interrupts_ = pick(1, 4) == 1;
  }
  void begin_reply() {
    reply_ = ramp(240); // as quiet as a room: nothing of it is faded in
    const auto more = ramp(pick(500, 12000) * 24 + pick(0, 23), pick(0, 30000));
    reply_.insert(reply_.end(), more.begin(), more.end());
    interrupt_at_ = reply_at_ + pick(0, 8000);
    // Of real time; 0: all at once. Slower than this, the cushion's one delta is used up, but for the frame
    // and the fade that must be ahead, before the next delta comes.
    percent_ = pick(0, 3) == 0 ? 0 : pick(130, 500);
    next_delta_at_ = reply_at_;
    sent_ = heard_ = 0;
    stall_at_ = stalls_ && pick(1, 2) == 1 && reply_.size() > 3000 * bytes_per_ms ? 1000 * bytes_per_ms
                                                                                  : ~std::size_t{0};
    stalled_ms_ = 0;
    item_ = "item_" + std::to_string(++items_);
    response_ = h.server.begin_response();
  }
  void send_delta() {
    const std::size_t count = std::min(delta_bytes, reply_.size() - sent_);
    h.server.say(response_, item_, std::span(reply_).subspan(sent_, count));
    sent_ += count;
    if (percent_ > 0)
      next_delta_at_ = reply_at_ + stalled_ms_ + static_cast<unsigned>(sent_ / bytes_per_ms) * 100 / percent_;
    if (sent_ < reply_.size()) return;
    h.server.end_item(response_, item_);
    h.server.end_response(response_);
  }
  // The server says nothing for as long as what it sent lasts, but for a moment; or for longer: that is its
  // hole.
  void stall(unsigned now_ms) {
    stall_at_ = ~std::size_t{0};
    interrupts_ = false;
    hole_ = pick(0, 1) == 1;
    ++(hole_ ? holes : narrow);
    const unsigned ahead_ms = static_cast<unsigned>((sent_ - heard_) / bytes_per_ms);
    const unsigned until = hole_ ? now_ms + ahead_ms + 300 : now_ms + std::max(ahead_ms, 60U) - 60;
    stalled_ms_ = until > next_delta_at_ ? until - next_delta_at_ : 0;
    next_delta_at_ = std::max(until, next_delta_at_);
    around_.clear();
  }
  // Where it breaks off and goes on it is faded; nothing else is missing.
  void heard_around_a_hole(const std::vector<std::uint8_t>& bytes, unsigned now_ms) {
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
      if (bytes[i] != 0 || bytes[i + 1] != 0) around_.insert(around_.end(), {bytes[i], bytes[i + 1]});
    const GstStructure* finished = h.find("realtime/playback-finished", finished_);
    while (finished && string_field(finished, "item-id") != item_) // of replies before
      finished = h.find("realtime/playback-finished", ++finished_);
    if (!finished) return;
    fail_unless_equals_uint64(uint64_field(finished, "heard-ms"), reply_.size() / bytes_per_ms);
    const std::size_t all = heard_ + around_.size();
    fail_unless(all <= reply_.size() && all + 2 * fade_bytes >= reply_.size(), "%zu bytes of %zu", all,
                reply_.size());
    fail_unless(
        std::memcmp(around_.data() + around_.size() - 9600, reply_.data() + reply_.size() - 9600, 9600) == 0);
    total_ += all;
    hole_ = false;
    ++whole;
    end_turn(now_ms);
  }
  void interrupt() {
    h.transport.deliver(SpeechStarted{0, "input"});
    if (sent_ < reply_.size()) h.server.end_response(response_, ResponseStatus::cancelled);
    // Less than a fade of it was left: it is heard to its end.
    const bool at_its_end = sent_ == reply_.size() && reply_.size() - heard_ <= fade_bytes;
    fades_ = heard_ > 0 && !at_its_end;
    if (at_its_end) return void(interrupts_ = false);
    ++interrupted;
    end_turn(interrupt_at_);
  }
  void end_turn(unsigned now_ms) {
    reply_.clear();
    heard_ = sent_ = 0;
    reply_at_ = now_ms;
    begin_turn();
  }

  GstElement* src = nullptr;
  std::mt19937 random_{seed};
  std::vector<std::uint8_t> reply_; // empty: nobody speaks
  std::size_t sent_ = 0, heard_ = 0, total_ = 0;
  unsigned reply_at_ = 0, interrupt_at_ = 0, next_delta_at_ = 0, percent_ = 0, items_ = 0;
  const bool stalls_;
  bool interrupts_ = false, fades_ = false, hole_ = false;
  std::size_t stall_at_ = ~std::size_t{0}, finished_ = 0;
  unsigned stalled_ms_ = 0;
  std::vector<std::uint8_t> around_;
  std::string response_, item_;
};

} // namespace

GST_START_TEST(half_an_hour) {
  Talk talk;
  for (unsigned i = 0; i < frames; ++i) {
    talk.step(i * frame_ms);
    const auto buffer = talk.h.crank();
    talk.h.wait_for_frame();
    talk.heard(buffer, i * frame_ms);
  }
  fail_unless_equals_uint64(talk.underruns(), 0);
  fail_unless_equals_int(talk.h.texts_of(GST_MESSAGE_WARNING).size(), 0);
  fail_unless_equals_int(talk.h.count("realtime/error"), 0);
  g_print("%u replies heard in full, %u interrupted, %u s of speech\n", talk.whole, talk.interrupted,
          static_cast<unsigned>(talk.total_ms() / 1000));
  fail_unless(talk.whole > 100 && talk.interrupted > 20 && talk.total_ms() > 900'000);
}
GST_END_TEST

// Ten minutes with a server that stalls: an underrun for each time that it was late, and for no other.
GST_START_TEST(a_server_that_stalls) {
  Talk talk(true);
  for (unsigned i = 0; i < frames / 3; ++i) {
    talk.step(i * frame_ms);
    const auto buffer = talk.h.crank();
    talk.h.wait_for_frame();
    talk.heard(buffer, i * frame_ms);
  }
  g_print("%u holes, %u times nearly one\n", talk.holes, talk.narrow);
  fail_unless(talk.holes > 5 && talk.narrow > 5);
  fail_unless_equals_uint64(talk.underruns(), talk.holes);
}
GST_END_TEST

static Suite* long_conversation_suite() {
  Suite* suite = suite_create("long_conversation");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 120);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, half_an_hour);
  tcase_add_test(tcase, a_server_that_stalls);
  return suite;
}

GST_CHECK_MAIN(long_conversation)

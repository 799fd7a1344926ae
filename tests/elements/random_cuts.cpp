// Interruptions at random moments of answers of several items whose audio still comes, in bits and for a
// while after the cut, with a cushion: of each item the server is told within one frame what was heard of it.
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

using namespace rt;
using namespace rt::test;
using namespace rt::protocol;

namespace {

constexpr unsigned turns = 100, seed = 11;
constexpr std::uint64_t latency_ms = 60;
constexpr std::int64_t per_ms = 24, frame_samples = 480, delta_samples = 1201; // of 50 ms and a bit

struct Piece { // one item of an answer
  std::string id;
  std::int64_t length = 0, sent = 0; // samples
};

class Talk {
 public:
  explicit Talk(bool flush) : flushes_(flush) {
    h.add_src({{"cushion", "100"}, {"flush-on-interrupt", flush ? "true" : "false"}});
    h.play_src();
    h.wait_for_frame();
    gst_harness_push_upstream_event(h.downstream(), gst_event_new_latency(latency_ms * ms));
    h.connect();
  }
  void turn() {
    begin();
    const unsigned until = now_ms_ + pick(0, 2500);
    while (now_ms_ < until) {
      send_due();
      frame();
    }
    const bool all_sent = pieces_.empty() || pieces_.back().sent == pieces_.back().length;
    const std::int64_t heard = interrupt();
    late_ += !all_sent;
    for (unsigned i = pick(0, 5); i > 0 && !all_sent; --i) { // it goes on for a moment
      send_delta();
      frame();
    }
    h.server.end_response(response_, all_sent ? ResponseStatus::completed : ResponseStatus::cancelled);
    h.run();
    judge(heard);
    for (unsigned i = 0; i < 10; ++i)
      frame();
    fail_unless(is_gap(frames_.back()), "turn %u goes on", turn_);
  }

  ElementHarness h;
  unsigned truncated_ = 0, deleted_ = 0, whole_ = 0, late_ = 0;

 private:
  unsigned pick(unsigned from, unsigned to) { return std::uniform_int_distribution(from, to)(random_); }
  void begin() {
    ++turn_;
    pieces_.clear();
    frames_.clear();
    for (unsigned i = pick(1, 4); i > 0; --i)
      pieces_.push_back(
          {"item_" + std::to_string(turn_) + "_" + std::to_string(i), pick(300, 1200) * per_ms});
    response_ = h.server.begin_response();
    began_ms_ = now_ms_;
    percent_ = pick(140, 200); // of real time
    sent_ = 0;
    transport_seen_ = h.transport.sent().size();
  }
  void send_due() {
    while (began_ms_ + static_cast<unsigned>(sent_ / per_ms) * 100 / percent_ <= now_ms_ && send_delta())
      continue;
    h.run();
  }
  bool send_delta() {
    const auto next = std::ranges::find_if(pieces_, [](const Piece& p) { return p.sent < p.length; });
    if (next == pieces_.end()) return false;
    const std::int64_t count = std::min(delta_samples, next->length - next->sent);
    h.server.say(response_, next->id,
                 ramp(static_cast<std::uint64_t>(count), static_cast<std::uint64_t>(next->sent)));
    next->sent += count;
    sent_ += count;
    if (next->sent == next->length) h.server.end_item(response_, next->id);
    return true;
  }
  void frame() {
    frames_.push_back(h.crank());
    h.wait_for_frame();
    h.run();
    now_ms_ += 20;
  }
  // Returns how much of the answer will have been heard.
  std::int64_t interrupt() {
    h.transport.deliver(SpeechStarted{0, "input"});
    h.run();
    h.wait_for_frame();
    h.run();
    const std::uint64_t now = gst_clock_get_time(h.clock());
    if (!flushes_) frame(); // the fade
    std::int64_t heard = 0;
    for (const auto& buffer : frames_) {
      if (is_gap(buffer)) continue;
      const auto bytes = bytes_of(buffer);
      const auto last = std::find_if(bytes.rbegin(), bytes.rend(), [](auto b) { return b != 0; });
      std::int64_t count = ((bytes.rend() - last) + 1) / 2;
      const std::uint64_t due = GST_BUFFER_PTS(buffer.get()) + latency_ms * ms;
      if (flushes_)
        count = due > now
                    ? 0
                    : std::min<std::int64_t>(count, static_cast<std::int64_t>((now - due) * per_ms / ms));
      heard += count;
    }
    return heard;
  }
  void judge(std::int64_t heard) {
    const auto sent = h.transport.sent();
    std::map<std::string, std::int64_t> cuts; // samples; 0: deleted
    for (std::size_t i = transport_seen_; i < sent.size(); ++i) {
      const ClientEvent event = decode_client(sent[i]);
      if (const auto* cut = std::get_if<ItemTruncate>(&event.body))
        fail_unless(cuts.emplace(cut->item_id, static_cast<std::int64_t>(cut->audio_end_ms) * per_ms).second);
      else if (const auto* gone = std::get_if<ItemDelete>(&event.body))
        fail_unless(cuts.emplace(gone->item_id, 0).second);
    }
    for (const Piece& piece : pieces_) {
      const std::int64_t of_it = std::clamp<std::int64_t>(heard, 0, piece.length);
      heard -= of_it;
      const auto cut = cuts.find(piece.id);
      if (piece.sent == 0) {
        fail_unless(cut == cuts.end());
        continue;
      }
      const std::int64_t told = cut == cuts.end() ? piece.length : cut->second;
      fail_unless(std::abs(told - of_it) <= frame_samples, "turn %u, %s: told %d, heard %d of %d", turn_,
                  piece.id.c_str(), static_cast<int>(told), static_cast<int>(of_it),
                  static_cast<int>(piece.length));
      fail_unless(told <= piece.sent, "more than it has"); // the server would refuse it
      ++(cut == cuts.end() ? whole_ : told > 0 ? truncated_ : deleted_);
    }
  }

  const bool flushes_;
  std::mt19937 random_{seed};
  std::vector<Piece> pieces_;
  std::vector<GRef<GstBuffer>> frames_;
  std::string response_;
  std::int64_t sent_ = 0;
  unsigned now_ms_ = 0, began_ms_ = 0, percent_ = 0, turn_ = 0;
  std::size_t transport_seen_ = 0;
};

void converse(bool flush) {
  Talk talk(flush);
  for (unsigned i = 0; i < turns; ++i)
    talk.turn();
  g_print("%s: %u truncated, %u deleted, %u heard in full, %u while audio came\n",
          flush ? "with a flush" : "without", talk.truncated_, talk.deleted_, talk.whole_, talk.late_);
  fail_unless(talk.truncated_ > turns / 3 && talk.deleted_ > turns / 4 && talk.whole_ > turns / 4);
  fail_unless(talk.late_ > turns / 4); // the moments are as random as they should be
  fail_unless_equals_int(talk.h.count("realtime/error"), 0);
}

} // namespace

GST_START_TEST(without_a_flush) {
  converse(false);
}
GST_END_TEST

GST_START_TEST(with_a_flush) {
  converse(true);
}
GST_END_TEST

static Suite* random_cuts_suite() {
  Suite* suite = suite_create("random_cuts");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, without_a_flush);
  tcase_add_test(tcase, with_a_flush);
  return suite;
}

GST_CHECK_MAIN(random_cuts)

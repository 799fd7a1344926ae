// What the agent decides without a socket: keys, farewells, addresses, failures.
#include "failure.h"
#include "farewell.h"
#include "keys.h"
#include "peer_address.h"

#include "base/error.h"

#include <array>
#include <set>

namespace {

using namespace telephone;
using Step = Farewell::Step;

// ---- keys ----

std::optional<char> event(TelephoneEvents& events, std::uint32_t timestamp, std::uint8_t code,
                          std::uint16_t duration, bool end = false) {
  const std::array<std::uint8_t, 4> payload{code, static_cast<std::uint8_t>(end ? 0x8a : 0x0a),
                                            static_cast<std::uint8_t>(duration >> 8),
                                            static_cast<std::uint8_t>(duration & 0xff)};
  return events.packet(timestamp, payload);
}

void a_key_is_told_once() {
  TelephoneEvents events;
  g_assert_true(event(events, 1000, 5, 160) == '5');
  g_assert_false(event(events, 1000, 5, 320).has_value());
  for (int i = 0; i < 3; ++i) // the end is sent three times
    g_assert_false(event(events, 1000, 5, 480, true).has_value());
  g_assert_true(event(events, 3000, 5, 160) == '5');
}

void a_key_is_told_when_only_its_end_comes() {
  TelephoneEvents events;
  g_assert_true(event(events, 1000, 11, 800, true) == '#');
}

void all_keys_and_nothing_else() {
  TelephoneEvents events;
  std::string keys;
  for (std::uint8_t code = 0; code < 20; ++code)
    if (const auto key = event(events, 1000u * code, code, 160, true)) keys += *key;
  g_assert_cmpstr(keys.c_str(), ==, "0123456789*#ABCD");
  g_assert_false(events.packet(1, std::array<std::uint8_t, 3>{1, 0, 0}).has_value());
}

void a_key_held_for_long_is_one() {
  TelephoneEvents events;
  g_assert_true(event(events, 1000, 1, 160) == '1');
  g_assert_false(event(events, 1000, 1, 65535).has_value());
  g_assert_false(event(events, 1000 + 65535, 1, 160).has_value());
  g_assert_false(event(events, 1000 + 65535, 1, 480, true).has_value());
  g_assert_true(event(events, 1000 + 65535 + 480, 1, 160) == '1');
}

// ---- farewell ----

void the_words_of_the_call_are_heard_first() {
  Farewell farewell;
  farewell.words("r1", {"a", 0});
  g_assert_true(farewell.asked("c", "r1") == Step::wait);
  g_assert_true(farewell.response_done("r1") == Step::wait);
  farewell.words("r1", {"a", 0}); // the whole text comes once more
  g_assert_true(farewell.heard({"a", 0}) == Step::hang_up);
}

void words_may_be_heard_before_the_answer_ends() {
  Farewell farewell;
  farewell.words("r1", {"a", 0});
  g_assert_true(farewell.heard({"a", 0}) == Step::wait);
  farewell.words("r1", {"a", 0}); // late: it was heard
  farewell.asked("c", "r1");
  g_assert_true(farewell.response_done("r1") == Step::hang_up);
}

void earlier_answers_are_heard_as_well() {
  Farewell farewell;
  farewell.words("r0", {"z", 0});
  farewell.words("r1", {"a", 0});
  farewell.asked("c", "r1");
  farewell.response_done("r1");
  g_assert_true(farewell.heard({"z", 0}) == Step::wait);
  g_assert_true(farewell.heard({"a", 0}) == Step::hang_up);
}

void every_part_of_an_item_is_heard() {
  Farewell farewell;
  farewell.words("r1", {"a", 0});
  farewell.words("r1", {"a", 1});
  farewell.asked("c", "r1");
  farewell.response_done("r1");
  g_assert_true(farewell.heard({"a", 0}) == Step::wait);
  g_assert_true(farewell.heard({"a", 1}) == Step::hang_up);
}

void a_cut_item_is_waited_for_no_more() {
  Farewell farewell;
  farewell.words("r0", {"z", 0});
  farewell.words("r0", {"z", 1});
  farewell.interrupted("z");
  farewell.words("r0", {"z", 2}); // late
  farewell.words("r1", {"a", 0});
  farewell.asked("c", "r1");
  farewell.response_done("r1");
  g_assert_true(farewell.heard({"a", 0}) == Step::hang_up);
}

void a_silent_model_is_asked_for_words_once() {
  Farewell farewell;
  farewell.asked("c", "r1");
  g_assert_true(farewell.response_done("r1") == Step::ask_for_words);
  g_assert_true(farewell.take_call_id() == "c");
  farewell.words("r2", {"b", 0});
  g_assert_true(farewell.response_done("r2") == Step::wait);
  g_assert_true(farewell.heard({"b", 0}) == Step::hang_up);
}

void a_model_that_stays_silent_is_not_waited_for() {
  Farewell farewell;
  farewell.asked("c", "r1");
  g_assert_true(farewell.response_done("r1") == Step::ask_for_words);
  g_assert_true(farewell.response_done("r2") == Step::hang_up);

  Farewell again;
  again.asked("c", "r1");
  again.response_done("r1");
  again.asked("d", "r2"); // the same tool, and again no word
  g_assert_true(again.response_done("r2") == Step::hang_up);
}

void a_caller_who_interrupts_stays() {
  Farewell farewell;
  farewell.words("r1", {"a", 0});
  farewell.asked("c", "r1");
  farewell.response_done("r1");
  g_assert_true(farewell.interrupted("a") == Step::go_on);
  g_assert_true(farewell.take_call_id() == "c");
  g_assert_true(farewell.take_call_id() == "");
  farewell.words("r2", {"b", 0});
  g_assert_true(farewell.response_done("r2") == Step::wait);
  g_assert_true(farewell.heard({"b", 0}) == Step::wait);
  g_assert_true(farewell.interrupted("z") == Step::wait);
}

// ---- addresses ----

ObjectPtr<GInetSocketAddress> address(const char* host, guint port) {
  return ObjectPtr<GInetSocketAddress>(
      G_INET_SOCKET_ADDRESS(g_inet_socket_address_new_from_string(host, port)));
}

void audio_goes_to_where_it_comes_from() {
  using Verdict = PeerAddress::Verdict;
  PeerAddress peer;
  const auto a = address("127.0.0.1", 4000), b = address("127.0.0.1", 4002), c = address("127.0.0.2", 4000);
  g_assert_true(peer.packet(a.get(), 1) == Verdict::follow);
  g_assert_true(peer.packet(a.get(), 2) == Verdict::accept);
  g_assert_true(peer.packet(b.get(), 3) == Verdict::drop);
  g_assert_true(peer.packet(c.get(), 2 + PeerAddress::silence_ns - 1) == Verdict::drop);
  g_assert_true(peer.packet(c.get(), 2 + PeerAddress::silence_ns) == Verdict::follow);
  g_assert_true(peer.packet(a.get(), 3 + PeerAddress::silence_ns) == Verdict::drop);
}

void late_packets_from_where_the_peer_was_are_dropped() {
  using Verdict = PeerAddress::Verdict;
  PeerAddress peer;
  const auto a = address("127.0.0.1", 4000), b = address("127.0.0.1", 4002), c = address("::1", 4004);
  peer.moved(a.get()); // the first description: nobody was heard yet
  g_assert_true(peer.packet(a.get(), 1) == Verdict::follow);
  peer.moved(b.get());
  g_assert_null(peer.followed());
  g_assert_true(peer.packet(a.get(), 2) == Verdict::drop);
  g_assert_true(peer.packet(c.get(), 3) == Verdict::follow); // behind a NAT, not from b
  g_assert_true(peer.packet(c.get(), 4) == Verdict::accept);
  g_assert_true(peer.packet(a.get(), 5 + PeerAddress::silence_ns) ==
                Verdict::drop); // however long it goes on
  g_assert_true(same_address(peer.followed(), c.get()));

  peer.moved(c.get()); // its packets come from there already
  g_assert_true(peer.packet(c.get(), 6) == Verdict::accept);
  peer.moved(a.get()); // back
  g_assert_true(peer.packet(c.get(), 7) == Verdict::drop);
  g_assert_true(peer.packet(a.get(), 8) == Verdict::follow);
}

// ---- failures ----

void every_fatal_kind_has_a_status() {
  std::set<std::string_view> wanted, told;
  for (int kind = 0; kind <= static_cast<int>(rt::ErrorKind::internal); ++kind)
    if (const auto& row = rt::info(static_cast<rt::ErrorKind>(kind)); row.severity != rt::Severity::benign)
      wanted.insert(row.name);
  for (const Failure& failure : failures()) {
    if (!wanted.contains(failure.error_kind)) g_error("no such kind: %s", failure.error_kind.data());
    g_assert_true(told.insert(failure.error_kind).second);
  }
  for (const std::string_view kind : wanted)
    if (!told.contains(kind)) g_error("no row for %s", std::string(kind).c_str());
}

void callers_are_told_what_is_wrong() {
  const auto is = [](std::initializer_list<const char*> kinds, int code, bool later) {
    for (const char* kind : kinds) {
      g_test_message("%s", kind);
      g_assert_cmpint(status_for(kind).code, ==, code);
      g_assert_true((status_for(kind).retry_after_s > 0) == later);
    }
  };
  is({"not-authorized", "quota-exceeded", "not-found", "request-rejected", "configuration-rejected",
      "resolve-failed", "connection-refused", "unreachable", "tls-failed", "handshake-rejected",
      "not-realtime", "redirected", "message-too-big"},
     503, false);
  is({"rate-limited", "server-unavailable", "closed-by-server", "session-expired"}, 503, true);
  is({"timed-out"}, 504, false);
  is({"invalid-uri", "invalid-settings", "internal", "", "of-tomorrow"}, 500, false);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/keys/told-once", a_key_is_told_once);
  g_test_add_func("/keys/only-the-end", a_key_is_told_when_only_its_end_comes);
  g_test_add_func("/keys/all", all_keys_and_nothing_else);
  g_test_add_func("/keys/held", a_key_held_for_long_is_one);
  g_test_add_func("/farewell/heard-first", the_words_of_the_call_are_heard_first);
  g_test_add_func("/farewell/heard-early", words_may_be_heard_before_the_answer_ends);
  g_test_add_func("/farewell/earlier-answers", earlier_answers_are_heard_as_well);
  g_test_add_func("/farewell/parts", every_part_of_an_item_is_heard);
  g_test_add_func("/farewell/cut", a_cut_item_is_waited_for_no_more);
  g_test_add_func("/farewell/asked-for-words", a_silent_model_is_asked_for_words_once);
  g_test_add_func("/farewell/silent", a_model_that_stays_silent_is_not_waited_for);
  g_test_add_func("/farewell/interrupted", a_caller_who_interrupts_stays);
  g_test_add_func("/peer-address/follows", audio_goes_to_where_it_comes_from);
  g_test_add_func("/peer-address/moved", late_packets_from_where_the_peer_was_are_dropped);
  g_test_add_func("/failure/every-kind", every_fatal_kind_has_a_status);
  g_test_add_func("/failure/status", callers_are_told_what_is_wrong);
  return g_test_run();
}

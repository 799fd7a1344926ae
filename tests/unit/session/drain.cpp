#include "session/drain.h"

#include "texts.h"

#include "support/fake_executor.h"

#include <glib.h>

#include <optional>
#include <string>
#include <utility>

namespace {

using namespace rt;
using namespace rt::session;
using rt::session::test::assert_text;

constexpr std::chrono::seconds timeout{30}, quiet_time{2};

struct Fixture final : Drain::Host {
  bool ready_to_drain() override { return ready; }
  bool uplink_sent() override { return sent; }
  void end_turn() override {
    ++turns_ended;
    sent = sent && !trailing_queued;
  }
  bool round_trip() override {
    ++round_trips;
    return acknowledges;
  }
  bool quiet() override { return is_quiet; }
  bool moved_on() override { return std::exchange(moved, false); }
  std::string what_is_open() override { return "a turn"; }
  void drained(const std::string& left_open) override {
    g_assert_false(done.has_value());
    done = left_open;
  }
  void start() { drain.start(timeout, quiet_time); }

  rt::test::FakeExecutor loop;
  bool ready = true, sent = true, trailing_queued = false, acknowledges = true, is_quiet = true,
       moved = false;
  unsigned turns_ended = 0, round_trips = 0;
  std::optional<std::string> done;
  Drain drain{loop, *this};
};

void step_by_step() {
  Fixture f;
  f.ready = f.sent = f.is_quiet = false;
  f.trailing_queued = true;
  f.start();
  g_assert_true(f.drain.active());
  g_assert_false(f.drain.settling());
  f.ready = true;
  f.drain.advance();
  g_assert_cmpuint(f.turns_ended, ==, 0);
  f.sent = true;
  f.drain.advance();
  g_assert_cmpuint(f.turns_ended, ==, 1);
  g_assert_true(f.drain.settling());
  g_assert_cmpuint(f.round_trips, ==, 0); // the silence waits
  f.sent = true;
  f.drain.advance();
  g_assert_cmpuint(f.round_trips, ==, 1);
  f.is_quiet = true;
  f.drain.advance();
  g_assert_false(f.done.has_value()); // the server may not have heard it all
  f.is_quiet = false;
  f.drain.round_trip_answered();
  g_assert_false(f.done.has_value());
  f.is_quiet = true;
  f.drain.advance();
  assert_text(*f.done, "");
  g_assert_false(f.drain.active());
  g_assert_cmpuint(f.loop.timers(), ==, 0);
  g_assert_cmpuint(f.turns_ended, ==, 1);
  f.drain.advance();
  f.drain.round_trip_answered();
}

void quiet_time_instead_of_a_round_trip() {
  Fixture f;
  f.acknowledges = false;
  f.start();
  f.loop.advance(quiet_time - Milliseconds(1));
  g_assert_false(f.done.has_value());
  f.loop.advance(Milliseconds(1));
  assert_text(*f.done, "");
}

void gives_up() {
  Fixture f;
  f.is_quiet = false;
  f.start();
  f.drain.round_trip_answered();
  f.loop.advance(timeout - Milliseconds(1));
  g_assert_false(f.done.has_value());
  f.loop.advance(Milliseconds(1));
  assert_text(*f.done, "a turn");
}

void gives_up_unconfigured() {
  Fixture f;
  f.ready = false;
  f.start();
  f.loop.advance(timeout);
  assert_text(*f.done, "the session was not configured yet");
}

// An answer that takes longer than the timeout is heard to its end.
void patient_while_something_moves() {
  Fixture f;
  f.is_quiet = false;
  f.start();
  f.drain.round_trip_answered();
  for (int i = 0; i < 5; ++i) {
    f.moved = true;
    f.loop.advance(timeout);
    g_assert_false(f.done.has_value());
  }
  f.is_quiet = true;
  f.drain.advance();
  assert_text(*f.done, "");
}

void not_at_all() {
  Fixture f;
  f.sent = false;
  f.drain.start(Nanoseconds(0), quiet_time);
  assert_text(*f.done, "");
  g_assert_cmpuint(f.turns_ended, ==, 0);
}

void abandoned_and_begun_again() {
  Fixture f;
  f.is_quiet = false;
  f.start();
  f.start(); // one at a time
  f.drain.abandon();
  g_assert_cmpuint(f.loop.timers(), ==, 0);
  f.drain.round_trip_answered(); // of the first: not of the next
  f.is_quiet = true;
  f.drain.advance();
  g_assert_false(f.done.has_value());
  f.start();
  g_assert_cmpuint(f.turns_ended, ==, 2);
  f.drain.round_trip_answered();
  g_assert_true(f.done.has_value());
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/drain/steps", step_by_step);
  g_test_add_func("/drain/quiet-time", quiet_time_instead_of_a_round_trip);
  g_test_add_func("/drain/timeout", gives_up);
  g_test_add_func("/drain/timeout/unconfigured", gives_up_unconfigured);
  g_test_add_func("/drain/timeout/patient", patient_while_something_moves);
  g_test_add_func("/drain/none", not_at_all);
  g_test_add_func("/drain/abandon", abandoned_and_begun_again);
  return g_test_run();
}

// Silence for live input that stops: so that the server's detector can end the turn.
#include "conversation.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

// After speech of that length everything sent so far is forgotten.
void speak_and_stop(Conversation& c, bool turn_open = true) {
  c.speak(400);
  if (turn_open) c.transport.deliver(SpeechStarted{100, "item_user"});
  c.run();
  c.take();
}

void after_the_delay_at_the_pace_of_the_clock() {
  Conversation c;
  c.start();
  speak_and_stop(c);
  c.pass(199);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 0);
  c.pass(21);
  std::uint64_t filled = c.taken_ms(c.take());
  g_assert_cmpuint(filled, >=, 200); // the pause from its beginning
  g_assert_cmpuint(filled, <=, 220);
  for (int second = 0; second < 10; ++second) {
    c.pass(1000);
    filled += c.taken_ms(c.take());
    const std::uint64_t passed = 220 + (second + 1) * 1000;
    g_assert_cmpuint(filled, <=, passed);
    g_assert_cmpuint(filled + 40, >=, passed);
  }
  g_assert_cmpuint(c.session->stats().filled_ms, >=, 10'100);
}

void stops_when_the_turn_has_ended() {
  Conversation c;
  c.start();
  speak_and_stop(c);
  c.pass(5000);
  c.transport.deliver(SpeechStopped{900, "item_user"});
  c.server.commit("item_user");
  c.run();
  c.take();
  c.pass(60'000);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 0);
  g_assert_cmpuint(c.loop->timers(), <=, 1); // no ticking for a silent line (the answer is watched)
}

// Nobody may have noticed the speech yet: for a while a turn may be open.
void while_a_turn_may_be_open() {
  Conversation c;
  c.start();
  speak_and_stop(c, false);
  c.pass(60'000);
  const std::uint64_t filled = c.taken_ms(c.take());
  g_assert_cmpuint(filled, >=, 2400); // vad-silence-duration and 2 s
  g_assert_cmpuint(filled, <=, 2600);
}

void starts_again() {
  Conversation c;
  c.start();
  speak_and_stop(c, false);
  c.pass(60'000);
  c.take();
  c.push(20);
  c.take();
  c.pass(300);
  g_assert_cmpuint(c.taken_ms(c.take()), >=, 200);
}

void not_while_input_comes() {
  Conversation c;
  c.start();
  c.transport.deliver(SpeechStarted{0, "item_user"});
  c.take();
  c.speak(5000);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 5000);
  g_assert_cmpuint(c.session->stats().filled_ms, ==, 0);
}

// Upstream returns: together they are exactly the time that passed.
void returns_without_doubling() {
  Conversation c;
  c.start();
  speak_and_stop(c);
  c.pass(1000);
  c.push(20);
  c.speak(980);
  const std::uint64_t sent = c.taken_ms(c.take());
  g_assert_cmpuint(sent, >=, 1960);
  g_assert_cmpuint(sent, <=, 2020);
}

void not_without_turn_detection() {
  Conversation c;
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
  c.start();
  c.speak(400);
  c.take();
  c.pass(5000);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 0);
}

void not_for_a_file() {
  Conversation c;
  c.start();
  c.session->set_input_live(false);
  speak_and_stop(c);
  c.pass(5000);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 0);
}

void other_delay() {
  Conversation c;
  c.start();
  c.session->set_uplink_options({20, 10000}, 1000);
  speak_and_stop(c);
  c.pass(999);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 0);
  c.pass(25);
  g_assert_cmpuint(c.taken_ms(c.take()), >=, 1000);
}

// PAUSED is no gap: the uplink stops, and goes on as if nothing had been.
void not_in_paused() {
  Conversation c;
  c.start();
  speak_and_stop(c);
  c.play(c.sink, false);
  c.run();
  c.pass(3600'000);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 0);
  c.play(c.sink);
  c.run();
  c.pass(100);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 0);
  c.push(20);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 20);
  c.pass(220);
  const std::uint64_t filled = c.taken_ms(c.take());
  g_assert_cmpuint(filled, >=, 200);
  g_assert_cmpuint(filled, <=, 220);
}

void never_before_the_first_audio() {
  Conversation c;
  c.start();
  c.transport.deliver(SpeechStarted{0, "item_user"});
  c.pass(5000);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 0);
}

// The server's times as those of the capture, silence included.
void times_of_speech() {
  Conversation c;
  c.start();
  const auto began = static_cast<std::uint64_t>(c.loop->now().count());
  c.speak(1000);
  c.transport.deliver(SpeechStarted{400, "item_user"});
  c.pass(1000);
  c.transport.deliver(SpeechStopped{1500, "item_user"});
  const auto started = c.sink.ear->notices(NoticeKind::speech_started);
  const auto stopped = c.sink.ear->notices(NoticeKind::speech_stopped);
  g_assert_cmpuint(field<ClockTime>(started.at(0), "time").ns, ==, began + 700 * ms); // without the padding
  g_assert_cmpuint(field<ClockTime>(stopped.at(0), "time").ns, ==, began + 1500 * ms);
  g_assert_cmpuint(field<std::uint64_t>(started[0], "audio-start-ms"), ==, 400);
}

void what_is_dropped_is_told() {
  Conversation c;
  c.start();
  c.session->set_uplink_options({20, 500}, 200);
  c.transport.set_writable(false);
  c.speak(2000);
  const auto warnings = c.src.ear->warnings(Warning::Kind::uplink_dropped);
  g_assert_cmpuint(warnings.size(), >, 0);
  g_assert_true(contains(warnings[0], "max-uplink-backlog"));
  g_assert_cmpuint(c.session->stats().dropped_ms, ==, 1500);
  g_assert_cmpuint(c.session->stats().uplink_queued_ms, ==, 500);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/silence/pace", after_the_delay_at_the_pace_of_the_clock);
  g_test_add_func("/session/silence/ends", stops_when_the_turn_has_ended);
  g_test_add_func("/session/silence/may-be-open", while_a_turn_may_be_open);
  g_test_add_func("/session/silence/again", starts_again);
  g_test_add_func("/session/silence/input", not_while_input_comes);
  g_test_add_func("/session/silence/returns", returns_without_doubling);
  g_test_add_func("/session/silence/push-to-talk", not_without_turn_detection);
  g_test_add_func("/session/silence/file", not_for_a_file);
  g_test_add_func("/session/silence/delay", other_delay);
  g_test_add_func("/session/silence/paused", not_in_paused);
  g_test_add_func("/session/silence/no-audio", never_before_the_first_audio);
  g_test_add_func("/session/silence/times", times_of_speech);
  g_test_add_func("/session/silence/dropped", what_is_dropped_is_told);
  return g_test_run();
}

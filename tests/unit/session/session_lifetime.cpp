// Coming and going of elements, and the end of a session in every phase: the fixture's end checks that
// nothing stays behind.
#include "conversation.h"

#include "session/registry.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

enum class Phase { created, joined, dialing, accepted, configuring, active, replying, draining, failed };

void reach(Conversation& c, Phase phase) {
  if (phase >= Phase::joined) {
    c.join(c.sink);
    c.join(c.src);
  }
  if (phase >= Phase::dialing) {
    c.open(c.sink);
    c.open(c.src);
    c.session->set_input_format(c.input_format);
    c.session->set_output_format(c.output_format);
    c.play(c.sink);
    c.play(c.src);
    c.run();
    c.push(100);
    c.session->send_text("Hello");
    c.session->commit();
  }
  if (phase >= Phase::accepted) c.transport.accept();
  if (phase >= Phase::configuring) {
    c.transport.deliver(SessionCreated{c.server.session()});
    c.run();
  }
  if (phase >= Phase::active) {
    c.server.acknowledge(c.take_only<SessionUpdate>().at(0).config);
    c.run();
  }
  if (phase >= Phase::replying) c.reply("item_1", 1000, false);
  if (phase >= Phase::draining) c.begin_drain();
  if (phase >= Phase::failed) {
    c.transport.end({ErrorKind::closed_by_server, "gone"});
    c.run();
  }
}

constexpr Phase phases[] = {Phase::created,  Phase::joined,      Phase::dialing,
                            Phase::accepted, Phase::configuring, Phase::active,
                            Phase::replying, Phase::draining,    Phase::failed};

FakeSpeechlessServer::Options by_hand() {
  FakeSpeechlessServer::Options options;
  options.greets = options.acknowledges = options.responds = false;
  return options;
}

// The last element leaves, the session is let go, the loop's tasks come later.
void ended_in_every_phase() {
  for (const Phase phase : phases) {
    Conversation c(by_hand());
    reach(c, phase);
    const bool connected = phase >= Phase::dialing && phase < Phase::failed;
    c.session->close(c.sink.id, Role::sink);
    c.session->close(c.src.id, Role::src);
    c.run();
    g_assert_cmpuint(c.transport.closed().size(), ==, connected ? 1 : 0);
    c.begin_drain();
    g_assert_true(c.session->drain()); // whoever waited does not any more
  }
}

// Everything at once, before the loop has run at all.
void ended_without_a_word() {
  for (const Phase phase : phases) {
    Conversation c(by_hand());
    reach(c, phase);
    c.session->send_text("never sent");
    c.session->interrupt();
    const std::vector<std::uint8_t> bytes(960, 1);
    Uplink::Input input{bytes, 0, std::nullopt};
    c.session->push(input, true); // taken or not
    c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
  }
}

// Elements that are destroyed without leaving are not called.
void ears_are_gone() {
  for (const Phase phase : phases) {
    Conversation c(by_hand());
    reach(c, phase);
    c.src.ear.reset();
    c.sink.ear.reset();
    if (phase >= Phase::accepted && phase < Phase::failed) c.transport.deliver(SpeechStarted{0, "item_1"});
    c.pass(100'000);
  }
}

void no_notices_after_leave() {
  Conversation c;
  c.start();
  const auto sink_ear = c.sink.ear, src_ear = c.src.ear;
  c.close(c.src);
  c.leave(c.src);
  c.run();
  const std::size_t before = src_ear->heard().notices.size();
  c.transport.deliver(SpeechStarted{0, "item_1"});
  c.server.begin_response();
  g_assert_cmpuint(src_ear->heard().notices.size(), ==, before);
  g_assert_cmpuint(sink_ear->notices(NoticeKind::response_started).size(), ==, 1); // the one that is left
  c.close(c.sink);
  c.leave(c.sink);
  const auto at_leave = sink_ear->heard();
  c.pass(100'000);
  g_assert_cmpuint(sink_ear->heard().notices.size(), ==, at_leave.notices.size());
  g_assert_cmpuint(sink_ear->heard().progress.size(), ==, at_leave.progress.size());
}

void progress_ends_when_closed_early() {
  for (const Phase phase : {Phase::dialing, Phase::accepted}) {
    Conversation c(by_hand());
    reach(c, phase);
    c.close(c.sink);
    c.close(c.src);
    c.run();
    g_assert_true(c.src.ear->heard().progress.back().first == ProgressKind::canceled);
  }
}

void leaving_one_does_not_renew() {
  Conversation c;
  c.start();
  for (int i = 0; i < 3; ++i) {
    c.close(c.src);
    c.leave(c.src);
    c.run();
    c.join(c.src);
    c.open(c.src);
    c.session->set_output_format(c.output_format);
    c.run();
  }
  g_assert_cmpuint(c.transport.opened().size(), ==, 1);
  g_assert_cmpuint(c.transport.closed().size(), ==, 0);
}

void opened_again_and_again() {
  Conversation c;
  for (unsigned i = 1; i <= 5; ++i) {
    c.start();
    g_assert_cmpuint(c.transport.opened().size(), ==, i);
    c.push(100);
    g_assert_cmpuint(c.taken_ms(c.take()), ==, 100);
    c.close(c.sink);
    c.close(c.src);
    c.leave(c.sink);
    c.leave(c.src);
    c.run();
    g_assert_cmpuint(c.transport.closed().size(), ==, i);
  }
}

// Closed and opened before the loop has seen either.
void closed_and_opened_at_once() {
  Conversation c;
  c.start();
  c.close(c.sink);
  c.close(c.src);
  c.open(c.sink);
  c.open(c.src);
  c.session->set_input_format(c.input_format);
  c.session->set_output_format(c.output_format);
  c.run();
  g_assert_cmpuint(c.transport.opened().size(), ==, 2);
  c.take();
  c.push(100);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 100);
}

// Settings made on any element count for the session, also of one that joined later.
void settings_of_several_elements() {
  Conversation c;
  c.join(c.sink);
  c.set([](Settings& s) { s.voice = "ash"; });
  c.join(c.src);
  c.set([](Settings& s) { s.instructions = "Be brief."; });
  c.open(c.sink);
  c.open(c.src);
  c.session->set_output_format(c.output_format);
  c.run();
  const SessionConfig config = c.take_only<SessionUpdate>().at(0).config;
  assert_text(*config.voice, "ash");
  assert_text(*config.instructions, "Be brief.");
}

void key_is_asked_of_every_element() {
  Conversation c;
  c.src.ear->key = "sk-from-the-signal";
  c.start();
  g_assert_cmpuint(c.sink.ear->heard().key_questions, ==, 1);
  assert_text(c.transport.opened().at(0).endpoint.headers.at(0).second, "Bearer sk-from-the-signal");
}

void second_sink_is_refused() {
  Conversation c;
  c.join(c.sink);
  const auto other = std::make_shared<RecordingListener>();
  g_assert_false(c.session->join(Role::sink, nullptr, other).ok());
}

void registry_by_name() {
  const auto loop = std::make_shared<rt::test::FakeExecutor>();
  rt::test::FakeTransport transport;
  set_factories({transport.factory(), [&] { return loop; }});
  auto one = find_or_create("one");
  g_assert_true(find_or_create("one") == one);
  auto two = find_or_create("two");
  g_assert_true(two != one);
  const std::weak_ptr<Session> gone = one;
  one.reset();
  g_assert_true(gone.expired()); // the registry keeps nobody alive
  g_assert_nonnull(find_or_create("one").get());
  two.reset();
  set_factories({transport.factory(), [] { return std::make_shared<rt::test::FakeExecutor>(); }});
  loop->advance(std::chrono::seconds(1));
}

// Counters are of one session; an answer that the last one began without being able to end it ran dry once.
void counters_begin_anew() {
  Conversation c;
  c.start();
  c.reply("item_1", 100, false);
  c.listen(400);
  g_assert_cmpuint(c.session->stats().played_ms, ==, 100);
  g_assert_cmpuint(c.session->stats().underruns, ==, 1);
  c.close(c.sink);
  c.close(c.src);
  c.run();
  g_assert_cmpuint(c.session->stats().played_ms, ==, 100); // to be read afterwards
  c.open(c.sink);
  c.open(c.src);
  c.run();
  g_assert_cmpuint(c.session->stats().played_ms, ==, 0);
  g_assert_cmpuint(c.session->stats().underruns, ==, 0);
  g_assert_cmpuint(c.session->stats().left_out_ms, ==, 0);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/lifetime/every-phase", ended_in_every_phase);
  g_test_add_func("/session/lifetime/without-a-word", ended_without_a_word);
  g_test_add_func("/session/lifetime/ears-gone", ears_are_gone);
  g_test_add_func("/session/lifetime/no-notices", no_notices_after_leave);
  g_test_add_func("/session/lifetime/progress", progress_ends_when_closed_early);
  g_test_add_func("/session/lifetime/one-leaves", leaving_one_does_not_renew);
  g_test_add_func("/session/lifetime/again", opened_again_and_again);
  g_test_add_func("/session/lifetime/counters", counters_begin_anew);
  g_test_add_func("/session/lifetime/at-once", closed_and_opened_at_once);
  g_test_add_func("/session/lifetime/settings", settings_of_several_elements);
  g_test_add_func("/session/lifetime/key", key_is_asked_of_every_element);
  g_test_add_func("/session/lifetime/busy", second_sink_is_refused);
  g_test_add_func("/session/lifetime/registry", registry_by_name);
  return g_test_run();
}

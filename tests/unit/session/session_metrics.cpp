// A turn's message, from a conversation whose elements count on clocks of their own: the sink's shows the
// loop's time, the src's started with the session.
#include "conversation.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

std::uint64_t number(const Notice& notice, std::string_view name) {
  return field<std::uint64_t>(notice, name);
}

std::vector<Notice> metrics(Conversation& c) {
  return c.src.ear->notices(NoticeKind::metrics);
}

std::string started_response(Conversation& c) {
  return text_of(c.src.ear->notices(NoticeKind::response_started).at(0), "response-id");
}

// A second of input, of which the last 500 ms are the silence that ended the turn.
void ask(Conversation& c) {
  c.speak(1000);
  c.transport.deliver(SpeechStarted{0, "item_user"});
  c.transport.deliver(SpeechStopped{1000, "item_user"});
  c.server.commit("item_user");
  c.run();
}

void a_turn_is_told_when_its_answer_was_heard() {
  Conversation c;
  c.latency = 100 * ms;
  c.start();
  const auto began = static_cast<std::uint64_t>(c.loop->now().count());
  ask(c);
  c.listen(200);
  const std::string response = c.reply("item_1", 400);
  c.listen(480);
  g_assert_cmpuint(metrics(c).size(), ==, 0); // the last 20 ms are not heard yet
  c.listen(40);
  const auto told = metrics(c);
  g_assert_cmpuint(told.size(), ==, 1);
  assert_text(text_of(told[0], "response-id"), response);
  g_assert_cmpuint(field<ClockTime>(told[0], "speech-end").ns, ==, began + 500 * ms);
  g_assert_cmpuint(number(told[0], "speech-to-delta-ms"), ==, 700);
  g_assert_cmpuint(number(told[0], "delta-to-push-ms"), ==, 0);
  g_assert_cmpuint(number(told[0], "push-to-heard-ms"), ==, 100);
  g_assert_cmpuint(number(told[0], "speech-to-heard-ms"), ==, 800);
  g_assert_cmpuint(number(told[0], "underruns"), ==, 0);
  g_assert_cmpuint(number(told[0], "gap-ms"), ==, 0);
  g_assert_false(field<bool>(told[0], "interrupted"));
  g_assert_false(has_field(told[0], "item-id"));
  const Stats stats = c.session->stats();
  g_assert_cmpuint(stats.turns.turns, ==, 1);
  g_assert_cmpuint(stats.turns.spans[static_cast<std::size_t>(TurnSpan::speech_to_heard)].mean(), ==, 800);
}

void connecting_took_its_time() {
  FakeSpeechlessServer::Options options;
  options.greets = false;
  Conversation c(options);
  c.start();
  c.pass(321);
  c.server.introduce();
  c.run();
  c.reply("item_1", 20);
  c.listen(60);
  g_assert_cmpuint(number(metrics(c).at(0), "connect-ms"), ==, 321);
  g_assert_false(has_field(metrics(c)[0], "speech-end")); // nobody had spoken
  g_assert_false(has_field(metrics(c)[0], "speech-to-heard-ms"));
}

void what_was_missing_of_the_answer() {
  Conversation c;
  c.start();
  audio::Playout::Options options;
  options.cushion_ns = 100 * ms;
  c.session->downlink().set_options(options);
  const std::string id = c.reply("item_1", 200, false);
  c.listen(400);
  const std::vector<std::uint8_t> more(48 * 200, 1);
  c.server.say(id, "item_1", more);
  c.server.end_item(id, "item_1");
  c.server.end_response(id);
  c.listen(400);
  const auto told = metrics(c);
  g_assert_cmpuint(told.size(), ==, 1);
  g_assert_cmpuint(number(told[0], "underruns"), ==, 1);
  g_assert_cmpuint(number(told[0], "gap-ms"), ==, 200);
  g_assert_cmpuint(number(told[0], "cushion-used-ms"), ==, 100);
  g_assert_cmpuint(c.session->stats().turns.gap_ms, ==, 200);
}

// The jitter of a server that is in time leaves a mark on the cushion and nowhere else.
void what_was_used_of_the_cushion() {
  Conversation c;
  c.start();
  audio::Playout::Options options;
  options.cushion_ns = 100 * ms;
  c.session->downlink().set_options(options);
  const std::string id = c.reply("item_1", 120, false);
  c.listen(60); // 60 ms are left
  const std::vector<std::uint8_t> more(48 * 200, 1);
  c.server.say(id, "item_1", more);
  c.server.end_item(id, "item_1");
  c.server.end_response(id);
  c.listen(400);
  g_assert_cmpuint(number(metrics(c).at(0), "cushion-used-ms"), ==, 40);
  g_assert_cmpuint(number(metrics(c)[0], "underruns"), ==, 0);
}

void an_interrupted_turn_says_where() {
  Conversation c;
  c.start();
  const std::string id = c.reply("item_1", 2000, false);
  c.listen(500);
  c.transport.deliver(SpeechStarted{0, "item_user"});
  c.run();
  g_assert_cmpuint(metrics(c).size(), ==, 0); // the response is open
  c.server.end_response(id, ResponseStatus::cancelled);
  c.run();
  const auto told = metrics(c);
  g_assert_cmpuint(told.size(), ==, 1);
  g_assert_true(field<bool>(told[0], "interrupted"));
  assert_text(text_of(told[0], "item-id"), "item_1");
  g_assert_cmpuint(number(told[0], "heard-ms"), ==, 505);
  g_assert_cmpuint(number(told[0], "received-ms"), ==, 2000);
}

void without_a_realtimesrc() {
  Conversation c;
  c.start(true, false);
  ask(c);
  const std::string id = c.server.begin_response();
  c.pass(150);
  c.transport.deliver(OutputTextDelta{{id, "item_1", 0, 0}, "Yes"});
  c.run();
  g_assert_cmpuint(c.sink.ear->notices(NoticeKind::metrics).size(), ==, 0);
  c.server.end_response(id);
  c.run();
  const auto told = c.sink.ear->notices(NoticeKind::metrics);
  g_assert_cmpuint(told.size(), ==, 1);
  g_assert_cmpuint(number(told[0], "speech-to-delta-ms"), ==, 650);
  g_assert_false(has_field(told[0], "delta-to-push-ms"));
}

// Push-to-talk: the commit is the end of the speech.
void after_a_commit() {
  Conversation c;
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
  c.start();
  c.speak(1000);
  c.pass(30);
  g_assert_true(c.session->commit().accepted);
  g_assert_true(c.session->create_response(std::nullopt).accepted);
  c.run();
  const std::string id = started_response(c);
  c.transport.deliver(OutputTextDelta{{id, "item_1", 0, 0}, "Yes"});
  c.pass(70);
  c.server.end_response(id);
  c.run();
  g_assert_cmpuint(number(metrics(c).at(0), "speech-to-delta-ms"), ==, 30);
}

// A written question has no end of speech, whatever was said before.
void after_a_text() {
  Conversation c;
  c.start();
  c.speak(1000);
  c.transport.deliver(SpeechStopped{1000, "item_user"});
  c.run();
  g_assert_true(c.session->send_text("Hello").accepted);
  c.run();
  const std::string id = started_response(c);
  c.transport.deliver(OutputTextDelta{{id, "item_1", 0, 0}, "Yes"});
  c.server.end_response(id);
  c.run();
  g_assert_false(has_field(metrics(c).at(0), "speech-to-delta-ms"));
}

void what_became_of_the_input() {
  Conversation c;
  c.start();
  c.session->set_uplink_options({20, 1000}, 200);
  c.transport.set_writable(false);
  c.push(1040); // 40 ms too many
  c.transport.set_writable(true);
  c.run();
  c.pass(400); // nothing comes
  c.push(20);
  for (int i = 0; i < 2; ++i) {
    c.reply("item_" + std::to_string(i), 20);
    c.listen(60);
  }
  const auto told = metrics(c);
  g_assert_cmpuint(told.size(), ==, 2);
  g_assert_cmpuint(number(told[0], "input-dropped-ms"), ==, 40);
  g_assert_cmpuint(number(told[0], "input-filled-ms"), >=, 380);
  g_assert_cmpuint(number(told[1], "input-dropped-ms"), ==, 0);
  g_assert_cmpuint(number(told[1], "input-filled-ms"), <=, 100);
}

void playback_that_ends_early() {
  for (const bool leaves : {true, false}) {
    Conversation c;
    c.start();
    c.reply("item_1", 2000);
    c.listen(500);
    if (leaves)
      c.close(c.src);
    else
      c.session->output_ended();
    c.run();
    const auto told = c.src.ear->notices(NoticeKind::metrics);
    g_assert_cmpuint(told.size(), ==, 1);
    g_assert_cmpint(field<bool>(told[0], "interrupted"), ==, leaves);
  }
}

// All of it has left and will be heard, but nobody is there to say when.
void a_source_that_leaves_with_all_of_it() {
  Conversation c;
  c.latency = 500 * ms;
  c.start();
  c.reply("item_1", 100);
  c.listen(200);
  c.close(c.src);
  c.run();
  const auto told = metrics(c);
  g_assert_cmpuint(told.size(), ==, 1);
  g_assert_false(field<bool>(told[0], "interrupted"));
}

// What waits is delay in a translation, and nothing but an answer that came early in a conversation.
void only_a_translation_catches_up() {
  for (const SessionType type : {SessionType::translation, SessionType::conversation}) {
    Conversation c;
    c.set([&](Settings& s) { s.session_type = type; });
    c.start();
    const audio::ContentKey key{"resp_1", "item_1", 0};
    const std::vector<std::uint8_t> second(48000);
    for (int i = 0; i < 5; ++i)
      c.session->downlink().append(key, second, audio::pcm16_24k);
    c.listen(3000);
    g_assert_cmpint(c.session->stats().left_out_ms > 1000, ==, type == SessionType::translation);
  }
}

// Audio that nobody will read keeps no turn waiting.
void audio_after_the_end_of_the_output() {
  Conversation c;
  c.start();
  c.session->output_ended();
  c.run();
  c.reply("item_1", 400);
  g_assert_cmpuint(metrics(c).size(), ==, 1);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/metrics/heard", a_turn_is_told_when_its_answer_was_heard);
  g_test_add_func("/session/metrics/connect", connecting_took_its_time);
  g_test_add_func("/session/metrics/underrun", what_was_missing_of_the_answer);
  g_test_add_func("/session/metrics/cushion", what_was_used_of_the_cushion);
  g_test_add_func("/session/metrics/interrupted", an_interrupted_turn_says_where);
  g_test_add_func("/session/metrics/text", without_a_realtimesrc);
  g_test_add_func("/session/metrics/commit", after_a_commit);
  g_test_add_func("/session/metrics/written", after_a_text);
  g_test_add_func("/session/metrics/input", what_became_of_the_input);
  g_test_add_func("/session/metrics/ends-early", playback_that_ends_early);
  g_test_add_func("/session/metrics/leaves-with-all", a_source_that_leaves_with_all_of_it);
  g_test_add_func("/session/metrics/translation", only_a_translation_catches_up);
  g_test_add_func("/session/metrics/after-the-end", audio_after_the_end_of_the_output);
  return g_test_run();
}

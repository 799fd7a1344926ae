// Turns that begin and end at a button, and the switch to them.
#include "conversation.h"

#include "audio/base64.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

void push_to_talk(Conversation& c, std::uint32_t pre_roll_ms = 300) {
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
  c.session->set_pre_roll(pre_roll_ms);
  c.start();
}

// 20 ms whose every byte is `mark`.
void say(Conversation& c, std::uint8_t mark) {
  const std::vector<std::uint8_t> bytes(c.input_format.bytes(c.input_format.samples_of_ms(20)), mark);
  c.pass(20);
  Uplink::Input input{bytes, 0, static_cast<std::uint64_t>(c.loop->now().count()) - 20 * ms, false};
  g_assert_true(c.session->push(input, true) == Uplink::Pushed::ok);
  c.run();
}

// The marks of the audio that a server has in its buffer at the first commit.
std::string committed_marks(const std::vector<ClientEvent>& events) {
  std::string marks;
  for (const ClientEvent& event : events) {
    if (std::holds_alternative<InputAudioClear>(event.body)) marks.clear();
    if (std::holds_alternative<InputAudioCommit>(event.body)) return marks;
    const auto* append = std::get_if<InputAudioAppend>(&event.body);
    if (!append) continue;
    std::vector<std::uint8_t> bytes(audio::base64_decoded_bound(append->audio.size()));
    audio::base64_decode(append->audio, bytes.data());
    marks += static_cast<char>(bytes[0]);
  }
  return "nothing was committed";
}

// Pressed a moment after the first word began.
void first_word_is_kept() {
  Conversation c;
  push_to_talk(c, 60);
  for (const char mark : std::string("abcdef"))
    say(c, static_cast<std::uint8_t>(mark));
  c.session->clear_input();
  for (const char mark : std::string("ghijk"))
    say(c, static_cast<std::uint8_t>(mark));
  c.session->commit();
  c.session->create_response(std::nullopt);
  c.run();
  const auto events = c.take();
  assert_text(committed_marks(events), "defghijk");
  g_assert_cmpuint(only<ResponseCreate>(events).size(), ==, 1);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::error).size(), ==, 0);
}

// The last words of one turn are not the first of the next.
void what_was_said_does_not_come_back() {
  Conversation c;
  push_to_talk(c, 200);
  for (const char mark : std::string("abcdef"))
    say(c, static_cast<std::uint8_t>(mark));
  c.session->commit();
  c.run();
  c.take();
  say(c, 'g');
  c.session->clear_input();
  for (const char mark : std::string("hijkl"))
    say(c, static_cast<std::uint8_t>(mark));
  c.session->commit();
  c.run();
  assert_text(committed_marks(c.take()), "ghijkl");
}

void without_pre_roll() {
  Conversation c;
  push_to_talk(c, 0);
  for (const char mark : std::string("abc"))
    say(c, static_cast<std::uint8_t>(mark));
  c.session->clear_input();
  for (const char mark : std::string("defgh"))
    say(c, static_cast<std::uint8_t>(mark));
  c.session->commit();
  c.run();
  assert_text(committed_marks(c.take()), "defgh");
}

// Pressed by mistake: nothing is sent of it, and nothing answered.
void a_tap_is_no_turn() {
  for (const std::uint32_t pre_roll : {0u, 300u}) {
    Conversation c;
    push_to_talk(c, pre_roll);
    for (const char mark : std::string("abcdefghijklmnopqrst"))
      say(c, static_cast<std::uint8_t>(mark));
    c.session->clear_input();
    say(c, 'u');
    c.session->commit();
    c.session->create_response(std::nullopt);
    c.run();
    const auto events = c.take();
    g_assert_cmpuint(only<InputAudioCommit>(events).size() + only<ResponseCreate>(events).size(), ==, 0);
    const auto errors = c.src.ear->notices(NoticeKind::error);
    g_assert_cmpuint(errors.size(), ==, 2);
    assert_text(text_of(errors[0], "request"), "commit");
    assert_text(text_of(errors[1], "request"), "create-response");
    // The next turn is one.
    c.session->clear_input();
    for (const char mark : std::string("vwxyz"))
      say(c, static_cast<std::uint8_t>(mark));
    c.session->commit();
    c.session->create_response(std::nullopt);
    c.run();
    const auto next = c.take();
    g_assert_cmpuint(only<InputAudioCommit>(next).size(), ==, 1);
    g_assert_cmpuint(only<ResponseCreate>(next).size(), ==, 1);
  }
}

// What else is new may be answered, and what is asked for beside the conversation.
void an_answer_after_a_tap() {
  const auto answered = [](const std::function<void(Session&)>& then) {
    Conversation c;
    push_to_talk(c, 0);
    say(c, 'a');
    c.session->commit();
    then(*c.session);
    c.run();
    return c.take_only<ResponseCreate>().size();
  };
  g_assert_cmpuint(answered([](Session& s) { s.create_response(std::nullopt); }), ==, 0);
  g_assert_cmpuint(answered([](Session& s) { s.create_response(R"({"conversation":"none"})"); }), ==, 1);
  g_assert_cmpuint(answered([](Session& s) { s.send_text("Hello"); }), ==, 1);
  g_assert_cmpuint(answered([](Session& s) {
                     s.send_image(std::vector<std::uint8_t>{0xff, 0xd8, 0xff, 0xe0, 0});
                     s.create_response(std::nullopt);
                   }),
                   ==, 1);
}

// What a server counts includes what was sent twice: its positions still mean the right times.
void positions_after_a_pre_roll() {
  Conversation c;
  push_to_talk(c, 100);
  for (const char mark : std::string("abcdefghij")) // 200 ms
    say(c, static_cast<std::uint8_t>(mark));
  c.session->clear_input();
  c.run(); // 300 ms as the server counts
  say(c, 'k');
  c.transport.deliver(SpeechStarted{310, "item_user"});
  c.run();
  const auto notice = c.sink.ear->notices(NoticeKind::speech_started).at(0);
  const auto now = static_cast<std::uint64_t>(c.loop->now().count());
  g_assert_cmpuint(field<ClockTime>(notice, "time").ns, ==, now - 10 * ms);
}

void turns_of_the_server_keep_nothing() {
  Conversation c;
  c.session->set_pre_roll(300);
  c.start();
  for (const char mark : std::string("abcdef"))
    say(c, static_cast<std::uint8_t>(mark));
  c.session->clear_input();
  c.run();
  const auto events = c.take();
  g_assert_true(std::holds_alternative<InputAudioClear>(events.back().body));
}

void a_turn_of_the_server_after_push_to_talk_keeps_nothing() {
  Conversation c;
  push_to_talk(c);
  for (const char mark : std::string("abcdef"))
    say(c, static_cast<std::uint8_t>(mark));
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::server_vad; });
  c.run();
  c.take();
  c.session->clear_input();
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 1);
}

void a_raw_clear_clears() {
  Conversation c;
  push_to_talk(c);
  for (const char mark : std::string("abcdef"))
    say(c, static_cast<std::uint8_t>(mark));
  c.take();
  c.session->send_event(R"({"type":"input_audio_buffer.clear"})");
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 1);
  c.session->commit(); // nothing is there
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
}

// A commit by a raw event is ours as well: no answer to it is waited for.
void a_raw_commit_expects_no_answer() {
  Conversation c;
  c.start();
  c.push(200);
  c.session->send_event(R"({"type":"input_audio_buffer.commit"})");
  c.run();
  g_assert_cmpuint(c.take_only<InputAudioCommit>().size(), ==, 1);
  c.session->create_response(std::nullopt);
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 1);
}

// The next turn began while the commit was under way.
void audio_after_a_commit_belongs_to_the_next() {
  FakeSpeechlessServer::Options options;
  Conversation c(options);
  push_to_talk(c);
  c.push(200);
  c.take();
  c.session->commit();
  c.push(120); // before the server has answered
  c.session->commit();
  c.run();
  g_assert_cmpuint(c.take_only<InputAudioCommit>().size(), ==, 2);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::error).size(), ==, 0);
}

// The server was about to end the turn; now nobody does, and nobody waits for it.
void switched_off_within_a_turn() {
  Conversation c;
  c.start();
  c.push(40);
  c.transport.deliver(SpeechStarted{0, "item_user"});
  c.run();
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
  c.run();
  c.begin_drain();
  g_assert_true(c.drained());
}

void switched_on_within_a_turn() {
  Conversation c;
  push_to_talk(c);
  c.push(200);
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::server_vad; });
  c.run();
  c.take();
  c.transport.deliver(SpeechStarted{0, "item_user"});
  c.transport.deliver(SpeechStopped{200, "item_user"});
  c.server.commit("item_user"); // by itself, and answered
  c.session->create_response(std::nullopt);
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 0);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/turns/push-to-talk/first-word", first_word_is_kept);
  g_test_add_func("/session/turns/push-to-talk/said-once", what_was_said_does_not_come_back);
  g_test_add_func("/session/turns/push-to-talk/no-pre-roll", without_pre_roll);
  g_test_add_func("/session/turns/push-to-talk/tap", a_tap_is_no_turn);
  g_test_add_func("/session/turns/push-to-talk/after-a-tap", an_answer_after_a_tap);
  g_test_add_func("/session/turns/push-to-talk/positions", positions_after_a_pre_roll);
  g_test_add_func("/session/turns/push-to-talk/server-turns", turns_of_the_server_keep_nothing);
  g_test_add_func("/session/turns/push-to-talk/server-turns-after",
                  a_turn_of_the_server_after_push_to_talk_keeps_nothing);
  g_test_add_func("/session/turns/raw/clear", a_raw_clear_clears);
  g_test_add_func("/session/turns/raw/commit", a_raw_commit_expects_no_answer);
  g_test_add_func("/session/turns/push-to-talk/next", audio_after_a_commit_belongs_to_the_next);
  g_test_add_func("/session/turns/switch/off", switched_off_within_a_turn);
  g_test_add_func("/session/turns/switch/on", switched_on_within_a_turn);
  return g_test_run();
}

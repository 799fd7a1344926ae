// Sessions that translate: one track of audio each way, without turns, until the input ends.
#include "conversation.h"

#include "audio/base64.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

struct Translating : Conversation {
  Translating() {
    transport.set_dialect(Dialect::translation);
    server.session() = {};
    server.session().id = "sess_1";
    server.session().model = "gpt-realtime-translate";
    server.session().type = SessionType::translation;
    set([](Settings& s) {
      s.provider = ProviderId::openai;
      s.uri = "ws://127.0.0.1:9";
      s.session_type = SessionType::translation;
      s.target_language = "es";
    });
  }
  void say(std::uint64_t milliseconds) {
    const std::vector<std::uint8_t> bytes(output_format.bytes(output_format.samples_of_ms(milliseconds)),
                                          0x21);
    std::string text;
    audio::base64_append(text, bytes);
    transport.deliver(StreamAudioDelta{std::move(text)});
  }
  static std::string told(Element& element) {
    std::string all;
    for (const Notice& notice : element.ear->notices(NoticeKind::transcript))
      all += text_of(notice, "role").substr(0, 1) + (field<bool>(notice, "final") ? "=" : "~") +
             text_of(notice, "text") + "|";
    return all;
  }
};

void address_and_shape() {
  Translating c;
  c.set([](Settings& s) {
    s.input_transcription_model = "gpt-realtime-whisper";
    s.noise_reduction = NoiseReductionChoice::none;
  });
  c.start();
  assert_text(c.transport.opened().at(0).endpoint.uri,
              "ws://127.0.0.1:9/v1/realtime/translations?model=gpt-realtime-translate");
  assert_text(c.transport.sent().at(0),
              R"({"type":"session.update","event_id":"gst_1","session":{"audio":{"input":{"transcription":)"
              R"({"model":"gpt-realtime-whisper"},"noise_reduction":null},"output":{"language":"es"}}}})");
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::setting_rejected).size(), ==, 0);
}

void pieces_are_as_long_as_the_server_s() {
  Translating c;
  c.start();
  c.take();
  c.speak(500); // at the pace of the clock: pieces that come at one time are no continuous input
  const auto events = c.take();
  g_assert_cmpuint(only<InputAudioAppend>(events).size(), ==, 2); // and 100 ms wait
  g_assert_cmpuint(c.taken_ms(events), ==, 400);
  g_assert_true(contains(c.transport.sent().back(), "session.input_audio_buffer.append"));
}

// Without audio the server's time stands still.
void silence_flows_while_the_input_stops() {
  Translating c;
  c.session->set_input_live(true);
  c.start();
  c.take();
  c.speak(1000);
  c.take();
  c.pass(60'000);
  const std::uint64_t filled = c.taken_ms(c.take());
  g_assert_cmpuint(filled, >=, 59'500);
  g_assert_cmpuint(filled, <=, 60'000);
  c.play(c.sink, false);
  c.pass(1000);
  c.take();
  c.pass(5000);
  g_assert_cmpuint(c.take().size(), ==, 0); // paused
}

void output_is_continuous() {
  Translating c;
  c.start();
  c.say(40); // so that none comes in the last moment
  for (int i = 0; i < 10; ++i) {
    c.say(200);
    g_assert_cmpuint(c.listen(200), ==, 4800);
  }
  c.transport.deliver(StreamAudioDelta{"AAAA", 16000});
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::setting_differs).size(), ==, 1);
  c.transport.deliver(StreamAudioDelta{"?"});
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::error).size(), ==, 1);
}

void words_of_both_sides() {
  Translating c;
  c.start();
  c.transport.deliver(StreamInputText{"Good", 200});
  c.transport.deliver(StreamInputText{" day.", 400});
  c.transport.deliver(StreamOutputText{"Buenos", 600});
  c.transport.deliver(StreamOutputText{" días.", 800});
  c.transport.deliver(StreamOutputText{" ¿Qué", 1000});
  c.pass(1000);
  assert_text(c.told(c.sink), "u~Good|u~Good day.|u=Good day.|");
  // When the server sent them is not when they were spoken.
  for (const Notice& notice : c.sink.ear->notices(NoticeKind::transcript))
    g_assert_false(has_field(notice, "start") || has_field(notice, "end"));
  assert_text(c.told(c.src), "a~Buenos|a~Buenos días.|a=Buenos días.|a~ ¿Qué|");
}

void words_for_readers() {
  Translating c;
  const auto reader = c.session->read_text([] {});
  c.start();
  c.say(200);
  c.transport.deliver(StreamOutputText{"Buenos días.", 200});
  c.say(600);
  c.transport.deliver(StreamInputText{"Good day.", 200});
  c.pass(1000);
  std::string words;
  while (auto piece = reader->pop())
    words += piece->text + "|";
  assert_text(words, "Good|day.|"); // what is said waits for its sound
  for (int i = 0; i < 5; ++i) {
    c.listen(200);
    c.session->report_words(0, 0, std::nullopt);
  }
  while (auto piece = reader->pop())
    words += piece->text + "|";
  assert_text(words, "Good|day.|Buenos|días.|");
}

// A line is told for good when it was heard; a cut ends the line that stands, and what follows is heard.
void lines_are_told_when_heard() {
  Translating c;
  c.start();
  c.say(400);
  c.transport.deliver(StreamOutputText{"Uno dos.", 200});
  c.transport.deliver(StreamOutputText{" Tres cuatro", 600});
  c.say(1000);
  assert_text(c.told(c.src), "a~Uno dos.|a~ Tres cuatro|");
  c.listen(700);
  assert_text(c.told(c.src), "a~Uno dos.|a~ Tres cuatro|a=Uno dos.|");
  const Notice first = c.src.ear->notices(NoticeKind::transcript).back();
  g_assert_cmpuint(field<ClockTime>(first, "end").ns, ==, 400 * ms);
  c.session->interrupt();
  c.run();
  const Notice cut = c.src.ear->notices(NoticeKind::transcript).back();
  g_assert_true(field<bool>(cut, "truncated"));
  assert_text(text_of(cut, "text"), " Tres");
  g_assert_cmpuint(field<ClockTime>(cut, "end").ns, ==, 705 * ms);
  c.listen(100);
  c.say(400);
  c.transport.deliver(StreamOutputText{" cinco.", 800});
  c.pass(1000); // the line ends
  g_assert_cmpuint(c.listen(600), ==, 9600);
  assert_text(c.told(c.src), "a~Uno dos.|a~ Tres cuatro|a=Uno dos.|a= Tres|a~ cinco.|a= cinco.|");
}

// The end of the input: the server says the rest, and closes.
void drains_to_the_end() {
  FakeSpeechlessServer::Options options;
  Translating c;
  c.start();
  c.push(300);
  c.take();
  c.say(400);
  c.transport.deliver(StreamOutputText{"Adiós", 200});
  c.begin_drain();
  const auto events = c.take();
  g_assert_cmpuint(c.taken_ms(events), ==, 100); // what was left of a piece
  g_assert_true(std::holds_alternative<SessionClose>(events.back().body));
  g_assert_false(c.drained());
  c.listen(200);
  assert_text(c.told(c.src), "a~Adiós|"); // it is still heard
  c.listen(400);
  assert_text(c.told(c.src), "a~Adiós|a=Adiós|");
  g_assert_true(c.drained());
  g_assert_false(c.session->failed());
  g_assert_true(c.session->over());
  g_assert_cmpuint(c.src.ear->heard().errors.size(), ==, 0);
  Uplink::Input input{std::vector<std::uint8_t>(480)};
  g_assert_true(c.session->push(input, true) == Uplink::Pushed::closed);
  g_assert_false(c.session->commit().accepted);
}

// What is said for the end of the input comes at once. It is no delay that would grow: all of it is heard.
void the_rest_is_heard_whole() {
  Translating c;
  c.start();
  c.push(200);
  c.say(400);
  c.listen(200);
  c.say(4000);
  c.begin_drain();
  g_assert_cmpuint(c.listen(6000), ==, 24u * (4400 - 200));
}

void another_session_can_follow() {
  Translating c;
  c.start();
  c.push(200);
  c.begin_drain();
  g_assert_true(c.drained());
  c.close(c.sink);
  c.close(c.src);
  c.open(c.src);
  c.open(c.sink);
  c.session->set_output_format(c.output_format);
  c.session->set_input_format(c.input_format);
  c.run();
  c.take();
  g_assert_false(c.session->over());
  c.push(200);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 200);
}

void a_close_nobody_asked_for() {
  Translating c;
  c.start();
  c.transport.deliver(SessionClosed{});
  c.transport.end({ErrorKind::closed_by_server, "closed"});
  c.run();
  g_assert_true(c.session->failed());
}

void a_server_that_does_not_close() {
  Translating c;
  c.transport.when_sent([&c](Executor& executor, const std::string& text) {
    if (contains(text, "session.update"))
      executor.post([&c] { c.transport.deliver(SessionUpdated{c.server.session()}); });
  });
  c.set([](Settings& s) { s.drain_timeout_ms = 3000; });
  c.start();
  c.push(200);
  c.begin_drain();
  c.pass(10'000);
  g_assert_true(c.drained());
  g_assert_true(contains(c.src.ear->warnings(Warning::Kind::drain_timed_out).at(0), "translation"));
}

void turns_have_no_meaning() {
  Translating c;
  c.start();
  c.push(400);
  c.take();
  c.session->commit();
  c.session->clear_input();
  c.session->cancel_response();
  c.session->interrupt();
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
  g_assert_false(c.session->failed());
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/translation/shape", address_and_shape);
  g_test_add_func("/session/translation/pieces", pieces_are_as_long_as_the_server_s);
  g_test_add_func("/session/translation/silence", silence_flows_while_the_input_stops);
  g_test_add_func("/session/translation/output", output_is_continuous);
  g_test_add_func("/session/translation/rest", the_rest_is_heard_whole);
  g_test_add_func("/session/translation/words", words_of_both_sides);
  g_test_add_func("/session/translation/readers", words_for_readers);
  g_test_add_func("/session/translation/lines", lines_are_told_when_heard);
  g_test_add_func("/session/translation/drain", drains_to_the_end);
  g_test_add_func("/session/translation/again", another_session_can_follow);
  g_test_add_func("/session/translation/unasked", a_close_nobody_asked_for);
  g_test_add_func("/session/translation/stalled", a_server_that_does_not_close);
  g_test_add_func("/session/translation/turns", turns_have_no_meaning);
  return g_test_run();
}

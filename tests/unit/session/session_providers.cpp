// Servers that differ: how they introduce themselves, what they never get, what is said instead.
#include "conversation.h"

#include "audio/base64.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

// Of a provider, in its dialect.
struct Of : Conversation {
  explicit Of(ProviderId id, const FakeSpeechlessServer::Options& options = {}) : Conversation(options) {
    transport.set_dialect(provider(id).dialect.value_or(Dialect::ga));
    set([id](Settings& s) {
      s.provider = id;
      s.model = "m";
    });
  }
  std::vector<std::string> warnings(Warning::Kind kind) { return src.ear->warnings(kind); }
  // The strict reader of the dialect does not know this provider's words: the answer comes from here.
  void start_with_quirks() {
    input_format = {audio::Encoding::pcm16, 16000};
    start();
    transport.deliver(SessionUpdated{server.session()});
    run();
    take();
  }
  void speech_starts() {
    transport.deliver(SpeechStarted{100, "item_user"});
    run();
  }
};

FakeSpeechlessServer::Options silent() {
  FakeSpeechlessServer::Options options;
  options.greets = false;
  return options;
}

void conversation_first() {
  Of c(ProviderId::xai, silent());
  c.start();
  c.transport.accept();
  c.transport.deliver(ConversationCreated{"conv_1"});
  c.run();
  g_assert_cmpuint(c.take_only<SessionUpdate>().size(), ==, 1);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::session_created).size(), ==, 1);
  c.transport.deliver(SessionCreated{c.server.session()}); // and then it comes after all
  c.push(100);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 100);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::session_created).size(), ==, 1);
}

void others_introduce_themselves() {
  Of c(ProviderId::openai, silent());
  c.start();
  c.transport.accept();
  c.transport.deliver(ConversationCreated{"conv_1"});
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
}

// The answer stops here; the server is told nothing that it does not understand.
void without_truncation() {
  Of c(ProviderId::xai);
  c.start();
  c.take();
  for (int i = 0; i < 2; ++i) {
    c.reply("item_" + std::to_string(i), 1000, false);
    c.listen(300);
    c.speech_starts();
    g_assert_cmpuint(c.take_only<ItemTruncate>().size(), ==, 0);
    g_assert_cmpuint(c.listen(300), <=, 240); // the fade
  }
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::interrupted).size(), ==, 2);
  g_assert_cmpuint(c.session->stats().truncations, ==, 0);
  const auto warnings = c.warnings(Warning::Kind::unsupported);
  g_assert_cmpuint(warnings.size(), ==, 1); // once
  assert_text(warnings[0], "No conversation.item.truncate is sent: provider 'xai' has no such thing");
}

// Nothing was heard: where an item cannot be deleted it is cut at its start.
void without_deletion() {
  Of c(ProviderId::hf_speech_to_speech);
  c.start();
  c.take();
  c.reply("item_1", 1000, false);
  c.speech_starts();
  const auto events = c.take();
  g_assert_cmpuint(only<ItemDelete>(events).size(), ==, 0);
  const auto truncated = only<ItemTruncate>(events);
  g_assert_cmpuint(truncated.size(), ==, 1);
  g_assert_cmpuint(truncated[0].audio_end_ms, ==, 0);
  g_assert_cmpuint(c.warnings(Warning::Kind::unsupported).size(), ==, 0);
}

// Where it can neither be cut nor deleted it just stops, of which the application is told once.
void without_truncation_and_deletion() {
  Of c(ProviderId::qwen);
  c.start_with_quirks();
  const std::size_t before = c.warnings(Warning::Kind::unsupported).size();
  for (int i = 0; i < 2; ++i) {
    const std::string id = c.reply("item_" + std::to_string(i), 1000, false);
    c.speech_starts();
    c.server.say(id, "late_" + std::to_string(i), std::vector<std::uint8_t>(960, 1));
    c.server.end_response(id, ResponseStatus::cancelled);
    c.run();
    const auto events = c.take();
    g_assert_cmpuint(only<ItemDelete>(events).size() + only<ItemTruncate>(events).size(), ==, 0);
    g_assert_cmpuint(c.listen(300), ==, 0);
  }
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::interrupted).size(), ==, 2);
  g_assert_cmpuint(c.warnings(Warning::Kind::unsupported).size(), ==, before + 1);
}

void without_cancelling() {
  Of c(ProviderId::speaches);
  c.start();
  c.take();
  c.reply("item_1", 1000, false);
  g_assert_true(c.session->interrupt().accepted);
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(only<ResponseCancel>(events).size() + only<ItemTruncate>(events).size(), ==, 0);
  g_assert_cmpuint(only<ItemDelete>(events).size(), ==, 1); // what was not heard is forgotten, which it can
  g_assert_cmpuint(c.listen(300), ==, 0);
}

// An action that can do nothing here says so each time; the WARNING comes once.
void every_refused_action_says_so() {
  Of c(ProviderId::speaches);
  c.start();
  c.take();
  c.reply("item_1", 1000, false);
  for (std::size_t i = 1; i <= 3; ++i) {
    g_assert_true(c.session->cancel_response().accepted);
    g_assert_true(c.session->send_image(std::vector<std::uint8_t>{0xff, 0xd8, 0xff, 0xe0, 0}).accepted);
    c.run();
    const auto errors = c.src.ear->notices(NoticeKind::error);
    g_assert_cmpuint(errors.size(), ==, 2 * i);
    assert_text(text_of(errors[2 * i - 2], "request"), "cancel-response");
    assert_text(text_of(errors[2 * i - 2], "code"), "unsupported");
    g_assert_true(contains(text_of(errors[2 * i - 2], "message"), "speaches"));
    assert_text(text_of(errors[2 * i - 1], "request"), "send-image");
  }
  g_assert_cmpuint(c.take().size(), ==, 0);
  g_assert_cmpuint(c.listen(300), >, 0); // it goes on, as the message says
  g_assert_cmpuint(c.warnings(Warning::Kind::unsupported).size(), ==, 2);
}

void every_item_that_cannot_go_says_so() {
  Of c(ProviderId::hf_speech_to_speech);
  c.start();
  c.take();
  for (int i = 0; i < 2; ++i) {
    c.session->delete_item("item_1");
    c.session->retrieve_item("item_1");
    c.session->clear_input();
    c.run();
  }
  std::string requests;
  for (const Notice& error : c.src.ear->notices(NoticeKind::error))
    requests += text_of(error, "request") + " ";
  assert_text(requests, "delete-item retrieve-item clear-input delete-item retrieve-item clear-input ");
  g_assert_cmpuint(c.take().size(), ==, 0);
}

// Its buffer stays as it is: what was said before is not sent twice, and counts for the commit.
void without_clearing() {
  Of c(ProviderId::hf_speech_to_speech);
  c.set([](Settings& s) { s.turn_detection = TurnDetectionChoice::none; });
  c.session->set_pre_roll(300);
  c.start();
  c.push(400);
  c.take();
  c.session->clear_input();
  c.session->flush_input();
  c.push(40);
  c.session->commit();
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(c.taken_ms(events), ==, 40);
  g_assert_cmpuint(only<InputAudioCommit>(events).size(), ==, 1);
  const auto errors = c.src.ear->notices(NoticeKind::error);
  g_assert_cmpuint(errors.size(), ==, 1); // of the action only
  assert_text(text_of(errors[0], "request"), "clear-input");
}

void cancels_the_only_one() {
  Of c(ProviderId::qwen);
  c.start_with_quirks();
  c.reply("item_1", 1000, false);
  c.session->cancel_response();
  c.run();
  g_assert_false(c.take_only<ResponseCancel>().at(0).response_id.has_value());
}

// A flat format says no rate.
void rates_of_the_provider() {
  Of c(ProviderId::qwen);
  c.start_with_quirks();
  g_assert_false(c.session->failed());
  const std::string update = c.transport.sent().at(0);
  g_assert_true(contains(update, R"("input_audio_format":"pcm")"));
  c.push(100);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 100);
}

void wav_and_repeated_turns() {
  Of c(ProviderId::glm);
  c.start_with_quirks();
  g_assert_true(contains(c.transport.sent().at(0), R"("model":"m")"));
  g_assert_true(contains(c.transport.sent().at(0), R"("beta_fields")"));
  g_assert_false(contains(c.transport.opened().at(0).endpoint.uri, "model"));
  c.push(20);
  const auto appends = c.take_only<InputAudioAppend>();
  std::vector<std::uint8_t> file(audio::base64_decoded_bound(appends.at(0).audio.size()));
  g_assert_cmpuint(audio::base64_decode(appends[0].audio, file.data()).value(), ==, 44 + 640);
  c.set([](Settings& s) { s.tools = R"([{"type":"function","name":"f"}])"; });
  c.run();
  g_assert_true(contains(c.transport.sent().back(), R"("name":"f")"));
  g_assert_true(contains(c.transport.sent().back(), R"("turn_detection":{"type":"server_vad")"));
}

void lost_settings_are_named_together() {
  Of c(ProviderId::openai);
  c.set([](Settings& s) {
    s.temperature = 0.9;
    s.target_language = "fr";
    s.instructions = "Be brief.";
  });
  c.start();
  const SessionConfig sent = c.take_only<SessionUpdate>().at(0).config;
  g_assert_false(sent.temperature || sent.target_language);
  assert_text(*sent.instructions, "Be brief.");
  const auto warnings = c.warnings(Warning::Kind::setting_rejected);
  g_assert_cmpuint(warnings.size(), ==, 1);
  g_assert_true(contains(warnings[0], "'temperature'") && contains(warnings[0], "'target-language'"));
  c.set([](Settings& s) { s.voice = "ash"; });
  c.run();
  g_assert_cmpuint(c.warnings(Warning::Kind::setting_rejected).size(), ==, 1);
}

void response_options_are_fitted() {
  Of c(ProviderId::xai);
  c.start();
  c.take();
  c.session->create_response(R"({"instructions":"Sing.","tools":[]})");
  c.run();
  const ResponseOptions sent = c.take_only<ResponseCreate>().at(0).options;
  assert_text(*sent.instructions, "Sing.");
  g_assert_false(sent.tools.has_value());
  g_assert_true(contains(c.warnings(Warning::Kind::unsupported).at(0), "'tools'"));
}

void voice_is_fixed_once_it_has_spoken() {
  Of c(ProviderId::openai);
  c.set([](Settings& s) { s.voice = "ash"; });
  c.start();
  c.set([](Settings& s) { s.voice = "coral"; });
  c.run();
  c.take();
  c.reply("item_1", 100);
  c.set([](Settings& s) {
    s.voice = "sage";
    s.instructions = "Be brief.";
  });
  c.run();
  const auto updates = c.take_only<SessionUpdate>();
  g_assert_cmpuint(updates.size(), ==, 1);
  g_assert_false(updates[0].config.voice.has_value());
  assert_text(*updates[0].config.instructions, "Be brief.");
  g_assert_true(contains(c.warnings(Warning::Kind::setting_rejected).at(0), "'voice'"));
  c.set([](Settings& s) { s.instructions = "Be long."; });
  c.run();
  g_assert_cmpuint(c.warnings(Warning::Kind::setting_rejected).size(), ==, 1);
  c.close(c.sink);
  c.close(c.src);
  c.run();
  c.take();
  c.open(c.src);
  c.pass(1000);
  assert_text(*c.take_only<SessionUpdate>().at(0).config.voice, "sage");
}

void tracing_cannot_change() {
  Of c(ProviderId::openai);
  c.set([](Settings& s) { s.tracing = "auto"; });
  c.start();
  c.take();
  c.set([](Settings& s) { s.tracing = R"({"workflow_name":"w"})"; });
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
  g_assert_true(contains(c.warnings(Warning::Kind::setting_rejected).at(0), "'tracing'"));
}

// One bad field makes the server refuse the whole update: the others are sent again.
void the_rest_of_a_refused_change() {
  FakeSpeechlessServer::Options options;
  options.acknowledges = false;
  Of c(ProviderId::openai, options);
  c.start();
  c.server.acknowledge(c.take_only<SessionUpdate>().at(0).config);
  c.set([](Settings& s) {
    s.voice = "nobody";
    s.instructions = "Be brief.";
  });
  c.run();
  const auto first = c.take();
  c.transport.deliver(ErrorEvent{{"invalid_request_error", "invalid_value", "No such voice.",
                                  "session.audio.output.voice", first.at(0).event_id}});
  c.run();
  const auto again = c.take_only<SessionUpdate>();
  g_assert_cmpuint(again.size(), ==, 1);
  SessionConfig expected;
  expected.instructions = "Be brief.";
  g_assert_true(again[0].config == expected);
  const auto warnings = c.warnings(Warning::Kind::setting_rejected);
  g_assert_cmpuint(warnings.size(), ==, 1);
  g_assert_true(contains(warnings[0], "'voice'") && contains(warnings[0], "No such voice."));
  c.server.acknowledge(again[0].config);
  c.set([](Settings& s) { s.voice = "ash"; });
  c.run();
  assert_text(*c.take_only<SessionUpdate>().at(0).config.voice, "ash");
}

void another_kind_of_session() {
  Of c(ProviderId::openai);
  c.set([](Settings& s) { s.session_type = SessionType::transcription; });
  c.start(true, false);
  g_assert_true(c.session->failed());
  const Error error = c.sink.ear->heard().errors.at(0);
  g_assert_true(error.kind == ErrorKind::configuration_rejected);
  g_assert_true(contains(error.message, "'session-type'") && contains(error.message, "a conversation"));
  g_assert_cmpuint(c.take().size(), ==, 0);
}

// ---- what servers say that asks for no answer ----

void notices_of_input() {
  Of c(ProviderId::openai);
  c.start();
  c.transport.deliver(IdleTimeout{1000, 7000, "item_1"});
  c.transport.deliver(DtmfReceived{"#", 1785217650});
  c.transport.deliver(InputTranscriptSegment{"item_2", 0, "seg_1", "B", "Hello.", 0.5, 1.25});
  c.run();
  const Notice idle = c.sink.ear->notices(NoticeKind::idle_timeout).at(0);
  g_assert_cmpuint(field<std::uint64_t>(idle, "audio-end-ms"), ==, 7000);
  const Notice dtmf = c.sink.ear->notices(NoticeKind::dtmf).at(0);
  assert_text(text_of(dtmf, "key"), "#");
  g_assert_cmpuint(field<std::uint64_t>(dtmf, "received-at"), ==, 1785217650);
  const Notice segment = c.sink.ear->notices(NoticeKind::transcript_segment).at(0);
  assert_text(text_of(segment, "speaker"), "B");
  assert_text(text_of(segment, "text"), "Hello.");
  g_assert_cmpfloat(field<double>(segment, "end-seconds"), ==, 1.25);
}

std::string forwarded(Of& c) {
  std::string types;
  for (const Notice& notice : c.src.ear->notices(NoticeKind::event))
    types += (types.empty() ? "" : " ") + text_of(notice, "type");
  return types;
}

void events_are_forwarded_as_asked() {
  Of c(ProviderId::openai);
  c.set([](Settings& s) { s.forward_events = "session.created,response.*,-*.delta"; });
  c.start();
  const std::string id = c.server.begin_response();
  c.transport.deliver(OutputAudioDelta{{id, "item_1", 0, 0}, "AAAA"});
  c.transport.deliver(OutputAudioDone{{id, "item_1", 0, 0}});
  c.transport.deliver(R"({"type":"response.dreaming","x":{"y":[1.50]}})");
  c.run();
  assert_text(forwarded(c), "session.created response.created response.output_audio.done response.dreaming");
  assert_text(text_of(c.src.ear->notices(NoticeKind::event).back(), "json"),
              R"({"type":"response.dreaming","x":{"y":[1.50]}})");
  c.set([](Settings& s) { s.forward_events.reset(); });
  c.run();
  c.transport.deliver(R"({"type":"response.dreaming"})");
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::event).size(), ==, 4);
}

void forwarded_events_have_no_audio() {
  Of c(ProviderId::openai);
  c.start();
  c.set([](Settings& s) { s.forward_events = "*"; });
  c.run();
  const std::string id = c.server.begin_response();
  c.transport.deliver(OutputAudioDelta{{id, "item_1", 0, 0}, "AAAA"});
  Item item;
  item.id = "item_2";
  item.role = Item::Role::user;
  item.content.push_back({.type = ContentPart::Type::input_audio, .transcript = "Hi", .audio = "BBBB"});
  c.transport.deliver(ItemRetrieved{item});
  c.run();
  for (const Notice& notice : c.src.ear->notices(NoticeKind::event)) {
    const std::string json = text_of(notice, "json");
    g_assert_false(contains(json, "AAAA") || contains(json, "BBBB"));
  }
  g_assert_true(contains(forwarded(c), "response.output_audio.delta"));
  g_assert_true(
      contains(text_of(c.src.ear->notices(NoticeKind::event).back(), "json"), R"("transcript":"Hi")"));
  // It was played nevertheless.
  g_assert_cmpuint(c.session->stats().waiting_ms + c.session->stats().played_ms, ==, 0);
  c.server.say(id, "item_1", std::vector<std::uint8_t>(4800, 0x11));
  g_assert_cmpuint(c.session->stats().waiting_ms, ==, 100);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/providers/conversation-first", conversation_first);
  g_test_add_func("/session/providers/session-first", others_introduce_themselves);
  g_test_add_func("/session/providers/no-truncation", without_truncation);
  g_test_add_func("/session/providers/no-deletion", without_deletion);
  g_test_add_func("/session/providers/no-cut", without_truncation_and_deletion);
  g_test_add_func("/session/providers/no-cancel", without_cancelling);
  g_test_add_func("/session/providers/refused-actions", every_refused_action_says_so);
  g_test_add_func("/session/providers/refused-items", every_item_that_cannot_go_says_so);
  g_test_add_func("/session/providers/no-clear", without_clearing);
  g_test_add_func("/session/providers/cancel-without-id", cancels_the_only_one);
  g_test_add_func("/session/providers/rates", rates_of_the_provider);
  g_test_add_func("/session/providers/wav", wav_and_repeated_turns);
  g_test_add_func("/session/providers/lost", lost_settings_are_named_together);
  g_test_add_func("/session/providers/responses", response_options_are_fitted);
  g_test_add_func("/session/providers/voice", voice_is_fixed_once_it_has_spoken);
  g_test_add_func("/session/providers/tracing", tracing_cannot_change);
  g_test_add_func("/session/providers/refused", the_rest_of_a_refused_change);
  g_test_add_func("/session/providers/another-kind", another_kind_of_session);
  g_test_add_func("/session/providers/notices", notices_of_input);
  g_test_add_func("/session/providers/forward", events_are_forwarded_as_asked);
  g_test_add_func("/session/providers/forward-audio", forwarded_events_have_no_audio);
  return g_test_run();
}

// From the dial to the first word: what is sent when, and what must be acknowledged before it.
#include "conversation.h"
#include "session/own_metadata.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

FakeSpeechlessServer::Options deaf() {
  FakeSpeechlessServer::Options options;
  options.acknowledges = false;
  return options;
}

// Both elements know their formats: one update, and audio only after its answer.
void one_update() {
  Conversation c(deaf());
  c.input_format = audio::ulaw_8k;
  c.output_format = audio::alaw_8k;
  c.set([](Settings& s) { s.voice = "ash"; });
  c.start();
  auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 1);
  const SessionUpdate update = only<SessionUpdate>(events).at(0);
  g_assert_true(update.config.input_format == audio::ulaw_8k);
  g_assert_true(update.config.output_format == audio::alaw_8k);
  g_assert_true(update.config.output_modality == Modality::audio);
  assert_text(*update.config.voice, "ash");
  c.push(500);
  g_assert_cmpuint(c.take().size(), ==, 0);
  c.server.acknowledge(update.config);
  c.run();
  events = c.take();
  g_assert_cmpuint(c.taken_ms(events), ==, 500); // the first words were kept
  g_assert_cmpuint(only<SessionUpdate>(events).size(), ==, 0);
}

void src_negotiates_late() {
  Conversation c;
  c.join(c.sink);
  c.join(c.src);
  c.open(c.sink);
  c.open(c.src);
  c.session->set_input_format(audio::pcm16_24k);
  c.pass(300);
  g_assert_cmpuint(c.take().size(), ==, 0);
  c.session->set_output_format(audio::ulaw_8k);
  c.run();
  const auto updates = c.take_only<SessionUpdate>();
  g_assert_cmpuint(updates.size(), ==, 1);
  g_assert_true(updates[0].config.output_format == audio::ulaw_8k);
}

void src_never_negotiates() {
  Conversation c;
  c.join(c.sink);
  c.join(c.src);
  c.open(c.sink);
  c.open(c.src);
  c.session->set_input_format(audio::pcm16_24k);
  c.pass(499);
  g_assert_cmpuint(c.take().size(), ==, 0);
  c.pass(1);
  const auto updates = c.take_only<SessionUpdate>();
  g_assert_cmpuint(updates.size(), ==, 1);
  g_assert_false(updates[0].config.output_format.has_value()); // the provider's default
  g_assert_true(updates[0].config.output_modality == Modality::audio);
}

// Without a realtimesrc nobody would hear a voice, and nobody is waited for.
void sink_alone() {
  Conversation c;
  c.start(true, false);
  const auto updates = c.take_only<SessionUpdate>();
  g_assert_cmpuint(updates.size(), ==, 1);
  g_assert_true(updates[0].config.output_modality == Modality::text);
}

void src_alone() {
  Conversation c;
  c.start(false, true);
  const auto updates = c.take_only<SessionUpdate>();
  g_assert_cmpuint(updates.size(), ==, 1);
  g_assert_false(updates[0].config.input_format.has_value());
}

// The sink gets caps only when data comes: a second update, acknowledged before the first append.
void sink_caps_late() {
  Conversation c;
  c.join(c.sink);
  c.join(c.src);
  c.open(c.sink);
  c.open(c.src);
  c.session->set_output_format(audio::pcm16_24k);
  c.run();
  g_assert_false(c.take_only<SessionUpdate>().at(0).config.input_format.has_value());
  c.play(c.sink);
  c.input_format = audio::ulaw_8k;
  c.session->set_input_format(audio::ulaw_8k);
  c.push(100);
  const auto events = c.take();
  g_assert_cmpuint(events.size(), >, 1);
  const auto* update = std::get_if<SessionUpdate>(&events[0].body);
  g_assert_nonnull(update);
  SessionConfig expected;
  expected.input_format = audio::ulaw_8k;
  g_assert_true(update->config == expected);
  g_assert_cmpuint(c.taken_ms(events), ==, 100);
}

void no_append_before_the_second_answer() {
  Conversation c(deaf());
  c.join(c.sink);
  c.open(c.sink);
  c.run();
  c.server.acknowledge(c.take_only<SessionUpdate>().at(0).config);
  c.session->set_input_format(c.input_format);
  c.push(100);
  auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 1);
  const SessionUpdate second = only<SessionUpdate>(events).at(0);
  c.push(100);
  g_assert_cmpuint(c.take().size(), ==, 0);
  c.server.acknowledge(second.config);
  c.run();
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 200);
}

// The caps change in the middle: audio of the old format leaves before the update, the rest after its answer.
void input_format_changes() {
  Conversation c;
  c.start();
  c.take();
  c.transport.set_writable(false);
  c.push(40);
  c.session->set_input_format(audio::ulaw_8k);
  c.input_format = audio::ulaw_8k;
  c.push(40);
  g_assert_cmpuint(c.take().size(), ==, 0);
  c.transport.set_writable(true);
  c.run();
  const auto events = c.take();
  std::string order;
  for (const ClientEvent& event : events)
    order += std::holds_alternative<SessionUpdate>(event.body)      ? 'u'
             : std::holds_alternative<InputAudioAppend>(event.body) ? 'a'
                                                                    : '?';
  assert_text(order, "aauaa");
  g_assert_true(only<SessionUpdate>(events)[0].config.input_format == audio::ulaw_8k);
  g_assert_cmpuint(c.src.ear->heard().errors.size(), ==, 0);
}

void text_before_the_connection() {
  Conversation c;
  c.set([](Settings& s) {
    s.initial_items =
        R"([{"type":"message","role":"system","content":[{"type":"input_text","text":"You are kind."}]}])";
  });
  g_assert_false(c.session->send_text("too early").accepted);
  c.join(c.src);
  c.open(c.src);
  g_assert_true(c.session->send_text("Hello").accepted);
  c.session->set_output_format(audio::pcm16_24k);
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 4);
  g_assert_true(std::holds_alternative<SessionUpdate>(events[0].body));
  const auto items = only<ItemCreate>(events);
  g_assert_cmpuint(items.size(), ==, 2);
  assert_text(*items[0].item.content.at(0).text, "You are kind.");
  g_assert_true(items[0].item.role == Item::Role::system);
  assert_text(*items[1].item.content.at(0).text, "Hello");
  g_assert_true(items[1].item.role == Item::Role::user);
  g_assert_true(std::holds_alternative<ResponseCreate>(events[3].body));
}

void greeting_when_src_plays() {
  Conversation c;
  c.set([](Settings& s) {
    s.instructions = "You are a pirate.";
    s.greeting = "Say hello.";
  });
  c.join(c.src);
  c.open(c.src);
  c.session->set_output_format(audio::pcm16_24k);
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 0);
  c.play(c.src);
  c.run();
  const auto greetings = c.take_only<ResponseCreate>();
  g_assert_cmpuint(greetings.size(), ==, 1);
  // A response's instructions replace the session's.
  assert_text(*greetings[0].options.instructions, "You are a pirate.\n\nSay hello.");
  c.play(c.src, false);
  c.play(c.src);
  c.run();
  g_assert_cmpuint(c.take_only<ResponseCreate>().size(), ==, 0); // once
}

// Its caps come after the wait for them: the server is told before it is asked to speak.
void greeting_waits_for_the_format() {
  Conversation c;
  c.set([](Settings& s) { s.greeting = "Say hello."; });
  c.join(c.src);
  c.open(c.src);
  c.play(c.src);
  c.pass(5000);
  auto events = c.take();
  g_assert_cmpuint(only<SessionUpdate>(events).size(), ==, 1);
  g_assert_cmpuint(only<ResponseCreate>(events).size(), ==, 0);
  c.session->set_output_format(audio::ulaw_8k);
  c.run();
  events = c.take();
  g_assert_cmpuint(events.size(), ==, 2);
  g_assert_true(only<SessionUpdate>(events).at(0).config.output_format == audio::ulaw_8k);
  g_assert_true(std::holds_alternative<ResponseCreate>(events[1].body));
}

// Nothing is sent with it but our mark, and that not to a provider that may not take it.
void empty_greeting() {
  for (const ProviderId provider : {ProviderId::custom, ProviderId::stepfun}) {
    Conversation c;
    c.transport.set_dialect(provider == ProviderId::custom ? Dialect::ga : Dialect::beta);
    c.set([provider](Settings& s) {
      s.greeting = "";
      s.provider = provider;
      s.model = "any";
    });
    c.start();
    const auto greetings = c.take_only<ResponseCreate>();
    g_assert_cmpuint(greetings.size(), ==, 1);
    ResponseOptions options = greetings[0].options;
    g_assert_true(options.metadata.has_value() == (provider == ProviderId::custom));
    options.metadata = without_mark(options.metadata);
    g_assert_true(options.empty());
  }
}

// A server of the older dialect is recognised by what it says first, and spoken to in it.
void beta_server() {
  Conversation c;
  c.transport.set_dialect(Dialect::beta);
  c.input_format = audio::ulaw_8k;
  c.start();
  const std::string first = c.transport.sent().at(0);
  g_assert_true(contains(first, "\"input_audio_format\":\"g711_ulaw\""));
  g_assert_false(contains(first, "\"audio\":{"));
  c.push(100);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 100);
  const std::string id = c.server.begin_response();
  c.server.say(id, "item_1", std::vector<std::uint8_t>(4800, 1));
  g_assert_cmpuint(c.listen(100), ==, 2400);
}

void progress_and_notices() {
  Conversation c;
  c.start();
  const auto heard = c.src.ear->heard();
  g_assert_cmpuint(heard.progress.size(), ==, 2);
  g_assert_true(heard.progress[0].first == ProgressKind::start);
  g_assert_true(heard.progress[1].first == ProgressKind::complete);
  const auto created = c.src.ear->notices(NoticeKind::session_created);
  g_assert_cmpuint(created.size(), ==, 1);
  assert_text(text_of(created[0], "session-id"), "sess_1");
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::session_updated).size(), ==, 1);
  g_assert_cmpuint(c.sink.ear->heard().notices.size(), ==, 0); // once in a pipeline
  const Stats stats = c.session->stats();
  assert_text(stats.session_id, "sess_1");
  assert_text(stats.model, "test-model");
  g_assert_cmpuint(stats.connections, ==, 1);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/start/one-update", one_update);
  g_test_add_func("/session/start/src-late", src_negotiates_late);
  g_test_add_func("/session/start/src-never", src_never_negotiates);
  g_test_add_func("/session/start/sink-alone", sink_alone);
  g_test_add_func("/session/start/src-alone", src_alone);
  g_test_add_func("/session/start/sink-caps-late", sink_caps_late);
  g_test_add_func("/session/start/second-answer", no_append_before_the_second_answer);
  g_test_add_func("/session/start/format-changes", input_format_changes);
  g_test_add_func("/session/start/text-before", text_before_the_connection);
  g_test_add_func("/session/start/greeting", greeting_when_src_plays);
  g_test_add_func("/session/start/greeting/empty", empty_greeting);
  g_test_add_func("/session/start/greeting/format", greeting_waits_for_the_format);
  g_test_add_func("/session/start/beta", beta_server);
  g_test_add_func("/session/start/progress", progress_and_notices);
  return g_test_run();
}

// Every event of a server, in the middle of a conversation: as the protocol's own examples have it
// (SHARED_DATA) the session takes it without a word, and with each of its values spoiled it goes on with the
// next turn and comes to its end, or fails and says why.
#include "../protocol/mutations.h"

#include "conversation.h"
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

// A server that says nothing by itself but what begins a session and answers its update.
FakeSpeechlessServer::Options restrained() {
  FakeSpeechlessServer::Options options;
  options.responds = false;
  return options;
}

struct Spoiled : Conversation {
  Spoiled(Dialect dialect, bool greets, SessionType type = SessionType::conversation)
      : Conversation([&] {
          FakeSpeechlessServer::Options options = restrained();
          options.greets = greets;
          return options;
        }()) {
    transport.set_dialect(dialect);
    if (dialect == Dialect::translation) type = SessionType::translation;
    if (type != SessionType::conversation) {
      server.session().type = type;
      server.session().config = {};
    }
    set([&](Settings& s) {
      s.provider = dialect == Dialect::beta ? ProviderId::openai_beta : ProviderId::openai;
      s.session_type = type;
    });
    session->set_input_live(false); // no silence is made up while time passes
    start();
  }

  // Of a transcription: a turn that is understood is told.
  void next_words() {
    const auto told = [&] { return sink.ear->notices(NoticeKind::transcript).size(); };
    const std::size_t before = told();
    transport.deliver(InputAudioCommitted{"item_next", std::nullopt});
    transport.deliver(InputTranscriptCompleted{.item_id = "item_next", .transcript = "Are you there?"});
    run();
    g_assert_cmpuint(told(), >, before);
  }

  // What the samples speak of: a turn, its answer that is heard, a call of a function, a picture.
  void talk() {
    push(200);
    transport.deliver(SpeechStarted{100, "item_1"});
    transport.deliver(InputAudioCommitted{"item_1", std::nullopt});
    Response response;
    response.id = "resp_1";
    transport.deliver(ResponseCreated{response});
    server.call_tool("resp_1", "item_2", "call_1", "get_weather", "{}");
    server.say("resp_1", "item_3", std::vector<std::uint8_t>(2880, 0x21));
    transport.deliver(OutputTranscriptDelta{{"resp_1", "item_3", 0, 0}, "Hello"});
    run();
    listen(40);
  }

  // The server makes sense again: what was open ends, and a question is answered.
  void next_turn() {
    server.end_response("resp_1");
    run();
    pass(61'000); // what the spoiled event may have promised is given up by now
    listen(100);
    take();
    g_assert_true(session->send_text("Are you there?").accepted);
    run();
    const auto events = take();
    g_assert_cmpuint(only<ItemCreate>(events).size(), ==, 1);
    g_assert_cmpuint(only<ResponseCreate>(events).size(), ==, 1);
    reply("item_next", 60);
    g_assert_cmpuint(listen(200), >=, 1440);
  }

  void next_line() { // of a translation
    transport.deliver(StreamOutputText{" and so on.", std::nullopt});
    run();
    g_assert_false(sink.ear->notices(NoticeKind::transcript).empty() &&
                   src.ear->notices(NoticeKind::transcript).empty());
  }

  void end() {
    begin_drain();
    for (unsigned i = 0; i < 100 && !drained(); ++i) {
      listen(20);
      pass(1000);
    }
    g_assert_true(drained());
  }

  std::string failure() {
    for (Element* element : {&src, &sink})
      for (const Error& error : element->ear->heard().errors)
        return error.message;
    return "";
  }
};

bool may_end_a_session(std::string_view type) {
  return type == "error" || type.starts_with("session.") || type.starts_with("transcription_session.");
}

// What an assertion that fails was about.
std::string delivered;

void say_what_was_delivered(int) {
  g_printerr("after %s\n", delivered.substr(0, 1000).c_str());
}

void deliver(Dialect dialect, SessionType session_type, const std::string& type, const std::string& text) {
  delivered = text;
  const bool introduces = type == "session.created";
  Spoiled c(dialect, !introduces, session_type);
  if (introduces) {
    c.transport.accept();
  } else if (session_type == SessionType::transcription) {
    c.push(200);
    c.transport.deliver(InputAudioCommitted{"item_1", std::nullopt});
  } else if (dialect != Dialect::translation) {
    c.talk();
  }
  c.transport.deliver(text);
  c.run();
  // What was no introduction was not taken for one.
  if (introduces && !c.session->failed() && c.src.ear->notices(NoticeKind::session_created).empty())
    c.transport.deliver(SessionCreated{c.server.session()});
  c.run();
  if (c.session->over()) return; // session.closed
  if (c.session->failed()) {
    if (!may_end_a_session(type)) g_error("the session failed of %s", text.substr(0, 500).c_str());
    g_assert_cmpuint(c.failure().size(), >, 10);
    g_assert_false(c.session->send_text("Are you there?").accepted);
    return;
  }
  if (session_type == SessionType::transcription) {
    c.next_words();
    return c.end();
  }
  if (dialect == Dialect::translation) return c.next_line();
  c.next_turn();
  c.end();
}

// Whether a transcription session has such events.
bool of_transcription(std::string_view type) {
  for (const std::string_view start : {"session.", "error", "input_audio_buffer.", "conversation.item."})
    if (type.starts_with(start)) return true;
  return false;
}

void spoil(Dialect dialect, SessionType session_type = SessionType::conversation) {
  unsigned tried = 0;
  std::vector<std::string> events = samples::richest_events(dialect);
  if (dialect != Dialect::ga) // the same words are tried once
    for (const std::string& same : samples::richest_events(Dialect::ga))
      std::erase(events, same);
  for (const std::string& event : events) {
    const JsonValue whole = *read_json(event);
    const std::string type(whole["type"].text());
    if (session_type == SessionType::transcription && !of_transcription(type)) continue;
    samples::mutate(whole, samples::few_wrong_values(), [&](const JsonValue& changed) {
      if (!changed["type"].is_string()) return;
      deliver(dialect, session_type, type, to_text(changed));
      ++tried;
    });
  }
  g_test_message("%u events", tried);
  g_assert_cmpuint(tried, >, dialect == Dialect::translation ? 100 : 500);
}

void spoiled_ga() {
  spoil(Dialect::ga);
}
void spoiled_beta() {
  spoil(Dialect::beta);
}
void spoiled_transcription() {
  spoil(Dialect::ga, SessionType::transcription);
}
void spoiled_translation() {
  spoil(Dialect::translation);
}

// What is not even an event costs nothing but a notice.
void no_event_at_all() {
  for (const char* text : {"", "{", "[]", "null", "{}", R"({"type":7})", "\xff\xfe", "{\"type\":\"\"}"}) {
    Spoiled c(Dialect::ga, true);
    c.talk();
    c.transport.deliver(text);
    c.run();
    g_assert_false(c.session->failed());
    c.next_turn();
    c.end();
  }
}

// ---- the protocol's own examples ----

namespace fs = std::filesystem;

// Translation has its examples among GA's.
Dialect dialect_of_example(const std::string& folder, const std::string& name) {
  static constexpr std::string_view streams[] = {"session.input_", "session.output_", "session.close"};
  const bool stream = std::ranges::any_of(streams, [&](auto start) { return name.starts_with(start); });
  if (stream || name.find(".translation.") != std::string::npos) return Dialect::translation;
  return folder == "ga" ? Dialect::ga : Dialect::beta;
}

void takes_example(Dialect dialect, const std::string& text) {
  delivered = text;
  const auto event = decode_server(text);
  g_assert_true(event.ok());
  if (std::holds_alternative<UnknownServerEvent>(event->body)) return; // a client's
  const bool introduces = std::holds_alternative<SessionCreated>(event->body);
  const bool tells_failure = std::holds_alternative<ErrorEvent>(event->body) ||
                             std::holds_alternative<InputTranscriptFailed>(event->body);
  Spoiled c(dialect, !introduces);
  if (introduces)
    c.transport.accept();
  else if (dialect != Dialect::translation)
    c.talk();
  c.transport.deliver(text);
  c.run();
  g_assert_false(c.session->failed());
  for (const auto& ear : {c.sink.ear, c.src.ear})
    for (const Notice& notice : ear->notices(NoticeKind::error)) {
      g_assert_true(tells_failure);
      g_assert_false(text_of(notice, "type") == "protocol");
    }
  if (c.session->over()) return;
  if (dialect == Dialect::translation) return c.next_line();
  c.next_turn();
  c.end();
}

void examples() {
  const char* root = g_getenv("SHARED_DATA");
  unsigned taken = 0;
  std::error_code none;
  for (const char* folder : {"ga", "beta"}) {
    if (!root) break;
    const fs::path all = fs::path(root) / "protocol/examples" / folder;
    for (const auto& entry : fs::recursive_directory_iterator(all, none)) {
      const fs::path& file = entry.path();
      if (file.extension() != ".json" || file.parent_path().filename() == "objects") continue;
      std::ifstream in(file);
      takes_example(dialect_of_example(folder, file.filename()), {std::istreambuf_iterator<char>(in), {}});
      ++taken;
    }
  }
  if (taken == 0) return g_test_skip("no examples beside the source tree");
  g_assert_cmpuint(taken, >=, 90);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  std::signal(SIGABRT, say_what_was_delivered);
  g_test_add_func("/session/server-events/spoiled-ga", spoiled_ga);
  g_test_add_func("/session/server-events/spoiled-beta", spoiled_beta);
  g_test_add_func("/session/server-events/spoiled-transcription", spoiled_transcription);
  g_test_add_func("/session/server-events/spoiled-translation", spoiled_translation);
  g_test_add_func("/session/server-events/no-event", no_event_at_all);
  g_test_add_func("/session/server-events/examples", examples);
  return g_test_run();
}

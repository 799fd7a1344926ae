// Providers that the server resembles, against recorded traffic of theirs beside the source tree
// (SHARED_DATA): what the clients sent then is sent again, and the answers must be the same events in the
// same order, with the same members. What is said in them, and in how many pieces, is ours.
#include "harness.h"
#include "server/connection.h"

#include "protocol/json_value.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::server;
using namespace rt::server::test;
namespace fs = std::filesystem;

struct Line {
  bool by_server = false;
  JsonValue event;
};
using Session = std::vector<Line>;

struct Listener final : Peer {
  void send_text(const std::string& text) override { texts.push_back(read_json(text).value()); }
  void send_binary(const std::string&) override { g_error("a binary frame"); }
  void close(unsigned code, const std::string&) override { g_error("closed with %u", code); }
  std::vector<JsonValue> texts;
};

// The payloads of recorded audio are cut; here a turn is a tone and the silence after it.
class Replay {
 public:
  explicit Replay(const Manner& manner, Scenario with)
      : scenario_(std::move(with)),
        connection_(executor_, speech_, scenario_, progress_, {}, manner.dialect.value(),
                    {"1", "m", SessionType::conversation, 1000, &manner}, peer_) {
    connection_.start();
  }

  void send(JsonValue event) {
    if (event["type"].text() == "input_audio_buffer.append") {
      if (!std::exchange(spoke_, true)) speak();
      return;
    }
    // The call is one of ours, with another id.
    if (event["item"]["call_id"].present()) {
      auto item = event["item"];
      item.set("call_id", last_call());
      event.set("item", std::move(item));
    }
    receive(event);
    if (event["type"].text() == "response.create") executor_.advance(std::chrono::minutes(1));
  }
  const std::vector<JsonValue>& sent() const { return peer_.texts; }

 private:
  void receive(const JsonValue& event) {
    connection_.receive(to_text(event));
    executor_.run_until_idle();
  }
  void speak() {
    for (int i = 0; i < 100; ++i) {
      std::vector<std::uint8_t> bytes(960);
      for (std::size_t at = 0; i < 50 && at < bytes.size(); at += 2)
        bytes[at + 1] = at / 16 % 2 ? 0x20 : 0xE0; // loud
      JsonValue event = JsonValue::object();
      std::string text;
      rt::audio::base64_append(text, bytes);
      event.set("type", "input_audio_buffer.append").set("audio", text);
      receive(event);
    }
    executor_.advance(std::chrono::minutes(1));
  }
  std::string last_call() const {
    std::string id;
    for (const auto& event : peer_.texts)
      if (event["call_id"].present()) id = event["call_id"].text();
    return id;
  }

  rt::test::FakeExecutor executor_;
  FakeSpeech speech_;
  Scenario scenario_;
  ScenarioProgress progress_;
  Listener peer_;
  Connection connection_;
  bool spoke_ = false;
};

Session read_session(const fs::path& file) {
  Session session;
  std::ifstream in(file);
  for (std::string text; std::getline(in, text);) {
    const auto line = read_json(text).value();
    if (line["dir"].text() != "close") session.push_back({line["dir"].text() == "S", line["event"]});
  }
  return session;
}

std::vector<JsonValue> by_server(const Session& session) {
  std::vector<JsonValue> events;
  for (const auto& line : session)
    if (line.by_server) events.push_back(line.event);
  return events;
}

// Transcripts of the input come when they come; audio and its words mix as they like.
std::string order_of(const std::vector<JsonValue>& events) {
  std::string order, previous;
  for (const auto& event : events) {
    std::string type(event["type"].text());
    if (type.find("input_audio_transcription") != std::string::npos) continue;
    if (type.ends_with("delta")) type = "delta";
    if (type == "delta" && previous == "delta") continue;
    order += '\n' + type;
    previous = type;
  }
  return order;
}

// What a value is, and of words that the protocol chooses from, which.
std::string nature_of(std::string_view name, const JsonValue& value) {
  static constexpr const char* kinds[] = {"absent", "null", "boolean", "number", "string", "array", "object"};
  static constexpr std::string_view words[] = {"type", "role", "status", "output_index", "modalities[]"};
  std::string nature = kinds[static_cast<std::size_t>(value.kind())];
  if (std::ranges::find(words, name) != std::end(words))
    nature += ' ' + std::string(value.text()) + std::string(value.literal());
  return nature;
}

void collect(const JsonValue& value, const std::string& path, std::string_view name,
             std::set<std::string>& into) {
  into.insert(path + ": " + nature_of(name, value));
  for (const auto& member : value.members())
    collect(member.value, path + '.' + member.name, member.name, into);
  for (const auto& element : value.elements())
    collect(element, path + "[]", std::string(name) + "[]", into);
}

// Which members, and of which nature, the events of each type have, about items of each type.
std::map<std::string, std::set<std::string>> members_of(const std::vector<JsonValue>& events) {
  std::map<std::string, std::set<std::string>> members;
  for (const auto& event : events) {
    const auto& item = event["item"];
    const std::string type(event["type"].text());
    const auto what = item.present() ? type + ' ' + std::string(item["type"].text()) : type;
    collect(event, what, "", members[what]);
  }
  return members;
}

bool is_let_pass(const std::string& member) {
  // What a client wrote comes back as it was written; and some are null there by no rule that shows.
  return member.find(".parameters") != std::string::npos ||
         (member.starts_with("conversation.item.done ") &&
          member.find(".previous_item_id") != std::string::npos);
}

std::string difference(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::string lines;
  for (const auto& each : a)
    if (!b.contains(each) && !is_let_pass(each)) lines += "\n  " + each;
  return lines;
}

// Scripted so that the same things happen; what is said does not matter.
Scenario scenario_for(const Session& session) {
  Scenario scenario;
  scenario.ears = Scenario::Ears::off;
  scenario.transcripts = {"hello my name"};
  const auto events = by_server(session);
  for (const auto& event : events) {
    if (event["type"].text() == "conversation.item.input_audio_transcription.failed")
      scenario.transcription_error = ScriptedError{"c", "m", "server_error"};
    // One says something before it calls a function.
    const auto& output = event["response"]["output"].elements();
    if (event["type"].text() != "response.done" || output.size() != 2) continue;
    ScriptedReply reply;
    reply.parts.resize(2);
    reply.parts[0].text = "I look it up.";
    reply.parts[1].kind = ReplyPart::Kind::function_call;
    reply.parts[1].name = "get_weather";
    reply.parts[1].arguments = "{}";
    scenario.replies.push_back(reply);
  }
  return scenario;
}

// How the server differs from what was recorded; nothing: not at all.
std::string differences(const Manner& manner, const Session& session) {
  const auto theirs = by_server(session);
  Replay replay(manner, scenario_for(session));
  for (const auto& line : session)
    if (!line.by_server) replay.send(line.event);

  std::string problems;
  if (order_of(replay.sent()) != order_of(theirs))
    problems += "\norder, ours:" + order_of(replay.sent()) + "\ntheirs:" + order_of(theirs);
  const auto ours = members_of(replay.sent());
  for (const auto& [type, members] : members_of(theirs)) {
    const auto same = ours.find(type);
    if (same == ours.end()) {
      problems += "\nnever sent: " + type;
      continue;
    }
    const auto missing = difference(members, same->second), more = difference(same->second, members);
    if (!missing.empty()) problems += "\nmissing:" + missing;
    if (!more.empty()) problems += "\nmore:" + more;
  }
  return problems;
}

std::vector<std::pair<std::string, Session>> sessions_of(const Manner& manner) {
  std::vector<std::pair<std::string, Session>> sessions;
  const char* root = g_getenv("SHARED_DATA");
  std::error_code none;
  for (const auto& entry :
       fs::directory_iterator(fs::path(root ? root : "") / "recorded" / manner.name, none)) {
    // A sideband connection joins a session that is there already.
    const auto name = entry.path().filename().string();
    if (name.find("sideband") == std::string::npos) sessions.emplace_back(name, read_session(entry.path()));
  }
  return sessions;
}

bool nothing_is_recorded() {
  const char* root = g_getenv("SHARED_DATA");
  const bool nothing = !root || !fs::is_directory(fs::path(root) / "recorded");
  if (nothing) g_test_skip("no recorded traffic beside the source tree");
  return nothing;
}

void providers_are_resembled() {
  if (nothing_is_recorded()) return;
  bool good = true;
  for (const auto& manner : manners()) {
    const auto sessions = sessions_of(manner);
    g_assert_false(sessions.empty());
    for (const auto& [name, session] : sessions) {
      const auto found = differences(manner, session);
      if (!found.empty()) g_printerr("# %s, %s:%s\n", manner.name, name.c_str(), found.c_str());
      good = good && found.empty();
    }
  }
  g_assert_true(good);
}

// Without any one of its rows what is sent would not fit the recordings. (What is received may be more.)
void no_row_is_idle() {
  if (nothing_is_recorded()) return;
  bool good = true;
  for (const auto& manner : manners()) {
    const auto sessions = sessions_of(manner);
    const auto fits = [&](const Manner& other) {
      return std::ranges::all_of(sessions,
                                 [&](const auto& each) { return differences(other, each.second).empty(); });
    };
    for (std::size_t i = 0; i < manner.sent.size(); ++i) {
      std::vector<Edit> rest(manner.sent.begin(), manner.sent.end());
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
      Manner without = manner;
      without.sent = rest;
      if (!fits(without)) continue;
      const auto& row = manner.sent[i];
      g_printerr("# %s: idle: %s, %s\n", manner.name, std::string(row.event).c_str(),
                 std::string(row.path).c_str());
      good = false;
    }
  }
  g_assert_true(good);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/recorded/resembled", providers_are_resembled);
  g_test_add_func("/server/recorded/no-idle-row", no_row_is_idle);
  return g_test_run();
}

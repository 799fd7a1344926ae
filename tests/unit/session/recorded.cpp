// Recorded sessions with real servers (SHARED_DATA), the server's side played to a session of ours: what it
// tells the application and what it sends are what the recording has.
#include "conversation.h"

#include "protocol/json_value.h"
#include "support/recording.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;
using namespace rt::test;
namespace fs = std::filesystem;

std::string told(RecordingListener& ear) {
  std::string out;
  for (const Notice& notice : ear.heard().notices) {
    const auto add = [&](const std::string& who, std::initializer_list<const char*> fields) {
      out += who + " ";
      for (const char* name : fields)
        out += text_of(notice, name) + " ";
      out += '\n';
    };
    if (notice.kind == NoticeKind::transcript && field<bool>(notice, "final"))
      add(text_of(notice, "role") + ":", {"text"});
    else if (notice.kind == NoticeKind::tool_call)
      add("tool:", {"call-id", "name", "arguments"});
    else if (notice.kind == NoticeKind::response_done)
      add("done:", {"response-id", "status"});
  }
  return out;
}

FakeSpeechlessServer::Options silent() {
  FakeSpeechlessServer::Options options;
  options.greets = options.acknowledges = options.responds = false;
  return options;
}

// Plays the recording: the server's events as they came, the client's acts as the application's.
void play(Conversation& c, const Recording& recording) {
  c.transport.accept();
  // A connection to a call under way has missed its beginning.
  if (!recording.has("S", "session.created")) c.transport.deliver(SessionCreated{c.server.session()});
  c.run();
  std::vector<std::pair<std::string, std::string>> outputs; // of calls that were not announced yet
  for (const RecordedLine& line : recording.lines) {
    if (line.dir == "S") {
      c.transport.deliver(to_text(line.event));
    } else if (line.type() == "input_audio_buffer.append") {
      c.push(20);
    } else if (line.type() == "conversation.item.create") {
      const JsonValue& item = line.event["item"];
      if (item["type"].text() == "message")
        c.session->send_text(std::string(item["content"].elements().at(0)["text"].text()));
      else
        outputs.emplace_back(item["call_id"].text(), item["output"].text());
    }
    c.run();
    // The recorded client answered at the end of the arguments, we do at the end of their item.
    std::erase_if(outputs, [&](const auto& each) {
      return c.session->send_tool_output(each.first, each.second).accepted;
    });
    c.run();
  }
  g_assert_true(outputs.empty());
}

void replay(const Recording& recording) {
  g_test_message("%s", recording.file.c_str());
  Conversation c(silent());
  c.transport.set_dialect(recording.provider->dialect.value());
  c.set([&](Settings& s) {
    s.provider = recording.provider->id;
    s.model = "m";
  });
  c.src.ear = c.sink.ear; // one ear hears in the order of the recording
  c.start(true, recording.speaks());
  play(c, recording);
  g_assert_false(c.session->failed());
  const std::uint64_t heard = recording.speaks() ? c.listen(2000) : 0;
  assert_text(words_last(told(*c.sink.ear)), words_last(expected(recording)));
  g_assert_true(sent_types(c.transport.sent()) == asked(recording));
  g_assert_cmpuint(c.sink.ear->heard().errors.size(), ==, 0);
  g_assert_cmpuint(c.sink.ear->notices(NoticeKind::error).size(), ==, recording.failures());
  if (!recording.speaks()) return;
  g_assert_cmpuint(heard, ==, audio_samples(recording));
  g_assert_true(c.session->downlink().idle());
}

void sessions() {
  unsigned played = 0;
  for (const Provider& row : providers())
    for (const fs::path& file : recordings_of(row.name)) {
      replay(read_recording(file, row));
      ++played;
    }
  if (played == 0) return g_test_skip("no recordings beside the source tree");
  g_assert_cmpuint(played, >=, 10);
}

// The rows that are said to be tried are those with a recording, and those that a server of ours speaks.
void verified_rows_are_recorded() {
  if (recordings_of("openai").empty()) return g_test_skip("no recordings beside the source tree");
  for (const ProviderId id :
       {ProviderId::openai, ProviderId::azure, ProviderId::azure_voice_live, ProviderId::xai}) {
    g_assert_true(provider(id).verified);
    g_assert_false(recordings_of(provider(id).name).empty());
  }
  for (const Provider& row : providers()) {
    const bool ours =
        row.id == ProviderId::automatic || row.id == ProviderId::custom || row.id == ProviderId::openai_beta;
    if (row.verified && !ours) g_assert_false(recordings_of(row.name).empty());
  }
}

// Single events of many kinds: each is digested, and a response's end is told as it is.
void single_events() {
  const auto files = recordings_of("single-events");
  if (files.empty()) return g_test_skip("no recordings beside the source tree");
  for (const fs::path& file : files) {
    std::ifstream in(file);
    for (std::string text; std::getline(in, text);) {
      const JsonValue event = read_json(text).value();
      Conversation c;
      c.start();
      c.transport.deliver(text);
      c.run();
      g_assert_false(c.session->failed());
      g_assert_cmpuint(c.src.ear->notices(NoticeKind::error).size(), ==, 0);
      if (event["type"].text() != "response.done") continue;
      const Notice done = c.src.ear->notices(NoticeKind::response_done).at(0);
      assert_text(text_of(done, "status"), event["response"]["status"].text());
      assert_text(text_of(done, "reason"), event["response"]["status_details"]["reason"].text());
    }
  }
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/recorded/sessions", sessions);
  g_test_add_func("/recorded/verified", verified_rows_are_recorded);
  g_test_add_func("/recorded/single-events", single_events);
  return g_test_run();
}

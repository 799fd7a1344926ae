// Recorded sessions with real servers (SHARED_DATA), the server's side played to a session of ours: what it
// tells the application and what it sends are what the recording has.
#include "conversation.h"

#include "audio/base64.h"
#include "protocol/json_value.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;
namespace fs = std::filesystem;

struct Line {
  std::string dir;
  JsonValue event;
  std::string_view type() const { return event["type"].text(); }
};

struct Recording {
  fs::path file;
  const Provider* provider = nullptr;
  std::vector<Line> lines;

  bool has(std::string_view dir, std::string_view type) const {
    return std::ranges::any_of(lines,
                               [&](const Line& line) { return line.dir == dir && line.type() == type; });
  }
  std::size_t failures() const { // that the server itself tells
    return static_cast<std::size_t>(std::ranges::count_if(lines, [](const Line& line) {
      return line.dir == "S" && (line.type() == "error" || line.type().ends_with("transcription.failed"));
    }));
  }
  bool speaks() const { return has("S", "response.output_audio.delta") || has("S", "response.audio.delta"); }
};

std::vector<fs::path> files_of(const char* folder) {
  std::vector<fs::path> files;
  const char* root = g_getenv("SHARED_DATA");
  std::error_code none;
  if (root)
    for (const auto& entry : fs::directory_iterator(fs::path(root) / "recorded" / folder, none))
      files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

Recording read(const fs::path& file, const Provider& provider) {
  Recording recording{file, &provider, {}};
  std::ifstream in(file);
  for (std::string text; std::getline(in, text);) {
    const JsonValue line = read_json(text).value();
    recording.lines.push_back({std::string(line["dir"].text()), line["event"]});
  }
  return recording;
}

bool ends_with_one_of(std::string_view type, std::initializer_list<std::string_view> ends) {
  return std::ranges::any_of(ends, [&](std::string_view end) { return type.ends_with(end); });
}

// What the application should be told, straight from the recording.
std::string expected(const Recording& recording) {
  std::string out;
  for (const Line& line : recording.lines) {
    if (line.dir != "S") continue;
    const JsonValue& e = line.event;
    const auto add = [&](std::initializer_list<std::string_view> parts) {
      for (const std::string_view part : parts)
        out.append(part).append(" ");
      out += '\n';
    };
    if (ends_with_one_of(line.type(), {"audio_transcript.done"}))
      add({"assistant:", e["transcript"].text()});
    else if (ends_with_one_of(line.type(), {"response.output_text.done", "response.text.done"}))
      add({"assistant:", e["text"].text()});
    else if (line.type().ends_with("input_audio_transcription.completed") &&
             e["status"].text() != "in_progress")
      add({"user:", e["transcript"].text()});
    else if (line.type() == "response.function_call_arguments.done")
      add({"tool:", e["call_id"].text(), e["name"].text(), e["arguments"].text()});
    else if (line.type() == "response.done")
      add({"done:", e["response"]["id"].text(), e["response"]["status"].text()});
  }
  return out;
}

// The last words of an answer are told when it was heard, whatever else is told before.
std::string words_last(const std::string& lines) {
  std::istringstream in(lines);
  std::string first, last;
  for (std::string line; std::getline(in, line);)
    (line.starts_with("assistant:") ? last : first) += line + '\n';
  return first + last;
}

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

// What the client asked for but its settings and its audio; order within a turn is the client's own.
std::vector<std::string> asked(const Recording& recording) {
  std::vector<std::string> types;
  for (const Line& line : recording.lines)
    if (line.dir == "C" && line.type() != "session.update" && line.type() != "input_audio_buffer.append")
      types.emplace_back(line.type());
  std::ranges::sort(types);
  return types;
}

std::vector<std::string> sent(Conversation& c) {
  std::vector<std::string> types;
  for (const std::string& text : c.transport.sent()) {
    const std::string type(read_json(text).value()["type"].text());
    if (type != "session.update" && type != "input_audio_buffer.append") types.push_back(type);
  }
  std::ranges::sort(types);
  return types;
}

FakeSpeechlessServer::Options silent() {
  FakeSpeechlessServer::Options options;
  options.greets = options.acknowledges = options.responds = false;
  return options;
}

std::uint64_t audio_samples(const Recording& recording) {
  std::map<std::string, std::size_t> bytes; // by item
  for (const Line& line : recording.lines) {
    if (line.dir != "S" || !ends_with_one_of(line.type(), {"audio.delta"})) continue;
    const std::string_view text = line.event["delta"].text();
    std::vector<std::uint8_t> out(audio::base64_decoded_bound(text.size()));
    bytes[std::string(line.event["item_id"].text())] += audio::base64_decode(text, out.data()).value();
  }
  std::uint64_t samples = 0;
  for (const auto& [item, count] : bytes)
    samples += count / 2;
  return samples;
}

// Plays the recording: the server's events as they came, the client's acts as the application's.
void play(Conversation& c, const Recording& recording) {
  c.transport.accept();
  // A connection to a call under way has missed its beginning.
  if (!recording.has("S", "session.created")) c.transport.deliver(SessionCreated{c.server.session()});
  c.run();
  std::vector<std::pair<std::string, std::string>> outputs; // of calls that were not announced yet
  for (const Line& line : recording.lines) {
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
  g_assert_true(sent(c) == asked(recording));
  g_assert_cmpuint(c.sink.ear->heard().errors.size(), ==, 0);
  g_assert_cmpuint(c.sink.ear->notices(NoticeKind::error).size(), ==, recording.failures());
  if (!recording.speaks()) return;
  g_assert_cmpuint(heard, ==, audio_samples(recording));
  g_assert_true(c.session->downlink().idle());
}

void sessions() {
  unsigned played = 0;
  for (const Provider& row : providers())
    for (const fs::path& file : files_of(row.name)) {
      replay(read(file, row));
      ++played;
    }
  if (played == 0) return g_test_skip("no recordings beside the source tree");
  g_assert_cmpuint(played, >=, 10);
}

// The rows that are said to be tried are those with a recording, and those that a server of ours speaks.
void verified_rows_are_recorded() {
  if (files_of("openai").empty()) return g_test_skip("no recordings beside the source tree");
  for (const ProviderId id :
       {ProviderId::openai, ProviderId::azure, ProviderId::azure_voice_live, ProviderId::xai}) {
    g_assert_true(provider(id).verified);
    g_assert_false(files_of(provider(id).name).empty());
  }
  for (const Provider& row : providers()) {
    const bool ours =
        row.id == ProviderId::automatic || row.id == ProviderId::custom || row.id == ProviderId::openai_beta;
    if (row.verified && !ours) g_assert_false(files_of(row.name).empty());
  }
}

// Single events of many kinds: each is digested, and a response's end is told as it is.
void single_events() {
  const auto files = files_of("single-events");
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

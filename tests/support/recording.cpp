#include "support/recording.h"

#include "audio/base64.h"

#include <glib.h>

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <map>
#include <sstream>

namespace rt::test {

using namespace protocol;
namespace fs = std::filesystem;

namespace {

bool ends_with_one_of(std::string_view type, std::initializer_list<std::string_view> ends) {
  return std::ranges::any_of(ends, [&](std::string_view end) { return type.ends_with(end); });
}

} // namespace

bool Recording::has(std::string_view dir, std::string_view type) const {
  return std::ranges::any_of(
      lines, [&](const RecordedLine& line) { return line.dir == dir && line.type() == type; });
}

std::size_t Recording::failures() const {
  return static_cast<std::size_t>(std::ranges::count_if(lines, [](const RecordedLine& line) {
    return line.dir == "S" && (line.type() == "error" || line.type().ends_with("transcription.failed"));
  }));
}

bool Recording::speaks() const {
  return has("S", "response.output_audio.delta") || has("S", "response.audio.delta");
}

std::vector<fs::path> recordings_of(const char* folder) {
  std::vector<fs::path> files;
  const char* root = g_getenv("SHARED_DATA");
  std::error_code none;
  if (root)
    for (const auto& entry : fs::directory_iterator(fs::path(root) / "recorded" / folder, none))
      files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

Recording read_recording(const fs::path& file, const Provider& provider) {
  Recording recording{file, &provider, {}};
  std::ifstream in(file);
  for (std::string text; std::getline(in, text);) {
    const JsonValue line = read_json(text).value();
    recording.lines.push_back({std::string(line["dir"].text()), line["event"]});
  }
  return recording;
}

std::string expected(const Recording& recording) {
  std::string out;
  for (const RecordedLine& line : recording.lines) {
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

std::string words_last(const std::string& lines) {
  std::istringstream in(lines);
  std::string first, last;
  for (std::string line; std::getline(in, line);)
    (line.starts_with("assistant:") ? last : first) += line + '\n';
  return first + last;
}

std::vector<std::string> asked(const Recording& recording) {
  std::vector<std::string> types;
  for (const RecordedLine& line : recording.lines)
    if (line.dir == "C" && line.type() != "session.update" && line.type() != "input_audio_buffer.append")
      types.emplace_back(line.type());
  std::ranges::sort(types);
  return types;
}

std::vector<std::string> sent_types(const std::vector<std::string>& sent) {
  std::vector<std::string> types;
  for (const std::string& text : sent) {
    const std::string type(read_json(text).value()["type"].text());
    if (type != "session.update" && type != "input_audio_buffer.append") types.push_back(type);
  }
  std::ranges::sort(types);
  return types;
}

std::uint64_t audio_samples(const Recording& recording) {
  std::map<std::string, std::size_t> bytes; // by item
  for (const RecordedLine& line : recording.lines) {
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

} // namespace rt::test

// The protocol's own examples and recorded traffic, where they stand beside the source tree (SHARED_DATA).
#include "protocol/codec.h"
#include "protocol/json_value.h"
#include "protocol/provider.h"

#include "support.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace {

using namespace rt::protocol;
namespace fs = std::filesystem;

fs::path shared(const char* part) {
  const char* root = g_getenv("SHARED_DATA");
  return root ? fs::path(root) / part : fs::path();
}

std::vector<fs::path> files_in(const fs::path& folder, std::string_view extension) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(folder, none))
    if (entry.is_regular_file() && entry.path().extension() == extension) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

std::string contents(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool unknown(const ServerEvent& event) {
  return std::holds_alternative<UnknownServerEvent>(event.body);
}

void without_raw(ServerEvent& event) {
  if (auto* created = std::get_if<SessionCreated>(&event.body)) created->session.raw = {};
  if (auto* updated = std::get_if<SessionUpdated>(&event.body)) updated->session.raw = {};
}

// A server that takes a rate beside the flat format is more than the strict reader of the dialect knows.
JsonValue recorded_update(const JsonValue& event) {
  JsonValue session = event["session"];
  session.erase("input_audio_sampling_rate");
  JsonValue out = event;
  out.set("session", std::move(session));
  return out;
}

// The order of modalities means nothing.
JsonValue in_our_order(JsonValue event) {
  JsonValue session = event["session"];
  if (session["modalities"].elements().size() == 2)
    session.set("modalities", *read_json(R"(["audio","text"])"));
  event.set("session", std::move(session));
  return event;
}

// What was decoded can be written in `dialect` and decoded to the same.
void comes_back(Dialect dialect, std::string_view text, const std::string& where) {
  auto event = decode_server(text);
  if (!event) g_error("%s: %s", where.c_str(), event.error().message.c_str());
  if (unknown(event.value())) return;
  // The dialects' own fields may not mix in the session: the raw object is of the other one, maybe.
  without_raw(event.value());
  const std::string again = Codec::of(dialect).encode(event.value());
  if (again.empty()) return;
  auto back = decode_server(again);
  if (!back) g_error("%s: %s", where.c_str(), back.error().message.c_str());
  without_raw(back.value());
  if (!(back.value() == event.value())) g_error("%s came back changed:\n%s", where.c_str(), again.c_str());
}

// ---- examples ----

// Translation has its examples among GA's.
Dialect dialect_of_example(Dialect folder, const fs::path& file) {
  const std::string name = file.filename();
  static constexpr std::string_view streams[] = {"session.input_", "session.output_", "session.close"};
  const bool stream = std::ranges::any_of(streams, [&](auto start) { return name.starts_with(start); });
  return stream || name.find(".translation.") != std::string::npos ? Dialect::translation : folder;
}

bool for_each_example(const char* dialect, void (*each)(Dialect, const fs::path&, const std::string&)) {
  const auto files = files_in(shared("protocol/examples") / dialect, ".json");
  for (const fs::path& file : files)
    if (const auto folder = file.parent_path().filename(); folder != "objects")
      each(std::string_view(dialect) == "ga" ? Dialect::ga : Dialect::beta, file, contents(file));
  return !files.empty();
}

bool has_client_event(std::string_view text) {
  return std::ranges::any_of(std::array{Dialect::ga, Dialect::beta, Dialect::translation},
                             [&](Dialect dialect) {
                               const auto event = Codec::of(dialect).decode_client(text);
                               return event.ok() || event.error().code != "unknown_event";
                             });
}

void check_example(Dialect dialect, const fs::path& file, const std::string& text) {
  if (unknown(decode_server(text).value()) && !has_client_event(text))
    g_error("%s: an event of neither side", file.c_str());
  comes_back(dialect_of_example(dialect, file), text, file.string());
}

void examples() {
  const bool ga = for_each_example("ga", check_example), beta = for_each_example("beta", check_example);
  if (!ga || !beta) g_test_skip("no examples beside the source tree");
}

// A client's example of our own dialect is accepted by the strict reader, and said again in the same words.
void check_client_example(Dialect dialect, const fs::path& file, const std::string& text) {
  // Made for the other dialect.
  if (file.parent_path().filename() == "head-spec") return;
  const Codec& codec = Codec::of(dialect_of_example(dialect, file));
  const auto event = codec.decode_client(text);
  if (!event) {
    if (event.error().code != "unknown_event") g_error("%s: %s", file.c_str(), event.error().message.c_str());
    return;
  }
  const auto again = codec.decode_client(codec.encode(event.value()));
  if (!again) g_error("%s: %s", file.c_str(), again.error().message.c_str());
  if (!(again.value() == event.value())) g_error("%s came back changed", file.c_str());
}

void client_examples() {
  const bool ga = for_each_example("ga", check_client_example),
             beta = for_each_example("beta", check_client_example);
  if (!ga || !beta) g_test_skip("no examples beside the source tree");
}

// ---- recorded traffic ----

// Both fields of the two kinds of lines: {"dir","event"} and a bare event.
void recorded() {
  const auto files = files_in(shared("recorded"), ".jsonl");
  if (files.empty()) return g_test_skip("no recordings beside the source tree");
  unsigned events = 0, audio = 0;
  for (const fs::path& file : files) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      const auto parsed = read_json(line);
      if (!parsed) g_error("%s: not JSON", file.c_str());
      const bool wrapped = (*parsed)["dir"].present();
      if (wrapped && (*parsed)["dir"].text() != "S") continue;
      const std::string text = to_text(wrapped ? (*parsed)["event"] : *parsed);
      ++events;
      comes_back(Dialect::ga, text, file.string());
      AudioDeltaView view;
      const auto event = decode_server(text);
      const auto* delta = std::get_if<OutputAudioDelta>(&event->body);
      g_assert_true(scan_audio_delta(text, view) == (delta != nullptr));
      if (delta) equal(view.base64, delta->audio), ++audio;
    }
  }
  g_test_message("%u events, %u of them audio", events, audio);
  g_assert_cmpuint(events, >, 0);
  g_assert_cmpuint(audio, >, 0);
}

// ---- what recorded clients asked of the providers ----

const Provider* provider_of(const fs::path& file) {
  const std::string folder = file.parent_path().filename();
  const auto row = std::ranges::find_if(providers(), [&](const Provider& p) { return folder == p.name; });
  return row == providers().end() ? nullptr : &*row;
}

// Our own words for the same settings are theirs: their server took them.
void recorded_settings() {
  unsigned compared = 0;
  for (const fs::path& file : files_in(shared("recorded"), ".jsonl")) {
    const Provider* row = provider_of(file);
    if (!row) continue;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      const auto parsed = read_json(line);
      const JsonValue& event = (*parsed)["event"];
      if ((*parsed)["dir"].text() != "C" || event["type"].text() != "session.update") continue;
      const Codec& codec = codec_for(*row, row->dialect.value());
      const auto asked = codec.decode_client(to_text(recorded_update(event)));
      if (!asked) g_error("%s: %s", file.c_str(), asked.error().message.c_str());
      const std::string ours = codec.encode(asked.value());
      if (!same_json(*read_json(ours), in_our_order(event)))
        g_error("%s\ntheirs %s\nours   %s", file.c_str(), to_text(event).c_str(), ours.c_str());
      ++compared;
    }
  }
  if (compared == 0) return g_test_skip("no recordings beside the source tree");
  g_assert_cmpuint(compared, >=, 10);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/shared-data/examples", examples);
  g_test_add_func("/shared-data/client-examples", client_examples);
  g_test_add_func("/shared-data/recorded", recorded);
  g_test_add_func("/shared-data/recorded-settings", recorded_settings);
  return g_test_run();
}

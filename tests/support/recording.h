// Sessions with real servers as they were recorded (SHARED_DATA, a folder beside the source tree): what the
// server said, what its client did, and what an application should have been told.
#pragma once

#include "protocol/json_value.h"
#include "protocol/provider.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rt::test {

struct RecordedLine {
  std::string dir; // S or C
  protocol::JsonValue event;
  std::string_view type() const { return event["type"].text(); }
};

struct Recording {
  std::filesystem::path file;
  const protocol::Provider* provider = nullptr;
  std::vector<RecordedLine> lines;

  bool has(std::string_view dir, std::string_view type) const;
  std::size_t failures() const; // that the server itself tells
  bool speaks() const;
};

// Empty without the folder.
std::vector<std::filesystem::path> recordings_of(const char* folder);
Recording read_recording(const std::filesystem::path& file, const protocol::Provider& provider);

// What the application should be told, a line each: `user:`, `assistant:` and `tool:` with their words,
// `done:`.
std::string expected(const Recording& recording);
// The last words of an answer are told when it was heard, whatever else is told before.
std::string words_last(const std::string& lines);
// The types of what the client asked for but its settings and its audio, sorted; order within a turn is the
// client's own.
std::vector<std::string> asked(const Recording& recording);
std::vector<std::string> sent_types(const std::vector<std::string>& sent); // of what we sent
std::uint64_t audio_samples(const Recording& recording);

} // namespace rt::test

// What a server without turns says (translation): one continuous track of audio and one of text for each
// side, without items, responses or ids. `elapsed_ms` is a place on the session's own timeline; several
// pieces may share one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace rt::protocol {

struct StreamAudioDelta {
  std::string audio; // base64, 16-bit samples
  std::uint32_t sample_rate = 24000;
  std::optional<std::uint64_t> elapsed_ms = {};
  bool operator==(const StreamAudioDelta&) const = default;
};
struct StreamOutputText { // what is said
  std::string delta;
  std::optional<std::uint64_t> elapsed_ms = {};
  bool operator==(const StreamOutputText&) const = default;
};
struct StreamInputText { // what was heard
  std::string delta;
  std::optional<std::uint64_t> elapsed_ms = {};
  bool operator==(const StreamInputText&) const = default;
};
struct SessionClosed { // all that was under way has been sent
  bool operator==(const SessionClosed&) const = default;
};

} // namespace rt::protocol

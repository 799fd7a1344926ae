// What a server says of the input: its turns, and the words in it.
#pragma once

#include "protocol/item.h"
#include "protocol/server_error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rt::protocol {

struct InputAudioCommitted {
  std::string item_id;
  std::optional<std::string> previous_item_id;
  bool operator==(const InputAudioCommitted&) const = default;
};
struct InputAudioCleared {
  bool operator==(const InputAudioCleared&) const = default;
};
struct SpeechStarted { // ms of audio written in the session, prefix padding included
  std::uint64_t audio_start_ms = 0;
  std::string item_id;
  bool operator==(const SpeechStarted&) const = default;
};
struct SpeechStopped { // silence included
  std::uint64_t audio_end_ms = 0;
  std::string item_id;
  bool operator==(const SpeechStopped&) const = default;
};
struct IdleTimeout { // input_audio_buffer.timeout_triggered, GA
  std::uint64_t audio_start_ms = 0, audio_end_ms = 0;
  std::string item_id;
  bool operator==(const IdleTimeout&) const = default;
};
struct DtmfReceived { // of a SIP call; the one event without an event_id
  std::string key;
  std::int64_t received_at = 0; // unix seconds
  bool operator==(const DtmfReceived&) const = default;
};

// The transcript of the input comes when it comes: its events interleave with those of the answer.
struct InputTranscriptDelta {
  std::string item_id;
  std::uint32_t content_index = 0;
  std::string delta;
  std::optional<Json> logprobs = {}; // array
  bool operator==(const InputTranscriptDelta&) const = default;
};
struct InputTranscriptCompleted {
  std::string item_id;
  std::uint32_t content_index = 0;
  std::string transcript;
  double seconds = 0; // of audio billed; 0 when the server counts tokens
  std::optional<Usage> tokens = {};
  std::vector<std::string> languages = {};
  std::optional<Json> logprobs = {}; // array
  bool more_follows = false;         // one provider says the whole transcript again and again while it grows
  bool operator==(const InputTranscriptCompleted&) const = default;
};
struct InputTranscriptSegment { // of a model that tells speakers apart
  std::string item_id;
  std::uint32_t content_index = 0;
  std::string id, speaker, text;
  double start = 0, end = 0; // s
  bool operator==(const InputTranscriptSegment&) const = default;
};
struct InputTranscriptFailed {
  std::string item_id;
  std::uint32_t content_index = 0;
  ErrorInfo error;
  bool operator==(const InputTranscriptFailed&) const = default;
};

} // namespace rt::protocol

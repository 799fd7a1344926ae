// What a client sends.
//
//   session.update ----------------------> session.updated | error
//   input_audio_buffer.append ...          (never answered)
//   input_audio_buffer.commit ------------> input_audio_buffer.committed, the user item
//   conversation.item.create -------------> item added/done (beta: created)
//   response.create ----------------------> response.created ... response.done
//   conversation.item.truncate -----------> conversation.item.truncated
//   session.close (translation) ----------> the rest of the output, session.closed
#pragma once

#include "protocol/item.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace rt::protocol {

struct SessionUpdate {
  SessionConfig config; // all absent: the empty update, answered like any other
  SessionType type = SessionType::conversation;
  bool operator==(const SessionUpdate&) const = default;
};
struct InputAudioAppend {
  std::string audio; // base64; the hot path uses encode_append() instead
  bool operator==(const InputAudioAppend&) const = default;
};
struct InputAudioCommit {
  bool operator==(const InputAudioCommit&) const = default;
};
struct InputAudioClear {
  bool operator==(const InputAudioClear&) const = default;
};
struct ItemCreate {
  Item item;
  std::optional<std::string> previous_item_id; // absent: append; "root": front
  bool operator==(const ItemCreate&) const = default;
};
struct ItemRetrieve {
  std::string item_id;
  bool operator==(const ItemRetrieve&) const = default;
};
struct ItemDelete {
  std::string item_id;
  bool operator==(const ItemDelete&) const = default;
};
struct ItemTruncate {
  std::string item_id;
  std::uint32_t content_index = 0;
  std::uint64_t audio_end_ms = 0; // inclusive
  bool operator==(const ItemTruncate&) const = default;
};
// `response` of response.create. An absent optional is not sent.
struct ResponseOptions {
  std::optional<std::string> instructions;
  std::optional<Modality> output_modality;
  std::optional<std::string> voice;
  std::optional<audio::Format> output_format;
  std::optional<Json> tools, tool_choice;
  std::optional<std::int64_t> max_output_tokens;
  std::optional<double> temperature;       // beta only
  std::optional<std::string> conversation; // "auto" or "none"
  std::optional<Json> metadata;            // object
  std::optional<Json> input;               // array of items and item references
  std::optional<Json> extra;               // merged last; on decode: fields not listed above
  bool operator==(const ResponseOptions&) const = default;
  bool empty() const { return *this == ResponseOptions{}; }
};
struct ResponseCreate {
  ResponseOptions options;
  bool operator==(const ResponseCreate&) const = default;
};
struct ResponseCancel {
  std::optional<std::string> response_id;
  bool operator==(const ResponseCancel&) const = default;
};
struct OutputBufferClear { // of a WebRTC or SIP call
  bool operator==(const OutputBufferClear&) const = default;
};
struct SessionClose { // translation: end of the input
  bool operator==(const SessionClose&) const = default;
};
// Anything else, as the user wrote it; event_id is added unless it has one.
struct RawClientEvent {
  std::string type;
  Json json;
  std::string event_id{}; // its own, if it has one
  bool operator==(const RawClientEvent&) const = default;
};

struct ClientEvent {
  std::string event_id; // empty: not sent
  std::variant<SessionUpdate, InputAudioAppend, InputAudioCommit, InputAudioClear, ItemCreate, ItemRetrieve,
               ItemDelete, ItemTruncate, ResponseCreate, ResponseCancel, OutputBufferClear, SessionClose,
               RawClientEvent>
      body;
  bool operator==(const ClientEvent&) const = default;
};

} // namespace rt::protocol

// What a server sends, as far as we understand it; everything else is UnknownServerEvent.
// Beta's event names decode to the same values: the dialect is only a matter of the text.
#pragma once

#include "protocol/item.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rt::protocol {

struct ErrorInfo {
  std::string type, code, message, param;
  std::string event_id; // the client event that caused it, or empty
  bool operator==(const ErrorInfo&) const = default;
};

struct ErrorEvent {
  ErrorInfo error;
  bool operator==(const ErrorEvent&) const = default;
};
struct SessionCreated {
  SessionInfo session;
  bool operator==(const SessionCreated&) const = default;
};
struct SessionUpdated {
  SessionInfo session;
  bool operator==(const SessionUpdated&) const = default;
};
struct ConversationCreated {
  std::string conversation_id;
  bool operator==(const ConversationCreated&) const = default;
};
struct ItemAdded { // GA conversation.item.added; also conversation.item.created of beta
  Item item;
  std::optional<std::string> previous_item_id;
  bool operator==(const ItemAdded&) const = default;
};
struct ItemDone { // GA only; the beta codec encodes it to nothing (an empty string)
  Item item;
  std::optional<std::string> previous_item_id;
  bool operator==(const ItemDone&) const = default;
};
struct ItemRetrieved {
  Item item;
  bool operator==(const ItemRetrieved&) const = default;
};
struct ItemDeleted {
  std::string item_id;
  bool operator==(const ItemDeleted&) const = default;
};
struct ItemTruncated {
  std::string item_id;
  std::uint32_t content_index = 0;
  std::uint64_t audio_end_ms = 0;
  bool operator==(const ItemTruncated&) const = default;
};
struct InputTranscriptDelta {
  std::string item_id;
  std::uint32_t content_index = 0;
  std::string delta;
  bool operator==(const InputTranscriptDelta&) const = default;
};
struct InputTranscriptCompleted {
  std::string item_id;
  std::uint32_t content_index = 0;
  std::string transcript;
  double seconds = 0; // usage type duration; 0 when the server counts tokens
  bool operator==(const InputTranscriptCompleted&) const = default;
};
struct InputTranscriptFailed {
  std::string item_id;
  std::uint32_t content_index = 0;
  ErrorInfo error;
  bool operator==(const InputTranscriptFailed&) const = default;
};
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
struct ResponseCreated {
  Response response;
  bool operator==(const ResponseCreated&) const = default;
};
struct ResponseDone {
  Response response;
  bool operator==(const ResponseDone&) const = default;
};
struct OutputItemAdded {
  std::string response_id;
  std::uint32_t output_index = 0;
  Item item;
  bool operator==(const OutputItemAdded&) const = default;
};
struct OutputItemDone {
  std::string response_id;
  std::uint32_t output_index = 0;
  Item item;
  bool operator==(const OutputItemDone&) const = default;
};
// Where in a response a piece of content belongs.
struct ContentRef {
  std::string response_id, item_id;
  std::uint32_t output_index = 0, content_index = 0;
  bool operator==(const ContentRef&) const = default;
};
struct ContentPartAdded {
  ContentRef at;
  ContentPart part;
  bool operator==(const ContentPartAdded&) const = default;
};
struct ContentPartDone {
  ContentRef at;
  ContentPart part;
  bool operator==(const ContentPartDone&) const = default;
};
struct OutputAudioDelta {
  ContentRef at;
  std::string audio; // base64 as it came; decode with audio/base64.h straight to its destination
  bool operator==(const OutputAudioDelta&) const = default;
};
struct OutputAudioDone {
  ContentRef at;
  bool operator==(const OutputAudioDone&) const = default;
};
struct OutputTranscriptDelta {
  ContentRef at;
  std::string delta;
  bool operator==(const OutputTranscriptDelta&) const = default;
};
struct OutputTranscriptDone {
  ContentRef at;
  std::string transcript;
  bool operator==(const OutputTranscriptDone&) const = default;
};
struct OutputTextDelta {
  ContentRef at;
  std::string delta;
  bool operator==(const OutputTextDelta&) const = default;
};
struct OutputTextDone {
  ContentRef at;
  std::string text;
  bool operator==(const OutputTextDone&) const = default;
};
struct FunctionArgumentsDelta {
  ContentRef at; // content_index unused
  std::string call_id, delta;
  bool operator==(const FunctionArgumentsDelta&) const = default;
};
struct FunctionArgumentsDone {
  ContentRef at;                        // content_index unused
  std::string call_id, name, arguments; // name may be empty in beta
  bool operator==(const FunctionArgumentsDone&) const = default;
};
struct RateLimits {
  struct Limit {
    std::string name;
    std::int64_t limit = 0, remaining = 0;
    double reset_seconds = 0;
    bool operator==(const Limit&) const = default;
  };
  std::vector<Limit> limits;
  bool operator==(const RateLimits&) const = default;
};
struct UnknownServerEvent {
  std::string type;
  Json json;
  bool operator==(const UnknownServerEvent&) const = default;
};

struct ServerEvent {
  std::string event_id;
  std::variant<ErrorEvent, SessionCreated, SessionUpdated, ConversationCreated, ItemAdded, ItemDone,
               ItemRetrieved, ItemDeleted, ItemTruncated, InputTranscriptDelta, InputTranscriptCompleted,
               InputTranscriptFailed, InputAudioCommitted, InputAudioCleared, SpeechStarted, SpeechStopped,
               IdleTimeout, ResponseCreated, ResponseDone, OutputItemAdded, OutputItemDone, ContentPartAdded,
               ContentPartDone, OutputAudioDelta, OutputAudioDone, OutputTranscriptDelta,
               OutputTranscriptDone, OutputTextDelta, OutputTextDone, FunctionArgumentsDelta,
               FunctionArgumentsDone, RateLimits, UnknownServerEvent>
      body;
  bool operator==(const ServerEvent&) const = default;
};

} // namespace rt::protocol

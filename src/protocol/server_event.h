// What a server sends, as far as we understand it; everything else is UnknownServerEvent.
// Dialects' event names decode to the same values: the dialect is only a matter of the text.
#pragma once

#include "protocol/server_error.h"
#include "protocol/server_input_event.h"
#include "protocol/server_mcp_event.h"
#include "protocol/server_response_event.h"
#include "protocol/server_stream_event.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rt::protocol {

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
               InputTranscriptSegment, InputTranscriptFailed, InputAudioCommitted, InputAudioCleared,
               SpeechStarted, SpeechStopped, IdleTimeout, DtmfReceived, ResponseCreated, ResponseDone,
               OutputItemAdded, OutputItemDone, ContentPartAdded, ContentPartDone, OutputAudioDelta,
               OutputAudioDone, OutputTranscriptDelta, OutputTranscriptDone, OutputTextDelta, OutputTextDone,
               FunctionArgumentsDelta, FunctionArgumentsDone, OutputBufferStarted, OutputBufferStopped,
               OutputBufferCleared, McpListToolsInProgress, McpListToolsCompleted, McpListToolsFailed,
               McpArgumentsDelta, McpArgumentsDone, McpCallInProgress, McpCallCompleted, McpCallFailed,
               RateLimits, StreamAudioDelta, StreamOutputText, StreamInputText, SessionClosed,
               UnknownServerEvent>
      body;
  bool operator==(const ServerEvent&) const = default;
};

} // namespace rt::protocol

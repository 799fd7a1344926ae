// What a server says of an answer: the response, its items, their parts, and the pieces of those.
#pragma once

#include "protocol/item.h"

#include <cstdint>
#include <string>

namespace rt::protocol {

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

// The server's own playback of a WebRTC or SIP call; never on a WebSocket session.
struct OutputBufferStarted {
  std::string response_id;
  bool operator==(const OutputBufferStarted&) const = default;
};
struct OutputBufferStopped {
  std::string response_id;
  bool operator==(const OutputBufferStopped&) const = default;
};
struct OutputBufferCleared {
  std::string response_id;
  bool operator==(const OutputBufferCleared&) const = default;
};

} // namespace rt::protocol

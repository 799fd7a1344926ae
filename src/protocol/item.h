// Conversation items and responses, as both sides of the wire see them.
#pragma once

#include "protocol/session_config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rt::protocol {

struct ContentPart {
  // Beta's assistant parts `text` and `audio` decode to output_text and output_audio; the codec writes each
  // dialect's name.
  enum class Type { input_text, input_audio, input_image, output_text, output_audio, other };
  Type type = Type::input_text;
  std::optional<std::string> text;
  std::optional<std::string> transcript;
  std::optional<std::string> audio; // base64
  std::optional<std::string> image_url;
  Json raw;                          // type other: the whole part
  std::optional<std::string> detail; // of an image: auto, low, high
  std::optional<std::string> format; // of audio in a retrieved item
  bool operator==(const ContentPart&) const = default;
};

struct Item {
  enum class Type {
    message,
    function_call,
    function_call_output,
    mcp_list_tools,        // what a server of tools offers
    mcp_call,              // a call that the server makes by itself
    mcp_approval_request,  // a call that waits for our approval
    mcp_approval_response, // our answer; a client gives it an id
    other
  };
  enum class Role { none, user, assistant, system };
  std::string id;
  Type type = Type::message;
  Role role = Role::none;
  std::string status; // in_progress, completed, incomplete, or empty
  std::vector<ContentPart> content;
  std::string call_id;
  std::string name;
  std::string arguments; // JSON text
  std::string output;    // of an mcp_call empty until it has one
  std::string server_label = {};
  std::string approval_request_id = {};
  bool approve = false;           // mcp_approval_response
  std::string reason = {};        // mcp_approval_response, may be empty
  std::optional<Json> tools = {}; // mcp_list_tools: array
  std::optional<Json> error = {}; // mcp_call: object with type and message
  Json raw;                       // type other: the whole item
  bool operator==(const Item&) const = default;
};

struct Usage { // tokens; input = text + audio + image, cached among them
  std::uint64_t total = 0, input = 0, output = 0;
  std::uint64_t input_text = 0, input_audio = 0, input_image = 0;
  std::uint64_t cached = 0, cached_text = 0, cached_audio = 0, cached_image = 0;
  std::uint64_t output_text = 0, output_audio = 0;
  bool operator==(const Usage&) const = default;
};

enum class ResponseStatus { in_progress, completed, cancelled, failed, incomplete, other };

struct Response {
  std::string id;
  ResponseStatus status = ResponseStatus::in_progress;
  std::string reason; // turn_detected, client_cancelled, max_output_tokens, content_filter, or empty
  std::string error_type, error_code, error_message; // status failed
  std::optional<std::string> conversation_id;        // absent when the response is out of band
  std::vector<Item> output;
  std::optional<Usage> usage;
  std::optional<Json> metadata; // object
  std::optional<Modality> output_modality;
  std::optional<std::string> voice;
  std::optional<audio::Format> output_format;
  std::optional<std::int64_t> max_output_tokens = {};
  std::optional<double> temperature = {}; // beta
  bool operator==(const Response&) const = default;
};

} // namespace rt::protocol

// One response's settings: the session's, overridden by response.create.
#pragma once

#include "server/context.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rt::server {

struct ResponseSettings {
  protocol::Modality modality = protocol::Modality::audio;
  std::string voice;
  double speed = 1;
  audio::Format format;
  std::string instructions; // of this response only
  std::string tools = "[]", tool_choice = "\"auto\"";
  std::int64_t max_output_tokens = protocol::infinite_tokens;
  bool in_conversation = true;
  std::optional<protocol::Json> metadata;
  // What the model sees, oldest first: ids of stored items, or items of response.create's own `input`.
  std::vector<std::variant<std::string, StoredItem>> context;
};

std::variant<ResponseSettings, Refusal> response_settings(const Context& context,
                                                          const protocol::ResponseOptions& options);

} // namespace rt::server

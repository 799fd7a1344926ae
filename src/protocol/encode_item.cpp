#include "protocol/item_json.h"
#include "protocol/names.h"
#include "protocol/session_json.h"

namespace rt::protocol {

namespace {

JsonValue unless_empty(const std::string& text) {
  return text.empty() ? JsonValue() : JsonValue(text);
}

JsonValue null_if_empty(const std::string& text) {
  return text.empty() ? JsonValue(nullptr) : JsonValue(text);
}

JsonValue part_json(std::string_view type, const ContentPart& part) {
  if (part.type == ContentPart::Type::other) return parsed(part.raw);
  JsonValue out = JsonValue::object();
  out.set("type", type);
  out.set("text", part.text);
  out.set("audio", part.audio);
  out.set("transcript", part.transcript);
  out.set("image_url", part.image_url);
  out.set("detail", part.detail);
  out.set("format", part.format);
  return out;
}

std::string_view short_name(const ContentPart& part) {
  const std::string_view name = name_of(short_part_names, part.type);
  return name.empty() ? name_of(part_names, part.type) : name;
}

JsonValue content_json(Dialect dialect, const std::vector<ContentPart>& parts) {
  JsonValue content = JsonValue::array();
  for (const ContentPart& part : parts)
    content.push(part_json(dialect == Dialect::ga ? name_of(part_names, part.type) : short_name(part), part));
  return content;
}

} // namespace

JsonValue usage_json(const Usage& usage) {
  JsonValue cached = JsonValue::object();
  cached.set("text_tokens", usage.cached_text);
  cached.set("audio_tokens", usage.cached_audio);
  cached.set("image_tokens", usage.cached_image);
  JsonValue input = JsonValue::object();
  input.set("text_tokens", usage.input_text);
  input.set("audio_tokens", usage.input_audio);
  input.set("image_tokens", usage.input_image);
  input.set("cached_tokens", usage.cached);
  input.set("cached_tokens_details", std::move(cached));
  JsonValue output = JsonValue::object();
  output.set("text_tokens", usage.output_text);
  output.set("audio_tokens", usage.output_audio);
  JsonValue out = JsonValue::object();
  out.set("total_tokens", usage.total);
  out.set("input_tokens", usage.input);
  out.set("output_tokens", usage.output);
  out.set("input_token_details", std::move(input));
  out.set("output_token_details", std::move(output));
  return out;
}

namespace {

JsonValue status_details_json(const Response& response) {
  const bool failed =
      !response.error_type.empty() || !response.error_code.empty() || !response.error_message.empty();
  const bool ended_early =
      response.status != ResponseStatus::in_progress && response.status != ResponseStatus::completed;
  if (!ended_early && !failed && response.reason.empty()) return nullptr;
  JsonValue out = JsonValue::object();
  if (response.status != ResponseStatus::in_progress)
    out.set("type", name_of(response_status_names, response.status));
  out.set("reason", unless_empty(response.reason));
  if (failed) {
    JsonValue error = JsonValue::object();
    error.set("type", unless_empty(response.error_type));
    error.set("code", unless_empty(response.error_code));
    error.set("message", unless_empty(response.error_message));
    out.set("error", std::move(error));
  }
  return out;
}

// Voice and format of the output, which the dialects keep in different places.
void set_output(Dialect dialect, JsonValue& out, const std::optional<std::string>& voice,
                const std::optional<audio::Format>& format) {
  const JsonValue format_value = format ? format_json(dialect, *format) : JsonValue();
  if (dialect == Dialect::beta) {
    out.set("voice", voice_json(voice));
    out.set("output_audio_format", format_value);
  } else if (dialect == Dialect::ga && (voice || format)) {
    JsonValue output = JsonValue::object();
    output.set("format", format_value);
    output.set("voice", voice_json(voice));
    JsonValue audio = JsonValue::object();
    audio.set("output", std::move(output));
    out.set("audio", std::move(audio));
  }
}

std::string_view modalities_name(Dialect dialect) {
  return dialect == Dialect::ga ? "output_modalities" : "modalities";
}

} // namespace

namespace {

void set_mcp(JsonValue& out, const Item& item) {
  if (item.type == Item::Type::mcp_approval_response) {
    out.set("approval_request_id", item.approval_request_id);
    out.set("approve", item.approve);
    out.set("reason", unless_empty(item.reason));
    return;
  }
  out.set("server_label", item.server_label);
  if (item.type == Item::Type::mcp_list_tools) {
    const JsonValue tools = parsed(item.tools);
    out.set("tools", tools.present() ? tools : JsonValue::array());
  } else {
    out.set("name", item.name);
    out.set("arguments", item.arguments);
  }
  if (item.type == Item::Type::mcp_call) {
    out.set("approval_request_id", null_if_empty(item.approval_request_id));
    out.set("output", null_if_empty(item.output));
  }
  out.set("error", parsed(item.error));
}

} // namespace

JsonValue item_json(Dialect dialect, Side side, const Item& item) {
  if (item.type == Item::Type::other) return parsed(item.raw);
  JsonValue out = JsonValue::object();
  out.set("id", unless_empty(item.id));
  out.set("type", name_of(item_type_names, item.type));
  switch (item.type) {
  case Item::Type::mcp_list_tools:
  case Item::Type::mcp_call:
  case Item::Type::mcp_approval_request:
  case Item::Type::mcp_approval_response:
    set_mcp(out, item);
    return out;
  default:
    break;
  }
  if (side == Side::server) out.set("object", "realtime.item");
  out.set("status", unless_empty(item.status));
  switch (item.type) {
  case Item::Type::function_call:
    out.set("call_id", unless_empty(item.call_id));
    out.set("name", item.name);
    out.set("arguments", item.arguments);
    break;
  case Item::Type::function_call_output:
    out.set("call_id", item.call_id);
    out.set("output", item.output);
    break;
  default:
    if (item.role != Item::Role::none) out.set("role", name_of(role_names, item.role));
    out.set("content", content_json(dialect, item.content));
  }
  return out;
}

JsonValue event_part_json(const ContentPart& part) {
  return part_json(short_name(part), part);
}

JsonValue response_json(Dialect dialect, const Response& response) {
  JsonValue out = JsonValue::object();
  out.set("object", "realtime.response");
  out.set("id", response.id);
  out.set("status", name_of(response_status_names, response.status));
  out.set("status_details", status_details_json(response));
  JsonValue output = JsonValue::array();
  for (const Item& item : response.output)
    output.push(item_json(dialect, Side::server, item));
  out.set("output", std::move(output));
  out.set("conversation_id", null_if_empty(response.conversation_id.value_or("")));
  out.set(modalities_name(dialect), modalities_json(dialect, response.output_modality));
  set_output(dialect, out, response.voice, response.output_format);
  out.set("max_output_tokens", tokens_json(response.max_output_tokens));
  if (dialect == Dialect::beta) out.set("temperature", response.temperature);
  out.set("usage", response.usage ? usage_json(*response.usage) : JsonValue(nullptr));
  const JsonValue metadata = parsed(response.metadata);
  out.set("metadata", metadata.present() ? metadata : JsonValue(nullptr));
  return out;
}

JsonValue response_options_json(Dialect dialect, const ResponseOptions& options) {
  JsonValue out = JsonValue::object();
  out.set(modalities_name(dialect), modalities_json(dialect, options.output_modality));
  out.set("instructions", options.instructions);
  set_output(dialect, out, options.voice, options.output_format);
  out.set("tools", parsed(options.tools));
  out.set("tool_choice", parsed(options.tool_choice));
  out.set(dialect == Dialect::ga ? "max_output_tokens" : "max_response_output_tokens",
          tokens_json(options.max_output_tokens));
  if (dialect == Dialect::beta) out.set("temperature", options.temperature);
  out.set("conversation", options.conversation);
  out.set("metadata", parsed(options.metadata));
  out.set("input", parsed(options.input));
  if (const JsonValue extra = parsed(options.extra); extra.is_object()) out.merge(extra);
  return out;
}

} // namespace rt::protocol

#include "protocol/item_json.h"
#include "protocol/names.h"
#include "protocol/session_json.h"

namespace rt::protocol {

ContentPart read_part(const JsonValue& value) {
  ContentPart part;
  part.type = value_of(part_names, value["type"].text()).value_or(ContentPart::Type::other);
  if (part.type == ContentPart::Type::other) {
    part.raw.text = to_text(value);
    return part;
  }
  part.text = value["text"].as_string();
  part.transcript = value["transcript"].as_string();
  part.audio = value["audio"].as_string();
  part.image_url = value["image_url"].as_string();
  part.detail = value["detail"].as_string();
  part.format = value["format"].as_string();
  return part;
}

Item read_item(const JsonValue& value) {
  Item item;
  item.id = value["id"].text();
  item.role = value_of(role_names, value["role"].text()).value_or(Item::Role::none);
  const bool bare_message = !value["type"].present() && item.role != Item::Role::none;
  item.type = bare_message ? Item::Type::message
                           : value_of(item_type_names, value["type"].text()).value_or(Item::Type::other);
  item.status = value["status"].text();
  // Some servers give every kind of item every field: only those that mean something are taken.
  switch (item.type) {
  case Item::Type::message:
    for (const JsonValue& part : value["content"].elements())
      item.content.push_back(read_part(part));
    break;
  case Item::Type::function_call:
    item.call_id = value["call_id"].text();
    item.name = value["name"].text();
    item.arguments = value["arguments"].text();
    break;
  case Item::Type::function_call_output:
    item.call_id = value["call_id"].text();
    item.output = value["output"].text();
    break;
  case Item::Type::mcp_list_tools:
    item.server_label = value["server_label"].text();
    item.tools = kept_array(value["tools"]);
    item.error = kept_object(value["error"]);
    break;
  case Item::Type::mcp_call:
  case Item::Type::mcp_approval_request:
    item.server_label = value["server_label"].text();
    item.name = value["name"].text();
    item.arguments = value["arguments"].text();
    item.approval_request_id = value["approval_request_id"].text();
    item.output = value["output"].text();
    item.error = kept_object(value["error"]);
    break;
  case Item::Type::mcp_approval_response:
    item.approval_request_id = value["approval_request_id"].text();
    item.approve = value["approve"].as_bool().value_or(false);
    item.reason = value["reason"].text();
    break;
  case Item::Type::other:
    item.raw.text = to_text(value);
    break;
  }
  if (item.type != Item::Type::message) item.role = Item::Role::none;
  return item;
}

namespace {

std::uint64_t count(const JsonValue& value) {
  return value.as_count().value_or(0);
}

} // namespace

std::optional<Usage> read_usage(const JsonValue& value) {
  if (!value.is_object()) return {};
  const JsonValue& input = value["input_token_details"];
  const JsonValue& cached = input["cached_tokens_details"];
  const JsonValue& output = value["output_token_details"];
  Usage usage;
  usage.total = count(value["total_tokens"]);
  usage.input = count(value["input_tokens"]);
  usage.output = count(value["output_tokens"]);
  usage.input_text = count(input["text_tokens"]);
  usage.input_audio = count(input["audio_tokens"]);
  usage.input_image = count(input["image_tokens"]);
  usage.cached = count(input["cached_tokens"]);
  usage.cached_text = count(cached["text_tokens"]);
  usage.cached_audio = count(cached["audio_tokens"]);
  usage.cached_image = count(cached["image_tokens"]);
  usage.output_text = count(output["text_tokens"]);
  usage.output_audio = count(output["audio_tokens"]);
  return usage;
}

Response read_response(const JsonValue& value) {
  Response response;
  response.id = value["id"].text();
  if (const JsonValue& status = value["status"]; status.is_string())
    response.status = value_of(response_status_names, status.text()).value_or(ResponseStatus::other);
  const JsonValue& details = value["status_details"];
  response.reason = details["reason"].text();
  response.error_type = details["error"]["type"].text();
  response.error_code = details["error"]["code"].text();
  response.error_message = details["error"]["message"].text();
  response.conversation_id = value["conversation_id"].as_string();
  for (const JsonValue& item : value["output"].elements())
    response.output.push_back(read_item(item));
  response.usage = read_usage(value["usage"]);
  response.metadata = kept_object(value["metadata"]);
  response.output_modality = read_modality(either(value["output_modalities"], value["modalities"]));
  const JsonValue& output = value["audio"]["output"];
  response.voice = read_voice(either(output["voice"], value["voice"]));
  response.output_format = read_format(either(output["format"], value["output_audio_format"]));
  response.max_output_tokens = read_tokens(value["max_output_tokens"]);
  response.temperature = value["temperature"].as_number();
  return response;
}

ResponseOptions read_response_options(const JsonValue& value) {
  const JsonValue& output = value["audio"]["output"];
  ResponseOptions options;
  options.instructions = value["instructions"].as_string();
  options.output_modality = read_modality(either(value["output_modalities"], value["modalities"]));
  options.voice = read_voice(either(output["voice"], value["voice"]));
  options.output_format = read_format(either(output["format"], value["output_audio_format"]));
  options.tools = kept_array(value["tools"]);
  const JsonValue& choice = value["tool_choice"];
  if (choice.is_string() || choice.is_object()) options.tool_choice = kept(choice);
  options.max_output_tokens =
      read_tokens(either(value["max_output_tokens"], value["max_response_output_tokens"]));
  options.temperature = value["temperature"].as_number();
  options.conversation = value["conversation"].as_string();
  options.metadata = kept_object(value["metadata"]);
  options.input = kept_array(value["input"]);
  JsonValue extra = JsonValue::object();
  for (const auto& [name, member] : value.members()) {
    static constexpr std::string_view understood[] = {"instructions",
                                                      "output_modalities",
                                                      "modalities",
                                                      "audio",
                                                      "voice",
                                                      "output_audio_format",
                                                      "tools",
                                                      "tool_choice",
                                                      "max_output_tokens",
                                                      "max_response_output_tokens",
                                                      "temperature",
                                                      "conversation",
                                                      "metadata",
                                                      "input"};
    if (std::find(std::begin(understood), std::end(understood), name) == std::end(understood))
      extra.set(name, member);
  }
  if (!extra.members().empty()) options.extra = kept(extra);
  return options;
}

} // namespace rt::protocol

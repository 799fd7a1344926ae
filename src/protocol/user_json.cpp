// JSON that users write in properties and signals.
#include "protocol/client_shapes.h"
#include "protocol/codec.h"
#include "protocol/item_json.h"
#include "protocol/json_value.h"
#include "protocol/session_json.h"

#include <glib.h>

#include <algorithm>

namespace rt::protocol {

namespace {

Error unusable(std::string message) {
  return {.kind = ErrorKind::invalid_settings, .message = std::move(message)};
}

Result<JsonValue> parse_as(std::string_view text, JsonValue::Kind kind) {
  std::string problem;
  auto value = read_json(text, &problem);
  if (!value) return unusable("not valid JSON: " + problem);
  if (value->kind() != kind)
    return unusable(kind == JsonValue::Kind::object ? "a JSON object is needed, {...}"
                                                    : "a JSON array is needed, [...]");
  return std::move(*value);
}

Result<Json> text_of(const Result<JsonValue>& value) {
  if (!value) return value.error();
  return Json{to_text(value.value())};
}

// What the models accept as a function's name.
bool is_function_name(std::string_view name) {
  const auto fits = [](char c) { return g_ascii_isalnum(c) || c == '_' || c == '-' || c == '.'; };
  return !name.empty() && name.size() <= 128 && std::ranges::all_of(name, fits);
}

std::string_view trimmed(std::string_view text) {
  static constexpr std::string_view space = " \t\r\n";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

Result<Json> tool_choice_object(std::string_view text) {
  auto object = parse_as(text, JsonValue::Kind::object);
  if (!object) return object.error();
  const std::string_view type = object.value()["type"].text();
  if (type.empty()) return unusable("the object needs a `type`: function or mcp");
  if (type == "function" && !object.value()["name"].is_string())
    return unusable("a `type` of function needs the function's `name`");
  if (type == "mcp" && !object.value()["server_label"].is_string())
    return unusable("a `type` of mcp needs a `server_label`");
  return Json{to_text(object.value())};
}

} // namespace

Result<Json> parse_json_object(std::string_view text) {
  return text_of(parse_as(text, JsonValue::Kind::object));
}

Result<Json> parse_json_array(std::string_view text) {
  return text_of(parse_as(text, JsonValue::Kind::array));
}

Result<std::vector<Item>> parse_items(std::string_view text) {
  auto list = parse_as(text, JsonValue::Kind::array);
  if (!list) return list.error();
  std::vector<Item> items;
  for (const JsonValue& entry : list->elements()) {
    if (auto violation = check(entry, user_item_shape(), "[" + std::to_string(items.size()) + "]"))
      return unusable(std::move(violation->message));
    items.push_back(read_item(entry));
  }
  return items;
}

Result<ResponseOptions> parse_response_options(std::string_view text) {
  auto object = parse_as(text, JsonValue::Kind::object);
  if (!object) return object.error();
  if (auto violation = check(object.value(), user_response_shape(), ""))
    return unusable(std::move(violation->message));
  return read_response_options(object.value());
}

Result<Json> parse_tool_choice(std::string_view text) {
  text = trimmed(text);
  if (text == "auto" || text == "none" || text == "required") return Json{json_quote(text)};
  if (text.starts_with('{')) return tool_choice_object(text);
  if (!is_function_name(text))
    return unusable("neither auto, none, required, nor a function's name, nor a JSON object");
  JsonValue out = JsonValue::object();
  out.set("type", "function").set("name", text);
  return Json{to_text(out)};
}

Result<RawClientEvent> parse_raw_event(std::string_view text) {
  auto object = parse_as(text, JsonValue::Kind::object);
  if (!object) return object.error();
  const std::string_view type = object.value()["type"].text();
  if (type.empty()) return unusable("the event needs a `type`, a string");
  return RawClientEvent{std::string(type), Json{to_text(object.value())},
                        std::string(object.value()["event_id"].text())};
}

std::string json_quote(std::string_view text) {
  std::string out;
  append_quoted(text, out);
  return out;
}

std::vector<std::string> tool_names(const Json& tools) {
  std::vector<std::string> names;
  const JsonValue list = parsed(tools);
  for (const JsonValue& tool : list.elements())
    if (tool["name"].is_string() && (!tool["type"].present() || tool["type"].text() == "function"))
      names.emplace_back(tool["name"].text());
  return names;
}

} // namespace rt::protocol

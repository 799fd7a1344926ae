#include "session/own_metadata.h"

#include "protocol/json_value.h"

namespace rt::session {
namespace {

using protocol::Json;
using protocol::JsonValue;

constexpr std::string_view key = "gst_response";
constexpr std::size_t most_members = 16; // the protocol's limit

JsonValue object_of(const std::optional<Json>& metadata) {
  auto value = metadata ? protocol::read_json(metadata->text) : std::nullopt;
  return value && value->is_object() ? std::move(*value) : JsonValue::object();
}

} // namespace

std::optional<Json> with_mark(const std::optional<Json>& metadata, std::string_view mark) {
  JsonValue object = object_of(metadata);
  if (object.members().size() >= most_members) return metadata;
  object.set(key, mark);
  return Json{protocol::to_text(object)};
}

std::string mark_in(const std::optional<Json>& metadata) {
  return std::string(object_of(metadata)[key].text());
}

std::optional<Json> without_mark(const std::optional<Json>& metadata) {
  JsonValue object = object_of(metadata);
  object.erase(key);
  if (object.members().empty()) return std::nullopt;
  return Json{protocol::to_text(object)};
}

} // namespace rt::session

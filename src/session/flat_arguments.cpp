#include "session/flat_arguments.h"

#include "protocol/json_value.h"

#include <glib.h>

#include <algorithm>

namespace rt::session {
namespace {

using protocol::JsonValue;

// As caps and structures are written.
bool is_field_name(std::string_view name) {
  const auto fits = [](char c) { return g_ascii_isalnum(c) || c == '_' || c == '-'; };
  return !name.empty() && g_ascii_isalpha(name.front()) && std::ranges::all_of(name, fits);
}

std::optional<Notice::Plain> plain(const JsonValue& value) {
  switch (value.kind()) {
  case JsonValue::Kind::boolean:
    return *value.as_bool();
  case JsonValue::Kind::string:
    return std::string(value.text());
  case JsonValue::Kind::number:
    if (const auto whole = value.as_integer()) return *whole;
    if (const auto number = value.as_number()) return *number;
    return std::nullopt;
  default:
    return std::nullopt;
  }
}

} // namespace

std::optional<Notice::Fields> flat_arguments(std::string_view json) {
  const auto object = protocol::read_json(json);
  if (!object || !object->is_object()) return std::nullopt;
  Notice::Fields fields;
  for (const auto& [name, value] : object->members()) {
    if (value.is_null()) continue;
    auto field = plain(value);
    if (!field || !is_field_name(name)) return std::nullopt;
    fields.emplace_back(name, std::move(*field));
  }
  return fields;
}

} // namespace rt::session

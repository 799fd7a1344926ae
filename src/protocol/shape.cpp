#include "protocol/shape.h"

#include <algorithm>

namespace rt::protocol {

namespace {

std::string joined(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

std::string list_of(std::span<const std::string_view> words) {
  std::string out;
  for (const std::string_view word : words)
    out += (out.empty() ? "'" : ", '") + std::string(word) + "'";
  return out;
}

Violation missing(const std::string& path) {
  return {"missing_required_parameter", path, "Missing required parameter: '" + path + "'."};
}

Violation invalid_value(const std::string& path, const std::string& found, const std::string& wanted) {
  return {"invalid_value", path,
          "Invalid value: '" + found + "'. Parameter '" + path + "' must be " + wanted + "."};
}

std::string kind_name(const JsonValue& value) {
  static constexpr const char* names[] = {"nothing",  "null",     "a boolean", "a number",
                                          "a string", "an array", "an object"};
  return names[static_cast<std::size_t>(value.kind())];
}

std::string accepted_names(unsigned accepts) {
  static constexpr struct {
    unsigned bit;
    const char* name;
  } names[] = {{accepts_null, "null"},          {accepts_boolean, "a boolean"}, {accepts_number, "a number"},
               {accepts_integer, "an integer"}, {accepts_string, "a string"},   {accepts_array, "an array"},
               {accepts_object, "an object"}};
  std::string out;
  for (const auto& row : names)
    if (accepts & row.bit) out += (out.empty() ? "" : " or ") + std::string(row.name);
  return out;
}

Violation invalid_type(const std::string& path, const JsonValue& found, unsigned accepts) {
  return {"invalid_type", path,
          "Invalid type for '" + path + "': expected " + accepted_names(accepts) + ", but got " +
              kind_name(found) + "."};
}

bool accepted(const JsonValue& value, unsigned accepts) {
  switch (value.kind()) {
  case JsonValue::Kind::null:
    return accepts & accepts_null;
  case JsonValue::Kind::boolean:
    return accepts & accepts_boolean;
  case JsonValue::Kind::number:
    return accepts & accepts_number || (accepts & accepts_integer && value.as_integer());
  case JsonValue::Kind::string:
    return accepts & accepts_string;
  case JsonValue::Kind::array:
    return accepts & accepts_array;
  case JsonValue::Kind::object:
    return accepts & accepts_object;
  default:
    return false;
  }
}

std::optional<Violation> check_string(const JsonValue& value, const Member& member, const std::string& path) {
  if (!member.words.empty() && std::ranges::find(member.words, value.text()) == member.words.end())
    return invalid_value(path, std::string(value.text()), "one of " + list_of(member.words));
  if (value.text().size() > member.max_size)
    return invalid_value(path, std::string(value.text().substr(0, 32)) + "...",
                         "at most " + std::to_string(member.max_size) + " characters long");
  return {};
}

std::optional<Violation> check_number(const JsonValue& value, const Member& member, const std::string& path) {
  const auto number = value.as_number();
  if (number && *number >= member.min && *number <= member.max) return {};
  const std::string lowest = to_text(JsonValue(member.min)), highest = to_text(JsonValue(member.max));
  const std::string range = highest.empty() ? lowest.empty() ? "a number of 64 bits" : "at least " + lowest
                                            : "between " + lowest + " and " + highest;
  return invalid_value(path, std::string(value.literal()), range);
}

std::optional<Violation> check_elements(const JsonValue& value, const Member& member,
                                        const std::string& path) {
  std::size_t i = 0;
  for (const JsonValue& element : value.elements()) {
    const std::string at = path + "[" + std::to_string(i++) + "]";
    if (!accepted(element, member.elements)) return invalid_type(at, element, member.elements);
    if (element.is_string())
      if (auto violation = check_string(element, member, at)) return violation;
    if (element.is_object() && member.object)
      if (auto violation = check(element, *member.object, at)) return violation;
  }
  return {};
}

std::optional<Violation> check_member(const JsonValue& value, const Member& member, const std::string& path) {
  if (!accepted(value, member.accepts)) return invalid_type(path, value, member.accepts);
  switch (value.kind()) {
  case JsonValue::Kind::string:
    return check_string(value, member, path);
  case JsonValue::Kind::number:
    return check_number(value, member, path);
  case JsonValue::Kind::array:
    return check_elements(value, member, path);
  case JsonValue::Kind::object:
    return member.object ? check(value, *member.object, path) : std::nullopt;
  default:
    return {};
  }
}

std::optional<Violation> check_tagged(const JsonValue& value, const Shape& shape, const std::string& path) {
  const JsonValue& tag = value[shape.tag];
  const std::string tag_path = joined(path, shape.tag);
  if (!tag.present()) return missing(tag_path);
  if (!tag.is_string()) return invalid_type(tag_path, tag, accepts_string);
  const auto found = std::ranges::find(shape.variants, tag.text(), &Variant::tag);
  if (found != shape.variants.end()) return check(value, *found->shape, path);
  std::string words;
  for (const Variant& variant : shape.variants)
    words += (words.empty() ? "one of '" : ", '") + std::string(variant.tag) + "'";
  return invalid_value(tag_path, std::string(tag.text()), words);
}

} // namespace

std::optional<Violation> check(const JsonValue& value, const Shape& shape, const std::string& path) {
  if (!value.is_object()) return invalid_type(path, value, accepts_object);
  if (!shape.tag.empty()) return check_tagged(value, shape, path);
  for (const auto& [name, content] : value.members()) {
    const auto member = std::ranges::find(shape.members, name, &Member::name);
    if (member != shape.members.end()) {
      if (auto violation = check_member(content, *member, joined(path, name))) return violation;
    } else if (!shape.open) {
      const std::string at = joined(path, name);
      return Violation{"unknown_parameter", at, "Unknown parameter: '" + at + "'."};
    }
  }
  for (const Member& member : shape.members)
    if (member.required && !value[member.name].present()) return missing(joined(path, member.name));
  return {};
}

} // namespace rt::protocol

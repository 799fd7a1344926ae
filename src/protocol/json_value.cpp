#include "protocol/json_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace rt::protocol {

JsonValue::JsonValue(double value) {
  if (!std::isfinite(value)) return;
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  data_ = Number{std::string(digits, end)};
}

std::optional<bool> JsonValue::as_bool() const {
  const auto* value = std::get_if<bool>(&data_);
  return value ? std::optional(*value) : std::nullopt;
}

std::optional<double> JsonValue::as_number() const {
  const std::string_view digits = literal();
  double value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || result.ec != std::errc() || result.ptr != digits.data() + digits.size()) return {};
  return value;
}

std::optional<std::int64_t> JsonValue::as_integer() const {
  const std::string_view digits = literal();
  if (digits.empty()) return {};
  std::int64_t value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (result.ec == std::errc() && result.ptr == digits.data() + digits.size()) return value;
  // 1.5e3 and 24000.0 are integers, too; above 2^53 a double no longer tells which.
  const auto number = as_number();
  if (!number || std::abs(*number) > 9007199254740992.0 || *number != std::trunc(*number)) return {};
  return static_cast<std::int64_t>(*number);
}

std::optional<std::uint64_t> JsonValue::as_count() const {
  const auto value = as_integer();
  if (!value || *value < 0) return {};
  return static_cast<std::uint64_t>(*value);
}

std::optional<std::uint32_t> JsonValue::as_count32() const {
  const auto value = as_integer();
  if (!value || *value < 0 || *value > std::numeric_limits<std::uint32_t>::max()) return {};
  return static_cast<std::uint32_t>(*value);
}

std::optional<std::string> JsonValue::as_string() const {
  const auto* value = std::get_if<std::string>(&data_);
  return value ? std::optional(*value) : std::nullopt;
}

std::string_view JsonValue::text() const {
  const auto* value = std::get_if<std::string>(&data_);
  return value ? std::string_view(*value) : std::string_view();
}

std::string_view JsonValue::literal() const {
  const auto* value = std::get_if<Number>(&data_);
  return value ? std::string_view(value->literal) : std::string_view();
}

const JsonValue::Array& JsonValue::elements() const {
  static const Array none;
  const auto* value = std::get_if<Array>(&data_);
  return value ? *value : none;
}

const JsonValue::Object& JsonValue::members() const {
  static const Object none;
  const auto* value = std::get_if<Object>(&data_);
  return value ? *value : none;
}

const JsonValue& JsonValue::operator[](std::string_view name) const {
  static const JsonValue missing;
  const Object& all = members();
  const auto found =
      std::find_if(all.rbegin(), all.rend(), [&](const Member& member) { return member.name == name; });
  return found == all.rend() ? missing : found->value;
}

JsonValue* JsonValue::find(std::string_view name) {
  return const_cast<JsonValue*>(&std::as_const(*this)[name]);
}

JsonValue& JsonValue::set(std::string_view name, JsonValue value) {
  if (!value.present()) return *this;
  if (JsonValue* existing = find(name); existing->present())
    *existing = std::move(value);
  else
    std::get<Object>(data_).push_back({std::string(name), std::move(value)});
  return *this;
}

void JsonValue::erase(std::string_view name) {
  if (auto* all = std::get_if<Object>(&data_))
    std::erase_if(*all, [&](const Member& member) { return member.name == name; });
}

void JsonValue::push(JsonValue value) {
  if (value.present()) std::get<Array>(data_).push_back(std::move(value));
}

void JsonValue::merge(const JsonValue& other) {
  if (!other.present()) return;
  if (!is_object() || !other.is_object()) {
    *this = other;
    return;
  }
  for (const Member& member : other.members()) {
    if (JsonValue* existing = find(member.name); existing->present())
      existing->merge(member.value);
    else
      set(member.name, member.value);
  }
}

bool same_number(double a, double b) {
  return std::abs(a - b) <= 1e-6 * std::max({1.0, std::abs(a), std::abs(b)});
}

namespace {

bool same_scalar(const JsonValue& a, const JsonValue& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
  case JsonValue::Kind::boolean:
    return a.as_bool() == b.as_bool();
  case JsonValue::Kind::number: {
    if (a.literal() == b.literal()) return true;
    const auto x = a.as_number(), y = b.as_number();
    return x && y && same_number(*x, *y);
  }
  case JsonValue::Kind::string:
    return a.text() == b.text();
  default:
    return true;
  }
}

bool same_elements(const JsonValue& a, const JsonValue& b, bool (*same)(const JsonValue&, const JsonValue&)) {
  return std::equal(a.elements().begin(), a.elements().end(), b.elements().begin(), b.elements().end(), same);
}

} // namespace

bool same_json(const JsonValue& a, const JsonValue& b) {
  if (a.kind() != b.kind()) return false;
  if (a.is_array()) return same_elements(a, b, same_json);
  if (!a.is_object()) return same_scalar(a, b);
  const auto in_b = [&](const JsonValue::Member& member) {
    return same_json(a[member.name], b[member.name]);
  };
  const auto in_a = [&](const JsonValue::Member& member) { return a[member.name].present(); };
  return std::all_of(a.members().begin(), a.members().end(), in_b) &&
         std::all_of(b.members().begin(), b.members().end(), in_a);
}

bool contains_json(const JsonValue& whole, const JsonValue& part) {
  if (part.is_null()) return whole.is_null() || !whole.present();
  if (part.kind() != whole.kind()) return false;
  if (part.is_array()) return same_elements(whole, part, contains_json);
  if (!part.is_object()) return same_scalar(whole, part);
  return std::all_of(part.members().begin(), part.members().end(), [&](const JsonValue::Member& member) {
    return contains_json(whole[member.name], member.value);
  });
}

} // namespace rt::protocol

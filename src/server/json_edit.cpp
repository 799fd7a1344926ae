#include "server/json_edit.h"

#include <algorithm>
#include <functional>
#include <string>

namespace rt::server {

using protocol::JsonValue;

namespace {

// An absent result takes the place away.
using Change = std::function<JsonValue(const JsonValue&)>;

struct Step {
  std::string_view name, rest;
  bool each = false;
};

Step first_step(std::string_view path) {
  constexpr std::string_view each_mark = "[]";
  const auto dot = std::min(path.find('.'), path.size());
  Step step{path.substr(0, dot), path.substr(std::min(dot + 1, path.size()))};
  step.each = step.name.ends_with(each_mark);
  if (step.each) step.name.remove_suffix(each_mark.size());
  return step;
}

JsonValue changed(const JsonValue& in, std::string_view path, const Change& change) {
  if (path.empty()) return change(in);
  if (in.present() && !in.is_object()) return in;
  const auto step = first_step(path);
  JsonValue out = in.present() ? in : JsonValue::object();
  const JsonValue& child = in[step.name];
  JsonValue result = child;
  if (!step.each) {
    result = changed(child, step.rest, change);
  } else if (child.is_array()) {
    result = JsonValue::array();
    for (const auto& element : child.elements())
      result.push(changed(element, step.rest, change));
  }
  if (result.present()) {
    out.set(step.name, std::move(result));
  } else {
    out.erase(step.name);
  }
  // Nothing is made on the way to nothing.
  return in.present() || !out.members().empty() ? out : JsonValue();
}

const JsonValue& found(const JsonValue& in, std::string_view path) {
  if (path.empty()) return in;
  const auto step = first_step(path);
  return found(in[step.name], step.rest);
}

JsonValue json(std::string_view text) {
  return protocol::read_json(text).value_or(JsonValue());
}

JsonValue nested(const JsonValue& tool, std::string_view name) {
  JsonValue inner = tool;
  inner.erase("type");
  JsonValue out = JsonValue::object();
  out.set("type", tool["type"]).set(name, std::move(inner));
  return out;
}

void carry(JsonValue& event, const Edit& row) {
  JsonValue value = found(event, row.path);
  if (!value.present()) return;
  if (row.op == Edit::Op::move)
    event = changed(event, row.path, [](const JsonValue&) { return JsonValue(); });
  event = changed(event, row.value, [&](const JsonValue&) { return value; });
}

void apply(JsonValue& event, const Edit& row) {
  if (row.op == Edit::Op::copy || row.op == Edit::Op::move) return carry(event, row);
  event = changed(event, row.path, [&](const JsonValue& old) {
    switch (row.op) {
    case Edit::Op::set:
      return json(row.value);
    case Edit::Op::fill:
      return old.present() ? old : json(row.value);
    case Edit::Op::replace:
      return old.present() ? json(row.value) : old;
    case Edit::Op::swap:
      return old.present() && protocol::same_json(old, json(row.instead_of)) ? json(row.value) : old;
    case Edit::Op::nest:
      return nested(old, row.value);
    default: // drop
      return JsonValue();
    }
  });
}

bool is_about(const Edit& row, std::string_view type, const JsonValue& event) {
  if (!row.item.empty() && event["item"]["type"].text() != row.item) return false;
  if (row.event.ends_with('*')) return type.starts_with(row.event.substr(0, row.event.size() - 1));
  return row.event == type;
}

} // namespace

void edit(JsonValue& event, std::span<const Edit> edits) {
  const std::string type(event["type"].text()); // an edit may change it
  for (const auto& row : edits)
    if (is_about(row, type, event)) apply(event, row);
}

} // namespace rt::server

#include "mutations.h"

#include "samples.h"

#include <utility>
#include <variant>

namespace rt::protocol::samples {

std::span<const JsonValue> all_wrong_values() {
  static const JsonValue wrong[] = {
      nullptr,
      true,
      "text",
      "",
      -1,
      0.5,
      JsonValue::number("1e999"),
      JsonValue::number("99999999999999999999999"),
      JsonValue::array(),
      JsonValue::object(),
      std::string(100'000, 'x'),
      JsonValue::number(std::string(400, '9')),
      read_json(std::string(20, '[') + std::string(20, ']')).value(),
      read_json(R"([[[{"type":"message","id":[1]}]],"x",null])").value(),
      read_json(R"({"type":{"type":7},"id":{},"content":[null,1,{"type":null}]})").value()};
  return wrong;
}

std::span<const JsonValue> few_wrong_values() {
  static const JsonValue wrong[] = {nullptr,
                                    "text",
                                    -1,
                                    JsonValue::number(std::string(400, '9')),
                                    std::string(100'000, 'x'),
                                    read_json(R"([[[{"type":"message","id":[1]}]],"x",null])").value(),
                                    read_json(R"({"type":{"type":7},"id":{},"content":[null,1]})").value()};
  return wrong;
}

void mutate(const JsonValue& value, std::span<const JsonValue> wrong,
            const std::function<void(const JsonValue&)>& visit) {
  for (const JsonValue& replacement : wrong)
    visit(replacement);
  for (const auto& [name, member] : value.members()) {
    JsonValue without = value;
    without.erase(name);
    visit(without);
    mutate(member, wrong, [&, &name = name](const JsonValue& changed) {
      JsonValue copy = value;
      copy.set(name, changed);
      visit(copy);
    });
  }
  for (std::size_t i = 0; i < value.elements().size(); ++i) {
    mutate(value.elements()[i], wrong, [&](const JsonValue& changed) {
      JsonValue copy = JsonValue::array();
      for (std::size_t k = 0; k < value.elements().size(); ++k)
        copy.push(k == i ? changed : value.elements()[k]);
      visit(copy);
    });
  }
}

std::vector<std::string> richest_events(Dialect dialect) {
  std::vector<std::string> out(std::variant_size_v<decltype(ServerEvent::body)>);
  for (const ServerEvent& event : server_events(dialect)) {
    std::string text = Codec::of(dialect).encode(event);
    std::string& longest = out[event.body.index()];
    if (text.size() > longest.size()) longest = std::move(text);
  }
  std::erase(out, "");
  return out;
}

} // namespace rt::protocol::samples

#include "server/tools.h"

#include "protocol/codec.h"
#include "protocol/json_value.h"
#include "server/words.h"

#include <algorithm>
#include <set>

namespace rt::server {

using protocol::JsonValue;

namespace {

JsonValue parsed(std::string_view text) {
  return protocol::read_json(text).value_or(JsonValue());
}

std::set<std::string> content_words(const std::vector<std::string>& words) {
  std::set<std::string> kept;
  for (const auto& word : words) {
    if (!is_filler(word)) kept.insert(word);
  }
  return kept;
}

std::set<std::string> description_words(const Tool& tool) {
  std::vector<std::string> words;
  for (const auto& word : split_words(tool.description))
    words.push_back(word.plain);
  return content_words(words);
}

// The whole name, or some of it and some of the description.
unsigned fit(const Tool& tool, const std::set<std::string>& said) {
  const auto name = content_words(name_words(tool.name));
  const auto is_said = [&](const std::string& word) { return said.contains(word); };
  const auto in_name = static_cast<unsigned>(std::count_if(name.begin(), name.end(), is_said));
  unsigned in_description = 0;
  for (const auto& word : description_words(tool))
    in_description += !name.contains(word) && said.contains(word);
  const unsigned score = 2 * in_name + in_description;
  const bool whole_name = !name.empty() && in_name == name.size();
  return whole_name || score >= 3 ? score : 0;
}

const Tool* best_fit(const std::vector<Tool>& tools, std::string_view text) {
  std::set<std::string> said;
  for (const auto& word : split_words(text))
    said.insert(word.plain);
  const Tool* best = nullptr;
  unsigned best_score = 0;
  for (const auto& tool : tools) {
    const auto score = fit(tool, said);
    if (score > best_score) {
      best = &tool;
      best_score = score;
    }
  }
  return best;
}

// Takes values for a tool's parameters out of a sentence, each part of it once.
class ArgumentFinder {
 public:
  ArgumentFinder(const Tool& tool, std::string_view text) : words_(split_words(text)) {
    for (const auto& word : name_words(tool.name))
      vocabulary_.insert(word);
    for (const auto& word : description_words(tool))
      vocabulary_.insert(word);
    for (const auto& each : tool.parameters)
      vocabulary_.insert(lower(each.name));
  }

  // As JSON; absent when the sentence does not say it and it may be left out.
  std::optional<std::string> value(const ToolParameter& parameter) {
    if (!parameter.choices.empty()) return choice(parameter);
    if (parameter.type == "boolean") return boolean(parameter);
    if (parameter.type == "integer" || parameter.type == "number") return number(parameter);
    if (parameter.type == "array") return or_default(parameter, "[]");
    if (parameter.type == "object") return or_default(parameter, "{}");
    auto found = phrase();
    if (found.empty() && parameter.required) found = rest();
    if (found.empty() && !parameter.required) return std::nullopt;
    return protocol::json_quote(found);
  }

 private:
  static std::optional<std::string> or_default(const ToolParameter& parameter, std::string_view value) {
    if (!parameter.required) return std::nullopt;
    return std::string(value);
  }

  std::optional<std::string> choice(const ToolParameter& parameter) {
    for (const auto& each : parameter.choices) {
      for (const auto& word : words_) {
        if (lower(word.text) == lower(each)) return protocol::json_quote(each);
      }
    }
    return or_default(parameter, protocol::json_quote(parameter.choices.front()));
  }

  std::optional<std::string> boolean(const ToolParameter& parameter) {
    for (const auto& word : words_) {
      if (word.plain == "off" || word.plain == "no" || word.plain == "false" || word.plain == "not")
        return "false";
      if (word.plain == "on" || word.plain == "yes" || word.plain == "true") return "true";
    }
    return or_default(parameter, "true");
  }

  std::optional<std::string> number(const ToolParameter& parameter) {
    static constexpr const char* names[] = {"zero", "one",   "two",   "three", "four", "five",
                                            "six",  "seven", "eight", "nine",  "ten"};
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (used_.contains(i)) continue;
      const auto& word = lower(words_[i].text);
      const bool digits = !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
      const auto* named = std::find(std::begin(names), std::end(names), word);
      if (!digits && named == std::end(names)) continue;
      used_.insert(i);
      return digits ? word : std::to_string(named - std::begin(names));
    }
    return or_default(parameter, "0");
  }

  // What follows a preposition: "in New York" -> "New York".
  std::string phrase() {
    for (std::size_t i = 0; i + 1 < words_.size(); ++i) {
      if (!is_preposition(words_[i].plain) || used_.contains(i) || words_[i].ends_phrase) continue;
      std::string found;
      used_.insert(i);
      for (auto k = i + 1; k < words_.size() && !is_preposition(words_[k].plain) && !used_.contains(k); ++k) {
        if (!is_filler(words_[k].plain)) found += (found.empty() ? "" : " ") + words_[k].text;
        used_.insert(k);
        if (words_[k].ends_phrase) break;
      }
      if (!found.empty()) return found;
    }
    return {};
  }

  std::string rest() {
    std::string found;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const auto& word = words_[i];
      if (used_.contains(i) || is_filler(word.plain) || vocabulary_.contains(word.plain)) continue;
      used_.insert(i);
      found += (found.empty() ? "" : " ") + word.text;
    }
    return found;
  }

  std::vector<Word> words_;
  std::set<std::string> vocabulary_; // the tool's own words are no values
  std::set<std::size_t> used_;
};

ToolCall call(const Tool& tool, std::string_view text) {
  ArgumentFinder finder(tool, text);
  std::string arguments;
  for (const bool required : {true, false}) {
    for (const auto& parameter : tool.parameters) {
      if (parameter.required != required) continue;
      const auto value = finder.value(parameter);
      if (!value) continue;
      arguments += (arguments.empty() ? "" : ",") + protocol::json_quote(parameter.name) + ':' + *value;
    }
  }
  return {tool.name, '{' + arguments + '}'};
}

void collect_values(const JsonValue& json, std::string& into) {
  const auto scalar = json.is_string() ? std::string(json.text()) : protocol::to_text(json);
  if (!json.is_array() && !json.is_object() && !json.is_null() && !scalar.empty()) {
    into += (into.empty() ? "" : ", ") + scalar;
  }
  for (const auto& each : json.elements())
    collect_values(each, into);
  for (const auto& member : json.members())
    collect_values(member.value, into);
}

} // namespace

std::vector<Tool> parse_tools(std::string_view json) {
  std::vector<Tool> tools;
  const auto list = parsed(json);
  for (const auto& each : list.elements()) {
    if (each["type"].text() != "function" || each["name"].text().empty()) continue;
    Tool tool{std::string(each["name"].text()), std::string(each["description"].text()), {}};
    const auto& schema = each["parameters"];
    std::set<std::string_view> required;
    for (const auto& name : schema["required"].elements())
      required.insert(name.text());
    for (const auto& [name, about] : schema["properties"].members()) {
      ToolParameter parameter{
          name, about["type"].as_string().value_or("string"), {}, required.contains(name)};
      for (const auto& choice : about["enum"].elements()) {
        if (choice.is_string()) parameter.choices.emplace_back(choice.text());
      }
      tool.parameters.push_back(std::move(parameter));
    }
    tools.push_back(std::move(tool));
  }
  return tools;
}

std::optional<ToolCall> choose_tool(const std::vector<Tool>& tools, std::string_view tool_choice,
                                    std::string_view text) {
  const auto choice = parsed(tool_choice);
  if (tools.empty() || choice.text() == "none") return std::nullopt;
  if (choice.is_object()) {
    for (const auto& tool : tools) {
      if (tool.name == choice["name"].text()) return call(tool, text);
    }
    return std::nullopt;
  }
  const auto* best = best_fit(tools, text);
  if (!best && choice.text() == "required") best = &tools.front();
  if (!best) return std::nullopt;
  return call(*best, text);
}

std::string spoken_output(std::string_view name, std::string_view arguments, std::string_view output) {
  std::string topic;
  for (const auto& word : name_words(name)) {
    if (!is_filler(word)) topic += (topic.empty() ? "" : " ") + word;
  }
  if (topic.empty()) topic = "answer";
  std::string details;
  const auto object = parsed(arguments);
  for (const auto& [parameter, value] : object.members()) {
    std::string text;
    collect_values(value, text);
    if (text.empty()) continue;
    const bool place =
        parameter == "city" || parameter == "location" || parameter == "place" || parameter == "country";
    details += (place ? " in " : " for ") + text;
  }
  std::string answer;
  collect_values(parsed(output), answer);
  if (answer.empty()) answer = output;
  if (answer.empty()) answer = "done";
  while (answer.ends_with('.'))
    answer.pop_back();
  return "The " + topic + details + ": " + answer + '.';
}

} // namespace rt::server

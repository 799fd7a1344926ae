#include "server/response_settings.h"

#include "protocol/codec.h"
#include "protocol/json_value.h"

namespace rt::server {

using namespace protocol;

namespace {

std::optional<Refusal> check(const Manner& manner, const ResponseOptions& options) {
  if (options.voice) {
    if (auto bad = check_voice(manner, *options.voice, "response.audio.output.voice")) return bad;
  }
  if (options.output_format) {
    if (auto bad = check_output_format(*options.output_format, "response.audio.output.format")) return bad;
  }
  if (options.max_output_tokens) {
    if (auto bad = check_max_output_tokens(*options.max_output_tokens, "response.max_output_tokens"))
      return bad;
  }
  if (options.conversation && *options.conversation != "auto" && *options.conversation != "none") {
    return Refusal{"invalid_value", "Invalid value: expected 'auto' or 'none'.", "response.conversation"};
  }
  return std::nullopt;
}

// Null when all of `input` went into `settings`.
std::optional<Refusal> take_input(const Context& context, const Json& input, ResponseSettings& settings) {
  const auto list = read_json(input.text).value_or(JsonValue());
  for (const auto& each : list.elements()) {
    if (each["type"].text() == "item_reference") {
      const std::string id(each["id"].text());
      if (!context.items.find(id)) {
        return Refusal{"invalid_value", "Item with item_id '" + id + "' not found.", "response.input"};
      }
      settings.context.emplace_back(id);
      continue;
    }
    auto items = parse_items('[' + to_text(each) + ']');
    if (!items) return Refusal{"invalid_value", items.error().message, "response.input"};
    StoredItem stored;
    stored.item = std::move(items->front());
    settings.context.emplace_back(std::move(stored));
  }
  return std::nullopt;
}

} // namespace

std::variant<ResponseSettings, Refusal> response_settings(const Context& context,
                                                          const ResponseOptions& options) {
  if (auto bad = check(context.manner, options)) return *bad;
  const auto& session = context.session.config();
  ResponseSettings settings;
  settings.modality = options.output_modality.value_or(session.output_modality.value_or(Modality::audio));
  settings.voice = options.voice.value_or(session.voice.value_or(""));
  settings.speed = session.speed.value_or(1);
  settings.format = options.output_format.value_or(session.output_format.value_or(audio::pcm16_24k));
  settings.instructions = options.instructions.value_or("");
  settings.tools = options.tools.value_or(session.tools.value_or(Json{"[]"})).text;
  settings.tool_choice = options.tool_choice.value_or(session.tool_choice.value_or(Json{"\"auto\""})).text;
  settings.max_output_tokens =
      options.max_output_tokens.value_or(session.max_output_tokens.value_or(infinite_tokens));
  settings.in_conversation = options.conversation.value_or("auto") == "auto";
  settings.metadata = options.metadata;
  if (options.input) {
    if (auto bad = take_input(context, *options.input, settings)) return *bad;
  } else {
    for (const auto& each : context.items.all())
      settings.context.emplace_back(each.item.id);
  }
  return settings;
}

} // namespace rt::server

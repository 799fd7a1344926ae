// What one provider writes otherwise than its dialect.
#include "protocol/event_json.h"
#include "protocol/provider.h"
#include "protocol/session_json.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <vector>

namespace rt::protocol {

namespace {

JsonValue nested_tool(const JsonValue& tool) {
  if (tool["type"].text() != "function" || tool["function"].is_object()) return tool;
  JsonValue function = tool;
  function.erase("type");
  JsonValue out = JsonValue::object();
  out.set("type", "function").set("function", std::move(function));
  return out;
}

void nest_tools(JsonValue& object) {
  if (!object["tools"].is_array()) return;
  JsonValue tools = JsonValue::array();
  for (const JsonValue& tool : object["tools"].elements())
    tools.push(nested_tool(tool));
  object.set("tools", std::move(tools));
}

void ask_for_both(JsonValue& object, std::string_view name) {
  const auto& list = object[name].elements();
  if (list.size() != 1 || list.front().text() != "audio") return;
  JsonValue both = list.front();
  JsonValue out = JsonValue::array();
  out.push(std::move(both));
  out.push("text");
  object.set(name, std::move(out));
}

bool is_pcm(const std::optional<audio::Format>& format) {
  return format && format->encoding == audio::Encoding::pcm16;
}

class ProviderCodec final : public Codec {
 public:
  ProviderCodec(const Provider& provider, Dialect dialect) : provider_(provider), dialect_(dialect) {}
  Dialect dialect() const override { return dialect_; }
  std::string encode(const ClientEvent& event) const override {
    JsonValue json = client_event_json(dialect_, event);
    if (const auto* update = std::get_if<SessionUpdate>(&event.body)) {
      JsonValue session = json["session"];
      adapt(session, update->config);
      json.set("session", std::move(session));
    } else if (std::holds_alternative<ResponseCreate>(event.body) && json["response"].is_object()) {
      JsonValue response = json["response"];
      if (quirks().nested_tools) nest_tools(response);
      if (quirks().both_modalities) ask_for_both(response, "output_modalities");
      json.set("response", std::move(response));
    }
    return to_text(json);
  }
  std::string encode(const ServerEvent& event) const override { return Codec::of(dialect_).encode(event); }
  Result<ClientEvent> decode_client(std::string_view text) const override {
    return Codec::of(dialect_).decode_client(text);
  }

 private:
  const Quirks& quirks() const { return provider_.quirks; }

  void adapt(JsonValue& session, const SessionConfig& config) const {
    if (quirks().nested_tools) nest_tools(session);
    if (quirks().both_modalities) ask_for_both(session, "output_modalities");
    if (quirks().pcm_input && is_pcm(config.input_format))
      session.set("input_audio_format", quirks().pcm_input);
    if (quirks().pcm_output && is_pcm(config.output_format))
      session.set("output_audio_format", quirks().pcm_output);
    if (quirks().input_rate_field && is_pcm(config.input_format))
      session.set("input_audio_sampling_rate", config.input_format->rate);
    if (quirks().no_turns && session["turn_detection"].is_null())
      session.set("turn_detection", parsed(Json{quirks().no_turns}));
    if (!quirks().session_fields) return;
    JsonValue fields = parsed(Json{quirks().session_fields});
    fields.merge(session); // what the user asks for wins
    session = std::move(fields);
  }

  const Provider& provider_;
  const Dialect dialect_;
};

bool has_quirks(const Quirks& q) {
  return q.both_modalities || q.nested_tools || q.input_rate_field || q.pcm_input || q.pcm_output ||
         q.no_turns || q.session_fields;
}

void complete_rate(std::optional<audio::Format>& format, std::span<const std::uint32_t> rates) {
  if (is_pcm(format) && std::ranges::find(rates, format->rate) == rates.end()) format->rate = rates.front();
}

} // namespace

const Codec& codec_for(const Provider& provider, Dialect dialect) {
  static const std::vector<std::unique_ptr<const ProviderCodec>> codecs = [] {
    std::vector<std::unique_ptr<const ProviderCodec>> all;
    for (const Provider& row : providers())
      all.push_back(row.dialect && has_quirks(row.quirks) ? std::make_unique<ProviderCodec>(row, *row.dialect)
                                                          : nullptr);
    return all;
  }();
  const auto& own = codecs[static_cast<std::size_t>(provider.id)];
  return own && own->dialect() == dialect ? *own : Codec::of(dialect);
}

AppendForm append_form(const Provider& provider, SessionType type) {
  return {type == SessionType::translation ? Dialect::translation : provider.dialect.value_or(Dialect::ga),
          provider.quirks.wav_append};
}

// A flat `pcm16` decodes as 24 kHz; where the server takes no such rate it is another's name.
void complete(const Provider& provider, SessionInfo& session) {
  if (dialect_of(session) != Dialect::beta) return;
  complete_rate(session.config.input_format, provider.input_rates);
  complete_rate(session.config.output_format, provider.output_rates);
}

} // namespace rt::protocol

#include "session/terms.h"

#include "protocol/config_fields.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace rt::session {
namespace {

using namespace protocol;

const char* dialect_name(Dialect dialect) {
  switch (dialect) {
  case Dialect::ga:
    return "the GA dialect";
  case Dialect::beta:
    return "the beta dialect";
  case Dialect::translation:
    return "a translation session";
  case Dialect::hybrid:
    return "the provider's dialect";
  }
  return "";
}

std::string has_none(std::string_view who) {
  return std::string(who) + " has none";
}

std::string provider_has(bool can, const Terms& t) {
  return can ? "" : has_none("provider '" + std::string(t.provider.name) + "'");
}

std::string in_conversations(const Terms& t) {
  return t.type == SessionType::conversation ? "" : has_none(kind_name(t.type));
}

std::string in_dialects(const Terms& t, std::initializer_list<Dialect> dialects) {
  if (std::string reason = in_conversations(t); !reason.empty()) return reason;
  return std::ranges::find(dialects, t.dialect) != dialects.end() ? "" : has_none(dialect_name(t.dialect));
}

const std::string& either(const std::string& first, const std::string& second) {
  return first.empty() ? second : first;
}

// One row a property: whether the user set it, and why the server has no place for its field.
struct Row {
  std::string_view property;
  bool (*asked)(const Settings&);
  std::string (*reason)(const SessionConfig&, const Terms&); // empty: it has
};

std::string turn_detection_reason(const SessionConfig& config, const Terms& t) {
  if (t.type == SessionType::translation) return has_none(kind_name(t.type));
  using Mode = TurnDetection::Mode;
  if (config.turn_detection->mode == Mode::none && !t.provider.can.manual_turns)
    return "provider '" + std::string(t.provider.name) + "' finds the turns itself";
  if (config.turn_detection->mode == Mode::semantic_vad && !t.provider.can.semantic_vad)
    return "provider '" + std::string(t.provider.name) + "' has no semantic-vad";
  return "";
}

bool asked_turn_detection(const Settings& s) {
  const Settings defaults;
  return s.turn_detection != defaults.turn_detection || s.vad_threshold != defaults.vad_threshold ||
         s.vad_prefix_padding_ms != defaults.vad_prefix_padding_ms ||
         s.vad_silence_duration_ms != defaults.vad_silence_duration_ms ||
         s.vad_eagerness != defaults.vad_eagerness;
}

constexpr std::array rows = {
    Row{"output-modality", [](const Settings& s) { return s.output_modality != OutputModality::automatic; },
        [](const SessionConfig& c, const Terms& t) {
          const bool text = c.output_modality == Modality::text;
          return either(in_conversations(t),
                        text && !t.provider.can.text_output
                            ? "provider '" + std::string(t.provider.name) + "' always speaks"
                            : "");
        }},
    Row{"instructions", [](const Settings& s) { return s.instructions.has_value(); },
        [](const SessionConfig&, const Terms& t) { return in_conversations(t); }},
    Row{"voice", [](const Settings& s) { return s.voice.has_value(); },
        [](const SessionConfig&, const Terms& t) { return in_conversations(t); }},
    Row{"speed", [](const Settings& s) { return s.speed >= 0; },
        [](const SessionConfig&, const Terms& t) {
          return either(in_conversations(t), provider_has(t.provider.can.speed, t));
        }},
    Row{"noise-reduction",
        [](const Settings& s) { return s.noise_reduction != NoiseReductionChoice::automatic; },
        [](const SessionConfig&, const Terms& t) { return provider_has(t.provider.can.noise_reduction, t); }},
    Row{"turn-detection", asked_turn_detection, turn_detection_reason},
    Row{"tools", [](const Settings& s) { return s.tools.has_value(); },
        [](const SessionConfig&, const Terms& t) { return in_conversations(t); }},
    Row{"tool-choice", [](const Settings& s) { return s.tool_choice.has_value(); },
        [](const SessionConfig&, const Terms& t) { return in_conversations(t); }},
    Row{"parallel-tool-calls", [](const Settings& s) { return s.parallel_tool_calls != TriState::automatic; },
        [](const SessionConfig&, const Terms& t) { return in_dialects(t, {Dialect::ga}); }},
    Row{"max-output-tokens", [](const Settings& s) { return s.max_output_tokens >= 0; },
        [](const SessionConfig&, const Terms& t) {
          return in_dialects(t, {Dialect::ga, Dialect::beta});
        }},
    Row{"temperature", [](const Settings& s) { return s.temperature >= 0; },
        [](const SessionConfig&, const Terms& t) { return in_dialects(t, {Dialect::beta}); }},
    Row{"reasoning-effort", [](const Settings& s) { return s.reasoning_effort.has_value(); },
        [](const SessionConfig&, const Terms& t) { return in_dialects(t, {Dialect::ga}); }},
    Row{"truncation", [](const Settings& s) { return s.truncation.has_value(); },
        [](const SessionConfig&, const Terms& t) { return in_dialects(t, {Dialect::ga}); }},
    Row{"prompt", [](const Settings& s) { return s.prompt.has_value(); },
        [](const SessionConfig&, const Terms& t) {
          return in_dialects(t, {Dialect::ga, Dialect::beta});
        }},
    Row{"tracing", [](const Settings& s) { return s.tracing.has_value(); },
        [](const SessionConfig&, const Terms& t) {
          return in_dialects(t, {Dialect::ga, Dialect::beta});
        }},
    Row{"target-language", [](const Settings& s) { return s.target_language.has_value(); },
        [](const SessionConfig&, const Terms& t) {
          return t.type == SessionType::translation ? "" : has_none(kind_name(t.type));
        }},
};

class Report {
 public:
  void add(std::string_view what, std::string_view reason) {
    text_ += (text_.empty() ? "'" : ", '") + std::string(what) + "' (" + std::string(reason) + ")";
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// Parts of fields, which the rows above know as a whole only.
void fit_turn_detection(SessionConfig& config, const Settings& asked, const Terms& t, Report& report) {
  if (!config.turn_detection) return;
  TurnDetection& turn = *config.turn_detection;
  if (turn.idle_timeout_ms && t.dialect != Dialect::ga) {
    turn.idle_timeout_ms.reset();
    report.add("vad-idle-timeout", has_none(dialect_name(t.dialect)));
  }
  if (t.type != SessionType::transcription) return;
  if (turn.create_response) report.add("vad-create-response", has_none(kind_name(t.type)));
  if (turn.interrupt_response) report.add("vad-interrupt-response", has_none(kind_name(t.type)));
  turn.create_response.reset();
  turn.interrupt_response.reset();
  const std::string model = config.transcription ? config.transcription->model.value_or("") : "";
  if (turn.mode == TurnDetection::Mode::none || finds_turns(model)) return;
  if (asked_turn_detection(asked)) report.add("turn-detection", "model '" + model + "' finds no turns");
  turn = TurnDetection{.mode = TurnDetection::Mode::none};
}

void fit_transcription(SessionConfig& config, const Terms& t, Report& report) {
  if (!config.transcription || t.type != SessionType::translation) return;
  Transcription& transcription = *config.transcription;
  if (transcription.language) report.add("input-transcription-language", has_none(kind_name(t.type)));
  if (transcription.prompt) report.add("input-transcription-prompt", has_none(kind_name(t.type)));
  transcription.language.reset();
  transcription.prompt.reset();
  if (!transcription.model) config.transcription.reset();
}

std::string no_event_in(const Terms& t) {
  return std::string(kind_name(t.type)) + " has no such thing, see property 'session-type'";
}

// One overload an event that not every server takes.
struct WhyNot {
  const Terms& t;

  std::string conversation_only() const { return t.type == SessionType::conversation ? "" : no_event_in(t); }
  std::string turns_only() const { return t.type == SessionType::translation ? no_event_in(t) : ""; }
  std::string provider(bool can) const {
    return can ? "" : "provider '" + std::string(t.provider.name) + "' has no such thing";
  }
  const Abilities& can() const { return t.provider.can; }

  std::string operator()(const InputAudioCommit&) const {
    return either(turns_only(), provider(can().manual_turns));
  }
  std::string operator()(const InputAudioClear&) const {
    return either(turns_only(), provider(can().clears_input));
  }
  std::string operator()(const ItemCreate& event) const {
    const bool image = std::ranges::any_of(event.item.content, [](const ContentPart& part) {
      return part.type == ContentPart::Type::input_image;
    });
    const std::string pictures =
        image && t.dialect == Dialect::beta ? std::string(dialect_name(t.dialect)) + " has no pictures" : "";
    const std::string mcp = event.item.type == Item::Type::mcp_approval_response ? why_no_mcp(t) : "";
    return either(conversation_only(), either(mcp, either(pictures, provider(!image || can().images))));
  }
  std::string operator()(const ItemRetrieve&) const {
    return either(turns_only(), provider(can().retrieves_items));
  }
  std::string operator()(const ItemDelete&) const {
    return either(turns_only(), provider(can().deletes_items));
  }
  std::string operator()(const ItemTruncate&) const {
    return either(conversation_only(), provider(can().truncates));
  }
  std::string operator()(const ResponseCreate&) const { return conversation_only(); }
  std::string operator()(const ResponseCancel&) const {
    return either(conversation_only(), provider(can().cancels));
  }
  template<typename Other>
  std::string operator()(const Other&) const {
    return "";
  }
};

} // namespace

const char* kind_name(SessionType type) {
  switch (type) {
  case SessionType::conversation:
    return "a conversation";
  case SessionType::transcription:
    return "a transcription session";
  case SessionType::translation:
    return "a translation session";
  }
  return "";
}

// What a provider's own dialect has its row knows.
std::string why_no_mcp(const Terms& terms) {
  if (std::string reason = in_conversations(terms); !reason.empty()) return reason;
  if (!terms.provider.can.mcp || terms.provider.dialect) return provider_has(terms.provider.can.mcp, terms);
  return in_dialects(terms, {Dialect::ga, Dialect::hybrid});
}

std::string fit(SessionConfig& config, const Settings& asked, const Terms& terms) {
  Report report;
  for (const Row& row : rows) {
    const ConfigField& field = config_field(row.property);
    if (!field.present(config)) continue;
    const std::string reason = row.reason(config, terms);
    if (reason.empty()) continue;
    field.clear(config);
    if (row.asked(asked)) report.add(row.property, reason);
  }
  fit_turn_detection(config, asked, terms, report);
  fit_transcription(config, terms, report);
  return report.take();
}

std::string fit(ResponseOptions& options, const Terms& t) {
  Report report;
  const auto take_out = [&](auto& field, std::string_view name, const std::string& reason) {
    if (!field || reason.empty()) return;
    field.reset();
    report.add(name, reason);
  };
  const std::string tools = provider_has(t.provider.can.response_tools, t);
  take_out(options.tools, "tools", tools);
  take_out(options.tool_choice, "tool_choice", tools);
  take_out(options.temperature, "temperature", in_dialects(t, {Dialect::beta}));
  if (options.output_modality == Modality::text)
    take_out(options.output_modality, "output_modalities", provider_has(t.provider.can.text_output, t));
  const std::string sound = in_dialects(t, {Dialect::ga, Dialect::beta});
  take_out(options.voice, "voice", sound);
  take_out(options.output_format, "format", sound);
  return report.take();
}

std::string why_not(const decltype(ClientEvent::body)& event, const Terms& terms) {
  return std::visit(WhyNot{terms}, event);
}

bool finds_turns(std::string_view model) {
  static constexpr std::array without = {"gpt-realtime-whisper", "gpt-live-transcribe"};
  return std::ranges::none_of(without, [&](std::string_view name) {
    // Dated snapshots are the same model.
    return model == name || (model.starts_with(name) && model[name.size()] == '-');
  });
}

} // namespace rt::session

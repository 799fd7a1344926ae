// What this server takes of what is asked of it, and what is said of the rest.
#include "session/engine.h"

#include "protocol/config_fields.h"
#include "protocol/event_names.h"
#include "session/terms.h"

#include <utility>

namespace rt::session {

using namespace protocol;

Terms Engine::terms() const {
  return {connection_.provider(), codec_->dialect(), configuration_.type()};
}

void Engine::warn_once(Warning::Kind kind, const std::string& text) {
  if (told_.insert(text).second) warn({kind, text});
}

std::string Engine::why_not_sent(const decltype(ClientEvent::body)& event) const {
  const std::string reason = why_not(event, terms());
  const std::string_view name = client_event_names[event.index()].in(Dialect::ga);
  return reason.empty() ? "" : "No " + std::string(name) + " is sent: " + reason;
}

// Everything that goes out passes here.
bool Engine::allowed(decltype(ClientEvent::body)& event) {
  if (const std::string reason = why_not_sent(event); !reason.empty()) {
    warn_once(Warning::Kind::unsupported, reason);
    return false;
  }
  if (auto* create = std::get_if<ResponseCreate>(&event))
    if (const std::string lost = fit(create->options, terms()); !lost.empty())
      warn_once(Warning::Kind::unsupported, "Not sent with response.create: " + lost);
  return true;
}

// For the application, which is told each time that it is not done.
std::string Engine::send_asked(decltype(ClientEvent::body) body, const Asked& asked) {
  if (const std::string reason = why_not_sent(body); !reason.empty()) refuse(asked, "unsupported", reason);
  return send(std::move(body), asked.request, asked.event_id);
}

// The configuration that this server takes.
SessionConfig Engine::fitted(SessionConfig config) {
  if (const std::string lost = fit(config, settings_, terms()); !lost.empty())
    warn_once(Warning::Kind::setting_rejected, "The server of this session has no place for " + lost);
  if (connection_.provider().quirks.model_in_session) {
    const char* usual = connection_.provider().default_model;
    config.model = settings_.model ? settings_.model
                   : usual         ? std::optional<std::string>(usual)
                                   : std::nullopt;
  }
  return config;
}

// What cannot change any more; a server refuses the whole update that has it.
void Engine::withhold_fixed(SessionConfig& changed) {
  const auto withhold = [this](auto& field, const char* property, const char* since) {
    warn_once(Warning::Kind::setting_rejected,
              std::string("Property '") + property + "' is used by the next connection: " + since);
    field.reset();
  };
  if (changed.voice && spoke_) withhold(changed.voice, "voice", "the voice is fixed once it has spoken");
  const auto& tracing = configuration_.asked().tracing;
  if (changed.tracing && tracing && tracing->text != "null")
    withhold(changed.tracing, "tracing", "tracing cannot change once it is on");
}

// The rest of a refused update may be good, and the next one must not bring the same again.
void Engine::change_refused(const SessionConfig& asked, const ErrorInfo& error) {
  const std::string what = error.message + (error.param.empty() ? "" : " (" + error.param + ")");
  const ConfigField* field = field_of_param(error.param);
  if (!field || !field->present(asked)) {
    overlay(refused_, asked);
    return warn({Warning::Kind::setting_rejected, "The server refused a changed property: " + what});
  }
  field->copy(asked, refused_);
  const std::string name =
      field->property.empty() ? "the audio format" : "'" + std::string(field->property) + "'";
  warn({Warning::Kind::setting_rejected, "The server refused property " + name + ": " + what});
  send_changes();
}

// An address may open another kind of session than was asked for.
bool Engine::opened_as_asked(const SessionInfo& session) {
  const auto stated = stated_type(session);
  if (!stated || *stated == configuration_.type()) return true;
  fail({ErrorKind::configuration_rejected,
        std::string("The server opened ") + kind_name(*stated) + ", but 'session-type' asks for " +
            kind_name(configuration_.type()) + "; check 'uri' and 'session-type'"});
  return false;
}

} // namespace rt::session

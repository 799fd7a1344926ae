#include "protocol/client_shapes.h"
#include "protocol/event_json.h"
#include "protocol/event_names.h"
#include "protocol/item_json.h"
#include "protocol/names.h"
#include "protocol/session_json.h"

#include <algorithm>
#include <array>
#include <utility>

namespace rt::protocol {

namespace {

using Body = decltype(ClientEvent::body);

Error refused(std::string_view code, std::string path, std::string message) {
  return {.kind = ErrorKind::request_failed,
          .message = std::move(message),
          .debug = std::move(path),
          .code = std::string(code)};
}

SessionType session_type_of(Dialect dialect, const JsonValue& event) {
  if (dialect == Dialect::translation) return SessionType::translation;
  const std::string_view name = dialect == Dialect::ga ? event["session"]["type"].text() : std::string_view();
  const bool transcription = event["type"].text() == beta_transcription_update;
  return transcription ? SessionType::transcription
                       : value_of(session_type_names, name).value_or(SessionType::conversation);
}

// One overload per event. The text has passed its shape: what is read here is there and of the right type.
void read(Dialect dialect, const JsonValue& event, SessionUpdate& out) {
  out.config = read_session_config(event["session"]);
  out.type = session_type_of(dialect, event);
}
void read(Dialect, const JsonValue& event, InputAudioAppend& out) {
  out.audio = event["audio"].text();
}
void read(Dialect, const JsonValue&, InputAudioCommit&) {}
void read(Dialect, const JsonValue&, InputAudioClear&) {}
void read(Dialect, const JsonValue& event, ItemCreate& out) {
  out.item = read_item(event["item"]);
  out.previous_item_id = event["previous_item_id"].as_string();
}
void read(Dialect, const JsonValue& event, ItemRetrieve& out) {
  out.item_id = event["item_id"].text();
}
void read(Dialect, const JsonValue& event, ItemDelete& out) {
  out.item_id = event["item_id"].text();
}
void read(Dialect, const JsonValue& event, ItemTruncate& out) {
  out.item_id = event["item_id"].text();
  out.content_index = event["content_index"].as_count32().value_or(0);
  out.audio_end_ms = event["audio_end_ms"].as_count().value_or(0);
}
void read(Dialect, const JsonValue& event, ResponseCreate& out) {
  out.options = read_response_options(event["response"]);
}
void read(Dialect, const JsonValue& event, ResponseCancel& out) {
  out.response_id = event["response_id"].as_string();
}
void read(Dialect, const JsonValue&, OutputBufferClear&) {}
void read(Dialect, const JsonValue&, SessionClose&) {}

template<std::size_t I>
void read_as(Dialect dialect, const JsonValue& event, Body& body) {
  read(dialect, event, body.emplace<I>());
}

using Reader = void (*)(Dialect, const JsonValue&, Body&);
constexpr auto readers = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<Reader, sizeof...(I)>{&read_as<I>...};
}
(std::make_index_sequence<std::size(client_event_names)>());

std::size_t index_of_event(Dialect dialect, std::string_view type) {
  const auto found =
      std::ranges::find_if(client_event_names, [&](const EventName& row) { return row.in(dialect) == type; });
  // The one name outside the table is another name of session.update.
  return found == std::end(client_event_names)
             ? 0
             : static_cast<std::size_t>(found - std::begin(client_event_names));
}

} // namespace

Result<ClientEvent> read_client_event(Dialect dialect, std::string_view text) {
  std::string problem;
  const auto event = read_json(text, &problem);
  if (!event) return refused("invalid_json", "", "The event is not valid JSON: " + problem + ".");
  if (!event->is_object()) return refused("invalid_json", "", "The event is not a JSON object.");
  const JsonValue& type = (*event)["type"];
  if (!type.present())
    return refused("missing_required_parameter", "type", "Missing required parameter: 'type'.");
  if (!type.is_string())
    return refused("invalid_type", "type", "Invalid type for 'type': expected a string.");
  const Shape* shape = client_event_shape(dialect, type.text());
  if (!shape)
    return refused("unknown_event", "type", "There is no client event '" + std::string(type.text()) + "'.");
  if (auto violation = check(*event, *shape, ""))
    return refused(violation->code, std::move(violation->path), std::move(violation->message));
  ClientEvent out;
  out.event_id = (*event)["event_id"].text();
  readers[index_of_event(dialect, type.text())](dialect, *event, out.body);
  return out;
}

std::optional<std::string> event_id_of(std::string_view text) {
  const auto event = read_json(text);
  return event ? (*event)["event_id"].as_string() : std::nullopt;
}

} // namespace rt::protocol

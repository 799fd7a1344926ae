#include "protocol/event_json.h"
#include "protocol/event_names.h"
#include "protocol/item_json.h"
#include "protocol/session_json.h"

namespace rt::protocol {

namespace {

// One overload per event: its members besides type and event_id.
struct Members {
  Dialect dialect;
  JsonValue& out;

  void operator()(const SessionUpdate& event) const {
    if (dialect == Dialect::beta && event.type == SessionType::transcription)
      out.set("type", beta_transcription_update);
    out.set("session", session_update_json(dialect, event));
  }
  void operator()(const InputAudioAppend& event) const { out.set("audio", event.audio); }
  void operator()(const InputAudioCommit&) const {}
  void operator()(const InputAudioClear&) const {}
  void operator()(const ItemCreate& event) const {
    out.set("previous_item_id", event.previous_item_id);
    out.set("item", item_json(dialect, Side::client, event.item));
  }
  void operator()(const ItemRetrieve& event) const { out.set("item_id", event.item_id); }
  void operator()(const ItemDelete& event) const { out.set("item_id", event.item_id); }
  void operator()(const ItemTruncate& event) const {
    out.set("item_id", event.item_id);
    out.set("content_index", event.content_index);
    out.set("audio_end_ms", event.audio_end_ms);
  }
  void operator()(const ResponseCreate& event) const {
    if (!event.options.empty()) out.set("response", response_options_json(dialect, event.options));
  }
  void operator()(const ResponseCancel& event) const { out.set("response_id", event.response_id); }
  void operator()(const OutputBufferClear&) const {}
  void operator()(const SessionClose&) const {}
  void operator()(const RawClientEvent&) const {}
};

JsonValue raw_event_json(const RawClientEvent& raw, const std::string& event_id) {
  JsonValue out = parsed(raw.json);
  if (!out.is_object()) out = JsonValue::object();
  if (!out["type"].present()) out.set("type", raw.type);
  if (!event_id.empty() && !out["event_id"].present()) out.set("event_id", event_id);
  return out;
}

} // namespace

JsonValue client_event_json(Dialect dialect, const ClientEvent& event) {
  if (const auto* raw = std::get_if<RawClientEvent>(&event.body)) return raw_event_json(*raw, event.event_id);
  const std::string_view type = client_event_names[event.body.index()].in(dialect);
  if (type.empty()) return {};
  JsonValue out = JsonValue::object();
  out.set("type", type);
  if (!event.event_id.empty()) out.set("event_id", event.event_id);
  std::visit(Members{dialect, out}, event.body);
  return out;
}

} // namespace rt::protocol

// Session configurations and descriptions to and from JSON.
#pragma once

#include "protocol/client_event.h"
#include "protocol/codec.h"
#include "protocol/json_value.h"

namespace rt::protocol {

JsonValue format_json(Dialect dialect, const audio::Format& format);
// Either dialect's way; absent when it is none that we know.
std::optional<audio::Format> read_format(const JsonValue& value);

// A name, or the object of a custom voice.
JsonValue voice_json(const std::optional<std::string>& voice);
std::optional<std::string> read_voice(const JsonValue& value);
JsonValue modalities_json(Dialect dialect, const std::optional<Modality>& modality);
std::optional<Modality> read_modality(const JsonValue& list);
JsonValue tokens_json(const std::optional<std::int64_t>& tokens);
std::optional<std::int64_t> read_tokens(const JsonValue& value);
// Absent when the text is not JSON.
JsonValue parsed(const std::optional<Json>& json);
std::optional<Json> kept(const JsonValue& value);
// Absent unless it is of that kind.
std::optional<Json> kept_array(const JsonValue& value);
std::optional<Json> kept_object(const JsonValue& value);
// The nested place of GA, else the flat one of beta.
const JsonValue& either(const JsonValue& nested, const JsonValue& flat);

// The `session` of session.update.
JsonValue session_update_json(Dialect dialect, const SessionUpdate& update);
// The `session` of session.created and session.updated.
JsonValue session_info_json(Dialect dialect, const SessionInfo& info);

// Both dialects' places at once; the nested one wins.
SessionConfig read_session_config(const JsonValue& session);
SessionInfo read_session_info(const JsonValue& session);

} // namespace rt::protocol

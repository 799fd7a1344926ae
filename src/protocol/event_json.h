// Whole events to and from JSON; codec.cpp puts them behind the Codec interface.
#pragma once

#include "protocol/codec.h"
#include "protocol/json_value.h"

namespace rt::protocol {

JsonValue client_event_json(Dialect dialect, const ClientEvent& event);
// Absent where the dialect has no such event.
JsonValue server_event_json(Dialect dialect, const ServerEvent& event);
Result<ClientEvent> read_client_event(Dialect dialect, std::string_view text);

} // namespace rt::protocol

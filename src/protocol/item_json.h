// Conversation items, their parts and responses to and from JSON.
#pragma once

#include "protocol/client_event.h"
#include "protocol/codec.h"
#include "protocol/json_value.h"

namespace rt::protocol {

// A server's object says what it is in `object`; a client's need not.
enum class Side { client, server };

JsonValue item_json(Dialect dialect, Side side, const Item& item);
// As in response.content_part events, where GA keeps beta's names.
JsonValue event_part_json(const ContentPart& part);
JsonValue usage_json(const Usage& usage);
JsonValue response_json(Dialect dialect, const Response& response);
JsonValue response_options_json(Dialect dialect, const ResponseOptions& options);

Item read_item(const JsonValue& value);
ContentPart read_part(const JsonValue& value);
Response read_response(const JsonValue& value);
std::optional<Usage> read_usage(const JsonValue& value);
// Both dialects' places at once; what has none in the value stays in `extra`.
ResponseOptions read_response_options(const JsonValue& value);

} // namespace rt::protocol

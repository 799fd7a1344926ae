// The shapes of what a client may send.
#pragma once

#include "protocol/codec.h"
#include "protocol/shape.h"

namespace rt::protocol {

// Null when the dialect has no such event.
const Shape* client_event_shape(Dialect dialect, std::string_view type);
// Users write items and response options before the dialect is known: both are accepted.
const Shape& user_item_shape();
const Shape& user_response_shape();

} // namespace rt::protocol

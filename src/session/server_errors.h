// The server's own error codes: which end a session, which are ordinary.
#pragma once

#include "base/error.h"
#include "protocol/server_event.h"

namespace rt::session {

// The kind for an `error` event or a close reason's code; request_failed when the session can go on.
ErrorKind kind_of_code(std::string_view code);
Error to_error(const protocol::ErrorInfo& info);

} // namespace rt::session

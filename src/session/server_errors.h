// The server's `error` events as errors of ours: which end a session, which are ordinary.
#pragma once

#include "base/error.h"
#include "protocol/server_event.h"

namespace rt::session {

Error to_error(const protocol::ErrorInfo& info);
// A response was asked for while another is active: it is due when that one ends.
bool says_response_active(const protocol::ErrorInfo& info);
// A response was cancelled that is over.
bool says_no_response(const protocol::ErrorInfo& info);

} // namespace rt::session

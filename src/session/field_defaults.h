// What goes back from a value to the server's own: a server keeps what an update leaves out, so the default
// must be said.
#pragma once

#include "protocol/session_config.h"

#include <string>

namespace rt::session {

// Gives each field that `asked` has and `wanted` leaves out the value that the server began with (`own`),
// else the one that the protocol documents. Returns the properties that have neither, for a warning.
std::string say_defaults(const protocol::SessionConfig& asked, const protocol::SessionConfig& own,
                         protocol::SessionConfig& wanted);

// A part of the transcription is given up while the rest stays.
bool loses_part(const protocol::SessionConfig& asked, const protocol::SessionConfig& wanted);

} // namespace rt::session

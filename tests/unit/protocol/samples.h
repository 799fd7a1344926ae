// Values that use every event and every field, for the tests that go over all of them.
#pragma once

#include "protocol/codec.h"

#include <string>
#include <vector>

namespace rt::protocol::samples {

// Every alternative of ServerEvent::body that `dialect` has at least once, but for UnknownServerEvent.
std::vector<ServerEvent> server_events(Dialect dialect);
// Every alternative of ClientEvent::body at least once; each field of a configuration alone and all together.
// With what only `dialect` has.
std::vector<ClientEvent> client_events(Dialect dialect);
// Each field alone, then all together.
std::vector<SessionConfig> configs(Dialect dialect);
SessionConfig ear(Dialect dialect); // all of a transcription session
extern const std::string awkward;
extern const Json tools;
std::vector<Item> items(Dialect dialect);

} // namespace rt::protocol::samples

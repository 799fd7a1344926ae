// What the server of a session has no place for: taken out of what is asked before it is sent, and said.
#pragma once

#include "protocol/provider.h"
#include "session/settings.h"

#include <string>
#include <string_view>

namespace rt::session {

// With whom we speak, and how.
struct Terms {
  const protocol::Provider& provider;
  protocol::Dialect dialect;
  protocol::SessionType type;
};

// Takes out of `config` what cannot be sent. Returns the properties of it that the user had set, each with
// the reason; empty when there are none.
std::string fit(protocol::SessionConfig& config, const Settings& asked, const Terms& terms);
// The same for one response; names its fields.
std::string fit(protocol::ResponseOptions& options, const Terms& terms);

// Why a server of these terms takes no such event; empty when it does.
std::string why_not(const decltype(protocol::ClientEvent::body)& event, const Terms& terms);

// Why a server of these terms calls no tools by itself; empty when it may.
std::string why_no_mcp(const Terms& terms);

// For messages: "a conversation", ...
const char* kind_name(protocol::SessionType type);

// Whether a transcription model finds turns by itself; if not, they are to be committed.
bool finds_turns(std::string_view transcription_model);

} // namespace rt::session

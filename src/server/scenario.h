// What a test or a demonstration wants the server to do differently. A default-constructed Scenario changes
// nothing. The file form is described in docs/devserver.md; parse_scenario() refuses names it does not know.
#pragma once

#include "base/result.h"
#include "server/sound.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::server {

using Ms = std::chrono::milliseconds;

// What comes of a call to a tool of an MCP server.
struct McpOutcome {
  std::string output;
  std::string error; // JSON object; empty: none
  Ms duration{0};
};

// One output item of a scripted reply.
struct ReplyPart {
  enum class Kind { message, function_call, mcp_call, mcp_approval_request };
  Kind kind = Kind::message;
  std::string text;            // message: what is said; `{text}` stands for what the user said
  Sound sound;                 // message: what the audio is made of
  std::string name, arguments; // of a call: arguments is JSON text
  std::string call_id;         // function_call; empty: chosen by the server
  std::string server_label;    // mcp_call
  McpOutcome outcome;          // mcp_call; when it is approved, where the session wants that
};

// A server of tools, which a session names in its `tools` by the label. One that is not here cannot be
// reached.
struct McpServer {
  std::string label;
  std::string tools = "[]"; // JSON array
  bool list_fails = false;
  Ms list_time{0};
};

struct ScriptedReply {
  std::string match;  // regular expression searched in the user's text, case ignored; empty: any text
  unsigned times = 1; // how often it may be used; 0: always
  std::vector<ReplyPart> parts;
  std::optional<double> pace; // overrides Scenario::pace
  std::optional<Ms> before_first_delta;
  // completed, incomplete or failed; failed carries the two texts below.
  std::string status = "completed";
  std::string error_code, error_message;
};

// An `error` event, and what follows it.
struct ScriptedError {
  std::string code, message, type = "invalid_request_error";
};

// How a connection ends before its time. Code 0 drops the TCP connection without a close frame (1006 at the
// client).
struct Ending {
  std::optional<unsigned> after_server_events, after_client_events; // counted from the handshake
  std::optional<Ms> after;                                          // since the handshake
  std::optional<ScriptedError> error;                               // sent first
  unsigned close_code = 1000;
  std::string close_reason;
};

// Raw frames among the server's own events.
struct Injection {
  unsigned after_server_events = 0; // 0: before session.created
  std::string text;
  bool binary = false;
};

// Faults of one connection.
struct Faults {
  unsigned http_status = 0; // answered instead of 101
  std::string location;     // with a 3xx
  bool deaf = false;        // 101, then nothing is read or sent
  bool no_session_created = false;
  bool ignore_session_update = false;
  std::optional<ScriptedError> reject_session_update;
  unsigned reject_count = 0; // how many updates are rejected; 0: all
  std::vector<Ending> endings;
  std::vector<Injection> injections;
};

// What the server's clients may use in a minute.
struct RateLimit {
  std::int64_t requests = 1000, tokens = 50000;
  bool enforced = false; // else only told
};

struct Scenario {
  enum class Ears { real, off };            // recogniser
  enum class Detector { real, level, off }; // level: any loud frame is speech, so that a tone can be a turn
  enum class BadKey { http_401, event_and_close };

  Ears ears = Ears::real;
  Detector detector = Detector::real;
  std::vector<std::string> transcripts; // the k-th user turn is understood as this, whatever was said
  std::optional<ScriptedError> transcription_error; // instead of every transcript
  std::vector<McpServer> mcp_servers;
  std::vector<ScriptedReply> replies; // the first that fits and is not used up; else the built-in policy
  std::optional<Sound> default_sound; // of replies that the built-in policy makes
  double pace = 5;                    // output audio, times real time; 0: all at once
  Ms delta{100};                      // audio in one delta
  Ms before_created{0}, before_first_delta{0};
  BadKey bad_key = BadKey::http_401;
  RateLimit rate_limit;
  std::chrono::seconds session_length{3600}; // then session_expired and close 1001
  std::chrono::seconds keepalive{20};        // between pings; 0: none
  Faults every_connection;
  // The k-th connection of the server uses the k-th of these instead; later ones use every_connection.
  std::vector<Faults> first_connections;
};

// Error kind invalid_settings, with the place in the message.
Result<Scenario> parse_scenario(std::string_view json);

} // namespace rt::server

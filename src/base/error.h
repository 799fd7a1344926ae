// Every way a session can fail, in one table: the kind, whether trying again can help, and what the user must
// change.
#pragma once

#include <string>
#include <string_view>

namespace rt {

enum class ErrorKind {
  cancelled,              // we stopped it ourselves; never shown
  invalid_settings,       // a property's value cannot be used
  invalid_uri,            // not ws:// or wss://, or unparsable
  resolve_failed,         // DNS
  connection_refused,     // nobody listens there
  unreachable,            // no route, or the peer vanished while connecting
  timed_out,              // connect-timeout ran out
  tls_failed,             // certificate or handshake
  redirected,             // HTTP 3xx: never followed, credentials would travel
  not_authorized,         // HTTP 401/403, close 3000, invalid_api_key
  not_found,              // HTTP 404
  rate_limited,           // HTTP 429
  server_unavailable,     // HTTP 5xx
  handshake_rejected,     // any other HTTP answer instead of 101
  not_realtime,           // the peer does not speak the protocol: malformed text, no session.created
  request_rejected,       // close 4000 and its kind: model or dialect refused
  quota_exceeded,         // insufficient_quota and its kind
  configuration_rejected, // the first session.update was refused, or its effect is not what the caps need
  session_expired,        // maximum session duration
  closed_by_server,       // the connection ended without our asking
  message_too_big,        // a frame above the limit
  response_failed,        // response.done with status failed
  request_failed,         // an `error` event for one request; the session goes on
  internal,               // our own fault
};

enum class Severity { benign, retryable, fatal };

struct ErrorKindInfo {
  ErrorKind kind;
  std::string_view name; // kebab-case, used in messages and docs
  Severity severity;
  std::string_view advice; // what the user must change; empty when nothing can be
};

const ErrorKindInfo& info(ErrorKind kind);

// An error on its way to a user. `message` says what happened, in one sentence without secrets;
// `code` is the server's own word; 0 in http_status/close_code means "none".
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
  std::string debug = {};
  std::string code = {};
  unsigned http_status = 0;
  unsigned close_code = 0;

  Severity severity() const { return info(kind).severity; }
};

} // namespace rt

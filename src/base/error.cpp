#include "base/error.h"

#include <array>
#include <cstddef>

namespace rt {
namespace {

using enum Severity;

constexpr std::array kinds = {
    ErrorKindInfo{ErrorKind::cancelled, "cancelled", benign, ""},
    ErrorKindInfo{ErrorKind::invalid_settings, "invalid-settings", fatal,
                  "Correct the property that the message names."},
    ErrorKindInfo{ErrorKind::invalid_uri, "invalid-uri", fatal, "Set 'uri' to a ws:// or wss:// address."},
    ErrorKindInfo{ErrorKind::resolve_failed, "resolve-failed", retryable,
                  "Check the host name in 'uri' and the machine's DNS."},
    ErrorKindInfo{ErrorKind::connection_refused, "connection-refused", retryable,
                  "Check host and port in 'uri' and that the server runs."},
    ErrorKindInfo{ErrorKind::unreachable, "unreachable", retryable,
                  "Check the network, 'proxy' and the host in 'uri'."},
    ErrorKindInfo{ErrorKind::timed_out, "timed-out", retryable,
                  "Check the network and 'uri', or raise 'connect-timeout'."},
    ErrorKindInfo{
        ErrorKind::tls_failed, "tls-failed", fatal,
        "Check the certificate: 'tls-database' for a private authority, or ws:// for a plain server."},
    ErrorKindInfo{ErrorKind::redirected, "redirected", fatal,
                  "Redirects are not followed; set 'uri' to the final address."},
    ErrorKindInfo{ErrorKind::not_authorized, "not-authorized", fatal,
                  "Check the key: the provider's environment variable, 'api-key' or 'need-api-key'."},
    ErrorKindInfo{ErrorKind::not_found, "not-found", fatal,
                  "Check the path of 'uri', 'provider' and 'model'."},
    ErrorKindInfo{ErrorKind::rate_limited, "rate-limited", retryable,
                  "The server limits requests; wait, raise 'retries' or the account's limit."},
    ErrorKindInfo{ErrorKind::server_unavailable, "server-unavailable", retryable,
                  "The server has a fault of its own; try again later or raise 'retries'."},
    ErrorKindInfo{ErrorKind::handshake_rejected, "handshake-rejected", fatal,
                  "The address answers HTTP but not as a Realtime WebSocket; check 'uri'."},
    ErrorKindInfo{ErrorKind::not_realtime, "not-realtime", fatal,
                  "The server does not speak the Realtime protocol; check 'uri' and 'provider'."},
    ErrorKindInfo{ErrorKind::request_rejected, "request-rejected", fatal,
                  "The server refuses this model or dialect; check 'model' and 'provider'."},
    ErrorKindInfo{ErrorKind::quota_exceeded, "quota-exceeded", fatal,
                  "The account's quota is used up; check its billing."},
    ErrorKindInfo{ErrorKind::configuration_rejected, "configuration-rejected", fatal,
                  "Correct the setting that the message names."},
    ErrorKindInfo{ErrorKind::session_expired, "session-expired", retryable,
                  "The session reached the server's maximum duration; start a new one."},
    ErrorKindInfo{ErrorKind::closed_by_server, "closed-by-server", retryable,
                  "The server closed the connection; try again."},
    ErrorKindInfo{ErrorKind::message_too_big, "message-too-big", fatal,
                  "The server sent a message above the size limit."},
    ErrorKindInfo{ErrorKind::response_failed, "response-failed", benign, ""},
    ErrorKindInfo{ErrorKind::request_failed, "request-failed", benign, ""},
    ErrorKindInfo{ErrorKind::internal, "internal", fatal, "This is a fault of the plugin; please report it."},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (static_cast<std::size_t>(kinds[i].kind) != i) return false;
  return kinds.size() == static_cast<std::size_t>(ErrorKind::internal) + 1;
}
static_assert(in_order(), "one row per ErrorKind, in the order of the enum");

} // namespace

const ErrorKindInfo& info(ErrorKind kind) {
  return kinds[static_cast<std::size_t>(kind)];
}

} // namespace rt

#include "transport/failure.h"

#include "base/server_code.h"

#include <array>

namespace rt::transport {
namespace {

// --- Network
// -------------------------------------------------------------------------------------------------------

struct NetworkRow {
  int code; // of G_IO_ERROR
  ErrorKind kind;
  std::string_view text; // after "host:port "
};

constexpr std::array network_rows = {
    NetworkRow{G_IO_ERROR_CANCELLED, ErrorKind::cancelled, "was given up"},
    NetworkRow{G_IO_ERROR_CONNECTION_REFUSED, ErrorKind::connection_refused, "refused the connection"},
    NetworkRow{G_IO_ERROR_HOST_NOT_FOUND, ErrorKind::resolve_failed,
               "has a host name that cannot be resolved"},
    NetworkRow{G_IO_ERROR_HOST_UNREACHABLE, ErrorKind::unreachable,
               "cannot be reached: no route to the host"},
    NetworkRow{G_IO_ERROR_NETWORK_UNREACHABLE, ErrorKind::unreachable,
               "cannot be reached: no route to its network"},
    NetworkRow{G_IO_ERROR_TIMED_OUT, ErrorKind::unreachable, "cannot be reached: the network gave no answer"},
    NetworkRow{G_IO_ERROR_CONNECTION_CLOSED, ErrorKind::unreachable,
               "closed the connection before it answered"},
    NetworkRow{G_IO_ERROR_PARTIAL_INPUT, ErrorKind::unreachable, "closed the connection before it answered"},
    NetworkRow{G_IO_ERROR_INVALID_ARGUMENT, ErrorKind::invalid_uri, "is not an address to connect to"},
};
constexpr NetworkRow other_network_row{G_IO_ERROR_FAILED, ErrorKind::unreachable, "cannot be reached"};

const NetworkRow& network_row(const GError& error) {
  if (error.domain == G_IO_ERROR)
    for (const NetworkRow& row : network_rows)
      if (row.code == error.code) return row;
  return other_network_row;
}

bool is_proxy_error(const GError& error) {
  if (error.domain != G_IO_ERROR) return false;
  switch (error.code) {
  case G_IO_ERROR_PROXY_FAILED:
  case G_IO_ERROR_PROXY_AUTH_FAILED:
  case G_IO_ERROR_PROXY_NEED_AUTH:
  case G_IO_ERROR_PROXY_NOT_ALLOWED:
    return true;
  default:
    return false;
  }
}

struct CertificateRow {
  GTlsCertificateFlags flag;
  std::string_view text;
};

constexpr std::array certificate_rows = {
    CertificateRow{G_TLS_CERTIFICATE_UNKNOWN_CA, "no known authority signed it"},
    CertificateRow{G_TLS_CERTIFICATE_BAD_IDENTITY, "it is for another host name"},
    CertificateRow{G_TLS_CERTIFICATE_NOT_ACTIVATED, "it is not valid yet"},
    CertificateRow{G_TLS_CERTIFICATE_EXPIRED, "it has expired"},
    CertificateRow{G_TLS_CERTIFICATE_REVOKED, "it was revoked"},
    CertificateRow{G_TLS_CERTIFICATE_INSECURE, "its algorithm is insecure"},
    CertificateRow{G_TLS_CERTIFICATE_GENERIC_ERROR, "it cannot be checked"},
};

std::string tls_text(const Peer& peer, const GError& error, GTlsCertificateFlags certificate_errors) {
  if (error.domain == G_TLS_ERROR && error.code == G_TLS_ERROR_NOT_TLS)
    return peer.shown + " does not speak TLS";
  std::string reasons;
  for (const CertificateRow& row : certificate_rows)
    if (certificate_errors & row.flag) reasons.append(reasons.empty() ? ": " : ", ").append(row.text);
  if (!reasons.empty()) return "The certificate of " + peer.shown + " is not accepted" + reasons;
  if (error.domain == G_TLS_ERROR && error.code == G_TLS_ERROR_CERTIFICATE_REQUIRED)
    return peer.shown + " wants a client certificate";
  return "The TLS handshake with " + peer.shown + " failed";
}

// --- HTTP
// ----------------------------------------------------------------------------------------------------------

struct HttpRow {
  unsigned first, last;
  ErrorKind kind;
  std::string_view text; // after "host:port "
};

// The first row that fits.
constexpr std::array http_rows = {
    HttpRow{300, 399, ErrorKind::redirected, "redirects elsewhere"},
    HttpRow{401, 401, ErrorKind::not_authorized, "does not accept the key"},
    HttpRow{403, 403, ErrorKind::not_authorized, "forbids the connection"},
    HttpRow{404, 404, ErrorKind::not_found, "knows no such address"},
    HttpRow{429, 429, ErrorKind::rate_limited, "limits the rate of requests"},
    HttpRow{500, 599, ErrorKind::server_unavailable, "has a fault of its own"},
    HttpRow{0, ~0U, ErrorKind::handshake_rejected, "does not open a WebSocket"},
};

const HttpRow& http_row(unsigned status) {
  for (const HttpRow& row : http_rows)
    if (row.first <= status && status <= row.last) return row;
  return http_rows.back();
}

// --- WebSocket
// -----------------------------------------------------------------------------------------------------

struct CloseRow {
  std::uint16_t code;
  ErrorKind kind;
  std::string_view text; // after "host:port "
};

constexpr std::uint16_t close_request_rejected = 4000;
constexpr std::array close_rows = {
    CloseRow{1000, ErrorKind::closed_by_server, "closed the connection"},
    CloseRow{1001, ErrorKind::closed_by_server, "closed the connection: it is going away"},
    CloseRow{1005, ErrorKind::closed_by_server, "closed the connection without a reason"},
    CloseRow{1006, ErrorKind::closed_by_server, "broke off the connection"},
    CloseRow{1009, ErrorKind::closed_by_server, "closed the connection: what we sent is too big for it"},
    CloseRow{1011, ErrorKind::closed_by_server, "closed the connection: it has a fault of its own"},
    CloseRow{3000, ErrorKind::not_authorized, "closed the connection: it does not accept the key"},
    CloseRow{close_request_rejected, ErrorKind::request_rejected,
             "closed the connection: it refuses the request"},
};

const CloseRow& close_row(std::uint16_t code) {
  for (const CloseRow& row : close_rows)
    if (row.code == code) return row;
  return close_rows.front();
}

// "type.code", as close reasons and some bodies have it.
std::string_view code_of_reason(std::string_view reason) {
  const auto dot = reason.find('.');
  const std::string_view code = dot == reason.npos ? reason : reason.substr(dot + 1);
  const bool one_word = code.find_first_of(" \t\n") == code.npos;
  return one_word ? code : std::string_view{};
}

// --- The body of a refusal: {"error":{"message":...,"code":...}}
// -----------------------------------------------------

// The string value of the first `"name":"..."`, its escapes left as they are: for a log line, not for a
// program.
std::string_view string_field(std::string_view body, std::string_view name) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::string key = "\"" + std::string(name) + "\"";
  for (std::size_t at = body.find(key); at != body.npos; at = body.find(key, at + 1)) {
    std::size_t next = body.find_first_not_of(blanks, at + key.size());
    if (next == body.npos || body[next] != ':') continue;
    next = body.find_first_not_of(blanks, next + 1);
    if (next == body.npos || body[next] != '"') continue;
    const std::size_t start = next + 1;
    for (std::size_t end = start; end < body.size(); ++end) {
      if (body[end] == '\\')
        ++end;
      else if (body[end] == '"')
        return body.substr(start, end - start);
    }
  }
  return {};
}

} // namespace

Error network_failure(const Peer& peer, Stage stage, const GError& error,
                      GTlsCertificateFlags certificate_errors) {
  Error failure{.debug = error.message};
  const bool at_proxy = !peer.proxy.empty() && (stage == Stage::resolving || stage == Stage::connecting);
  const std::string where = at_proxy ? "The proxy " + peer.proxy : peer.shown;
  if (stage == Stage::proxy || is_proxy_error(error)) {
    failure.kind = ErrorKind::unreachable;
    failure.message =
        "The proxy" + (peer.proxy.empty() ? "" : " " + peer.proxy) + " gives no way to " + peer.shown;
  } else if (error.domain == G_RESOLVER_ERROR) {
    failure.kind = ErrorKind::resolve_failed;
    failure.message = where + " has a host name that cannot be resolved";
  } else if (error.domain == G_TLS_ERROR || (stage == Stage::tls && error.code != G_IO_ERROR_CANCELLED)) {
    failure.kind = ErrorKind::tls_failed;
    failure.message = tls_text(peer, error, certificate_errors);
  } else {
    const NetworkRow& row = network_row(error);
    failure.kind = row.kind;
    failure.message = where + " " + std::string(row.text);
  }
  return failure;
}

Error http_failure(const Peer& peer, Stage stage, const HttpAnswer& answer, const Secrets& secrets) {
  Error failure{.http_status = answer.status};
  const std::string status = " (HTTP " + std::to_string(answer.status) + ")";
  failure.debug = secrets.mask(answer.body);
  constexpr unsigned proxy_authentication_required = 407;
  if (stage == Stage::proxy || answer.status == proxy_authentication_required) {
    failure.kind = ErrorKind::unreachable;
    failure.message = "The proxy" + (peer.proxy.empty() ? "" : " " + peer.proxy) + " gives no way to " +
                      peer.shown + status;
    return failure;
  }
  const HttpRow& row = http_row(answer.status);
  failure.kind = row.kind;
  failure.message = peer.shown + " " + std::string(row.text) + status;
  if (row.kind == ErrorKind::redirected && !answer.redirect_origin.empty())
    failure.message += ", to " + answer.redirect_origin;

  failure.code = secrets.mask(string_field(answer.body, "code"));
  if (const auto text = string_field(answer.body, "message"); !text.empty())
    failure.debug = secrets.mask(text);
  if (row.kind != ErrorKind::redirected && answer.status < 500)
    failure.kind = kind_of_server_code(failure.code).value_or(failure.kind);
  return failure;
}

Error close_failure(const Peer& peer, std::uint16_t code, std::string_view reason, const Secrets& secrets) {
  const CloseRow& row = close_row(code);
  Error failure{.kind = row.kind, .close_code = code};
  failure.message = peer.shown + " " + std::string(row.text) + " (close code " + std::to_string(code) + ")";
  failure.debug = secrets.mask(reason);
  failure.code = secrets.mask(code_of_reason(reason));
  if (const auto kind = kind_of_server_code(failure.code)) {
    failure.kind = *kind;
  } else if (code == close_request_rejected && reason.starts_with("server_error")) {
    failure.kind = ErrorKind::server_unavailable; // its own fault, not ours
  }
  return failure;
}

} // namespace rt::transport

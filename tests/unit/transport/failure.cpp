// The rows that no test on the loopback can bring about; the others are in dial_failures.cpp and endings.cpp.
#include "transport/failure.h"

#include <glib.h>

#include <string>

namespace {

using namespace rt;
using namespace rt::transport;

const Peer peer{.shown = "host:443", .proxy = {}};
const Peer behind_proxy{.shown = "host:443", .proxy = "proxy:3128"};

Error of(GQuark domain, int code, Stage stage = Stage::connecting, const Peer& to = peer,
         GTlsCertificateFlags certificate_errors = G_TLS_CERTIFICATE_NO_FLAGS) {
  const GErrorPtr error(g_error_new_literal(domain, code, "the system's words"));
  Error failure = network_failure(to, stage, *error, certificate_errors);
  g_assert_cmpstr(failure.debug.c_str(), ==, "the system's words");
  return failure;
}

void assert_is(const Error& error, ErrorKind kind, const std::string& message) {
  g_assert_true(error.kind == kind);
  g_assert_cmpstr(error.message.c_str(), ==, message.c_str());
}

void no_route() {
  assert_is(of(G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE), ErrorKind::unreachable,
            "host:443 cannot be reached: no route to the host");
  assert_is(of(G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE), ErrorKind::unreachable,
            "host:443 cannot be reached: no route to its network");
  assert_is(of(G_IO_ERROR, G_IO_ERROR_TIMED_OUT), ErrorKind::unreachable,
            "host:443 cannot be reached: the network gave no answer");
  assert_is(of(G_IO_ERROR, G_IO_ERROR_FAILED), ErrorKind::unreachable, "host:443 cannot be reached");
}

void names() {
  for (const int code :
       {G_RESOLVER_ERROR_NOT_FOUND, G_RESOLVER_ERROR_TEMPORARY_FAILURE, G_RESOLVER_ERROR_INTERNAL})
    assert_is(of(G_RESOLVER_ERROR, code, Stage::resolving), ErrorKind::resolve_failed,
              "host:443 has a host name that cannot be resolved");
  assert_is(of(G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, Stage::resolving, behind_proxy),
            ErrorKind::resolve_failed, "The proxy proxy:3128 has a host name that cannot be resolved");
}

void cancelled() {
  g_assert_true(of(G_IO_ERROR, G_IO_ERROR_CANCELLED).kind == ErrorKind::cancelled);
  g_assert_true(of(G_IO_ERROR, G_IO_ERROR_CANCELLED, Stage::tls).kind == ErrorKind::cancelled);
}

void proxies() {
  for (const int code : {G_IO_ERROR_PROXY_FAILED, G_IO_ERROR_PROXY_AUTH_FAILED, G_IO_ERROR_PROXY_NEED_AUTH,
                         G_IO_ERROR_PROXY_NOT_ALLOWED}) {
    assert_is(of(G_IO_ERROR, code, Stage::connecting, behind_proxy), ErrorKind::unreachable,
              "The proxy proxy:3128 gives no way to host:443");
    assert_is(of(G_IO_ERROR, code), ErrorKind::unreachable, "The proxy gives no way to host:443");
  }
  assert_is(of(G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, Stage::proxy, behind_proxy), ErrorKind::unreachable,
            "The proxy proxy:3128 gives no way to host:443");
  // Behind the proxy it is the server's own fault.
  assert_is(of(G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, Stage::handshake, behind_proxy),
            ErrorKind::unreachable, "host:443 closed the connection before it answered");
}

void tls() {
  assert_is(of(G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, Stage::tls, peer,
               static_cast<GTlsCertificateFlags>(G_TLS_CERTIFICATE_UNKNOWN_CA | G_TLS_CERTIFICATE_REVOKED)),
            ErrorKind::tls_failed,
            "The certificate of host:443 is not accepted: no known authority signed it, it was revoked");
  assert_is(of(G_TLS_ERROR, G_TLS_ERROR_CERTIFICATE_REQUIRED, Stage::tls), ErrorKind::tls_failed,
            "host:443 wants a client certificate");
  assert_is(of(G_TLS_ERROR, G_TLS_ERROR_NOT_TLS, Stage::tls), ErrorKind::tls_failed,
            "host:443 does not speak TLS");
  assert_is(of(G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, Stage::tls), ErrorKind::tls_failed,
            "The TLS handshake with host:443 failed");
}

void bodies_of_refusals() {
  const Secrets secrets{Endpoint{}};
  struct Row {
    const char* body;
    const char* code;
    const char* debug;
  };
  for (const Row& row : {
           Row{"", "", ""},
           Row{"<html>no</html>", "", "<html>no</html>"},
           Row{R"({"error":{"message":"No \"quotes\" please","code" : "odd"}})", "odd",
               R"(No \"quotes\" please)"},
           Row{R"({"error":{"code":null,"message":"m"}})", "", "m"},
           Row{R"({"message":"code","code":"401"})", "401", "code"},
           Row{R"({"code":"cut o)", "", R"({"code":"cut o)"},
           Row{R"({"code":"\)", "", R"({"code":"\)"},
       }) {
    const Error error = http_failure(peer, Stage::handshake, {.status = 400, .body = row.body}, secrets);
    g_assert_cmpstr(error.code.c_str(), ==, row.code);
    g_assert_cmpstr(error.debug.c_str(), ==, row.debug);
    g_assert_cmpuint(error.http_status, ==, 400);
  }
}

void redirects() {
  const Secrets secrets{Endpoint{}};
  assert_is(
      http_failure(peer, Stage::handshake, {.status = 308, .redirect_origin = "wss://other:443"}, secrets),
      ErrorKind::redirected, "host:443 redirects elsewhere (HTTP 308), to wss://other:443");
  assert_is(http_failure(peer, Stage::handshake, {.status = 304}, secrets), ErrorKind::redirected,
            "host:443 redirects elsewhere (HTTP 304)");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/transport/failure/no-route", no_route);
  g_test_add_func("/transport/failure/names", names);
  g_test_add_func("/transport/failure/cancelled", cancelled);
  g_test_add_func("/transport/failure/proxies", proxies);
  g_test_add_func("/transport/failure/tls", tls);
  g_test_add_func("/transport/failure/bodies", bodies_of_refusals);
  g_test_add_func("/transport/failure/redirects", redirects);
  return g_test_run();
}

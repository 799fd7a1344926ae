// Every way in which no connection comes about, against real sockets.
#include "client.h"

#include <glib.h>

#include <string>

namespace {

using namespace rt;
using namespace rt::test;
using transport::Endpoint;

constexpr const char* secret = "sk-0123456789abcdefghij";

Endpoint plain(std::uint16_t port) {
  Endpoint endpoint;
  endpoint.uri = "ws://127.0.0.1:" + std::to_string(port) + "/v1/realtime?model=m&api-key=" + secret;
  endpoint.headers = {{"Authorization", std::string("Bearer ") + secret}};
  return endpoint;
}

Endpoint secure(std::uint16_t port) {
  Endpoint endpoint = plain(port);
  endpoint.uri.replace(0, 2, "wss");
  endpoint.tls_database = test_authority();
  return endpoint;
}

Error failure_of(const Endpoint& endpoint) {
  Client client;
  client.open(endpoint);
  const Error error = client.wait_end();
  client.fixture().settle();
  const auto heard = client.heard().lock();
  g_assert_cmpuint(heard->ends.size(), ==, 1);
  g_assert_cmpuint(heard->opened, ==, 0);
  g_assert_cmpuint(heard->last_generation, ==, Client::generation);
  for (const std::string& text : {error.message, error.debug, error.code})
    g_assert_true(text.find(secret) == text.npos);
  return error;
}

void assert_kind(const Error& error, ErrorKind expected) {
  assert_text(std::string(info(error.kind).name), std::string(info(expected).name));
}

void assert_names(const Error& error, const std::string& text) {
  if (error.message.find(text) == error.message.npos)
    g_error("'%s' does not name '%s'", error.message.c_str(), text.c_str());
}

std::string loopback(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

// --- Settings
// ------------------------------------------------------------------------------------------------------

void a_uri_that_is_none() {
  for (const char* uri : {"", "no uri", "http://127.0.0.1/", "ws://", "wss:///path"}) {
    Endpoint endpoint;
    endpoint.uri = uri;
    assert_kind(failure_of(endpoint), ErrorKind::invalid_uri);
  }
}

void a_header_that_would_split_the_request() {
  Endpoint endpoint = plain(1);
  endpoint.headers.emplace_back("X-Note", "one\r\nHost: elsewhere");
  assert_kind(failure_of(endpoint), ErrorKind::invalid_settings);
}

void a_proxy_that_is_no_uri() {
  Endpoint endpoint = plain(1);
  endpoint.proxy = "http://";
  assert_kind(failure_of(endpoint), ErrorKind::invalid_settings);
}

// --- Network
// -------------------------------------------------------------------------------------------------------

void nobody_listens() {
  const auto port = closed_port();
  const Error error = failure_of(plain(port));
  assert_kind(error, ErrorKind::connection_refused);
  assert_text(error.message, loopback(port) + " refused the connection");
}

// A resolver that knows no host, so that no test asks a real one.
struct NoResolver {
  GResolver parent;
};
struct NoResolverClass {
  GResolverClass parent;
};
G_DEFINE_TYPE(NoResolver, no_resolver, G_TYPE_RESOLVER)

void no_resolver_init(NoResolver*) {}
void no_resolver_lookup(GResolver* self, const gchar* name, GResolverNameLookupFlags,
                        GCancellable* cancellable, GAsyncReadyCallback callback, gpointer data) {
  g_task_report_new_error(self, callback, data, nullptr, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND,
                          "no %s%s", name, cancellable ? "" : "");
}
GList* no_resolver_finish(GResolver*, GAsyncResult* result, GError** error) {
  return static_cast<GList*>(g_task_propagate_pointer(G_TASK(result), error));
}
void no_resolver_class_init(NoResolverClass* klass) {
  klass->parent.lookup_by_name_with_flags_async = no_resolver_lookup;
  klass->parent.lookup_by_name_with_flags_finish = no_resolver_finish;
  klass->parent.lookup_by_name_finish = no_resolver_finish;
}

void a_host_that_no_resolver_knows() {
  auto usual = GRef<GResolver>::adopt(g_resolver_get_default());
  auto none = GRef<GResolver>::adopt(G_RESOLVER(g_object_new(no_resolver_get_type(), nullptr)));
  g_resolver_set_default(none.get());
  Endpoint endpoint;
  endpoint.uri = "wss://somewhere.invalid/v1";
  const Error error = failure_of(endpoint);
  g_resolver_set_default(usual.get());
  assert_kind(error, ErrorKind::resolve_failed);
  assert_names(error, "somewhere.invalid:443");
}

void a_peer_that_leaves_without_an_answer() {
  RawServer server([](RawPeer& peer) { peer.read_head(); });
  const Error error = failure_of(plain(server.port()));
  assert_kind(error, ErrorKind::unreachable);
  assert_names(error, loopback(server.port()));
}

void a_peer_that_breaks_off() {
  RawServer server([](RawPeer& peer) {
    peer.read_head();
    peer.break_off();
  });
  assert_kind(failure_of(plain(server.port())), ErrorKind::unreachable);
}

// --- TLS
// -----------------------------------------------------------------------------------------------------------

void welcome(RawPeer& peer) {
  peer.accept_websocket();
  peer.wait_for_end();
}

void a_certificate_of_an_unknown_authority() {
  RawServer server(welcome, {.certificate_file = tls_file("server.pem")});
  Endpoint endpoint = secure(server.port());
  endpoint.tls_database = {};
  const Error error = failure_of(endpoint);
  assert_kind(error, ErrorKind::tls_failed);
  assert_text(error.message, "The certificate of " + loopback(server.port()) +
                                 " is not accepted: no known authority signed it");
}

void a_certificate_for_another_host() {
  RawServer server(welcome, {.certificate_file = tls_file("elsewhere.pem")});
  const Error error = failure_of(secure(server.port()));
  assert_kind(error, ErrorKind::tls_failed);
  assert_names(error, "another host name");
}

void an_expired_certificate() {
  RawServer server(welcome, {.certificate_file = tls_file("expired.pem")});
  const Error error = failure_of(secure(server.port()));
  assert_kind(error, ErrorKind::tls_failed);
  assert_names(error, "expired");
}

void any_certificate_when_not_strict() {
  for (const char* file : {"server.pem", "elsewhere.pem", "expired.pem"}) {
    RawServer server(welcome, {.certificate_file = tls_file(file)});
    Endpoint endpoint = secure(server.port());
    endpoint.tls_database = {};
    endpoint.ssl_strict = false;
    Client client;
    client.open(endpoint);
    client.wait_open();
  }
}

void a_plain_server_asked_for_tls() {
  RawServer server([](RawPeer& peer) { peer.write("HTTP/1.1 400 Bad Request\r\n\r\n"); });
  const Error error = failure_of(secure(server.port()));
  assert_kind(error, ErrorKind::tls_failed);
  assert_names(error, loopback(server.port()));
}

void a_tls_server_asked_without() {
  RawServer server(welcome, {.certificate_file = tls_file("server.pem")});
  const Error error = failure_of(plain(server.port()));
  g_assert_true(error.kind == ErrorKind::not_realtime || error.kind == ErrorKind::unreachable);
}

// --- HTTP
// ----------------------------------------------------------------------------------------------------------

Error failure_with_answer(const std::string& answer) {
  RawServer server([&](RawPeer& peer) {
    peer.read_head();
    peer.write(answer);
  });
  const Error error = failure_of(plain(server.port()));
  assert_names(error, loopback(server.port()));
  return error;
}

std::string http_answer(unsigned status, const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 " + std::to_string(status) + " Something\r\nContent-Type: application/json\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

void every_status_has_its_kind() {
  struct Row {
    unsigned status;
    ErrorKind kind;
  };
  for (const auto& [status, kind] :
       {Row{200, ErrorKind::handshake_rejected}, Row{400, ErrorKind::handshake_rejected},
        Row{401, ErrorKind::not_authorized}, Row{403, ErrorKind::not_authorized},
        Row{404, ErrorKind::not_found}, Row{407, ErrorKind::unreachable},
        Row{426, ErrorKind::handshake_rejected}, Row{429, ErrorKind::rate_limited},
        Row{500, ErrorKind::server_unavailable}, Row{502, ErrorKind::server_unavailable},
        Row{503, ErrorKind::server_unavailable}}) {
    const Error error = failure_with_answer(http_answer(status, "{}"));
    assert_kind(error, kind);
    g_assert_cmpuint(error.http_status, ==, status);
    assert_names(error, "HTTP " + std::to_string(status));
  }
}

void a_challenge_is_not_taken_up() {
  int requests = 0;
  RawServer server([&](RawPeer& peer) {
    ++requests;
    peer.read_head();
    peer.write(http_answer(401, "", "WWW-Authenticate: Basic realm=\"r\"\r\n"));
  });
  Endpoint endpoint = plain(server.port());
  endpoint.headers.clear();
  assert_kind(failure_of(endpoint), ErrorKind::not_authorized);
  g_assert_cmpint(requests, ==, 1);
}

void a_refusal_s_body_gives_code_and_debug() {
  const Error error = failure_with_answer(
      http_answer(401, std::string(R"({"error":{"message":"Incorrect API key provided: )") + secret +
                           R"(.","type":"invalid_request_error","code":"invalid_api_key"}})"));
  assert_kind(error, ErrorKind::not_authorized);
  assert_text(error.code, "invalid_api_key");
  assert_text(error.debug, "Incorrect API key provided: ***.");
}

void a_code_says_more_than_the_status() {
  const Error quota = failure_with_answer(
      http_answer(429, R"({"error":{"code":"insufficient_quota","message":"You used it up."}})"));
  assert_kind(quota, ErrorKind::quota_exceeded);
  const Error model = failure_with_answer(http_answer(404, R"({"error":{"code":"model_not_found"}})"));
  assert_kind(model, ErrorKind::request_rejected);
}

void a_body_of_any_size_is_bounded() {
  const Error error = failure_with_answer(http_answer(403, std::string(200'000, 'x')));
  assert_kind(error, ErrorKind::not_authorized);
  g_assert_cmpuint(error.debug.size(), >, 1000);
  g_assert_cmpuint(error.debug.size(), <, 5000);
}

void a_body_that_never_ends_is_not_waited_for() {
  RawServer server([](RawPeer& peer) {
    peer.read_head();
    peer.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nsome");
    peer.wait_for_server_end();
  });
  const Error error = failure_of(plain(server.port()));
  assert_kind(error, ErrorKind::not_authorized);
  g_assert_cmpuint(error.http_status, ==, 401);
}

void a_redirect_is_not_followed_and_its_target_s_origin_named() {
  bool followed = false;
  RawServer target([&](RawPeer&) { followed = true; });
  const std::string location =
      "http://user:pw@127.0.0.1:" + std::to_string(target.port()) + "/private?token=" + secret;
  const Error error = failure_with_answer(http_answer(302, "", "Location: " + location + "\r\n"));
  assert_kind(error, ErrorKind::redirected);
  g_assert_true(error.message.ends_with(", to http://" + loopback(target.port())));
  g_assert_false(followed);
}

void bytes_that_are_not_http() {
  for (const char* greeting :
       {"SSH-2.0-OpenSSH_9.2\r\n", "220 mail ESMTP\r\n\r\n", "\x15\x03\x01\x02\x02P\r\n\r\n"}) {
    const Error error = failure_with_answer(greeting);
    g_test_message("%s: %s", error.message.c_str(), error.debug.c_str());
    assert_kind(error, ErrorKind::not_realtime);
  }
}

void a_handshake_answered_wrongly() {
  const Error wrong_key =
      failure_with_answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n");
  assert_kind(wrong_key, ErrorKind::handshake_rejected);
  const Error no_upgrade = failure_with_answer("HTTP/1.1 101 Switching Protocols\r\n\r\n");
  assert_kind(no_upgrade, ErrorKind::handshake_rejected);
}

// --- Proxies
// -------------------------------------------------------------------------------------------------------

void a_tunnel_through_a_proxy() {
  RawServer server(welcome, {.certificate_file = tls_file("server.pem")});
  Guarded<std::string> request;
  RawServer proxy([&](RawPeer& peer) {
    const std::string head = peer.read_head();
    *request.lock() = head;
    peer.write("HTTP/1.1 200 Connection established\r\n\r\n");
    peer.relay_to(server.port());
  });
  Endpoint endpoint = secure(server.port());
  endpoint.proxy = loopback(proxy.port());
  Client client;
  client.open(endpoint);
  client.wait_open();
  g_assert_true(request.lock()->starts_with("CONNECT " + loopback(server.port()) + " HTTP/1."));
  g_assert_true(request.lock()->find(secret) == std::string::npos);
}

void a_proxy_that_refuses_the_tunnel() {
  for (const unsigned status : {403U, 407U, 502U}) {
    RawServer proxy([&](RawPeer& peer) {
      peer.read_head();
      peer.write(http_answer(status, ""));
    });
    Endpoint endpoint = secure(9);
    endpoint.proxy = "http://user:some-password@" + loopback(proxy.port());
    const Error error = failure_of(endpoint);
    assert_kind(error, ErrorKind::unreachable);
    g_assert_cmpuint(error.http_status, ==, status);
    assert_names(error, "The proxy " + loopback(proxy.port()));
    assert_names(error, "127.0.0.1:9");
    g_assert_true(error.message.find("some-password") == error.message.npos);
  }
}

void a_proxy_that_is_not_there() {
  Endpoint endpoint = plain(9);
  const auto port = closed_port();
  endpoint.proxy = loopback(port);
  const Error error = failure_of(endpoint);
  assert_kind(error, ErrorKind::connection_refused);
  assert_text(error.message, "The proxy " + loopback(port) + " refused the connection");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  const auto add = [](const char* name, GTestFunc body) {
    g_test_add_func(("/transport/dial/" + std::string(name)).c_str(), body);
  };
  add("settings/uri", a_uri_that_is_none);
  add("settings/header", a_header_that_would_split_the_request);
  add("settings/proxy", a_proxy_that_is_no_uri);
  add("network/refused", nobody_listens);
  add("network/resolver", a_host_that_no_resolver_knows);
  add("network/no-answer", a_peer_that_leaves_without_an_answer);
  add("network/broken-off", a_peer_that_breaks_off);
  add("tls/unknown-authority", a_certificate_of_an_unknown_authority);
  add("tls/another-host", a_certificate_for_another_host);
  add("tls/expired", an_expired_certificate);
  add("tls/not-strict", any_certificate_when_not_strict);
  add("tls/plain-server", a_plain_server_asked_for_tls);
  add("tls/tls-server", a_tls_server_asked_without);
  add("http/status", every_status_has_its_kind);
  add("http/challenge", a_challenge_is_not_taken_up);
  add("http/body", a_refusal_s_body_gives_code_and_debug);
  add("http/code", a_code_says_more_than_the_status);
  add("http/big-body", a_body_of_any_size_is_bounded);
  add("http/endless-body", a_body_that_never_ends_is_not_waited_for);
  add("http/redirect", a_redirect_is_not_followed_and_its_target_s_origin_named);
  add("http/not-http", bytes_that_are_not_http);
  add("http/wrong-handshake", a_handshake_answered_wrongly);
  add("proxy/tunnel", a_tunnel_through_a_proxy);
  add("proxy/refuses", a_proxy_that_refuses_the_tunnel);
  add("proxy/not-there", a_proxy_that_is_not_there);
  return g_test_run();
}

#include "transport/address.h"

#include "support/texts.h"

#include <glib.h>

#include <string>

namespace {

using namespace rt;
using namespace rt::transport;
using rt::test::assert_text;

std::string shown(const std::string& uri) {
  auto address = parse_address(uri);
  return address ? address->shown : std::string(info(address.error().kind).name);
}

void host_and_port_are_shown_and_nothing_else() {
  assert_text(shown("wss://api.example.com/v1/realtime?key=abc"), "api.example.com:443");
  assert_text(shown("ws://localhost"), "localhost:80");
  assert_text(shown("ws://user:password@127.0.0.1:8080/"), "127.0.0.1:8080");
  assert_text(shown("WSS://[::1]:9/"), "[::1]:9");
}

void what_is_no_websocket_uri_is_refused() {
  for (const char* uri : {"", "localhost:80", "http://h/", "ws:/path", "ws://", "wss://:443/",
                          "ws://h:99999/", "ws:// h/", "ws://[::1/"})
    assert_text(shown(uri), "invalid-uri");
}

void a_refusal_repeats_nothing_of_the_uri() {
  for (const char* uri : {"secret", "secret:secret", "ws://h:secret/", "ws://[secret"}) {
    const auto address = parse_address(uri);
    g_assert_false(address.ok());
    g_assert_true(address.error().message.find("secret") == std::string::npos ||
                  std::string(uri).starts_with("secret:")); // a scheme may be named
  }
}

void the_origin_of_a_redirect() {
  auto base = parse_address("wss://api.example.com/v1?key=secret");
  GUri* const uri = base->uri.get();
  assert_text(origin_of(uri, "https://other.example/path?token=secret"), "https://other.example:443");
  assert_text(origin_of(uri, "http://user:secret@other.example:81/"), "http://other.example:81");
  assert_text(origin_of(uri, "/moved"), "wss://api.example.com:443");
  assert_text(origin_of(uri, nullptr), "");
  assert_text(origin_of(uri, "http://["), "");
}

void a_proxy_needs_no_scheme() {
  assert_text(parse_proxy("127.0.0.1:3128")->shown, "127.0.0.1:3128");
  assert_text(parse_proxy("http://user:password@proxy.example:8080")->shown, "proxy.example:8080");
  assert_text(parse_proxy("socks5://127.0.0.1:1080")->shown, "127.0.0.1:1080");
  g_assert_false(parse_proxy("http://").ok());
  g_assert_false(parse_proxy("a b").ok());
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/transport/address/shown", host_and_port_are_shown_and_nothing_else);
  g_test_add_func("/transport/address/refused", what_is_no_websocket_uri_is_refused);
  g_test_add_func("/transport/address/secret", a_refusal_repeats_nothing_of_the_uri);
  g_test_add_func("/transport/address/origin", the_origin_of_a_redirect);
  g_test_add_func("/transport/address/proxy", a_proxy_needs_no_scheme);
  return g_test_run();
}

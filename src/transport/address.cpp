#include "transport/address.h"

#include <cstring>

namespace rt::transport {
namespace {

// ENCODED keeps the escapes that the user wrote; SCHEME_NORMALIZE knows the default ports.
constexpr auto uri_flags =
    static_cast<GUriFlags>(G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_PATH | G_URI_FLAGS_ENCODED_QUERY |
                           G_URI_FLAGS_ENCODED_FRAGMENT | G_URI_FLAGS_SCHEME_NORMALIZE);

bool is_websocket(const char* scheme) {
  return std::strcmp(scheme, "ws") == 0 || std::strcmp(scheme, "wss") == 0;
}

std::string host_and_port(GUri* uri) {
  const char* host = g_uri_get_host(uri);
  const int port = g_uri_get_port(uri);
  std::string shown = std::strchr(host, ':') ? "[" + std::string(host) + "]" : host;
  if (port > 0) shown += ":" + std::to_string(port);
  return shown;
}

// GUri lets blanks pass.
bool has_host(GUri* uri) {
  const char* host = g_uri_get_host(uri);
  if (!host || !*host) return false;
  for (; *host; ++host)
    if (static_cast<unsigned char>(*host) <= ' ') return false;
  return true;
}

Error invalid_uri(std::string message) {
  return {.kind = ErrorKind::invalid_uri, .message = std::move(message)};
}

} // namespace

// The texts never repeat the uri: what cannot be parsed may hold a key anywhere.
Result<Address> parse_address(const std::string& text) {
  if (text.empty()) return invalid_uri("There is no 'uri' to connect to");
  GErrorPtr error;
  auto uri = GRef<GUri>::adopt(g_uri_parse(text.c_str(), uri_flags, OutError(error)));
  if (!uri) return invalid_uri("The 'uri' cannot be parsed");
  if (!is_websocket(g_uri_get_scheme(uri.get())))
    return invalid_uri("The scheme of 'uri' is neither ws nor wss but " +
                       std::string(g_uri_get_scheme(uri.get())));
  if (!has_host(uri.get())) return invalid_uri("The 'uri' names no host");
  std::string shown = host_and_port(uri.get());
  return Address{std::move(uri), std::move(shown)};
}

std::string origin_of(GUri* base, const char* location) {
  if (!location) return {};
  auto target = GRef<GUri>::adopt(g_uri_parse_relative(base, location, uri_flags, nullptr));
  if (!target || !has_host(target.get())) return {};
  return std::string(g_uri_get_scheme(target.get())) + "://" + host_and_port(target.get());
}

Result<Address> parse_proxy(const std::string& proxy) {
  const std::string text = proxy.find("://") == std::string::npos ? "http://" + proxy : proxy;
  auto uri = GRef<GUri>::adopt(g_uri_parse(text.c_str(), uri_flags, nullptr));
  if (!uri || !has_host(uri.get()))
    return Error{.kind = ErrorKind::invalid_settings, .message = "The 'proxy' is not a uri with a host"};
  std::string shown = host_and_port(uri.get());
  return Address{std::move(uri), std::move(shown)};
}

} // namespace rt::transport

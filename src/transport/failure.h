// One table for each way a connection can end, from what the network, HTTP or WebSocket said to an Error that
// a user understands. Texts name host:port only; whatever the server wrote goes, masked, to `debug` and
// `code`.
#pragma once

#include "base/error.h"
#include "transport/secrets.h"

#include <gio/gio.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace rt::transport {

// How far a connection got, to tell whose fault a failure is.
enum class Stage { resolving, connecting, proxy, tls, handshake, open };

struct Peer {
  std::string shown; // host:port
  std::string proxy; // host:port of the configured proxy; empty: none, or the system's
};

// GIO's resolver, socket, proxy and TLS errors. `certificate_errors`: what the peer's certificate was refused
// for.
Error network_failure(const Peer& peer, Stage stage, const GError& error,
                      GTlsCertificateFlags certificate_errors);

struct HttpAnswer {
  unsigned status = 0;
  std::string redirect_origin; // of a 3xx
  std::string body;            // as far as it was read
};
Error http_failure(const Peer& peer, Stage stage, const HttpAnswer& answer, const Secrets& secrets);

// The end of an open connection; 1006 and an empty reason when it broke off without a close frame.
Error close_failure(const Peer& peer, std::uint16_t code, std::string_view reason, const Secrets& secrets);

} // namespace rt::transport

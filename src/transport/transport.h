// Text frames over one connection. What they mean is somebody else's business.
#pragma once

#include "base/error.h"
#include "base/executor.h"
#include "base/gptr.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rt::transport {

struct Endpoint {
  std::string uri;                                          // ws:// or wss://, with its query
  std::vector<std::pair<std::string, std::string>> headers; // secrets among them: never logged
  GRef<GTlsDatabase> tls_database;                          // null: the system's
  GRef<GTlsInteraction> tls_interaction;
  bool ssl_strict = true;
  std::string proxy;                           // URI, empty: the system's
  std::uint32_t keepalive_interval_ms = 20000; // PING; 0: none
};

// Called on the executor's thread with no lock held. `generation` is what open() was given, so that the words
// of an abandoned connection can be told from the current one's. Calling the transport from within is
// allowed.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void on_open(std::uint64_t generation) = 0;
  virtual void on_text(std::uint64_t generation, std::string_view text) = 0; // valid during the call
  virtual void on_writable(std::uint64_t generation) = 0;                    // writable() became true again
  // The end, once per open(), for whatever reason; never after close().
  virtual void on_closed(std::uint64_t generation, const Error& error) = 0;
};

// One connection at a time. All calls on the executor's thread; none blocks.
class Transport {
 public:
  virtual ~Transport() = default; // closes without a word
  // An earlier connection must have ended or been closed.
  virtual void open(const Endpoint& endpoint, std::uint64_t generation) = 0;
  // Whether more may be handed over now without piling up behind a stalled peer.
  virtual bool writable() const = 0;
  // Accepts one text frame also when not writable (control events); false when there is no open connection.
  virtual bool send(std::string_view text) = 0;
  // Closing handshake with a deadline of its own in the background; the listener hears nothing more.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  // Bytes handed over and not yet taken by the kernel, as far as known.
  virtual std::size_t queued_bytes() const = 0;
};

using Factory = std::function<std::unique_ptr<Transport>(Executor&, Listener&)>;

} // namespace rt::transport

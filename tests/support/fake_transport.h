// A Transport without a network, and the handle by which a test plays the server's end: it accepts, speaks,
// stalls and closes, and sees what was sent.
#pragma once

#include "protocol/codec.h"
#include "transport/transport.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::test {

class FakeTransport {
 public:
  struct Opened {
    transport::Endpoint endpoint;
    std::uint64_t generation;
  };
  struct Closed {
    std::uint16_t code;
    std::string reason;
  };

  FakeTransport();
  // Outlives this object; the newest connection it made is the one spoken to below.
  transport::Factory factory();
  // In which events are encoded and decoded; GA unless told.
  void set_dialect(protocol::Dialect dialect);
  protocol::Dialect dialect() const;

  // ---- any thread ----
  std::vector<Opened> opened() const;        // every dial so far
  std::vector<Closed> closed() const;        // every close() by the client of a connection that was open
  std::vector<std::string> sent() const;     // every text frame so far
  std::vector<protocol::ClientEvent> take(); // the frames since the last take(), decoded
  // Blocks until `holds(sent())`; ends the test when that does not come for long. Not on the executor's
  // thread.
  void wait_sent(const std::function<bool(const std::vector<std::string>&)>& holds) const;

  // ---- the executor's thread: the server's acts ----
  bool dialing() const;   // waits for accept() or end()
  bool connected() const; // accepted, and neither side has closed
  void accept();
  void deliver(std::string_view text);
  void deliver(decltype(protocol::ServerEvent::body) body);
  void set_writable(bool writable);
  void end(const Error& error);

  // Called on the executor's thread, from within the client's call: post what answers it. Set before the
  // first dial.
  void when_opened(std::function<void(Executor&)> hook);
  void when_sent(std::function<void(Executor&, const std::string& text)> hook);

 private:
  struct State;
  class Connection;
  std::shared_ptr<State> state_;
};

// Ends the test when the text is no client event.
protocol::ClientEvent decode_client(const std::string& text,
                                    protocol::Dialect dialect = protocol::Dialect::ga);

template<typename Body>
std::vector<Body> only(const std::vector<protocol::ClientEvent>& events) {
  std::vector<Body> bodies;
  for (const protocol::ClientEvent& event : events)
    if (const Body* body = std::get_if<Body>(&event.body)) bodies.push_back(*body);
  return bodies;
}

} // namespace rt::test

// What one connection carries, without its text: decoded events and the passing of time in, server events
// out. No socket, no threads; everything happens on the executor's thread.
#pragma once

#include "protocol/client_event.h"
#include "server/manner.h"
#include "server/outbox.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace rt::server {

class ClientSession {
 public:
  struct Options {
    std::string tag; // tells this connection's ids from others'
    std::string model;
    protocol::SessionType type = protocol::SessionType::conversation;
    std::int64_t expires_at = 0; // unix seconds
    const Manner* manner = &plain_manner();
  };

  ClientSession(const Options& options, Outbox::Send send) : out_(options.tag, std::move(send)) {}
  virtual ~ClientSession() = default;
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  virtual void start() = 0; // session.created, and what comes with it
  virtual void handle(const protocol::ClientEvent& event) = 0;
  // For text that is no event.
  void refuse(std::string_view event_id, std::string_view code, std::string message, std::string_view param) {
    out_.refuse(event_id, code, std::move(message), param);
  }
  void fail(std::string_view type, std::string_view code, std::string message) {
    out_.send(protocol::ErrorEvent{{std::string(type), std::string(code), std::move(message), "", ""}});
  }

 protected:
  Outbox out_;
};

} // namespace rt::server

// Where every part of a conversation puts its server events; gives them and the objects in them their ids.
#pragma once

#include "protocol/server_event.h"

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace rt::server {

class Outbox {
 public:
  using Send = std::function<void(const protocol::ServerEvent&)>;
  // `tag` tells the ids of one connection from those of another.
  Outbox(std::string tag, Send send) : tag_(std::move(tag)), send_(std::move(send)) {}

  std::string next_id(std::string_view prefix) {
    return std::string(prefix) + '_' + tag_ + '_' + std::to_string(++ids_);
  }
  template<typename Body>
  void send(Body body) {
    send_(protocol::ServerEvent{"event_" + tag_ + '_' + std::to_string(++events_), std::move(body)});
  }
  // For a client event that cannot be done; `event_id` is the client's own, or empty.
  void refuse(std::string_view event_id, std::string_view code, std::string message,
              std::string_view param = {}) {
    send(protocol::ErrorEvent{{"invalid_request_error", std::string(code), std::move(message),
                               std::string(param), std::string(event_id)}});
  }

 private:
  std::string tag_;
  Send send_;
  unsigned ids_ = 0, events_ = 0;
};

} // namespace rt::server

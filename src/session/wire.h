// What the parts of a conversation need of its engine. Loop thread only.
#pragma once

#include "base/executor.h"
#include "protocol/client_event.h"
#include "session/notice.h"

#include <string>
#include <string_view>

namespace rt::session {

class Wire {
 public:
  virtual ~Wire() = default;
  // Sends at once and returns the event's id, `event_id` if there is one; empty without a connection. An
  // `error` that names the id is matched to `request`, a literal for the application.
  virtual std::string send(decltype(protocol::ClientEvent::body) body, std::string_view request,
                           std::string event_id = {}) = 0;
  virtual void notify(const Notice& notice) = 0;
  virtual void warn(const Warning& warning) = 0;
  virtual void tool_call_over(const std::string& call_id) = 0;    // no output for it is taken any more
  virtual void response_over(const std::string& response_id) = 0; // it has ended, or was given up
  virtual Executor& executor() = 0;
};

} // namespace rt::session

// What the parts of a conversation say to their engine, recorded.
#pragma once

#include "session/wire.h"
#include "support/fake_executor.h"

#include <glib.h>

#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rt::session::test {

class FakeWire final : public Wire {
 public:
  using Body = decltype(protocol::ClientEvent::body);
  struct Sent {
    std::string event_id;
    Body body;
    std::string request;
  };

  std::string send(Body body, std::string_view request, std::string event_id = {}) override {
    if (!connected || std::exchange(refuse_one, false)) return {};
    if (event_id.empty()) event_id = "gst_" + std::to_string(++last_id);
    sent.push_back({std::move(event_id), std::move(body), std::string(request)});
    return sent.back().event_id;
  }
  void notify(const Notice& notice) override { notices.push_back(notice); }
  void warn(const Warning& warning) override { warnings.push_back(warning); }
  void tool_call_over(const std::string& call_id) override { over.push_back(call_id); }
  void response_over(const std::string& response_id) override {
    if (on_response_over) on_response_over(response_id);
  }
  Executor& executor() override { return loop; }

  // What was sent since the last take().
  std::vector<Sent> take() { return std::exchange(sent, {}); }
  // The only thing sent, of that type.
  template<typename T>
  T take_one() {
    const std::vector<Sent> all = take();
    g_assert_cmpuint(all.size(), ==, 1);
    const T* body = std::get_if<T>(&all[0].body);
    g_assert_nonnull(body);
    return *body;
  }

  rt::test::FakeExecutor loop;
  bool connected = true, refuse_one = false;
  unsigned last_id = 0;
  std::vector<Sent> sent;
  std::vector<Notice> notices;
  std::vector<Warning> warnings;
  std::vector<std::string> over;
  std::function<void(const std::string&)> on_response_over;
};

template<typename T>
bool is(const FakeWire::Sent& sent) {
  return std::holds_alternative<T>(sent.body);
}

} // namespace rt::session::test

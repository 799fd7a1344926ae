// The response sequencer with a recorded wire, and the server's words for it.
#pragma once

#include "fake_wire.h"
#include "session/responses.h"
#include "texts.h"

#include <optional>
#include <string>

namespace rt::session::test {

struct ResponsesFixture {
  FakeWire wire;
  Responses responses{wire};

  ResponsesFixture() { responses.set_timeout(std::chrono::seconds(30)); }
  static protocol::Response response(const std::string& id, bool in_conversation = true) {
    protocol::Response r;
    r.id = id;
    if (in_conversation) r.conversation_id = "conv_1";
    return r;
  }
  void created(const std::string& id, bool in_conversation = true) {
    responses.on_created(response(id, in_conversation));
  }
  void done(const std::string& id) { responses.on_done(response(id)); }
  static protocol::ResponseOptions say(const std::string& instructions) {
    protocol::ResponseOptions options;
    options.instructions = instructions;
    return options;
  }
  static protocol::ResponseOptions beside() {
    protocol::ResponseOptions options;
    options.conversation = "none";
    return options;
  }
  std::string asked() { // the id of the create that was just sent
    const auto sent = wire.take();
    g_assert_cmpuint(sent.size(), ==, 1);
    g_assert_true(is<protocol::ResponseCreate>(sent[0]));
    return sent[0].event_id;
  }
  using Refused = Responses::Refused;
  Refused refused(const std::string& event_id, const std::string& code, const std::string& message = "no") {
    return responses.on_error({"invalid_request_error", code, message, "", event_id});
  }
  void pass(unsigned seconds) { wire.loop.advance(std::chrono::seconds(seconds)); }
};

constexpr const char* active_already = "conversation_already_has_active_response";

} // namespace rt::session::test

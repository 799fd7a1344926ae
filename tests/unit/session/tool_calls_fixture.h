// The functions that the model calls, with a recorded wire.
#pragma once

#include "fake_wire.h"
#include "session/tool_calls.h"
#include "texts.h"

#include <chrono>
#include <string>

namespace rt::session::test {

struct ToolCallsFixture {
  FakeWire wire;
  Responses responses{wire};
  unsigned fillers = 0;
  bool line_busy = false;
  ToolCalls tools{wire, responses, [this] {
                    if (!line_busy) ++fillers;
                    return !line_busy;
                  }};

  explicit ToolCallsFixture(unsigned tool_seconds = 30) {
    responses.set_timeout(std::chrono::seconds(300));
    tools.set_timeout(std::chrono::seconds(tool_seconds));
    wire.on_response_over = [this](const std::string& id) { tools.response_over(id); };
  }
  static protocol::Response response(const std::string& id) {
    protocol::Response r;
    r.id = id;
    r.conversation_id = "conv_1";
    return r;
  }
  static protocol::Item item(const std::string& call_id, const std::string& arguments = R"({"city":"Ulm"})") {
    protocol::Item call;
    call.type = protocol::Item::Type::function_call;
    call.id = "item_" + call_id;
    call.call_id = call_id;
    call.name = "weather";
    call.arguments = arguments;
    return call;
  }
  void answer(const std::string& call_id, const std::string& output, bool respond = true) {
    tools.output(call_id, output, respond);
  }
  void call(const std::string& call_id, const std::string& response_id = "resp_1") {
    tools.announce(response_id, item(call_id));
  }
};

inline const protocol::Item& output_of(const FakeWire::Sent& sent) {
  const auto* create = std::get_if<protocol::ItemCreate>(&sent.body);
  g_assert_nonnull(create);
  g_assert_true(create->item.type == protocol::Item::Type::function_call_output);
  return create->item;
}

} // namespace rt::session::test

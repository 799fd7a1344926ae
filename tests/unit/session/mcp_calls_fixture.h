// The calls of MCP servers' tools, with a recorded wire and the server's words for it.
#pragma once

#include "fake_wire.h"
#include "session/mcp_calls.h"
#include "texts.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace rt::session::test {

struct McpCallsFixture {
  FakeWire wire;
  Responses responses{wire};
  std::set<std::string> waiting;
  McpCalls mcp{wire,
               responses,
               {.approval =
                    [this](const std::string& id, bool waits) {
                      if (waits)
                        waiting.insert(id);
                      else
                        waiting.erase(id);
                    },
                .follow_up =
                    [this] {
                      responses.follow_up("mcp-call");
                      responses.outputs_known();
                    }}};

  explicit McpCallsFixture(McpApproval approval = McpApproval::ask) {
    responses.set_timeout(std::chrono::seconds(30));
    mcp.set_approval(approval);
    wire.on_response_over = [this](const std::string& id) { mcp.response_over(id); };
    responses.on_created(response("resp_1"));
  }
  static protocol::Response response(const std::string& id) {
    protocol::Response r;
    r.id = id;
    r.conversation_id = "conv_1";
    r.status = protocol::ResponseStatus::completed;
    return r;
  }
  static protocol::Item item(protocol::Item::Type type, const std::string& id, const std::string& arguments) {
    protocol::Item item;
    item.type = type;
    item.id = id;
    item.server_label = "docs";
    item.name = "search";
    item.arguments = arguments;
    return item;
  }
  static protocol::Item call_item(const std::string& id, const std::string& arguments = "",
                                  const char* output = "") {
    protocol::Item call = item(protocol::Item::Type::mcp_call, id, arguments);
    call.output = output;
    return call;
  }
  static protocol::Item request_item(const std::string& id, const std::string& arguments = R"({"q":"x"})") {
    return item(protocol::Item::Type::mcp_approval_request, id, arguments);
  }
  void call(const std::string& id, const std::string& arguments = R"({"q":"x"})",
            const std::string& parent = "resp_1") {
    mcp.output_item_added(parent, call_item(id));
    mcp.item_added(call_item(id));
    mcp.arguments_done({parent, id, 0, 0}, arguments);
  }
  void request(const std::string& id, const std::string& arguments = R"({"q":"x"})") {
    mcp.output_item_added("resp_1", request_item(id, arguments));
    mcp.item_done(request_item(id, arguments));
    mcp.output_item_done("resp_1", request_item(id, arguments));
  }
  void result(const std::string& id, const char* output = "found") {
    mcp.call_ended(id, true);
    mcp.item_done(call_item(id, R"({"q":"x"})", output));
  }
  void done(protocol::ResponseStatus status = protocol::ResponseStatus::completed) {
    protocol::Response r = response("resp_1");
    r.status = status;
    mcp.response_ending(r);
    responses.on_done(r);
  }
  std::vector<Notice> notices(NoticeKind kind) const {
    std::vector<Notice> found;
    for (const Notice& notice : wire.notices)
      if (notice.kind == kind) found.push_back(notice);
    return found;
  }
  std::size_t follow_ups() const {
    return static_cast<std::size_t>(std::count_if(
        wire.sent.begin(), wire.sent.end(), [](const auto& s) { return is<protocol::ResponseCreate>(s); }));
  }
};

inline const protocol::Item& approval_of(const FakeWire::Sent& sent) {
  const auto* create = std::get_if<protocol::ItemCreate>(&sent.body);
  g_assert_nonnull(create);
  g_assert_true(create->item.type == protocol::Item::Type::mcp_approval_response);
  return create->item;
}

} // namespace rt::session::test

// Items as the server tells of them: which are calls of functions, which of the tools that the server calls
// by itself (MCP), and what asks for approval.
#include "session/engine.h"

namespace rt::session {

using namespace protocol;

McpCalls::Hooks Engine::mcp_hooks() {
  return {.approval =
              [this](const std::string& request_id, bool waits) {
                auto status = shared_->status.lock();
                if (waits)
                  status->mcp_approvals.insert(request_id);
                else
                  status->mcp_approvals.erase(request_id);
              },
          .follow_up =
              [this] {
                responses_.follow_up("mcp-call");
                // What the server ran it knows at once.
                if (tools_.all_taken()) responses_.outputs_known();
              }};
}

void Engine::approve_mcp(const std::string& request_id, bool approve, const std::string& reason) {
  mcp_.answer(request_id, approve, reason);
}

void Engine::handle(const OutputItemAdded& e) {
  if (responses_.on_event(e.response_id)) mcp_.output_item_added(e.response_id, e.item);
}

// The end of the item, not of its arguments: these end early when the response is cut off.
void Engine::handle(const OutputItemDone& e) {
  const bool wanted = responses_.on_event(e.response_id);
  // A call may end after its response.
  if (wanted || mcp_.knows(e.item.id)) mcp_.output_item_done(e.response_id, e.item);
  if (wanted && e.item.type == Item::Type::function_call && e.item.status != "incomplete")
    tool_call(e.response_id, e.item);
  // Some servers do not tell the end of each part: the next item must not wait for more of this one.
  for (std::uint32_t part = 0; part < e.item.content.size(); ++part)
    shared_->downlink.content_done({e.response_id, e.item.id, part});
}

void Engine::handle(const ItemAdded& e) {
  if (e.item.type == Item::Type::function_call_output) tools_.output_taken(e.item.call_id);
  if (e.item.type == Item::Type::mcp_list_tools) return mcp_lists_.item_added(e.item);
  mcp_.item_added(e.item);
  picture_added(e.item.id);
}

void Engine::handle(const ItemDone& e) {
  if (e.item.type == Item::Type::mcp_list_tools) return mcp_lists_.item_done(e.item);
  mcp_.item_done(e.item);
}

void Engine::handle(const ItemDeleted& e) {
  tools_.item_deleted(e.item_id);
  mcp_.item_deleted(e.item_id);
  pictures_.deleted(e.item_id);
}

void Engine::handle(const McpArgumentsDone& e) {
  responses_.on_event(e.at.response_id);
  mcp_.arguments_done(e.at, e.arguments);
}

} // namespace rt::session

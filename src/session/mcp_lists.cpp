#include "session/mcp_lists.h"

#include <utility>

namespace rt::session {

using namespace protocol;

void McpLists::item_added(const Item& item) {
  lists_[item.id].server_label = item.server_label;
}

void McpLists::item_done(const Item& item) {
  List& list = lists_[item.id];
  list.server_label = item.server_label;
  list.tools = item.tools.value_or(Json{"[]"});
  tell_if_whole(item.id);
}

void McpLists::ended(const std::string& item_id, bool completed) {
  if (!completed) return tell_failure(item_id);
  lists_[item_id].completed = true;
  tell_if_whole(item_id);
}

void McpLists::tell_if_whole(const std::string& item_id) {
  const auto it = lists_.find(item_id);
  if (!it->second.completed || !it->second.tools) return;
  const List list = std::move(it->second);
  lists_.erase(it);
  wire_.notify(Notice(NoticeKind::mcp_list_tools)
                   .with("item-id", item_id)
                   .with("server-label", list.server_label)
                   .with("status", "completed")
                   .with("tools", list.tools->text));
}

void McpLists::tell_failure(const std::string& item_id) {
  const auto it = lists_.find(item_id);
  const std::string label = it == lists_.end() ? "" : it->second.server_label;
  if (it != lists_.end()) lists_.erase(it);
  wire_.notify(Notice(NoticeKind::mcp_list_tools)
                   .with("item-id", item_id)
                   .with("server-label", label)
                   .with("status", "failed"));
  const std::string server = label.empty() ? "an MCP server" : "MCP server '" + label + "'";
  wire_.warn({Warning::Kind::mcp_list_failed, "The tools of " + server +
                                                  " could not be listed; check its address and authorization "
                                                  "in property 'tools'"});
}

} // namespace rt::session

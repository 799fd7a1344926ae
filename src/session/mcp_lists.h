// What the servers of tools (MCP) offer, as far as the server has asked them. Loop thread only.
#pragma once

#include "protocol/item.h"
#include "session/wire.h"

#include <map>
#include <optional>
#include <string>

namespace rt::session {

class McpLists {
 public:
  explicit McpLists(Wire& wire) : wire_(wire) {}
  void reset() { lists_.clear(); }

  // An mcp_list_tools item, first as it begins, then as it is; the news of its end come in either order.
  void item_added(const protocol::Item& item);
  void item_done(const protocol::Item& item);
  void ended(const std::string& item_id, bool completed);

 private:
  struct List {
    std::string server_label;
    std::optional<protocol::Json> tools; // once they are known
    bool completed = false;
  };
  void tell_if_whole(const std::string& item_id);
  void tell_failure(const std::string& item_id);

  Wire& wire_;
  std::map<std::string, List> lists_; // that nobody was told of, by item
};

} // namespace rt::session

// The tools of MCP servers that a session names: what they offer, which calls wait for approval, which run on
// when their response is over.
#pragma once

#include "base/executor.h"
#include "server/item_store.h"
#include "server/outbox.h"
#include "server/scenario.h"
#include "server/timer.h"

#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace rt::server {

// Whether the session's `tools` want approval for a call; nothing when they do not name that server.
std::optional<bool> needs_approval(std::string_view tools, std::string_view server_label,
                                   std::string_view name);
// What a call to a server that the session does not name comes to.
McpOutcome unknown_server(std::string_view server_label);

class McpTools {
 public:
  McpTools(Executor& executor, const Scenario& scenario, Outbox& out, ItemStore& items)
      : executor_(executor), scenario_(scenario), out_(out), items_(items) {}

  // Asks the MCP servers that are new among a session's `tools` for theirs.
  void configure(std::string_view tools);

  struct Call {
    protocol::Item item;
    std::uint32_t output_index = 0;
    McpOutcome outcome;
  };
  void await_approval(const std::string& request_id, Call call);
  bool awaits(std::string_view request_id) const { return waiting_.contains(request_id); }
  void answer(std::string_view request_id, bool approve);
  void forget(std::string_view request_id);

 private:
  void list(const std::string& server_label);
  void end_list(protocol::Item item, const McpServer* server);
  void end_call(Call call);
  void later(Ms delay, Executor::Task task);

  Executor& executor_;
  const Scenario& scenario_;
  Outbox& out_;
  ItemStore& items_;
  std::map<std::string, std::string> listed_; // label -> its tool as it was configured
  std::map<std::string, Call, std::less<>> waiting_;
  std::list<Timer> timers_;
};

// Puts what came of it into the item.
void set_outcome(protocol::Item& call, const McpOutcome& outcome);

} // namespace rt::server

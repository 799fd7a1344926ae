#include "server/mcp_tools.h"

#include "protocol/json_value.h"

#include <algorithm>
#include <utility>

namespace rt::server {

using namespace protocol;

namespace {

// Calls `each` with every MCP server's entry among a session's tools.
template<typename Each>
void for_each_server(std::string_view tools, Each each) {
  const JsonValue list = read_json(tools).value_or(JsonValue());
  for (const auto& tool : list.elements()) {
    if (tool["type"].text() == "mcp") each(tool);
  }
}

bool names(const JsonValue& filter, std::string_view tool) {
  const auto& all = filter["tool_names"].elements();
  return std::any_of(all.begin(), all.end(), [&](const auto& name) { return name.text() == tool; });
}

} // namespace

std::optional<bool> needs_approval(std::string_view tools, std::string_view server_label,
                                   std::string_view name) {
  std::optional<bool> needed;
  for_each_server(tools, [&](const JsonValue& tool) {
    if (tool["server_label"].text() != server_label) return;
    const auto& rule = tool["require_approval"];
    needed = rule.is_object() ? !names(rule["never"], name) : rule.text() != "never";
  });
  return needed;
}

McpOutcome unknown_server(std::string_view server_label) {
  JsonValue error = JsonValue::object();
  error.set("type", "protocol_error").set("code", -32602);
  error.set("message", "The session has no MCP server '" + std::string(server_label) + "'.");
  return {.error = to_text(error)};
}

void set_outcome(Item& call, const McpOutcome& outcome) {
  if (outcome.error.empty())
    call.output = outcome.output;
  else
    call.error = Json{outcome.error};
}

void McpTools::later(Ms delay, Executor::Task task) {
  std::erase_if(timers_, [](const Timer& timer) { return !timer.running(); });
  timers_.emplace_back(executor_);
  timers_.back().start(delay, std::move(task));
}

// ---- what is offered ----

void McpTools::configure(std::string_view tools) {
  std::map<std::string, std::string> wanted;
  for_each_server(tools, [&](const JsonValue& tool) {
    wanted[std::string(tool["server_label"].text())] = to_text(tool);
  });
  const auto before = std::exchange(listed_, wanted);
  for (const auto& [label, tool] : wanted) {
    const auto known = before.find(label);
    if (known == before.end() || known->second != tool) list(label);
  }
}

void McpTools::list(const std::string& server_label) {
  const auto& servers = scenario_.mcp_servers;
  const auto found = std::find_if(servers.begin(), servers.end(),
                                  [&](const auto& each) { return each.label == server_label; });
  const McpServer* server = found == servers.end() ? nullptr : &*found;
  StoredItem stored;
  stored.item.id = out_.next_id("mcpl");
  stored.item.type = Item::Type::mcp_list_tools;
  stored.item.server_label = server_label;
  stored.item.tools = Json{"[]"};
  const Item item = stored.item;
  const auto previous = items_.last_id();
  items_.insert(std::move(stored), std::nullopt);
  out_.send(ItemAdded{item, previous});
  out_.send(McpListToolsInProgress{item.id});
  later(server ? server->list_time : Ms(0), [this, item, server] { end_list(item, server); });
}

void McpTools::end_list(Item item, const McpServer* server) {
  if (!server || server->list_fails) return out_.send(McpListToolsFailed{item.id});
  item.tools = Json{server->tools};
  items_.replace(item);
  out_.send(ItemDone{item, items_.id_before(item.id)});
  out_.send(McpListToolsCompleted{item.id});
}

// ---- calls that their response does not wait for ----

void McpTools::await_approval(const std::string& request_id, Call call) {
  waiting_.emplace(request_id, std::move(call));
}

void McpTools::forget(std::string_view request_id) {
  if (const auto it = waiting_.find(request_id); it != waiting_.end()) waiting_.erase(it);
}

void McpTools::answer(std::string_view request_id, bool approve) {
  const auto it = waiting_.find(request_id);
  if (it == waiting_.end()) return;
  Call call = std::move(it->second);
  waiting_.erase(it);
  if (!approve) return;
  call.item.approval_request_id = request_id;
  out_.send(McpCallInProgress{call.item.id, call.output_index});
  const Ms duration = call.outcome.duration;
  later(duration, [this, call = std::move(call)] { end_call(call); });
}

void McpTools::end_call(Call call) {
  set_outcome(call.item, call.outcome);
  if (call.item.error)
    out_.send(McpCallFailed{call.item.id, call.output_index});
  else
    out_.send(McpCallCompleted{call.item.id, call.output_index});
  if (!items_.find(call.item.id)) return; // beside the conversation, or deleted
  items_.replace(call.item);
  out_.send(ItemDone{call.item, items_.id_before(call.item.id)});
}

} // namespace rt::server

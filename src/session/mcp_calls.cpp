#include "session/mcp_calls.h"

#include "protocol/json_value.h"
#include "session/flat_arguments.h"

#include <algorithm>
#include <utility>

namespace rt::session {
namespace {

using namespace protocol;

// The result comes with the item, right after the news that the call has ended.
constexpr Nanoseconds result_wait = std::chrono::seconds(1);

Notice with_arguments(Notice notice, const std::string& arguments) {
  notice = std::move(notice).with("arguments", arguments);
  if (auto fields = flat_arguments(arguments)) notice = std::move(notice).with("args", std::move(*fields));
  return notice;
}

Notice with_error(Notice notice, const Json& json) {
  const JsonValue error = read_json(json.text).value_or(JsonValue());
  const JsonValue& code = error["code"];
  return std::move(notice)
      .with("error-type", error["type"].text())
      .with("error-code", code.is_string() ? code.text() : code.literal())
      .with("error-message", error["message"].text());
}

bool is_approval(const Item& item) {
  return item.type == Item::Type::mcp_approval_request;
}

} // namespace

McpCalls::McpCalls(Wire& wire, Responses& responses, Hooks hooks)
    : wire_(wire), responses_(responses), hooks_(std::move(hooks)) {}

McpCalls::~McpCalls() {
  reset();
}

void McpCalls::reset() {
  for (Call& call : calls_)
    if (call.timer) wire_.executor().cancel(call.timer);
  requests_.clear();
  approved_.clear();
  sent_.clear();
  calls_.clear();
  known_.clear();
  parent_.clear();
  untold_.clear();
}

// ---- items ----

const std::string& McpCalls::parent_of(const std::string& item_id) const {
  static const std::string none;
  const auto it = parent_.find(item_id);
  return it == parent_.end() ? none : it->second;
}

void McpCalls::item_added(const Item& item) {
  if (item.type == Item::Type::mcp_call) note_call(parent_of(item.id), item, false);
  if (item.type == Item::Type::mcp_approval_response)
    std::erase_if(sent_, [&](const Request& r) { return r.id == item.approval_request_id; });
}

void McpCalls::item_done(const Item& item) {
  if (is_approval(item)) ask_approval(parent_of(item.id), item);
  if (item.type == Item::Type::mcp_call) note_call(parent_of(item.id), item, true);
}

void McpCalls::output_item_added(const std::string& response_id, const Item& item) {
  if (item.type == Item::Type::message) untold_.erase(response_id); // the server goes on by itself
  if (!is_approval(item) && item.type != Item::Type::mcp_call) return;
  parent_[item.id] = response_id;
  if (item.type == Item::Type::mcp_call) note_call(response_id, item, false);
}

void McpCalls::output_item_done(const std::string& response_id, const Item& item) {
  if (is_approval(item)) ask_approval(response_id, item);
  if (item.type == Item::Type::mcp_call) note_call(response_id, item, true);
}

void McpCalls::item_deleted(const std::string& item_id) {
  if (Call* call = find(item_id)) call->waited_for = call->respond = false;
  const auto request =
      std::find_if(requests_.begin(), requests_.end(), [&](const Request& r) { return r.id == item_id; });
  if (request == requests_.end()) return;
  const std::string response_id = request->response_id;
  drop(request, "deleted");
  settle(response_id);
}

// ---- approval ----

void McpCalls::ask_approval(const std::string& response_id, const Item& item) {
  if (item.id.empty() || !known_.insert(item.id).second) return;
  Request request{item.id, item.server_label, item.name, item.arguments, response_id};
  Call* call = call_of(request);
  if (call) call->request_id = request.id;
  if (responses_.calls_cancelled(response_id)) { // it crossed `cancel-response`: only the model is told
    request.respond = false;
    requests_.push_back(std::move(request));
    return answer(item.id, false);
  }
  requests_.push_back(std::move(request));
  Notice notice = with_arguments(Notice(NoticeKind::mcp_approval_request)
                                     .with("request-id", item.id)
                                     .with("server-label", item.server_label)
                                     .with("name", item.name),
                                 item.arguments)
                      .with("response-id", response_id);
  if (approval_ == McpApproval::ask) {
    hooks_.approval(item.id, true);
    wire_.notify(notice);
    return;
  }
  const bool approve = approval_ == McpApproval::always;
  wire_.notify(std::move(notice).with("approve", approve));
  answer(item.id, approve);
}

void McpCalls::answer(const std::string& request_id, bool approve, const std::string& reason) {
  const auto it =
      std::find_if(requests_.begin(), requests_.end(), [&](const Request& r) { return r.id == request_id; });
  if (it == requests_.end()) return;
  Request request = std::move(*it);
  requests_.erase(it);
  Item item;
  item.type = Item::Type::mcp_approval_response;
  item.id = "gst_approval_" + std::to_string(next_answer_++);
  item.approval_request_id = request_id;
  item.approve = approve;
  item.reason = reason;
  request.event_id = wire_.send(ItemCreate{std::move(item), std::nullopt}, "approve-mcp");
  Call* call = call_of(request);
  if (!approve) {
    want_words(request.response_id, request.respond);
    if (call) end(*call, Ended::refused);
  } else if (!call) {
    approved_.push_back(request);
  }
  const std::string response_id = request.response_id;
  sent_.push_back(std::move(request));
  settle(response_id);
}

bool McpCalls::on_error(const ErrorInfo& error) {
  const auto it = std::find_if(sent_.begin(), sent_.end(), [&](const Request& r) {
    return !error.event_id.empty() && r.event_id == error.event_id;
  });
  if (it == sent_.end()) return false;
  const Request refused = std::move(*it);
  sent_.erase(it);
  std::erase_if(approved_, [&](const Request& r) { return r.id == refused.id; });
  if (Call* call = call_of(refused)) call->waited_for = false;
  notify_cancelled(refused, "refused");
  settle(refused.response_id);
  return true;
}

void McpCalls::notify_cancelled(const Request& request, const char* reason) {
  wire_.notify(Notice(NoticeKind::mcp_approval_cancelled)
                   .with("request-id", request.id)
                   .with("server-label", request.server_label)
                   .with("name", request.name)
                   .with("response-id", request.response_id)
                   .with("reason", reason));
}

// No answer of the application is taken any more.
void McpCalls::drop(std::vector<Request>::iterator request, const char* reason) {
  hooks_.approval(request->id, false);
  notify_cancelled(*request, reason);
  if (Call* call = call_of(*request)) call->waited_for = false;
  requests_.erase(request);
}

void McpCalls::cancel_all(const char* reason) {
  for (Call& call : calls_)
    call.respond = false;
  for (Request& request : approved_)
    request.respond = false;
  untold_.clear();
  while (!requests_.empty()) {
    Request& request = requests_.front();
    request.respond = false;
    hooks_.approval(request.id, false);
    notify_cancelled(request, reason);
    answer(std::string(request.id), false);
  }
}

void McpCalls::lose_all() {
  while (!requests_.empty())
    drop(requests_.begin(), "lost");
  reset();
}

// ---- calls ----

McpCalls::Call* McpCalls::find(std::string_view item_id) {
  const auto it =
      std::find_if(calls_.begin(), calls_.end(), [&](const Call& c) { return c.item_id == item_id; });
  return it == calls_.end() ? nullptr : &*it;
}

// A call says late, if at all, for which approval it waits: until then what is called tells them apart, and
// the newest is meant.
McpCalls::Call* McpCalls::call_of(const Request& request) {
  const auto linked =
      std::find_if(calls_.begin(), calls_.end(), [&](const Call& c) { return c.request_id == request.id; });
  if (linked != calls_.end()) return &*linked;
  Call* alike = nullptr;
  for (auto call = calls_.rbegin(); call != calls_.rend(); ++call) {
    if (!call->request_id.empty() || call->running || call->ended != Ended::no ||
        call->server_label != request.server_label || call->name != request.name)
      continue;
    if (call->arguments == request.arguments) return &*call;
    if (!alike) alike = &*call;
  }
  return alike;
}

void McpCalls::note_call(const std::string& response_id, const Item& item, bool whole) {
  if (item.id.empty()) return;
  Call* call = find(item.id);
  if (!call) {
    if (!known_.insert(item.id).second || responses_.calls_cancelled(response_id)) return;
    calls_.emplace_back().item_id = item.id;
    call = &calls_.back();
  }
  if (call->response_id.empty()) call->response_id = response_id;
  call->server_label = item.server_label;
  call->name = item.name;
  if (!item.arguments.empty()) call->arguments = item.arguments;
  link_to_request(*call, item.approval_request_id);
  if (!whole) return;
  const bool has_result = !item.output.empty() || item.error;
  if (has_result || call->ended != Ended::no) {
    end(*call, item.error ? Ended::failed : Ended::completed);
    tell_end(item.id, item);
  }
}

// Of a call that is known only when it was approved.
void McpCalls::link_to_request(Call& call, const std::string& request_id) {
  if (!call.request_id.empty() && request_id.empty()) return;
  if (!request_id.empty()) call.request_id = request_id;
  const auto it = std::find_if(approved_.begin(), approved_.end(), [&](const Request& r) {
    return request_id.empty() ? r.server_label == call.server_label && r.name == call.name
                              : r.id == request_id;
  });
  if (it == approved_.end()) return;
  call.request_id = it->id;
  call.respond &= it->respond;
  approved_.erase(it);
}

void McpCalls::arguments_done(const ContentRef& at, const std::string& arguments) {
  Call* call = find(at.item_id);
  if (!call) return;
  call->arguments = arguments;
  if (read_json(arguments)) tell_call(*call); // else it was cut off
}

void McpCalls::tell_call(Call& call) {
  if (std::exchange(call.told, true)) return;
  wire_.notify(with_arguments(Notice(NoticeKind::mcp_call)
                                  .with("item-id", call.item_id)
                                  .with("server-label", call.server_label)
                                  .with("name", call.name),
                              call.arguments)
                   .with("response-id", call.response_id));
}

// Its response is alive while it runs, however long that is.
void McpCalls::call_running(const std::string& item_id) {
  Call* call = find(item_id);
  if (!call) return;
  call->running = true;
  tell_call(*call);
  if (responses_.open(call->response_id)) responses_.on_event(call->response_id);
}

void McpCalls::call_ended(const std::string& item_id, bool completed) {
  call_running(item_id);
  Call* call = find(item_id);
  if (!call || call->ended != Ended::no) return;
  end(*call, completed ? Ended::completed : Ended::failed);
  if (call = find(item_id); call && !call->timer)
    call->timer = wire_.executor().post_after(result_wait, [this, item_id] {
      if (Call* late = find(item_id)) late->timer = 0;
      tell_end(item_id, {});
    });
}

void McpCalls::end(Call& call, Ended how) {
  if (call.ended != Ended::no) return;
  call.ended = how;
  link_to_request(call, {});
  const std::string item_id = call.item_id, response_id = call.response_id;
  want_words(response_id, call.respond);
  if (how == Ended::refused) tell_end(item_id, {});
  settle(response_id);
}

void McpCalls::tell_end(const std::string& item_id, const Item& item) {
  const auto it =
      std::find_if(calls_.begin(), calls_.end(), [&](const Call& c) { return c.item_id == item_id; });
  if (it == calls_.end()) return;
  Call call = std::move(*it);
  calls_.erase(it);
  if (call.timer) wire_.executor().cancel(call.timer);
  tell_call(call);
  static constexpr const char* words[] = {"", "completed", "failed", "refused"};
  Notice notice = Notice(NoticeKind::mcp_call_done)
                      .with("item-id", call.item_id)
                      .with("request-id", call.request_id)
                      .with("server-label", call.server_label)
                      .with("name", call.name)
                      .with("response-id", call.response_id)
                      .with("status", words[static_cast<std::size_t>(call.ended)])
                      .with("output", item.output);
  wire_.notify(item.error ? with_error(std::move(notice), *item.error) : std::move(notice));
}

// ---- the response that called ----

// Where the server told of a call only here. One that was cut off within its arguments is no call.
void McpCalls::response_ending(const Response& response) {
  const bool completed = response.status == ResponseStatus::completed;
  for (const Item& item : response.output)
    if (completed) output_item_done(response.id, item);
  if (completed) return;
  std::erase_if(
      calls_, [&](const Call& c) { return c.response_id == response.id && c.ended == Ended::no && !c.told; });
  // Whether the server still runs the others is not known.
  for (Call& call : calls_)
    if (call.response_id == response.id) call.waited_for = false;
}

void McpCalls::response_over(const std::string& response_id) {
  std::erase_if(parent_, [&](const auto& entry) {
    return entry.second == response_id && known_.contains(entry.first);
  });
  if (responses_.given_up(response_id)) // its end would have said what was cut off
    for (Call& call : calls_)
      if (call.response_id == response_id && !call.told) call.waited_for = false;
  settle(response_id);
}

void McpCalls::want_words(const std::string& response_id, bool wanted) {
  if (wanted && !responses_.out_of_band(response_id) && !responses_.calls_cancelled(response_id))
    untold_.insert(response_id);
}

bool McpCalls::pending(std::string_view response_id) const {
  const auto of_it = [&](const Request& r) { return r.response_id == response_id; };
  return std::ranges::any_of(requests_, of_it) || std::ranges::any_of(approved_, of_it) ||
         std::ranges::any_of(calls_, [&](const Call& c) {
           return c.response_id == response_id && c.ended == Ended::no && c.waited_for;
         });
}

void McpCalls::settle(const std::string& response_id) {
  if (responses_.open(response_id) || pending(response_id)) return;
  if (untold_.erase(response_id) > 0) hooks_.follow_up();
}

bool McpCalls::quiet() const {
  return requests_.empty() && approved_.empty() &&
         std::ranges::none_of(calls_, [](const Call& c) { return c.waited_for && c.ended == Ended::no; });
}

std::string McpCalls::what_is_open() const {
  std::string text;
  const auto add = [&](const char* what, const std::string& name, const std::string& id) {
    text += (text.empty() ? "" : ", ") + (what + name + " (" + id + ")");
  };
  for (const Request& request : requests_)
    add("MCP approval request ", request.name, request.id);
  for (const Request& request : approved_)
    add("approved MCP call ", request.name, request.id);
  for (const Call& call : calls_)
    if (call.waited_for && call.ended == Ended::no) add("MCP call ", call.name, call.item_id);
  return text;
}

} // namespace rt::session

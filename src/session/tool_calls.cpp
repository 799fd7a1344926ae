#include "session/tool_calls.h"

#include "session/flat_arguments.h"

#include <algorithm>
#include <utility>

namespace rt::session {
namespace {

using namespace protocol;

// What the model reads when there is no result.
constexpr const char* timed_out_output = R"({"error":"The tool did not answer in time."})";
constexpr const char* cancelled_output = R"({"error":"The call was cancelled."})";

} // namespace

ToolCalls::ToolCalls(Wire& wire, Responses& responses, std::function<bool()> say_filler)
    : wire_(wire), responses_(responses), say_filler_(std::move(say_filler)) {}

ToolCalls::~ToolCalls() {
  reset();
}

void ToolCalls::reset() {
  for (Call& call : calls_)
    if (call.timer) wire_.executor().cancel(call.timer);
  for (auto& [response_id, timer] : fillers_)
    if (timer) wire_.executor().cancel(timer);
  calls_.clear();
  announced_.clear();
  sent_.clear();
  fillers_.clear();
}

void ToolCalls::announce(const std::string& response_id, const Item& item) {
  if (item.call_id.empty() || !announced_.insert(item.call_id).second) return;
  const std::string& id = item.call_id;
  const bool out_of_band = responses_.out_of_band(response_id);
  if (!out_of_band) { // else the conversation has no such call: it takes no output and waits for none
    calls_.push_back({id, item.name, response_id, item.id, std::nullopt, wire_.executor().now()});
    watch(calls_.back());
  }
  Notice notice = Notice(NoticeKind::tool_call)
                      .with("call-id", id)
                      .with("name", item.name)
                      .with("arguments", item.arguments)
                      .with("response-id", response_id)
                      .with("item-id", item.id);
  if (auto fields = flat_arguments(item.arguments))
    notice = std::move(notice).with("args", std::move(*fields));
  if (out_of_band) notice = std::move(notice).with("out-of-band", true);
  if (const auto metadata = responses_.metadata(response_id))
    notice = std::move(notice).with("metadata", metadata->text);
  wire_.notify(notice);
}

void ToolCalls::set_timeout(Nanoseconds timeout) {
  if (std::exchange(timeout_, timeout) == timeout) return;
  for (Call& call : calls_)
    if (!call.output) watch(call);
}

void ToolCalls::watch(Call& call) {
  if (call.timer) wire_.executor().cancel(std::exchange(call.timer, 0));
  if (timeout_.count() <= 0) return;
  const Nanoseconds left = call.since + timeout_ - wire_.executor().now();
  call.timer = wire_.executor().post_after(std::max(left, Nanoseconds(0)),
                                           [this, id = call.call_id] { time_out(id); });
}

void ToolCalls::decline(const std::string& response_id, const Item& item) {
  if (item.call_id.empty() || !announced_.insert(item.call_id).second) return;
  if (responses_.out_of_band(response_id)) return;
  calls_.push_back({item.call_id, item.name, response_id, item.id, Output{cancelled_output, false, false}});
  send_outputs(response_id);
}

std::vector<ToolCalls::Call>::iterator ToolCalls::waiting(std::string_view call_id) {
  return std::find_if(calls_.begin(), calls_.end(),
                      [&](const Call& c) { return c.call_id == call_id && !c.output; });
}

void ToolCalls::output(const std::string& call_id, const std::string& output, bool respond) {
  const auto it = waiting(call_id);
  if (it == calls_.end()) return;
  it->output = Output{output, respond};
  if (it->timer) wire_.executor().cancel(std::exchange(it->timer, 0));
  const std::string response_id = it->response_id;
  send_outputs(response_id);
}

void ToolCalls::time_out(const std::string& call_id) {
  const auto it = waiting(call_id);
  if (it == calls_.end()) return;
  it->timer = 0;
  wire_.warn({Warning::Kind::tool_timed_out, "No output for the tool call " + call_id +
                                                 " came within 'tool-timeout'; the model is told so"});
  over(*it, "timed-out");
  it->output = Output{timed_out_output, true, false};
  send_outputs(std::string(it->response_id));
}

void ToolCalls::over(Call& call, const char* reason) {
  if (call.timer) wire_.executor().cancel(std::exchange(call.timer, 0));
  wire_.tool_call_over(call.call_id);
  notify_cancelled(call.call_id, call.name, call.response_id, call.item_id, reason);
}

void ToolCalls::notify_cancelled(const std::string& call_id, const std::string& name,
                                 const std::string& response_id, const std::string& item_id,
                                 const char* reason) {
  wire_.notify(Notice(NoticeKind::tool_call_cancelled)
                   .with("call-id", call_id)
                   .with("name", name)
                   .with("response-id", response_id)
                   .with("item-id", item_id)
                   .with("reason", reason));
}

bool ToolCalls::unanswered(std::string_view response_id) const {
  return std::any_of(calls_.begin(), calls_.end(),
                     [&](const Call& c) { return c.response_id == response_id && !c.output; });
}

void ToolCalls::response_over(const std::string& response_id) {
  send_outputs(response_id);
  if (!fillers_.contains(response_id)) watch_filler(response_id);
}

void ToolCalls::send_outputs(const std::string& response_id) {
  if (responses_.open(response_id)) return;
  std::vector<Call> ready;
  for (const Call& call : calls_) {
    if (call.response_id != response_id) continue;
    if (!call.output) return;
    ready.push_back(call);
  }
  if (ready.empty()) return;
  std::erase_if(calls_, [&](const Call& c) { return c.response_id == response_id; });
  stop_filler(response_id);
  all_taken(); // forgets those of before
  bool respond = false;
  for (Call& call : ready) {
    Item item;
    item.type = Item::Type::function_call_output;
    item.call_id = call.call_id;
    item.output = std::move(call.output->text);
    const std::string event_id = wire_.send(ItemCreate{std::move(item), std::nullopt}, "send-tool-output");
    sent_.push_back({call.call_id, call.name, call.response_id, call.item_id, event_id, call.output->given,
                     responses_.asked_count()});
    respond |= call.output->respond;
  }
  if (respond) responses_.follow_up();
}

void ToolCalls::output_taken(const std::string& call_id) {
  if (std::erase_if(sent_, [&](const Sent& s) { return s.call_id == call_id; }) > 0 && all_taken())
    responses_.outputs_known();
}

// Not every server tells that it took an item: one that has begun a response that was asked for later did.
bool ToolCalls::all_taken() {
  std::erase_if(sent_, [&](const Sent& s) { return s.asked_before < responses_.begun_count(); });
  return sent_.empty();
}

bool ToolCalls::on_error(const ErrorInfo& error) {
  const auto it = std::find_if(sent_.begin(), sent_.end(), [&](const Sent& s) {
    return !error.event_id.empty() && s.event_id == error.event_id;
  });
  if (it == sent_.end()) return false;
  const Sent refused = std::move(*it);
  sent_.erase(it);
  if (refused.given)
    notify_cancelled(refused.call_id, refused.name, refused.response_id, refused.item_id, "refused");
  return true;
}

void ToolCalls::item_deleted(std::string_view item_id) {
  const auto it = std::find_if(calls_.begin(), calls_.end(),
                               [&](const Call& c) { return !item_id.empty() && c.item_id == item_id; });
  if (it == calls_.end()) return;
  const std::string response_id = it->response_id;
  const bool unanswered = !it->output;
  if (unanswered) over(*it, "deleted");
  calls_.erase(it);
  send_outputs(response_id); // of the calls that waited for it
}

void ToolCalls::cancel_all(const char* reason) {
  std::set<std::string> parents;
  for (Call& call : calls_) {
    parents.insert(call.response_id);
    if (call.output)
      call.output->respond = false;
    else {
      over(call, reason);
      call.output = Output{cancelled_output, false, false};
    }
  }
  for (const std::string& response_id : parents)
    send_outputs(response_id);
}

void ToolCalls::lose_all() {
  for (Call& call : calls_)
    if (!call.output) over(call, "lost");
  reset();
}

// ---- something to hear while a tool runs ----

void ToolCalls::set_filler_delay(Nanoseconds delay) {
  if (std::exchange(filler_delay_, delay) == delay) return;
  std::set<std::string> running;
  for (const Call& call : calls_)
    if (!call.output && !responses_.open(call.response_id)) running.insert(call.response_id);
  for (const std::string& response_id : running) {
    const auto it = fillers_.find(response_id);
    if (it != fillers_.end() && it->second == 0) continue; // it was said
    stop_filler(response_id);
    watch_filler(response_id);
  }
}

void ToolCalls::watch_filler(const std::string& response_id) {
  if (!unanswered(response_id) || filler_delay_.count() <= 0) return;
  fillers_[response_id] = wire_.executor().post_after(filler_delay_, [this, response_id] {
    fillers_[response_id] = 0;
    if (unanswered(response_id) && !say_filler_()) watch_filler(response_id);
  });
}

void ToolCalls::stop_filler(const std::string& response_id) {
  const auto it = fillers_.find(response_id);
  if (it == fillers_.end()) return;
  if (it->second) wire_.executor().cancel(it->second);
  fillers_.erase(it);
}

std::string ToolCalls::what_is_open() const {
  std::string text;
  for (const Call& call : calls_)
    if (!call.output)
      text += (text.empty() ? "" : ", ") + ("tool call " + call.name + " (" + call.call_id + ")");
  return text;
}

} // namespace rt::session

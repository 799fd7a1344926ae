#include "session/responses.h"

#include <algorithm>
#include <utility>

namespace rt::session {
namespace {

using namespace protocol;

bool is_out_of_band(const ResponseOptions& options) {
  return options.conversation == "none";
}

// Few items make a response, and the newest is by far the likeliest.
void add_once(std::vector<std::string>& items, std::string_view item) {
  if (std::find(items.rbegin(), items.rend(), item) == items.rend()) items.emplace_back(item);
}

constexpr std::string_view already_active = "conversation_already_has_active_response";

} // namespace

Responses::~Responses() {
  reset();
}

void Responses::reset() {
  for (ToolCall& call : calls_)
    if (call.timer) wire_.executor().cancel(call.timer);
  if (watch_timer_) wire_.executor().cancel(std::exchange(watch_timer_, 0));
  queue_.clear();
  asked_.reset();
  asked_out_of_band_.clear();
  open_.clear();
  discarded_.clear();
  out_of_band_.clear();
  calls_.clear();
  announced_calls_.clear();
  expected_ = cancelled_expected_ = 0;
  stuck_reported_ = false;
}

bool Responses::default_conversation_busy() const {
  return asked_ || expected_ > 0 || std::any_of(open_.begin(), open_.end(), [](const auto& entry) {
           return !entry.second.out_of_band && !entry.second.given_up;
         });
}

void Responses::create(const ResponseOptions& options) {
  if (is_out_of_band(options)) {
    const std::string id = wire_.send(ResponseCreate{options}, "create-response");
    if (!id.empty()) asked_out_of_band_.insert(id);
    watch();
    return;
  }
  queue_.push_back(options);
  pump();
}

void Responses::pump() {
  if (queue_.empty() || default_conversation_busy()) return;
  ResponseOptions options = std::move(queue_.front());
  queue_.pop_front();
  send_create(std::move(options));
}

void Responses::send_create(ResponseOptions options) {
  const std::string id = wire_.send(ResponseCreate{options}, "create-response");
  if (id.empty()) return;
  asked_ = Asked{id, std::move(options)};
  watch();
}

void Responses::expect() {
  ++expected_;
  watch();
}

void Responses::send_cancel(const std::string& response_id) {
  ResponseCancel cancel;
  if (cancels_by_id_) cancel.response_id = response_id;
  wire_.send(cancel, "cancel-response");
}

bool Responses::cancel() {
  bool any = !queue_.empty();
  queue_.clear();
  for (const auto& [id, response] : open_) {
    if (response.out_of_band) continue;
    send_cancel(id);
    any = true;
  }
  if (asked_) asked_->cancelled = true;
  cancelled_expected_ = expected_;
  return any || asked_ || expected_ > 0;
}

void Responses::on_created(const Response& response) {
  touch();
  stuck_reported_ = false;
  Open open;
  bool cancelled = false;
  // Without a conversation id a response is out of band only when we asked for one: some servers never send
  // it.
  open.out_of_band = !response.conversation_id && !asked_out_of_band_.empty();
  if (open.out_of_band) {
    asked_out_of_band_.erase(asked_out_of_band_.begin());
    out_of_band_.insert(response.id);
  } else if (expected_ > 0) {
    // The server runs one response at a time, and its own began before it read our request.
    --expected_;
    cancelled = cancelled_expected_ > 0;
    if (cancelled) --cancelled_expected_;
  } else {
    cancelled = asked_ && asked_->cancelled;
    asked_.reset();
  }
  open_[response.id] = open;
  if (cancelled) {
    discarded_.insert(response.id);
    send_cancel(response.id);
  }
  watch();
}

void Responses::on_done(const Response& response) {
  touch();
  const auto it = open_.find(response.id);
  if (it != open_.end()) {
    for (const std::string& item_id : it->second.unheard_items)
      wire_.send(ItemDelete{item_id}, "interrupt");
    open_.erase(it);
  }
  discarded_.erase(response.id);
  send_tool_outputs(response.id);
  pump();
  watch();
}

bool Responses::on_error(const ErrorInfo& error) {
  if (error.event_id.empty()) return false;
  if (asked_out_of_band_.erase(error.event_id) > 0) return true;
  if (!asked_ || asked_->event_id != error.event_id) return false;
  Asked asked = std::move(*asked_);
  asked_.reset();
  if (error.code == already_active && !asked.cancelled) {
    // Another response came first; ours is due when that one ends.
    queue_.push_front(std::move(asked.options));
    if (open_.empty() && expected_ == 0) expect();
    return true;
  }
  pump();
  return true;
}

void Responses::discard_open() {
  for (const auto& [id, response] : open_)
    if (!response.out_of_band) discarded_.insert(id);
}

void Responses::discard(std::string_view response_id) {
  if (open_.find(response_id) != open_.end()) discarded_.emplace(response_id);
}

void Responses::note_audio(std::string_view response_id, std::string_view item_id) {
  const auto it = open_.find(response_id);
  if (it != open_.end()) add_once(it->second.items_with_audio, item_id);
}

void Responses::note_unheard(std::string_view response_id, std::string_view item_id) {
  const auto it = open_.find(response_id);
  if (it == open_.end() || it->second.out_of_band) return;
  const auto& known = it->second.items_with_audio;
  if (std::find(known.begin(), known.end(), item_id) == known.end())
    add_once(it->second.unheard_items, item_id);
}

void Responses::on_tool_call(const std::string& response_id, const std::string& item_id,
                             const std::string& call_id, const std::string& name,
                             const std::string& arguments) {
  if (!announced_calls_.insert(call_id).second) return;
  ToolCall call{call_id, name, response_id, std::nullopt, 0};
  if (timeouts_.tool.count() > 0)
    call.timer = wire_.executor().post_after(timeouts_.tool, [this, call_id] { tool_timed_out(call_id); });
  calls_.push_back(std::move(call));
  wire_.notify(Notice(NoticeKind::tool_call)
                   .with("call-id", call_id)
                   .with("name", name)
                   .with("arguments", arguments)
                   .with("response-id", response_id)
                   .with("item-id", item_id));
}

void Responses::tool_output(const std::string& call_id, const std::string& output) {
  const auto it = std::find_if(calls_.begin(), calls_.end(),
                               [&](const ToolCall& c) { return c.call_id == call_id && !c.output; });
  if (it == calls_.end()) return;
  it->output = output;
  if (it->timer) wire_.executor().cancel(std::exchange(it->timer, 0));
  send_tool_outputs(it->response_id);
}

void Responses::tool_timed_out(const std::string& call_id) {
  for (ToolCall& call : calls_)
    if (call.call_id == call_id) call.timer = 0;
  wire_.warn({Warning::Kind::tool_timed_out, "No output for the tool call " + call_id +
                                                 " came within 'tool-timeout'; the model is told so"});
  wire_.tool_call_over(call_id);
  tool_output(call_id, R"({"error":"The tool did not answer in time."})");
}

// Outputs wait for the end of the response that asked and for each other, then one response follows them all.
void Responses::send_tool_outputs(const std::string& response_id) {
  if (open_.contains(response_id)) return;
  const auto of_response = [&](const ToolCall& c) { return c.response_id == response_id; };
  const bool any = std::any_of(calls_.begin(), calls_.end(), of_response);
  const bool all = std::all_of(calls_.begin(), calls_.end(),
                               [&](const ToolCall& c) { return !of_response(c) || c.output; });
  if (!any || !all) return;
  for (const ToolCall& call : calls_) {
    if (!of_response(call)) continue;
    Item item;
    item.type = Item::Type::function_call_output;
    item.call_id = call.call_id;
    item.output = *call.output;
    wire_.send(ItemCreate{std::move(item), std::nullopt}, "send-tool-output");
  }
  std::erase_if(calls_, of_response);
  create({});
}

// A response that is asked for or open and of which nothing is heard is reported, so that a caller is not
// left in silence without a word in the log.
void Responses::watch() {
  touch();
  if (watch_timer_ || timeouts_.response.count() <= 0) return;
  if (!awaited()) return;
  watch_timer_ = wire_.executor().post_after(timeouts_.response, [this] {
    watch_timer_ = 0;
    check_alive();
  });
}

bool Responses::awaited() const {
  return asked_ || !asked_out_of_band_.empty() || expected_ > 0 ||
         std::any_of(open_.begin(), open_.end(), [](const auto& entry) { return !entry.second.given_up; });
}

void Responses::check_alive() {
  if (!awaited()) return;
  const Nanoseconds idle = wire_.executor().now() - last_event_;
  if (idle < timeouts_.response) {
    watch_timer_ = wire_.executor().post_after(timeouts_.response - idle, [this] {
      watch_timer_ = 0;
      check_alive();
    });
    return;
  }
  if (!std::exchange(stuck_reported_, true))
    wire_.warn(
        {Warning::Kind::response_timed_out, "Nothing came within 'response-timeout' for " + what_is_open()});
  // What was only hoped for is given up, so that later requests are not held back by it.
  expected_ = cancelled_expected_ = 0;
  asked_.reset();
  asked_out_of_band_.clear();
  for (auto& [id, response] : open_)
    response.given_up = true;
  pump();
}

bool Responses::quiet() const {
  return queue_.empty() && !awaited() && calls_.empty();
}

std::string Responses::what_is_open() const {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  for (const auto& [id, response] : open_)
    add("response " + id);
  if (asked_ || !asked_out_of_band_.empty()) add("a response that was asked for");
  if (expected_ > 0) add("the response to a committed turn");
  for (const ToolCall& call : calls_)
    if (!call.output) add("tool call " + call.name + " (" + call.call_id + ")");
  return text;
}

} // namespace rt::session

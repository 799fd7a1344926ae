#include "session/responses.h"

#include "session/own_metadata.h"
#include "session/server_errors.h"

#include <algorithm>
#include <utility>

namespace rt::session {
namespace {

using namespace protocol;

constexpr std::size_t over_kept = 64, answered_kept = 8;
// In a mark, so that it tells what it is of also when nothing else is known of that any more.
constexpr std::string_view of_create = "create-", of_beside = "beside-", of_aside = "aside-";

bool is_out_of_band(const ResponseOptions& options) {
  return options.conversation == "none";
}

// Few items make a response, and the newest is by far the likeliest.
void add_once(std::vector<std::string>& items, std::string_view item) {
  if (std::find(items.rbegin(), items.rend(), item) == items.rend()) items.emplace_back(item);
}

} // namespace

Responses::~Responses() {
  reset();
}

void Responses::reset() {
  if (watch_timer_) wire_.executor().cancel(std::exchange(watch_timer_, 0));
  queue_.clear();
  asked_.reset();
  beside_.clear();
  expected_.clear();
  open_.clear();
  over_.clear();
  answered_.clear();
  out_of_band_.clear();
  floor_ = Floor::free;
  asked_count_ = begun_count_ = 0;
  outputs_known_ = returns_marks_ = names_conversations_ = false;
}

// ---- what is asked for ----

bool Responses::busy() const {
  return asked_ || !expected_.empty() ||
         std::any_of(open_.begin(), open_.end(), [](const auto& entry) { return entry.second.blocks(); });
}

void Responses::create(ResponseOptions options, std::string_view request, std::string event_id) {
  if (is_out_of_band(options)) return send_beside(std::move(options), request, false, std::move(event_id));
  queue_.push_back({std::move(options), request});
  queue_.back().given_id = std::move(event_id);
  pump();
}

void Responses::create_aside(ResponseOptions options, std::string_view request) {
  options.conversation = "none";
  send_beside(std::move(options), request, true);
}

void Responses::send_beside(ResponseOptions options, std::string_view request, bool aside,
                            std::string event_id) {
  Beside beside;
  beside.since = now();
  beside.aside = aside;
  beside.metadata = options.metadata;
  beside.mark = put_mark(options, aside ? of_aside : of_beside);
  beside.event_id = wire_.send(ResponseCreate{std::move(options)}, request, std::move(event_id));
  if (beside.event_id.empty()) return;
  beside_.push_back(std::move(beside));
  watch();
}

void Responses::follow_up(std::string_view request) {
  outputs_known_ = false;
  if (std::any_of(queue_.begin(), queue_.end(), [](const Request& r) { return r.follow_up; })) return;
  queue_.push_back({{}, request, true});
  pump();
}

void Responses::outputs_known() {
  outputs_known_ = true;
}

// Empty when there is no room for it.
std::string Responses::put_mark(ResponseOptions& options, std::string_view kind) {
  std::string mark = std::string(kind) + std::to_string(next_mark_++);
  options.metadata = with_mark(options.metadata, mark);
  return mark_in(options.metadata) == mark ? mark : std::string();
}

void Responses::pump() {
  while (!busy()) {
    const auto next =
        std::ranges::find_if(queue_, [&](const Request& r) { return !r.follow_up || floor_ == Floor::free; });
    if (next == queue_.end()) return;
    Request request = std::move(*next);
    queue_.erase(next);
    ask(std::move(request));
  }
}

// One that cannot be sent is lost, which the wire says, and leaves the line to the next.
void Responses::ask(Request request) {
  ResponseOptions options = request.options;
  request.mark = takes_metadata_ ? put_mark(options, of_create) : std::string();
  request.event_id = wire_.send(ResponseCreate{std::move(options)}, request.name, request.given_id);
  if (request.event_id.empty()) return;
  request.since = now();
  request.number = ++asked_count_;
  asked_ = std::move(request);
  watch();
}

void Responses::expect() {
  expected_.push_back({now()});
  watch();
}

void Responses::expect_no_more() {
  expected_.clear();
  pump();
}

void Responses::caller_stopped() {
  if (floor_ == Floor::free) return;
  floor_ = Floor::due;
  caller_stopped_ = now();
  watch();
}

void Responses::turn_over() {
  floor_ = Floor::free;
  pump();
}

void Responses::send_cancel(OpenMap::iterator it, std::string event_id) {
  ResponseCancel cancel;
  if (cancels_by_id_) cancel.response_id = it->first;
  it->second.cancel_event = wire_.send(cancel, "cancel-response", std::move(event_id));
}

bool Responses::cancel(Cancel what, std::string event_id) {
  const auto mark = [what](Cancel& cancelled) { return std::exchange(cancelled, std::max(cancelled, what)); };
  bool any = busy() || !queue_.empty();
  queue_.clear();
  for (auto it = open_.begin(); it != open_.end(); ++it) {
    if (!it->second.heard_with_conversation()) continue;
    any = true;
    if (mark(it->second.cancelled) == Cancel::nothing) send_cancel(it, std::exchange(event_id, {}));
  }
  if (asked_) mark(asked_->cancelled);
  for (Beside& beside : beside_) {
    if (!beside.aside) continue;
    any = true;
    mark(beside.cancelled);
  }
  for (Expected& expected : expected_)
    mark(expected.cancelled);
  return any;
}

// ---- what the server says ----

// `unmarked_is_not_ours`: the server would have returned our mark.
Responses::OpenMap::iterator Responses::adopt(const Response& response, bool unmarked_is_not_ours) {
  Open open;
  open.last_event = now();
  open.metadata = without_mark(response.metadata);
  names_conversations_ |= response.conversation_id.has_value();
  const std::string mark = mark_in(response.metadata);
  if (take_beside(response, mark, open)) {
    out_of_band_.insert(response.id);
  } else {
    if (!take_marked(mark, open)) take_in_order(open, unmarked_is_not_ours);
    if (!open.metadata && open.request) open.metadata = open.request->options.metadata;
    if (open.request) begun_count_ = std::max(begun_count_, open.request->number);
    forget_answered_follow_up(open);
  }
  return open_.insert_or_assign(response.id, std::move(open)).first;
}

// Our mark tells it, where the server returns metadata, or else that it names no conversation. Some servers
// do neither: then what was asked for in the conversation comes first.
bool Responses::take_beside(const Response& response, const std::string& mark, Open& open) {
  const bool late_aside = mark.starts_with(of_aside), marked = late_aside || mark.starts_with(of_beside);
  auto it = beside_.end();
  if (marked)
    it = std::find_if(beside_.begin(), beside_.end(), [&](const Beside& b) { return b.mark == mark; });
  else if (mark.empty() && !response.conversation_id && !response.metadata && !returns_marks_ &&
           (names_conversations_ || (!asked_ && expected_.empty())))
    it = beside_.begin();
  open.out_of_band = marked || it != beside_.end();
  if (it != beside_.end()) {
    open.aside = it->aside;
    open.cancelled = it->cancelled;
    if (!open.metadata) open.metadata = std::move(it->metadata);
    beside_.erase(it);
  } else if (late_aside) { // it was given up: what it was to fill is over
    open.aside = true;
    open.cancelled = Cancel::words;
  }
  return open.out_of_band;
}

// Ours, whatever else is expected; also when it was given up, or another one taken for it.
bool Responses::take_marked(const std::string& mark, Open& open) {
  if (!mark.starts_with(of_create)) return false;
  if (asked_ && asked_->mark == mark)
    open.request = std::exchange(asked_, std::nullopt);
  else
    open.request = take_answered(&Request::mark, mark);
  if (open.request) open.cancelled = open.request->cancelled;
  open.ahead_of_turns = !expected_.empty();
  return true;
}

void Responses::take_in_order(Open& open, bool unmarked_is_not_ours) {
  const bool may_be_ours = asked_ && (asked_->mark.empty() || !unmarked_is_not_ours);
  if (!expected_.empty()) {
    // The server runs one response at a time, and its own began before it read our request. It answers all
    // turns so far; those that were cancelled are told apart.
    open.cancelled = expected_.front().cancelled;
    const bool wanted = open.cancelled == Cancel::nothing;
    while (!expected_.empty() && wanted == (expected_.front().cancelled == Cancel::nothing))
      expected_.pop_front();
    open.doubtful = may_be_ours;
  } else if (may_be_ours) {
    open.cancelled = asked_->cancelled;
    open.request = std::exchange(asked_, std::nullopt);
  }
}

void Responses::forget_answered_follow_up(const Open& open) {
  if (!outputs_known_ || open.cancelled != Cancel::nothing || (open.request && open.request->options.input))
    return;
  outputs_known_ = false;
  std::erase_if(queue_, [](const Request& r) { return r.follow_up; });
}

void Responses::cancel_on_arrival(OpenMap::iterator it) {
  if (it->second.cancelled == Cancel::nothing) return;
  it->second.discarded = true;
  send_cancel(it);
}

bool Responses::on_created(const Response& response) {
  if (const auto it = open_.find(response.id); it != open_.end())
    return !std::exchange(it->second.told, true);
  if (is_over(response.id)) return false;
  returns_marks_ |= !mark_in(response.metadata).empty();
  const auto it = adopt(response, returns_marks_);
  it->second.told = true;
  cancel_on_arrival(it);
  watch();
  return true;
}

bool Responses::on_event(std::string_view response_id) {
  if (response_id.empty()) return true; // some servers do not say of which
  if (const auto it = open_.find(response_id); it != open_.end()) {
    it->second.last_event = now();
    if (std::exchange(it->second.given_up, false)) watch();
    return true;
  }
  if (is_over(response_id)) return false;
  Response untold;
  untold.id = response_id;
  cancel_on_arrival(adopt(untold, false));
  watch();
  return true;
}

bool Responses::ending(const Response& response) {
  if (is_over(response.id)) return false;
  if (!open_.contains(response.id)) adopt(response, false);
  return true;
}

void Responses::on_done(const Response& response) {
  if (!ending(response)) return;
  const auto it = open_.find(response.id);
  if (it->second.doubtful && asked_) {
    asked_->doubtful = true;
    asked_->since = now();
  }
  if (it->second.ahead_of_turns)
    for (Expected& expected : expected_)
      expected = {now(), expected.cancelled, true};
  close(it);
}

void Responses::close(OpenMap::iterator it) {
  const std::string id = it->first;
  for (const std::string& item_id : it->second.unheard_items)
    wire_.send(ItemDelete{item_id}, "interrupt");
  if (it->second.request) remember(std::move(*it->second.request));
  open_.erase(it);
  over_.push_back(id);
  if (over_.size() > over_kept) over_.pop_front();
  wire_.response_over(id);
  pump();
  watch();
}

Responses::Refused Responses::on_error(const ErrorInfo& error) {
  const bool active = says_response_active(error);
  if (error.event_id.empty() && !active) return Refused::nothing;
  if (std::erase_if(beside_, [&](const Beside& b) { return b.event_id == error.event_id; }) > 0)
    return Refused::lost;
  if (asked_ && (error.event_id.empty() || asked_->event_id == error.event_id)) {
    Request request = *std::exchange(asked_, std::nullopt);
    const bool wanted = request.cancelled == Cancel::nothing;
    if (active && wanted) {
      put_back(std::move(request));
      return Refused::put_back;
    }
    pump();
    return wanted ? Refused::lost : Refused::unwanted;
  }
  if (error.event_id.empty()) return Refused::nothing;
  if (auto request = active ? take_answered(&Request::event_id, error.event_id) : std::nullopt) {
    if (request->cancelled != Cancel::nothing) return Refused::unwanted;
    put_back(std::move(*request));
    return Refused::put_back;
  }
  const auto ended = std::find_if(open_.begin(), open_.end(), [&](const auto& entry) {
    return says_no_response(error) && entry.second.cancel_event == error.event_id;
  });
  if (ended != open_.end()) close(ended); // its end would have come before
  return Refused::nothing;
}

// What was taken for the answer to this request is another.
std::optional<Responses::Request> Responses::take_answered(std::string Request::*id,
                                                           const std::string& value) {
  for (auto& [response_id, open] : open_)
    if (open.request && (*open.request).*id == value) return std::exchange(open.request, std::nullopt);
  const auto it =
      std::find_if(answered_.begin(), answered_.end(), [&](const Request& r) { return r.*id == value; });
  if (it == answered_.end()) return std::nullopt;
  Request request = std::move(*it);
  answered_.erase(it);
  return request;
}

void Responses::remember(Request request) {
  answered_.push_back(std::move(request));
  if (answered_.size() > answered_kept) answered_.pop_front();
}

void Responses::put_back(Request request) {
  request.event_id.clear();
  request.doubtful = false;
  queue_.push_front(std::move(request));
  // Another is active: one that we gave up, or one of which we do not know yet.
  for (auto& [id, open] : open_) {
    if (open.out_of_band || !open.given_up) continue;
    open.given_up = false;
    open.last_event = now();
  }
  if (!busy()) expect();
  watch();
}

// ---- what is no longer wanted ----

void Responses::discard_open() {
  for (auto& [id, open] : open_)
    if (open.heard_with_conversation()) open.discarded = true;
}

void Responses::discard(std::string_view response_id) {
  if (const auto it = open_.find(response_id); it != open_.end()) it->second.discarded = true;
}

bool Responses::discarded(std::string_view response_id) const {
  const auto it = open_.find(response_id);
  return it != open_.end() && it->second.discarded;
}

bool Responses::calls_cancelled(std::string_view response_id) const {
  const auto it = open_.find(response_id);
  return it != open_.end() && it->second.cancelled == Cancel::words_and_calls;
}

std::optional<Json> Responses::metadata(std::string_view response_id) const {
  const auto it = open_.find(response_id);
  return it == open_.end() ? std::nullopt : it->second.metadata;
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

bool Responses::open(std::string_view response_id) const {
  const auto it = open_.find(response_id);
  return it != open_.end() && !it->second.given_up;
}

bool Responses::given_up(std::string_view response_id) const {
  const auto it = open_.find(response_id);
  return it != open_.end() && it->second.given_up;
}

bool Responses::is_over(std::string_view response_id) const {
  return std::find(over_.rbegin(), over_.rend(), response_id) != over_.rend();
}

} // namespace rt::session

// Responses of which the server says nothing.
#include "session/responses.h"

#include <algorithm>
#include <utility>

namespace rt::session {
namespace {

// Longer than a request and its refusal are under way, or the commit of a turn that has ended.
constexpr Nanoseconds doubt_lasts = std::chrono::seconds(2);

void add_to_list(std::string& text, const std::string& part) {
  text += (text.empty() ? "" : ", ") + part;
}

} // namespace

void Responses::set_timeout(Nanoseconds silence) {
  timeout_ = silence;
  watch();
}

bool Responses::awaited() const {
  return asked_ || !beside_.empty() || !expected_.empty() ||
         std::any_of(open_.begin(), open_.end(), [](const auto& entry) { return !entry.second.given_up; });
}

bool Responses::is_late(Nanoseconds since, bool doubtful) const {
  const Nanoseconds patience = doubtful ? doubt_lasts : timeout_;
  return patience.count() > 0 && now() - since >= patience;
}

std::optional<Nanoseconds> Responses::next_due() const {
  std::optional<Nanoseconds> next;
  const auto consider = [&](Nanoseconds since, Nanoseconds patience) {
    if (patience.count() > 0) next = next ? std::min(*next, since + patience) : since + patience;
  };
  if (asked_) consider(asked_->since, asked_->doubtful ? doubt_lasts : timeout_);
  if (floor_ == Floor::due) consider(caller_stopped_, doubt_lasts);
  for (const Beside& beside : beside_)
    consider(beside.since, timeout_);
  for (const Expected& expected : expected_)
    consider(expected.since, expected.doubtful ? doubt_lasts : timeout_);
  for (const auto& [id, open] : open_)
    if (!open.given_up) consider(open.last_event, timeout_);
  return next;
}

// A response that is asked for or open and of which nothing is heard is reported, so that a caller is not
// left in silence without a word in the log.
void Responses::watch() {
  const auto due = next_due();
  if (due && watch_timer_ && watch_due_ <= *due) return;
  if (watch_timer_) wire_.executor().cancel(std::exchange(watch_timer_, 0));
  if (!due) return;
  watch_due_ = *due;
  watch_timer_ = wire_.executor().post_after(std::max(*due - now(), Nanoseconds(0)), [this] {
    watch_timer_ = 0;
    check_alive();
    watch();
  });
}

// What was only hoped for is given up, so that later requests are not held back by it.
void Responses::check_alive() {
  std::string silent;
  std::vector<std::string> given_up;
  for (auto& [id, open] : open_) {
    if (open.given_up || !is_late(open.last_event)) continue;
    open.given_up = true;
    given_up.push_back(id);
    add_to_list(silent, "response " + id);
  }
  if (floor_ == Floor::due && is_late(caller_stopped_, true)) floor_ = Floor::free; // no server tells all
  if (asked_ && is_late(asked_->since, asked_->doubtful)) {
    if (!asked_->doubtful) add_to_list(silent, "a response that was asked for");
    remember(*std::exchange(asked_, std::nullopt)); // its refusal, or itself, may still come
  }
  if (std::erase_if(beside_, [&](const Beside& b) { return is_late(b.since); }) > 0)
    add_to_list(silent, "an out-of-band response that was asked for");
  std::erase_if(expected_, [&](const Expected& e) { return e.doubtful && is_late(e.since, true); });
  if (std::erase_if(expected_, [&](const Expected& e) { return is_late(e.since, e.doubtful); }) > 0)
    add_to_list(silent, "the response to a committed turn");
  if (!silent.empty())
    wire_.warn({Warning::Kind::response_timed_out, "Nothing came within 'response-timeout' for " + silent});
  for (const std::string& id : given_up)
    wire_.response_over(id);
  pump();
}

std::string Responses::what_is_open() const {
  std::string text;
  for (const auto& [id, response] : open_)
    add_to_list(text, "response " + id);
  if (asked_ || !queue_.empty() || !beside_.empty()) add_to_list(text, "a response that was asked for");
  if (!expected_.empty()) add_to_list(text, "the response to a committed turn");
  return text;
}

} // namespace rt::session

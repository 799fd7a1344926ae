#include "session/stream_track.h"

#include <algorithm>
#include <array>
#include <utility>

namespace rt::session {
namespace {

// After the end of a sentence.
constexpr Milliseconds pause{1000};
// A language without these ends, or a speaker without an end, still gets lines.
constexpr std::size_t long_line = 400;

constexpr std::array<std::string_view, 7> ends = {".", "?", "!", "…", "。", "？", "！"};

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

bool ends_sentence(std::string_view text) {
  while (!text.empty() && (is_space(text.back()) || text.back() == '"' || text.back() == ')'))
    text.remove_suffix(1);
  return std::ranges::any_of(ends, [&](std::string_view end) { return text.ends_with(end); });
}

} // namespace

StreamTrack::StreamTrack(Executor& executor, std::string name, Finished finished)
    : executor_(executor), name_(std::move(name)), finished_(std::move(finished)) {
  begin_line();
}

void StreamTrack::begin_line() {
  id_ = name_ + '_' + std::to_string(++lines_);
  text_.clear();
}

void StreamTrack::add(std::string_view piece) {
  if (piece.empty()) return;
  const bool new_word = is_space(piece.front()) || (!text_.empty() && is_space(text_.back()));
  if (new_word && (ends_sentence(text_) || text_.size() >= long_line)) finish();
  text_ += piece;
  if (pause_timer_) executor_.cancel(std::exchange(pause_timer_, 0));
  if (!ends_sentence(text_)) return;
  pause_timer_ = executor_.post_after(pause, [this] {
    pause_timer_ = 0;
    finish();
  });
}

void StreamTrack::finish() {
  if (pause_timer_) executor_.cancel(std::exchange(pause_timer_, 0));
  if (text_.empty()) return;
  const std::string id = id_, text = text_;
  begin_line();
  finished_(id, text);
}

void StreamTrack::abandon() {
  if (pause_timer_) executor_.cancel(std::exchange(pause_timer_, 0));
  begin_line();
}

void StreamTrack::reset() {
  if (pause_timer_) executor_.cancel(std::exchange(pause_timer_, 0));
  lines_ = 0;
  begin_line();
}

} // namespace rt::session

// Where in the input the speech of each turn is, in the server's milliseconds: as its detector told, or as
// the turn was committed. Loop thread only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace rt::session {

class SpeechSpans {
 public:
  struct Span {
    std::uint64_t start_ms = 0;
    std::optional<std::uint64_t> end_ms; // nothing: it goes on
  };

  // A turn begins `padding_ms` before its speech, and no earlier than the audio that the server holds: then
  // it is not known when the speech began.
  void started(const std::string& item_id, std::uint64_t ms, std::uint64_t padding_ms) {
    span(item_id) = {ms > held_from_ms_ ? ms + padding_ms : ms, std::nullopt};
  }
  // The server holds nothing that was sent before.
  void emptied(std::uint64_t ms) { held_from_ms_ = ms; }
  // Before the silence that ended it, but not before its start.
  void stopped(const std::string& item_id, std::uint64_t ms) {
    Span* known = find(item_id);
    if (known) known->end_ms = std::max(ms, known->start_ms);
  }
  // What was sent from `from_ms` to `to_ms` was asked to be a turn.
  void commit_asked(std::string event_id, std::uint64_t from_ms, std::uint64_t to_ms) {
    asked_.emplace_back(std::move(event_id), Span{from_ms, to_ms});
  }
  void commit_refused(const std::string& event_id) {
    std::erase_if(asked_, [&](const auto& asked) { return asked.first == event_id; });
  }
  void committed(const std::string& item_id, bool by_server) {
    if (by_server || asked_.empty()) return;
    const Span asked = asked_.front().second;
    asked_.pop_front();
    if (Span* known = find(item_id))
      known->end_ms = known->end_ms.value_or(*asked.end_ms);
    else
      span(item_id) = asked;
  }
  std::optional<Span> of(const std::string& item_id) {
    const Span* known = find(item_id);
    return known ? std::optional(*known) : std::nullopt;
  }
  void reset() { *this = SpeechSpans(); }

 private:
  // Transcripts come while later turns are spoken, but not many turns later.
  static constexpr std::size_t kept = 64;
  Span* find(const std::string& item_id) {
    const auto it =
        std::find_if(spans_.rbegin(), spans_.rend(), [&](const auto& s) { return s.first == item_id; });
    return it == spans_.rend() ? nullptr : &it->second;
  }
  Span& span(const std::string& item_id) {
    if (Span* known = find(item_id)) return *known;
    spans_.emplace_back(item_id, Span{});
    if (spans_.size() > kept) spans_.pop_front();
    return spans_.back().second;
  }

  std::deque<std::pair<std::string, Span>> spans_; // by item id, oldest first
  std::deque<std::pair<std::string, Span>> asked_; // by event id
  std::uint64_t held_from_ms_ = 0;
};

} // namespace rt::session

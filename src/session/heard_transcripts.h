// An answer's text and the time at which it was heard come one after the other, in any order: its last
// transcript waits for both. Loop thread only.
#pragma once

#include "audio/playback.h"
#include "session/notice.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace rt::session {

class HeardTranscripts {
 public:
  struct Heard {
    ClockTime start, end;
  };
  // Each returns the other part if that came before; then the answer is done with.
  std::optional<Heard> said(const audio::ContentKey& key, const std::string& text) {
    Entry& entry = at(key);
    entry.text = text;
    return take(entry.heard, key);
  }
  std::optional<std::string> heard(const audio::ContentKey& key, const Heard& heard) {
    Entry& entry = at(key);
    entry.heard = heard;
    return take(entry.text, key);
  }
  void forget(const audio::ContentKey& key) {
    std::erase_if(entries_, [&](const Entry& entry) { return entry.key == key; });
  }
  void reset() { entries_.clear(); }

 private:
  struct Entry {
    audio::ContentKey key;
    std::optional<std::string> text;
    std::optional<Heard> heard;
  };
  // Of some the other part never comes.
  static constexpr std::size_t kept = 64;
  Entry& at(const audio::ContentKey& key) {
    const auto it =
        std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& e) { return e.key == key; });
    if (it != entries_.rend()) return *it;
    entries_.push_back({key, std::nullopt, std::nullopt});
    if (entries_.size() > kept) entries_.pop_front();
    return entries_.back();
  }
  template<typename Part>
  std::optional<Part> take(std::optional<Part>& part, const audio::ContentKey& key) {
    std::optional<Part> other = std::move(part);
    if (other) forget(key);
    return other;
  }

  std::deque<Entry> entries_;
};

} // namespace rt::session

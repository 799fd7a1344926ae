// The newest audio that was sent, to be sent once more when the caller presses the button to talk a moment
// after beginning to. Loop thread only.
#pragma once

#include "session/uplink.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace rt::session {

class PreRoll {
 public:
  void set_length(std::uint32_t milliseconds) {
    if (milliseconds * ns_per_ms < length_ns_) clear();
    length_ns_ = milliseconds * ns_per_ms;
  }
  // Returns what is too old by now, its storage to be used again.
  std::optional<Uplink::Entry> keep(Uplink::Entry&& entry) {
    if (!kept_.empty() && !(kept_.back().format == entry.format)) clear();
    kept_ns_ += duration(entry);
    kept_.push_back(std::move(entry));
    if (kept_ns_ - duration(kept_.front()) < length_ns_) return std::nullopt;
    Uplink::Entry old = std::move(kept_.front());
    kept_ns_ -= duration(old);
    kept_.pop_front();
    return old;
  }
  const std::deque<Uplink::Entry>& kept() const { return kept_; }
  bool wanted() const { return length_ns_ > 0; }
  void clear() {
    kept_.clear();
    kept_ns_ = 0;
  }

 private:
  static constexpr std::uint64_t ns_per_ms = 1'000'000;
  static std::uint64_t duration(const Uplink::Entry& entry) {
    return entry.format.ns_of_samples(entry.samples);
  }
  std::deque<Uplink::Entry> kept_;
  std::uint64_t kept_ns_ = 0, length_ns_ = 0;
};

} // namespace rt::session

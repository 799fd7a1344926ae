// Which warnings reach the bus: each text once in a while, and of one kind no flood.
#pragma once

#include "session/notice.h"

#include <glib.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace rt::gst {

class WarningLimit {
 public:
  static constexpr gint64 interval_us = 10'000'000;
  static constexpr std::size_t most_of_a_kind = 32; // in an interval

  // How many of the kind were kept back since its last one; nothing: this one is kept back as well. `now`:
  // us, monotonic.
  std::optional<unsigned> pass(const session::Warning& warning, gint64 now) {
    Kind& kind = kinds_[warning.kind];
    std::erase_if(kind.posted, [now](const auto& entry) { return now - entry.second >= interval_us; });
    if (kind.posted.size() >= most_of_a_kind ||
        !kind.posted.try_emplace(without_numbers(warning.text), now).second) {
      ++kind.kept_back;
      return std::nullopt;
    }
    return std::exchange(kind.kept_back, 0u);
  }

 private:
  struct Kind {
    std::map<std::string, gint64> posted; // text -> when
    unsigned kept_back = 0;
  };
  // "340 ms were dropped" and then "360 ms were dropped" is one thing going on.
  static std::string without_numbers(std::string text) {
    std::erase_if(text, [](char c) { return g_ascii_isdigit(c); });
    return text;
  }

  std::map<session::Warning::Kind, Kind> kinds_;
};

} // namespace rt::gst

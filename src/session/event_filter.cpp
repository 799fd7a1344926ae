#include "session/event_filter.h"

#include "session/settings.h"

#include <glib.h>

#include <algorithm>

namespace rt::session {
namespace {

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    const auto comma = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, comma);
    const auto first = part.find_first_not_of(" \t\n"), last = part.find_last_not_of(" \t\n");
    parts.emplace_back(first == std::string_view::npos ? std::string_view()
                                                       : part.substr(first, last - first + 1));
    if (comma == text.size()) return parts;
    text.remove_prefix(comma + 1);
  }
}

bool fits_one(const std::vector<std::string>& patterns, const std::string& type) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return g_pattern_match_simple(pattern.c_str(), type.c_str()) != FALSE;
  });
}

} // namespace

EventFilter::EventFilter(const std::optional<std::string>& patterns) {
  if (!patterns) return;
  for (std::string& part : parts_of(*patterns)) {
    if (part.starts_with('-'))
      unwanted_.push_back(part.substr(1));
    else if (!part.empty())
      wanted_.push_back(std::move(part));
  }
}

bool EventFilter::takes(const std::string& type) const {
  if (!any() || fits_one(unwanted_, type)) return false;
  return wanted_.empty() || fits_one(wanted_, type);
}

std::optional<std::string> why_invalid_patterns(const std::optional<std::string>& patterns) {
  if (!patterns || patterns->empty()) return std::nullopt;
  const auto parts = parts_of(*patterns);
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (parts[i].empty() || parts[i] == "-")
      return "pattern " + std::to_string(i + 1) + " is empty; wanted is something like 'response.*,-*.delta'";
  return std::nullopt;
}

} // namespace rt::session

// Which of the server's events the application wants to see: patterns such as `response.*, -*.delta`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::session {

class EventFilter {
 public:
  // Of patterns separated by commas, in which * stands for anything; what one with - in front fits is left
  // out. Only such ones: everything else is taken.
  explicit EventFilter(const std::optional<std::string>& patterns = {});
  bool takes(const std::string& type) const;
  bool any() const { return !wanted_.empty() || !unwanted_.empty(); }

 private:
  std::vector<std::string> wanted_, unwanted_;
};

} // namespace rt::session

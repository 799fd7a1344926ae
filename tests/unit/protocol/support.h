// What the tests of this folder share.
#pragma once

#include <glib.h>

#include <optional>
#include <string>
#include <string_view>

namespace rt::protocol {

inline void equal(std::string_view got, std::string_view wanted) {
  if (got != wanted) g_error("got  %s\nwant %s", std::string(got).c_str(), std::string(wanted).c_str());
}

inline void has(std::string_view text, std::string_view part) {
  if (text.find(part) == std::string_view::npos)
    g_error("%s\ndoes not have %s", std::string(text).c_str(), std::string(part).c_str());
}

} // namespace rt::protocol

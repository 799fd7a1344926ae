// Assertions on texts that may be temporaries, which g_assert_cmpstr would compare after their end.
#pragma once

#include <glib.h>

#include <source_location>
#include <string>
#include <string_view>

namespace rt::test {

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline void assert_text(std::string_view actual, std::string_view expected,
                        std::source_location at = std::source_location::current()) {
  if (actual == expected) return;
  const std::string message = '"' + std::string(actual) + "\" is not \"" + std::string(expected) + '"';
  g_assertion_message(G_LOG_DOMAIN, at.file_name(), static_cast<int>(at.line()), at.function_name(),
                      message.c_str());
}

} // namespace rt::test

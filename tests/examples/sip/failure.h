// What a caller is told when the conversation cannot be opened.
#pragma once

#include <string_view>

namespace telephone {

struct Status {
  int code;
  const char* phrase;
  unsigned retry_after_s; // 0: not said
};

// For the plugin's `error-kind`, see docs/troubleshooting.md; anything else is 500.
Status status_for(std::string_view error_kind);

} // namespace telephone

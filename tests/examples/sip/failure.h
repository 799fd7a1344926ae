// What a caller is told when the conversation cannot be opened.
#pragma once

#include <span>
#include <string_view>

namespace telephone {

struct Status {
  int code;
  const char* phrase;
  unsigned retry_after_s; // 0: not said
};

struct Failure {
  std::string_view error_kind; // of the plugin, see docs/troubleshooting.md
  Status status;
};

// A row for each kind that ends a conversation.
std::span<const Failure> failures();

// Of that row; 500 where the plugin names no kind.
Status status_for(std::string_view error_kind);

} // namespace telephone

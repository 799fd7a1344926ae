// What a server says of the tools that it calls by itself (MCP). The tools themselves, the calls and the
// requests for approval are items: see Item.
#pragma once

#include "protocol/server_response_event.h"

#include <cstdint>
#include <string>

namespace rt::protocol {

struct McpListToolsInProgress {
  std::string item_id;
  bool operator==(const McpListToolsInProgress&) const = default;
};
struct McpListToolsCompleted {
  std::string item_id;
  bool operator==(const McpListToolsCompleted&) const = default;
};
struct McpListToolsFailed {
  std::string item_id;
  bool operator==(const McpListToolsFailed&) const = default;
};
struct McpArgumentsDelta {
  ContentRef at; // content_index unused
  std::string delta;
  bool operator==(const McpArgumentsDelta&) const = default;
};
struct McpArgumentsDone {
  ContentRef at; // content_index unused
  std::string arguments;
  bool operator==(const McpArgumentsDone&) const = default;
};
struct McpCallInProgress {
  std::string item_id;
  std::uint32_t output_index = 0;
  bool operator==(const McpCallInProgress&) const = default;
};
struct McpCallCompleted {
  std::string item_id;
  std::uint32_t output_index = 0;
  bool operator==(const McpCallCompleted&) const = default;
};
struct McpCallFailed {
  std::string item_id;
  std::uint32_t output_index = 0;
  bool operator==(const McpCallFailed&) const = default;
};

} // namespace rt::protocol

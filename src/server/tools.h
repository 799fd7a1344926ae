// Which function a sentence asks for, and with which arguments: word matching, no model. Good enough to
// exercise every kind of tool a client declares; an answer never depends on a tool's name being known here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::server {

struct ToolParameter {
  std::string name, type;           // JSON schema type; "string" when it has none
  std::vector<std::string> choices; // enum
  bool required = false;
};

struct Tool {
  std::string name, description;
  std::vector<ToolParameter> parameters;
};

struct ToolCall {
  std::string name, arguments; // arguments: JSON object text
  bool operator==(const ToolCall&) const = default;
};

// Function tools of a session's `tools`; other kinds are passed over.
std::vector<Tool> parse_tools(std::string_view json);

// `tool_choice` is the session's: auto, none, required, or an object with the name of one function.
std::optional<ToolCall> choose_tool(const std::vector<Tool>& tools, std::string_view tool_choice,
                                    std::string_view text);

// What to say once a function has answered: "The weather in Paris: 21, sunny."
std::string spoken_output(std::string_view name, std::string_view arguments, std::string_view output);

} // namespace rt::server

// What a JSON object may hold, as data: the strictness of a server and of what users write in properties.
#pragma once

#include "protocol/json_value.h"

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rt::protocol {

enum Accepts : unsigned {
  accepts_null = 1,
  accepts_boolean = 2,
  accepts_number = 4,
  accepts_integer = 8,
  accepts_string = 16,
  accepts_array = 32,
  accepts_object = 64,
  accepts_anything = 127,
};

struct Shape;

struct Member {
  std::string_view name;
  unsigned accepts = accepts_string;
  bool required = false;
  std::span<const std::string_view> words = {}; // a string must be one of these; empty: any
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  const Shape* object = nullptr;      // of an object, and of the objects in an array
  unsigned elements = accepts_object; // what an array holds
  std::size_t max_size = std::numeric_limits<std::size_t>::max(); // bytes of a string
};

struct Variant;

struct Shape {
  std::span<const Member> members = {};
  bool open = false; // members that are not listed pass
  // The string member `tag` tells which shape holds instead.
  std::string_view tag = {};
  std::span<const Variant> variants = {};
};

struct Variant {
  std::string_view tag;
  const Shape* shape;
};

// What is wrong, in the words of the protocol's error codes.
struct Violation {
  std::string_view code; // missing_required_parameter, unknown_parameter, invalid_value, invalid_type
  std::string path;      // as in session.audio.input or item.content[0]
  std::string message;
};

std::optional<Violation> check(const JsonValue& value, const Shape& shape, const std::string& path);

} // namespace rt::protocol

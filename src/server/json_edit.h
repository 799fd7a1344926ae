// Small changes to JSON events, as rows of a table.
#pragma once

#include "protocol/json_value.h"

#include <span>
#include <string_view>

namespace rt::server {

struct Edit {
  enum class Op {
    set,     // to `value`, whatever was there
    fill,    // with `value` where nothing is
    replace, // with `value` where something is
    swap,    // `instead_of` for `value`; an empty value: for nothing
    drop,
    copy, // to the path `value`, where something is
    move, // the same
    nest, // the objects of an array: all but `type` goes into their member `value`
  };
  std::string_view event; // its type; with a `*` at the end all that begin so
  Op op;
  std::string_view path;            // a.b.c; [] after a name: every element of that array
  std::string_view value = {};      // JSON, or as said above
  std::string_view instead_of = {}; // JSON
  std::string_view item = {};       // only where the event's item is of this type
};

void edit(protocol::JsonValue& event, std::span<const Edit> edits);

} // namespace rt::server

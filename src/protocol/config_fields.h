// The fields of a session's configuration by name: one row a member.
#pragma once

#include "protocol/session_config.h"

#include <span>
#include <string_view>

namespace rt::protocol {

struct ConfigField {
  std::string_view property;     // of the elements; empty: none of its own
  std::string_view nested, flat; // on the wire, below `session`
  bool (*present)(const SessionConfig&);
  void (*clear)(SessionConfig&);
  void (*copy)(const SessionConfig& from, SessionConfig& to);
};
std::span<const ConfigField> config_fields();
const ConfigField& config_field(std::string_view property); // of one that has a row

// The field that an error's `param` names, such as session.audio.output.voice; null when it is none.
const ConfigField* field_of_param(std::string_view param);

// `changes` laid over `base`: what is present replaces what was there, a whole object at a time.
void overlay(SessionConfig& base, const SessionConfig& changes);

} // namespace rt::protocol

// The arguments of a function call as typed values.
#pragma once

#include "session/notice.h"

#include <optional>
#include <string_view>

namespace rt::session {

// Nothing unless `json` is an object of plain values whose names can be those of fields. What is null is left
// out; numbers are integers where they are whole.
std::optional<Notice::Fields> flat_arguments(std::string_view json);

} // namespace rt::session

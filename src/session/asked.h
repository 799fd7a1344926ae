// An action of the application, for what it is told of it.
#pragma once

#include <string>
#include <string_view>

namespace rt::session {

struct Asked {
  std::string_view request = {}; // a literal; empty: nobody is told
  std::string event_id = {};     // that the application gave
};

} // namespace rt::session

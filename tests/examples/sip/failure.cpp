#include "failure.h"

#include <algorithm>
#include <array>
#include <utility>

namespace telephone {
namespace {

constexpr Status unavailable{503, "Service Unavailable", 0};
constexpr Status later{503, "Service Unavailable", 30};
constexpr Status timed_out{504, "Server Time-out", 0};
constexpr Status internal{500, "Server Internal Error", 0};

// Whatever is wrong with the key or the account is nothing that a caller could mend.
constexpr std::array<std::pair<std::string_view, Status>, 15> table{{
    {"not-authorized", unavailable},
    {"quota-exceeded", unavailable},
    {"not-found", unavailable},
    {"request-rejected", unavailable},
    {"configuration-rejected", unavailable},
    {"rate-limited", later},
    {"server-unavailable", later},
    {"closed-by-server", later},
    {"resolve-failed", unavailable},
    {"connection-refused", unavailable},
    {"unreachable", unavailable},
    {"tls-failed", unavailable},
    {"handshake-rejected", unavailable},
    {"not-realtime", unavailable},
    {"timed-out", timed_out},
}};

} // namespace

Status status_for(std::string_view error_kind) {
  const auto row =
      std::find_if(table.begin(), table.end(), [&](const auto& r) { return r.first == error_kind; });
  return row == table.end() ? internal : row->second;
}

} // namespace telephone

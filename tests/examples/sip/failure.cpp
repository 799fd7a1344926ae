#include "failure.h"

#include <algorithm>
#include <array>

namespace telephone {
namespace {

constexpr Status unavailable{503, "Service Unavailable", 0};
constexpr Status later{503, "Service Unavailable", 30};
constexpr Status timed_out{504, "Server Time-out", 0};
constexpr Status internal{500, "Server Internal Error", 0};

// Whatever is wrong with the key, the account or the server's address is nothing that a caller could mend.
constexpr std::array table{
    Failure{"not-authorized", unavailable},
    Failure{"quota-exceeded", unavailable},
    Failure{"not-found", unavailable},
    Failure{"request-rejected", unavailable},
    Failure{"configuration-rejected", unavailable},
    Failure{"rate-limited", later},
    Failure{"server-unavailable", later},
    Failure{"closed-by-server", later},
    Failure{"resolve-failed", unavailable},
    Failure{"connection-refused", unavailable},
    Failure{"unreachable", unavailable},
    Failure{"tls-failed", unavailable},
    Failure{"handshake-rejected", unavailable},
    Failure{"not-realtime", unavailable},
    Failure{"timed-out", timed_out},
    Failure{"redirected", unavailable},
    Failure{"session-expired", later},
    Failure{"message-too-big", unavailable},
    Failure{"invalid-uri", internal},
    Failure{"invalid-settings", internal},
    Failure{"internal", internal},
};

} // namespace

std::span<const Failure> failures() {
  return table;
}

Status status_for(std::string_view error_kind) {
  const auto row =
      std::find_if(table.begin(), table.end(), [&](const auto& r) { return r.error_kind == error_kind; });
  return row == table.end() ? internal : row->status;
}

} // namespace telephone

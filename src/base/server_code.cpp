#include "base/server_code.h"

#include <array>

namespace rt {
namespace {

struct CodeRow {
  std::string_view code;
  ErrorKind kind;
};

constexpr std::array rows = {
    CodeRow{"invalid_api_key", ErrorKind::not_authorized},
    CodeRow{"account_deactivated", ErrorKind::not_authorized},
    CodeRow{"insufficient_quota", ErrorKind::quota_exceeded},
    CodeRow{"billing_hard_limit_reached", ErrorKind::quota_exceeded},
    CodeRow{"session_expired", ErrorKind::session_expired},
    CodeRow{"beta_api_shape_disabled", ErrorKind::request_rejected},
    CodeRow{"invalid_model", ErrorKind::request_rejected},
    CodeRow{"model_not_found", ErrorKind::request_rejected},
};

} // namespace

std::optional<ErrorKind> kind_of_server_code(std::string_view code) {
  for (const CodeRow& row : rows)
    if (row.code == code) return row.kind;
  return std::nullopt;
}

} // namespace rt

#include "session/server_errors.h"

#include <array>

namespace rt::session {
namespace {

struct CodeRow {
  std::string_view code;
  ErrorKind kind;
};

// Seen on the wire of OpenAI and Azure, see docs/protocol.md. Everything else concerns one request only.
constexpr std::array fatal_codes = {
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

ErrorKind kind_of_code(std::string_view code) {
  for (const CodeRow& row : fatal_codes)
    if (row.code == code) return row.kind;
  return ErrorKind::request_failed;
}

Error to_error(const protocol::ErrorInfo& info) {
  Error error;
  error.kind = kind_of_code(info.code);
  error.code = info.code;
  error.message = info.message.empty() ? "The server reported an error" : info.message;
  if (!info.param.empty()) error.debug = "param: " + info.param;
  return error;
}

} // namespace rt::session

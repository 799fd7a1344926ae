#include "session/server_errors.h"

#include "base/server_code.h"

namespace rt::session {

Error to_error(const protocol::ErrorInfo& info) {
  Error error;
  // Everything that is not known to end a session concerns one request only.
  error.kind = kind_of_server_code(info.code).value_or(ErrorKind::request_failed);
  error.code = info.code;
  error.message = info.message.empty() ? "The server reported an error" : info.message;
  if (!info.param.empty()) error.debug = "param: " + info.param;
  return error;
}

// Not every server has codes, and not every one has OpenAI's.
bool says_response_active(const protocol::ErrorInfo& info) {
  if (info.code == "conversation_already_has_active_response") return true;
  return info.message.find("already has an active response") != std::string::npos;
}

bool says_no_response(const protocol::ErrorInfo& info) {
  if (info.code == "response_cancel_not_active") return true;
  return info.message.find("no active response") != std::string::npos;
}

} // namespace rt::session

#include "base/server_code.h"

#include <glib.h>

namespace {

using rt::ErrorKind;
using rt::kind_of_server_code;

void codes_that_end_a_session_have_a_kind() {
  g_assert_true(kind_of_server_code("invalid_api_key") == ErrorKind::not_authorized);
  g_assert_true(kind_of_server_code("insufficient_quota") == ErrorKind::quota_exceeded);
  g_assert_true(kind_of_server_code("session_expired") == ErrorKind::session_expired);
  g_assert_true(kind_of_server_code("beta_api_shape_disabled") == ErrorKind::request_rejected);
}

void codes_of_one_request_have_none() {
  for (const char* code : {"", "unknown_parameter", "rate_limit_exceeded", "input_audio_buffer_commit_empty",
                           "INVALID_API_KEY", "invalid_api_key_"})
    g_assert_false(kind_of_server_code(code).has_value());
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/base/server-code/session", codes_that_end_a_session_have_a_kind);
  g_test_add_func("/base/server-code/request", codes_of_one_request_have_none);
  return g_test_run();
}

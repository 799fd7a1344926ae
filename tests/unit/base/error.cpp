#include "base/error.h"

#include <glib.h>

#include <algorithm>
#include <set>
#include <string>

namespace {

using rt::ErrorKind;
using rt::Severity;

constexpr int kind_count = static_cast<int>(ErrorKind::internal) + 1;

ErrorKind kind_at(int index) {
  return static_cast<ErrorKind>(index);
}

void every_kind_has_its_row() {
  for (int i = 0; i < kind_count; ++i)
    g_assert_true(rt::info(kind_at(i)).kind == kind_at(i));
}

void names_are_kebab_case_and_unique() {
  std::set<std::string_view> names;
  for (int i = 0; i < kind_count; ++i) {
    const auto name = rt::info(kind_at(i)).name;
    g_assert_false(name.empty());
    g_assert_true(std::ranges::all_of(name, [](char c) { return g_ascii_islower(c) || c == '-'; }));
    g_assert_true(names.insert(name).second);
  }
}

void whoever_must_act_is_told_how() {
  for (int i = 0; i < kind_count; ++i) {
    const auto& row = rt::info(kind_at(i));
    if (row.severity == Severity::benign)
      g_assert_true(row.advice.empty());
    else
      g_assert_true(row.advice.ends_with('.'));
  }
}

void only_what_time_can_heal_is_retried() {
  for (ErrorKind kind : {ErrorKind::resolve_failed, ErrorKind::connection_refused, ErrorKind::unreachable,
                         ErrorKind::timed_out, ErrorKind::rate_limited, ErrorKind::server_unavailable,
                         ErrorKind::session_expired, ErrorKind::closed_by_server})
    g_assert_true(rt::info(kind).severity == Severity::retryable);
  for (ErrorKind kind :
       {ErrorKind::not_authorized, ErrorKind::quota_exceeded, ErrorKind::configuration_rejected,
        ErrorKind::request_rejected, ErrorKind::tls_failed, ErrorKind::invalid_uri})
    g_assert_true(rt::info(kind).severity == Severity::fatal);
}

void an_error_takes_its_kind_s_severity() {
  const rt::Error error{.kind = ErrorKind::rate_limited, .message = "slow down"};
  g_assert_true(error.severity() == Severity::retryable);
  g_assert_true(rt::Error{}.severity() == Severity::fatal);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/base/error/every-kind-has-its-row", every_kind_has_its_row);
  g_test_add_func("/base/error/names", names_are_kebab_case_and_unique);
  g_test_add_func("/base/error/advice", whoever_must_act_is_told_how);
  g_test_add_func("/base/error/severities", only_what_time_can_heal_is_retried);
  g_test_add_func("/base/error/severity-of-an-error", an_error_takes_its_kind_s_severity);
  return g_test_run();
}

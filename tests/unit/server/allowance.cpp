// What may be used in a minute, and responses at the limit.
#include "server/allowance.h"
#include "harness.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::server;
using namespace rt::server::test;
using std::chrono::seconds;

void what_was_used_comes_back_evenly() {
  Allowance allowance;
  allowance.spend(40, 60, seconds(0));
  auto now = allowance.describe("tokens", 60, seconds(0));
  equal(now.name, "tokens");
  g_assert_cmpint(now.limit, ==, 60);
  g_assert_cmpint(now.remaining, ==, 20);
  g_assert_cmpfloat(now.reset_seconds, ==, 40);
  now = allowance.describe("tokens", 60, seconds(10));
  g_assert_cmpint(now.remaining, ==, 30);
  g_assert_cmpfloat(now.reset_seconds, ==, 30);
  allowance.spend(35, 60, seconds(10));
  g_assert_true(allowance.used_up(60, seconds(10)));
  g_assert_cmpint(allowance.describe("", 60, seconds(10)).remaining, ==, 0);
  g_assert_false(allowance.used_up(60, seconds(16)));
  now = allowance.describe("", 60, seconds(1000));
  g_assert_cmpint(now.remaining, ==, 60);
  g_assert_cmpfloat(now.reset_seconds, ==, 0);
}

void every_response_tells_what_is_left() {
  Harness h;
  for (int i = 1; i <= 2; ++i) {
    h.ask("hello");
    h.advance(1000);
  }
  const auto told = h.all<RateLimits>();
  g_assert_cmpuint(told.size(), ==, 2);
  const auto& limits = told.back().limits;
  equal(limits.at(0).name, "requests");
  g_assert_cmpint(limits.at(0).remaining, <, limits.at(0).limit);
  equal(limits.at(1).name, "tokens");
  const auto used = h.last<ResponseDone>().response.usage.value().total;
  g_assert_cmpint(limits.at(1).remaining, <=, limits.at(1).limit - static_cast<std::int64_t>(used));
}

void at_the_limit_responses_fail_until_some_comes_back() {
  Harness h(Scenario{.rate_limit = {.requests = 2, .tokens = 50'000, .enforced = true}});
  for (int i = 0; i < 3; ++i) {
    h.ask("hello");
    h.advance(1000);
  }
  const auto failed = h.last<ResponseDone>().response;
  g_assert_true(failed.status == ResponseStatus::failed && failed.output.empty());
  equal(failed.error_code, "rate_limit_exceeded");
  g_assert_true(failed.error_message.find("requests") != std::string::npos);
  h.advance(30'000);
  h.ask("hello");
  h.advance(1000);
  g_assert_true(h.last<ResponseDone>().response.status == ResponseStatus::completed);
}

void tokens_have_a_limit_of_their_own() {
  Harness h(Scenario{.rate_limit = {.requests = 1000, .tokens = 5, .enforced = true}});
  h.ask("hello");
  h.advance(1000);
  h.ask("hello");
  h.advance(1000);
  g_assert_true(h.last<ResponseDone>().response.error_message.find("tokens") != std::string::npos);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/allowance/refill", what_was_used_comes_back_evenly);
  g_test_add_func("/server/allowance/told", every_response_tells_what_is_left);
  g_test_add_func("/server/allowance/requests", at_the_limit_responses_fail_until_some_comes_back);
  g_test_add_func("/server/allowance/tokens", tokens_have_a_limit_of_their_own);
  return g_test_run();
}

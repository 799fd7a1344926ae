#include "server/allowance.h"

#include <algorithm>
#include <cmath>

namespace rt::server {

double Allowance::used(std::int64_t per_minute, Nanoseconds now) const {
  const std::chrono::duration<double, std::ratio<60>> minutes = now - at_;
  return std::max(used_ - static_cast<double>(per_minute) * minutes.count(), 0.0);
}

void Allowance::spend(double amount, std::int64_t per_minute, Nanoseconds now) {
  used_ = used(per_minute, now) + amount;
  at_ = now;
}

bool Allowance::used_up(std::int64_t per_minute, Nanoseconds now) const {
  return describe("", per_minute, now).remaining == 0;
}

protocol::RateLimits::Limit Allowance::describe(const char* name, std::int64_t per_minute,
                                                Nanoseconds now) const {
  const double gone = used(per_minute, now);
  const auto left = per_minute - static_cast<std::int64_t>(std::ceil(gone));
  const double until_full = per_minute > 0 ? gone / static_cast<double>(per_minute) * 60 : 0;
  return {name, per_minute, std::max<std::int64_t>(left, 0), std::round(until_full * 1000) / 1000};
}

} // namespace rt::server

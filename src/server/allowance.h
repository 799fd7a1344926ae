// How much of something clients may still use: so much a minute, given back evenly.
#pragma once

#include "base/executor.h"
#include "protocol/server_event.h"

#include <cstdint>

namespace rt::server {

class Allowance {
 public:
  void spend(double amount, std::int64_t per_minute, Nanoseconds now);
  bool used_up(std::int64_t per_minute, Nanoseconds now) const;
  // As rate_limits.updated says it.
  protocol::RateLimits::Limit describe(const char* name, std::int64_t per_minute, Nanoseconds now) const;

 private:
  double used(std::int64_t per_minute, Nanoseconds now) const;
  double used_ = 0; // at at_
  Nanoseconds at_{0};
};

} // namespace rt::server

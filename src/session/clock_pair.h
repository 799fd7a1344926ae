// One moment on two clocks, so that times of the one are found on the other. Pipelines count on their clock
// (base time included), the loop and what comes from the server on a steady one. An element's streaming
// thread reads both with each buffer: a pair is a few ms old where it is used, so that even clocks that run
// at different speeds agree.
#pragma once

#include "base/executor.h"

#include <cstdint>

namespace rt::session {

struct ClockPair {
  std::uint64_t pipeline = 0; // ns
  Nanoseconds loop{0};

  Nanoseconds to_loop(std::uint64_t time) const {
    return loop + Nanoseconds(static_cast<std::int64_t>(time - pipeline));
  }
};

} // namespace rt::session

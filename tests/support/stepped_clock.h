// A pipeline clock that moves only when the test moves it, from wait to wait.
#pragma once

#include "gst/gst_refs.h"

#include <cstdint>
#include <functional>

namespace rt::test {

class SteppedClock {
 public:
  SteppedClock();
  // Before the pipeline starts.
  void drive(GstElement* pipeline);
  // Lets the pipeline's running time pass up to `time`: every wait that ends by then does, in order of time.
  // Returns when `settled` holds; what is to happen by then should be in it.
  void run_to(std::uint64_t time, const std::function<bool()>& settled);
  std::uint64_t running_time() const;

 private:
  GRef<GstClock> clock_;
  GRef<GstElement> pipeline_;
};

} // namespace rt::test

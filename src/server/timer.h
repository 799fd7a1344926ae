// A timer that cannot outlive its owner. Executor's thread only.
#pragma once

#include "base/executor.h"

#include <utility>

namespace rt::server {

class Timer {
 public:
  explicit Timer(Executor& executor) : executor_(executor) {}
  ~Timer() { stop(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void start(Nanoseconds delay, Executor::Task task) {
    stop();
    id_ = executor_.post_after(delay, [this, task = std::move(task)] {
      id_ = 0;
      // The task may destroy this timer, and with it the closure that holds the task.
      const auto run = task;
      run();
    });
  }
  void stop() {
    if (id_ != 0) executor_.cancel(std::exchange(id_, 0));
  }
  bool running() const { return id_ != 0; }

 private:
  Executor& executor_;
  Executor::TimerId id_ = 0;
};

} // namespace rt::server

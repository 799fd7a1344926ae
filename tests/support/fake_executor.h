// An Executor that a test drives by hand: tasks, timers and wakers run only inside run_until_idle() and
// advance(), on the test's thread, at the time of a clock that moves only when told to.
#pragma once

#include "base/executor.h"

#include <memory>

namespace rt::test {

class FakeExecutor final : public Executor {
 public:
  FakeExecutor(); // the thread that makes it drives it
  // Drops what has not run.
  ~FakeExecutor() override;

  void post(Task task) override;
  std::unique_ptr<Waker> make_waker(Task task) override;
  TimerId post_after(Nanoseconds delay, Task task) override;
  void cancel(TimerId id) override;
  Nanoseconds now() const override;
  bool on_thread() const override;
  GMainContext* context() override { return nullptr; }

  // Runs what was posted and the timers that are due, and what these post, until nothing is left to do now.
  void run_until_idle();
  // Moves the clock from timer to timer up to `time` from now.
  void advance(Nanoseconds time);
  // For what other threads post: runs, and waits for more, until `holds`. Ends the test when nothing comes
  // for long.
  template<typename Holds>
  void run_until(Holds holds) {
    for (run_until_idle(); !holds(); run_until_idle())
      wait_for_post();
  }
  std::size_t timers() const;

 private:
  struct State;
  void wait_for_post();
  std::shared_ptr<State> state_; // wakers watch it
};

} // namespace rt::test

// The thread that owns sockets: one GMainContext, run by a thread that lives as long as somebody holds the
// IoLoop.
#pragma once

#include "base/executor.h"
#include "base/gptr.h"

#include <memory>
#include <thread>

namespace rt {

class IoLoop final : public Executor {
 public:
  IoLoop(); // throws std::system_error when the machine refuses a thread
  // Stops the thread and joins it. No task, timer or waker runs any more; tasks not yet run are dropped:
  // destroyed on the loop's thread, so what they hold may be bound to it. Then the context's other sources
  // get a last chance to complete what was cancelled or closed: whatever is ready, and up to a second while
  // there is a hold(). When the last reference is given up on the loop's own thread, the thread detaches and
  // ends by itself, unnoticed but bounded: nothing of this object is touched afterwards.
  ~IoLoop() override;

  void post(Task task) override;
  std::unique_ptr<Waker> make_waker(Task task) override;
  TimerId post_after(Nanoseconds delay, Task task) override;
  void cancel(TimerId id) override;
  Nanoseconds now() const override;
  bool on_thread() const override;
  std::shared_ptr<void> hold() override;
  GMainContext* context() override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Process-wide: each loop serves at most `sessions_per_loop` users; loops and their threads are gone with the
// last user.
inline constexpr unsigned sessions_per_loop = 16;
// Any thread. Giving the pointer up gives the place back.
// Throws std::system_error when a thread is needed and the machine refuses it.
std::shared_ptr<Executor> acquire_io_loop();
// Loop threads that run now, for tests and stats.
unsigned io_loops_running();

} // namespace rt

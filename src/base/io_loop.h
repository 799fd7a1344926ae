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
  IoLoop();
  // Stops the thread and joins it; tasks not yet run are dropped (destroyed on the calling thread after the
  // join). When the last reference is given up on the loop's own thread, the thread detaches and ends by
  // itself, unnoticed but bounded: nothing of this object is touched afterwards.
  ~IoLoop() override;

  void post(Task task) override;
  std::unique_ptr<Waker> make_waker(Task task) override;
  TimerId post_after(Nanoseconds delay, Task task) override;
  void cancel(TimerId id) override;
  Nanoseconds now() const override;
  bool on_thread() const override;
  GMainContext* context() override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Process-wide: each loop serves at most `sessions_per_loop` users; loops and their threads are gone with the
// last user.
inline constexpr unsigned sessions_per_loop = 16;
// Any thread. Giving the pointer up gives the place back.
std::shared_ptr<Executor> acquire_io_loop();
// Loop threads that run now, for tests and stats.
unsigned io_loops_running();

} // namespace rt

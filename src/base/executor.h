// The one thread that owns a session's socket and state, as an interface: tests drive it by hand with a fake
// clock.
#pragma once

#include <gio/gio.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace rt {

using Nanoseconds = std::chrono::nanoseconds;
using Milliseconds = std::chrono::milliseconds;

// A callback that any thread may request without allocating; requests made before it ran are coalesced.
// Destroying it (on the executor's thread) guarantees that it does not run again.
class Waker {
 public:
  virtual ~Waker() = default;
  virtual void wake() = 0;
};

class Executor {
 public:
  using Task = std::function<void()>;
  using TimerId = std::uint64_t; // 0 is never a timer

  virtual ~Executor() = default;
  // Any thread. Tasks run in order, on the executor's thread.
  virtual void post(Task task) = 0;
  // Any thread; the callback runs on the executor's thread.
  virtual std::unique_ptr<Waker> make_waker(Task task) = 0;
  // Executor's thread only.
  virtual TimerId post_after(Nanoseconds delay, Task task) = 0;
  virtual void cancel(TimerId id) = 0;
  // Monotonic time; any thread.
  virtual Nanoseconds now() const = 0;
  virtual bool on_thread() const = 0;
  // While one is kept, the thread goes on for a short, bounded time after the last user left, without running
  // tasks: for what completes only there, such as a cancelled connect or a close under way. To be given up on
  // the executor's thread.
  virtual std::shared_ptr<void> hold() { return nullptr; }
  // For the socket's sources. Null in tests without a socket.
  virtual GMainContext* context() = 0;
};

} // namespace rt

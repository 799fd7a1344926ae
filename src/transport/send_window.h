// Tells whether a socket takes what is handed over, from the outside: the WebSocket library writes its queue
// from a source of its own and says nothing about it.
#pragma once

#include "base/gptr.h"

#include <cstddef>
#include <functional>

namespace rt::transport {

// Executor's thread only.
class SendWindow {
 public:
  // Without a socket it is always open. `reopened` may destroy the window.
  SendWindow(GMainContext* context, GRef<GSocket> socket, std::function<void()> reopened);
  ~SendWindow();
  SendWindow(const SendWindow&) = delete;
  SendWindow& operator=(const SendWindow&) = delete;

  // After `bytes` were handed over.
  void handed_over(std::size_t bytes);
  bool open() const { return !waiting_; }
  // An upper bound of what the kernel has not taken yet; 0 while open.
  std::size_t pending() const { return waiting_ ? since_open_ : 0; }

 private:
  static gboolean on_socket_writable(GSocket* socket, GIOCondition condition, gpointer self);
  void wait_for_room();

  GMainContext* context_;
  GRef<GSocket> socket_;
  std::function<void()> reopened_;
  GRef<GSource> waiting_;      // runs once there is room
  std::size_t since_open_ = 0; // bytes handed over since the socket was last seen to have room
};

// Small frames leave at once, and little waits in the kernel: what is queued there can no longer be dropped
// when the peer stalls.
void tune_socket(GSocket* socket);

} // namespace rt::transport

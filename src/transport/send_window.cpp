#include "transport/send_window.h"

#include "base/log.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <string>
#include <utility>

namespace rt::transport {
namespace {

constexpr int kernel_queue_bytes = 16 * 1024;
// The socket is asked at most once per so many bytes: a system call per audio chunk would be one too many.
constexpr std::size_t unasked_bytes = 8 * 1024;
// Below that of the library's own source: while it still has frames to write, its source is ready whenever
// the socket is, and a source of lower priority does not run in that turn. So ours runs when the queue is
// empty.
constexpr int after_the_library = G_PRIORITY_DEFAULT + 1;

void set_option(GSocket* socket, int option, int value, const char* name) {
  GErrorPtr error;
  if (!g_socket_set_option(socket, IPPROTO_TCP, option, value, OutError(error)))
    log(LogLevel::warning, "transport", std::string("cannot set ") + name + ": " + error->message);
}

} // namespace

void tune_socket(GSocket* socket) {
  set_option(socket, TCP_NODELAY, 1, "TCP_NODELAY");
  set_option(socket, TCP_NOTSENT_LOWAT, kernel_queue_bytes, "TCP_NOTSENT_LOWAT");
}

SendWindow::SendWindow(GMainContext* context, GRef<GSocket> socket, std::function<void()> reopened)
    : context_(context), socket_(std::move(socket)), reopened_(std::move(reopened)) {}

SendWindow::~SendWindow() {
  if (waiting_) g_source_destroy(waiting_.get());
}

void SendWindow::handed_over(std::size_t bytes) {
  if (!socket_) return;
  since_open_ += bytes;
  if (waiting_ || since_open_ < unasked_bytes) return;
  if (g_socket_condition_check(socket_.get(), G_IO_OUT) & G_IO_OUT)
    since_open_ = 0;
  else
    wait_for_room();
}

void SendWindow::wait_for_room() {
  waiting_ = GRef<GSource>::adopt(g_socket_create_source(socket_.get(), G_IO_OUT, nullptr));
  g_source_set_static_name(waiting_.get(), "realtime-send-window");
  g_source_set_priority(waiting_.get(), after_the_library);
  g_source_set_callback(waiting_.get(),
                        reinterpret_cast<GSourceFunc>(reinterpret_cast<void (*)()>(on_socket_writable)), this,
                        nullptr);
  g_source_attach(waiting_.get(), context_);
}

// A socket that hung up counts as open: the connection's own end says the rest.
gboolean SendWindow::on_socket_writable(GSocket*, GIOCondition, gpointer data) {
  auto& self = *static_cast<SendWindow*>(data);
  self.waiting_.reset();
  self.since_open_ = 0;
  const auto reopened = self.reopened_; // outlives a window that it destroys
  reopened();
  return G_SOURCE_REMOVE;
}

} // namespace rt::transport

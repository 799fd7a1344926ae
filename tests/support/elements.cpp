#include "support/elements.h"

#include "base/io_loop.h"
#include "gst/gstrealtimeimagesink.h"
#include "gst/gstrealtimesink.h"
#include "gst/gstrealtimesrc.h"
#include "gst/gstrealtimetextsrc.h"
#include "gst/log_bridge.h"
#include "session/registry.h"
#include "transport/soup_transport.h"

#include <filesystem>
#include <fstream>
#include <string>

namespace rt::test {
namespace {

// A loop counts as ended a moment before its thread is: what GLib keeps for a thread goes with the thread.
bool loop_threads_left() {
  std::error_code none;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", none)) {
    std::ifstream comm(task.path() / "comm");
    if (std::string name; std::getline(comm, name) && name == "realtime-io") return true;
  }
  return false;
}

} // namespace

void register_elements() {
  rt::gst::init_log_bridge();
  session::set_factories({transport::make_soup_transport, nullptr});
  gst_realtime_sink_register(nullptr);
  gst_realtime_src_register(nullptr);
  gst_realtime_text_src_register(nullptr);
  gst_realtime_image_sink_register(nullptr);
}

void wait_for_loops_to_end() {
  while (io_loops_running() != 0 || loop_threads_left())
    g_thread_yield();
}

} // namespace rt::test

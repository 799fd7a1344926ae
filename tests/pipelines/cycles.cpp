// Starting and stopping a conversation again and again leaves nothing behind.
#include "support/elements.h"
#include "support/pipeline.h"
#include "support/raw_server.h"

#include "base/io_loop.h"

#include <gst/check/gstcheck.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

using namespace rt;
using namespace rt::test;

namespace {

constexpr unsigned cycles = 200, settled_after = 20;
// The allocator's arenas and GStreamer's log settle slowly; a leak of one connection is several times this.
// AddressSanitizer keeps what was freed, and looks for leaks itself.
#ifdef __SANITIZE_ADDRESS__
constexpr bool memory_is_told = false;
#else
constexpr bool memory_is_told = true;
#endif
constexpr long rss_tolerance_kb = 4096;

long status_value(const char* name) {
  char* text = nullptr;
  fail_unless(g_file_get_contents("/proc/self/status", &text, nullptr, nullptr));
  const GCharPtr owned(text);
  const char* line = std::strstr(text, name);
  fail_unless(line != nullptr);
  return std::strtol(line + std::strlen(name), nullptr, 10);
}

int open_descriptors() {
  int count = 0;
  GDir* dir = g_dir_open("/proc/self/fd", 0, nullptr);
  while (g_dir_read_name(dir))
    ++count;
  g_dir_close(dir);
  return count;
}

struct Footprint {
  long threads = 0, rss_kb = 0;
  int descriptors = 0;
};

Footprint footprint() {
  return {status_value("Threads:"), status_value("VmRSS:"), open_descriptors()};
}

// Threads that were told to end do so in their own time: the loop's, and those of GLib's pools.
template<typename Holds>
void wait_until(Holds holds, const char* what) {
  const gint64 deadline = g_get_monotonic_time() + 20 * G_TIME_SPAN_SECOND;
  while (!holds()) {
    fail_unless(g_get_monotonic_time() < deadline, "%s", what);
    g_thread_pool_stop_unused_threads();
    g_thread_yield();
  }
}

// `others`: loops that are not the elements', such as the server's.
void wait_for_loops_to_end(unsigned others) {
  wait_until([=] { return io_loops_running() == others; }, "a loop outlives the last session");
}

GRef<GstObject> leaks_tracer() {
  GRef<GstObject> found;
  GList* tracers = gst_tracing_get_active_tracers();
  for (GList* each = tracers; each; each = each->next)
    if (std::string(G_OBJECT_TYPE_NAME(each->data)) == "GstLeaksTracer")
      found = GRef<GstObject>::share(GST_OBJECT(each->data));
  g_list_free_full(tracers, gst_object_unref);
  fail_unless(static_cast<bool>(found), "nobody counts objects");
  return found;
}

// Objects and mini objects of GStreamer by type, made less freed, since the last call.
std::map<std::string, int> growth(GstObject* tracer) {
  GstStructure* raw = nullptr;
  g_signal_emit_by_name(tracer, "activity-get-checkpoint", &raw);
  const GstStructurePtr checkpoint(raw);
  std::map<std::string, int> counts;
  const auto add = [&](const char* list_name, int sign) {
    const GValue* list = gst_structure_get_value(checkpoint.get(), list_name);
    for (guint i = 0; i < gst_value_list_get_size(list); ++i) {
      const GstStructure* object = gst_value_get_structure(gst_value_list_get_value(list, i));
      counts[gst_structure_get_string(object, "type-name")] += sign;
    }
  };
  add("objects-created-list", 1);
  add("objects-removed-list", -1);
  return counts;
}

void run_cycles(const std::string& uri, unsigned others, bool until_connected) {
  Pipeline pipeline(Caller::element() + "realtimesink uri=" + uri + "  realtimesrc ! fakesink sync=true");
  GstBus* bus = gst_element_get_bus(pipeline.get());
  Footprint settled;
  gint64 slowest = 0;
  const gint64 start = g_get_monotonic_time();
  for (unsigned cycle = 1; cycle <= cycles; ++cycle) {
    const gint64 before = g_get_monotonic_time();
    fail_unless(gst_element_set_state(pipeline.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE);
    // Some stop while they connect, some when they are done.
    while (until_connected && cycle % 4 == 0) {
      const auto message =
          GRef<GstMessage>::adopt(gst_bus_timed_pop_filtered(bus, 20 * GST_SECOND, GST_MESSAGE_ELEMENT));
      fail_unless(static_cast<bool>(message), "no session in cycle %u", cycle);
      if (is_element_message(message.get(), "realtime/session-updated")) break;
    }
    fail_unless(gst_element_set_state(pipeline.get(), GST_STATE_NULL) == GST_STATE_CHANGE_SUCCESS);
    gst_bus_set_flushing(bus, TRUE);
    gst_bus_set_flushing(bus, FALSE);
    slowest = std::max(slowest, g_get_monotonic_time() - before);
    wait_for_loops_to_end(others);
    if (cycle == settled_after) {
      wait_until([] { return g_thread_pool_get_num_unused_threads() == 0; }, "pools keep threads");
      settled = footprint();
    }
  }
  gst_object_unref(bus);
  Footprint end;
  wait_until(
      [&] {
        end = footprint();
        return end.threads <= settled.threads && end.descriptors <= settled.descriptors;
      },
      "threads or descriptors grow");
  g_print(
      "# %u cycles in %.1f s, slowest %.0f ms; threads %ld -> %ld, descriptors %d -> %d, RSS %ld -> %ld kB\n",
      cycles, static_cast<double>(g_get_monotonic_time() - start) / 1e6, static_cast<double>(slowest) / 1e3,
      settled.threads, end.threads, settled.descriptors, end.descriptors, settled.rss_kb, end.rss_kb);
  if (memory_is_told) fail_unless(end.rss_kb - settled.rss_kb < rss_tolerance_kb, "the process grows");
}

} // namespace

GST_START_TEST(with_a_server) {
  ServerFixture server(ramp_scenario(std::chrono::milliseconds(100)));
  run_cycles(server.uri(), io_loops_running(), true);
}
GST_END_TEST

GST_START_TEST(without_a_server) {
  const std::string uri = "ws://127.0.0.1:" + std::to_string(closed_port()) + "/v1/realtime";
  run_cycles(uri, 0, false);
}
GST_END_TEST

// The pipeline is new each time: no element, pad, caps or buffer of it is left.
GST_START_TEST(no_object_is_left) {
  ServerFixture server(ramp_scenario(std::chrono::milliseconds(100)));
  const unsigned others = io_loops_running();
  const auto run = [&] {
    for (unsigned cycle = 0; cycle < 5; ++cycle) {
      Pipeline pipeline("audiotestsrc is-live=true samplesperbuffer=480 ! audio/x-raw,rate=24000 ! "
                        "realtimesink uri=" +
                        server.uri() + "  realtimesrc ! fakesink name=out sync=true");
      pipeline.play();
      pipeline.wait_for_element("realtime/speech-started");
    }
    wait_for_loops_to_end(others);
  };
  const auto tracer = leaks_tracer();
  g_signal_emit_by_name(tracer.get(), "activity-start-tracking");
  run(); // makes what lives as long as the process
  growth(tracer.get());
  run();
  const auto left = growth(tracer.get());
  fail_unless(left.contains("GstRealtimeSink") && left.contains("GstBuffer"), "nothing was counted");
  for (const auto& [type, count] : left)
    fail_unless(count <= 0, "%d of %s are left", count, type.c_str());
}
GST_END_TEST

static Suite* cycles_suite() {
  Suite* suite = suite_create("cycles");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 120);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_test(tcase, with_a_server);
  tcase_add_test(tcase, without_a_server);
  tcase_add_test(tcase, no_object_is_left);
  return suite;
}

int main(int argc, char** argv) {
  g_setenv("GST_TRACERS", "leaks", TRUE);
  gst_check_init(&argc, &argv);
  return gst_check_run_suite(cycles_suite(), "cycles", __FILE__);
}

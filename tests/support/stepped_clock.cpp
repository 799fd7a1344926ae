#include "support/stepped_clock.h"

#include <gst/check/gstcheck.h>
#include <gst/check/gsttestclock.h>

namespace rt::test {
namespace {

constexpr GstClockTime start_time = GST_SECOND;
// The elements that wait in the pipelines of these tests: a source and a sink.
constexpr guint waiting_elements = 2;
constexpr guint look_again_ms = 2;

} // namespace

SteppedClock::SteppedClock()
    : clock_(GRef<GstClock>::adopt(gst_test_clock_new_with_start_time(start_time))) {}

void SteppedClock::drive(GstElement* pipeline) {
  pipeline_ = GRef<GstElement>::share(pipeline);
  gst_pipeline_use_clock(GST_PIPELINE(pipeline), clock_.get());
}

std::uint64_t SteppedClock::running_time() const {
  return gst_clock_get_time(clock_.get()) - gst_element_get_base_time(pipeline_.get());
}

void SteppedClock::run_to(std::uint64_t time, const std::function<bool()>& settled) {
  GstTestClock* clock = GST_TEST_CLOCK(clock_.get());
  const GstClockTime target = gst_element_get_base_time(pipeline_.get()) + time;
  while (!settled()) {
    GList* pending = nullptr;
    // Fewer than all are waiting while one is at work.
    gst_test_clock_timed_wait_for_multiple_pending_ids(clock, waiting_elements, look_again_ms, &pending);
    GstClockID first = nullptr;
    for (GList* each = pending; each; each = each->next)
      if (!first || gst_clock_id_get_time(each->data) < gst_clock_id_get_time(first)) first = each->data;
    if (first && gst_clock_id_get_time(first) <= target) {
      if (gst_clock_id_get_time(first) > gst_clock_get_time(clock_.get()))
        gst_test_clock_set_time(clock, gst_clock_id_get_time(first));
      gst_test_clock_process_id(clock, gst_clock_id_ref(first)); // takes the reference
    }
    g_list_free_full(pending, gst_clock_id_unref);
  }
  if (gst_clock_get_time(clock_.get()) < target) gst_test_clock_set_time(clock, target);
}

} // namespace rt::test

#include "gst/live_sink.h"

namespace rt::gst {

bool UpstreamLiveness::refresh(GstBaseSink* sink) {
  if (!ask_again_.exchange(false)) return false;
  const auto query = GRef<GstQuery>::adopt(gst_query_new_latency());
  gboolean live = TRUE; // unknown counts as live: better too early than never
  if (gst_pad_peer_query(GST_BASE_SINK_PAD(sink), query.get()))
    gst_query_parse_latency(query.get(), &live, nullptr, nullptr);
  live_ = live;
  return true;
}

// The pipeline's latency is somebody else's.
bool answer_no_latency(GstQuery* query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return false;
  gst_query_set_latency(query, FALSE, 0, GST_CLOCK_TIME_NONE);
  return true;
}

std::optional<std::uint64_t> running_time_of(GstBaseSink* sink, GstClockTime pts) {
  if (!GST_CLOCK_TIME_IS_VALID(pts) || sink->segment.format != GST_FORMAT_TIME) return std::nullopt;
  const guint64 running_time = gst_segment_to_running_time(&sink->segment, GST_FORMAT_TIME, pts);
  if (!GST_CLOCK_TIME_IS_VALID(running_time)) return std::nullopt;
  return running_time;
}

} // namespace rt::gst

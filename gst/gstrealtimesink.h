// realtimesink: any audio into a live spoken conversation. See docs/realtimesink.md.
#pragma once

#include <gst/base/gstbasesink.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_REALTIME_SINK (gst_realtime_sink_get_type())
G_DECLARE_FINAL_TYPE(GstRealtimeSink, gst_realtime_sink, GST, REALTIME_SINK, GstBaseSink)

gboolean gst_realtime_sink_register(GstPlugin* plugin);

G_END_DECLS

// realtimeimagesink: pictures into a live spoken conversation. See docs/realtimeimagesink.md.
#pragma once

#include <gst/base/gstbasesink.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_REALTIME_IMAGE_SINK (gst_realtime_image_sink_get_type())
G_DECLARE_FINAL_TYPE(GstRealtimeImageSink, gst_realtime_image_sink, GST, REALTIME_IMAGE_SINK, GstBaseSink)

gboolean gst_realtime_image_sink_register(GstPlugin* plugin);

G_END_DECLS

// realtimesrc: the answers of a live spoken conversation, at the pace of the pipeline clock. See
// docs/realtimesrc.md.
#pragma once

#include <gst/base/gstpushsrc.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_REALTIME_SRC (gst_realtime_src_get_type())
G_DECLARE_FINAL_TYPE(GstRealtimeSrc, gst_realtime_src, GST, REALTIME_SRC, GstPushSrc)

gboolean gst_realtime_src_register(GstPlugin* plugin);

G_END_DECLS

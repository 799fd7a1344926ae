// realtimetextsrc: the transcript of a live spoken conversation as timed text. See docs/realtimetextsrc.md.
#pragma once

#include <gst/base/gstpushsrc.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_REALTIME_TEXT_SRC (gst_realtime_text_src_get_type())
G_DECLARE_FINAL_TYPE(GstRealtimeTextSrc, gst_realtime_text_src, GST, REALTIME_TEXT_SRC, GstPushSrc)

gboolean gst_realtime_text_src_register(GstPlugin* plugin);

G_END_DECLS

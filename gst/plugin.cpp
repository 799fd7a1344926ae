// The composition root: registers the elements and gives their sessions the real transport.
#include "gst/enums.h"
#include "gst/gstrealtimeimagesink.h"
#include "gst/gstrealtimesink.h"
#include "gst/gstrealtimesrc.h"
#include "gst/gstrealtimetextsrc.h"
#include "gst/log_bridge.h"
#include "session/registry.h"
#include "transport/soup_transport.h"

#include <gst/gst.h>

static gboolean plugin_init(GstPlugin* plugin) {
  rt::gst::init_log_bridge();
  rt::gst::mark_enums();
  rt::session::set_factories({rt::transport::make_soup_transport, nullptr});
  return gst_realtime_sink_register(plugin) && gst_realtime_src_register(plugin) &&
         gst_realtime_text_src_register(plugin) && gst_realtime_image_sink_register(plugin);
}

#ifndef PACKAGE
#define PACKAGE "gst-realtime"
#endif

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, realtime,
                  "Spoken conversations with Realtime AI servers", plugin_init, GST_REALTIME_VERSION, "LGPL",
                  "gst-realtime", "https://gstreamer.freedesktop.org")

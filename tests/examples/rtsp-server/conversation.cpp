#include "conversation.h"

#include "common/messages.h"

#include <atomic>

namespace rtsp {
namespace {

// The two elements stand in one pipeline, so they need no name to find each other. A client that asks for no
// backchannel gets realtimesrc alone.
constexpr const char* answers = "( realtimesrc name=realtime ! audio/x-mulaw ! rtppcmupay name=pay0 pt=0 )";
constexpr const char* questions =
    "( capsfilter name=depay_backchannel "
    "caps=\"application/x-rtp,media=audio,payload=0,clock-rate=8000,encoding-name=PCMU\" ! "
    "rtppcmudepay ! realtimesink )";

// Who said what, and when it was heard; on a streaming thread or one of the plugin's.
void on_element_message(GstBus*, GstMessage* message, gpointer number) {
  const GstStructure* fields = gst_message_get_structure(message);
  gboolean complete = FALSE;
  gst_structure_get_boolean(fields, "final", &complete);
  const bool model = g_strcmp0(gst_structure_get_string(fields, "role"), "assistant") == 0;
  if (gst_structure_has_name(fields, "realtime/transcript") && complete)
    say("conversation %u: %s: %s", GPOINTER_TO_UINT(number), model ? "model" : "client",
        gst_structure_get_string(fields, "text"));
  if (gst_structure_has_name(fields, "realtime/playback-finished"))
    say("conversation %u: answer heard", GPOINTER_TO_UINT(number));
}

void on_error_message(GstBus*, GstMessage* message, gpointer number) {
  say("conversation %u: failed: %s", GPOINTER_TO_UINT(number), text_of_error(message).c_str());
}

void on_unprepared(GstRTSPMedia*, gpointer number) {
  say("conversation %u: ended", GPOINTER_TO_UINT(number));
}

// Before it is started. A media is made for each client that asks for the description.
void on_constructed(GstRTSPMediaFactory*, GstRTSPMedia* media, gpointer data) {
  static std::atomic<unsigned> count{0};
  const unsigned number = ++count;
  const ElementPtr bin(gst_rtsp_media_get_element(media));
  const ElementPtr source(gst_bin_get_by_name(GST_BIN(bin.get()), "realtime"));
  for (const auto& [name, value] : *static_cast<const Properties*>(data))
    gst_util_set_object_arg(G_OBJECT(source.get()), name.c_str(), value.c_str());
  say("conversation %u: begun", number);
  g_signal_connect(media, "unprepared", G_CALLBACK(on_unprepared), GUINT_TO_POINTER(number));
  const ElementPtr pipeline(GST_ELEMENT(gst_object_get_parent(GST_OBJECT(bin.get()))));
  const BusPtr bus(gst_element_get_bus(pipeline.get()));
  gst_bus_enable_sync_message_emission(bus.get());
  g_signal_connect(bus.get(), "sync-message::element", G_CALLBACK(on_element_message),
                   GUINT_TO_POINTER(number));
  g_signal_connect(bus.get(), "sync-message::error", G_CALLBACK(on_error_message), GUINT_TO_POINTER(number));
}

} // namespace

GstRTSPMediaFactory* new_conversation_factory(const Properties& properties) {
  GstRTSPMediaFactory* factory = gst_rtsp_onvif_media_factory_new();
  gst_rtsp_media_factory_set_media_gtype(factory, GST_TYPE_RTSP_ONVIF_MEDIA);
  gst_rtsp_media_factory_set_launch(factory, answers);
  gst_rtsp_onvif_media_factory_set_backchannel_launch(GST_RTSP_ONVIF_MEDIA_FACTORY(factory), questions);
  gst_rtsp_media_factory_set_shared(factory, FALSE);
  g_signal_connect(factory, "media-constructed", G_CALLBACK(on_constructed),
                   const_cast<Properties*>(&properties));
  return factory;
}

} // namespace rtsp

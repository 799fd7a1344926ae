#include "camera.h"

#include "common/messages.h"

#include <stdexcept>

namespace intercom {
namespace {

// A camera that was switched off does not say so, and rtspsrc waits for ever once something has come.
constexpr guint silence_s = 5;

} // namespace

Camera::Camera(const std::string& url, const std::string& session, Events events)
    : events_(std::move(events)) {
  GError* error = nullptr;
  // decodebin and what follows it are left out where the camera speaks G.711.
  pipeline_.reset(
      gst_parse_launch("rtspsrc name=source backchannel=onvif latency=60 realtimesink name=sink", &error));
  const ErrorPtr owned(error);
  if (error) throw std::runtime_error(error->message);
  gst_object_ref_sink(pipeline_.get());
  source_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "source"));
  sink_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "sink"));
  g_object_set(source_.get(), "location", url.c_str(), nullptr);
  g_object_set(sink_.get(), "session", session.c_str(), nullptr);
  g_signal_connect(source_.get(), "select-stream", G_CALLBACK(on_stream), this);
  g_signal_connect(source_.get(), "pad-added", G_CALLBACK(on_pad_added), this);
  const PadPtr input(gst_element_get_static_pad(sink_.get(), "sink"));
  gst_pad_add_probe(input.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, this, nullptr);
  gst_pad_add_probe(input.get(), GST_PAD_PROBE_TYPE_BUFFER, on_sound, this, nullptr);
  const BusPtr bus(gst_element_get_bus(pipeline_.get()));
  watch_ = SourceId(gst_bus_add_watch(bus.get(), on_bus, this));
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
}

Camera::~Camera() {
  watch_ = {};
  tick_ = {};
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

void Camera::play(SamplePtr packet) {
  GstFlowReturn result = GST_FLOW_OK;
  if (channel_ >= 0) // takes the sample
    g_signal_emit_by_name(source_.get(), "push-backchannel-sample", static_cast<guint>(channel_),
                          packet.release(), &result);
}

// ---- on streaming threads ----

// Only sound is asked for. What the camera wants to receive stands in its description as sendonly for us.
gboolean Camera::on_stream(GstElement*, guint number, GstCaps* caps, gpointer self) {
  const GstStructure* stream = gst_caps_get_structure(caps, 0);
  if (g_strcmp0(gst_structure_get_string(stream, "media"), "audio") != 0) return FALSE;
  if (gst_structure_has_field(stream, "a-sendonly")) {
    // The answers are u-law, which every such device takes.
    if (g_strcmp0(gst_structure_get_string(stream, "encoding-name"), "PCMU") != 0) return FALSE;
    static_cast<Camera*>(self)->channel_ = static_cast<int>(number);
  }
  return TRUE;
}

void Camera::on_pad_added(GstElement*, GstPad* pad, gpointer self) {
  auto& camera = *static_cast<Camera*>(self);
  const CapsPtr caps(gst_pad_query_caps(pad, nullptr));
  const char* encoding = gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), "encoding-name");
  const char* depayloader = g_strcmp0(encoding, "PCMU") == 0   ? "rtppcmudepay"
                            : g_strcmp0(encoding, "PCMA") == 0 ? "rtppcmadepay"
                                                               : nullptr;
  GstElement* first = gst_element_factory_make(depayloader ? depayloader : "decodebin", nullptr);
  gst_bin_add(GST_BIN(camera.pipeline_.get()), first);
  if (depayloader)
    gst_element_link(first, camera.sink_.get());
  else
    g_signal_connect(first, "pad-added", G_CALLBACK(on_decoded), self);
  gst_element_sync_state_with_parent(first);
  const PadPtr input(gst_element_get_static_pad(first, "sink"));
  gst_pad_link(pad, input.get());
  camera.report("connected");
}

void Camera::on_decoded(GstElement*, GstPad* pad, gpointer self) {
  auto& camera = *static_cast<Camera*>(self);
  GstElement* convert = gst_element_factory_make("audioconvert", nullptr);
  GstElement* resample = gst_element_factory_make("audioresample", nullptr);
  gst_bin_add_many(GST_BIN(camera.pipeline_.get()), convert, resample, nullptr);
  gst_element_link_many(convert, resample, camera.sink_.get(), nullptr);
  gst_element_sync_state_with_parent(resample);
  gst_element_sync_state_with_parent(convert);
  const PadPtr input(gst_element_get_static_pad(convert, "sink"));
  gst_pad_link(pad, input.get());
}

// The end of the stream would be the end of the conversation; it is only the camera's.
GstPadProbeReturn Camera::on_event(GstPad*, GstPadProbeInfo* info, gpointer self) {
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_EOS) return GST_PAD_PROBE_OK;
  static_cast<Camera*>(self)->report("ended");
  return GST_PAD_PROBE_DROP;
}

GstPadProbeReturn Camera::on_sound(GstPad*, GstPadProbeInfo*, gpointer self) {
  ++static_cast<Camera*>(self)->buffers_;
  return GST_PAD_PROBE_OK;
}

void Camera::report(const char* what) {
  gst_element_post_message(pipeline_.get(), gst_message_new_application(GST_OBJECT(pipeline_.get()),
                                                                        gst_structure_new_empty(what)));
}

// ---- main loop ----

// Returns at once after an event: the camera may be gone by then.
gboolean Camera::on_bus(GstBus*, GstMessage* message, gpointer self) {
  const Events events = static_cast<Camera*>(self)->events_;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    events.lost(text_of_error(message));
  } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_APPLICATION) {
    if (gst_message_has_name(message, "connected")) {
      static_cast<Camera*>(self)->tick_ = SourceId(g_timeout_add_seconds(silence_s, on_tick, self));
      events.connected();
    } else {
      events.lost("its stream has ended");
    }
  }
  return G_SOURCE_CONTINUE;
}

gboolean Camera::on_tick(gpointer self) {
  Camera& camera = *static_cast<Camera*>(self);
  const guint before = std::exchange(camera.buffers_before_, camera.buffers_);
  const Events events = camera.events_;
  if (camera.buffers_before_ == before) events.lost("nothing comes from it");
  return G_SOURCE_CONTINUE;
}

} // namespace intercom

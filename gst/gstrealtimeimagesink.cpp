/**
 * SECTION:element-realtimeimagesink
 * @title: realtimeimagesink
 *
 * Shows the pictures of a camera to the model of a conversation. Of a stream it takes one picture now and
 * then
 * (`max-rate`) and keeps the newest in the conversation (`keep-images`). No answer is asked for: the model
 * sees what is there when it is spoken to. It never delays its pipeline and never ends it for a bad picture.
 *
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! videoscale ! video/x-raw,width=640 ! jpegenc ! realtimeimagesink \
 *     autoaudiosrc ! audioconvert ! audioresample ! realtimesink \
 *     realtimesrc ! audioconvert ! audioresample ! autoaudiosink
 * ]|
 *
 * Since: 0.1
 */
#include "gst/gstrealtimeimagesink.h"

#include "gst/actions.h"
#include "gst/live_sink.h"
#include "gst/picture_rate.h"
#include "gst/property_table.h"
#include "gst/session_link.h"

#include <array>
#include <memory>

GST_DEBUG_CATEGORY_STATIC(gst_realtime_image_sink_debug);
#define GST_CAT_DEFAULT gst_realtime_image_sink_debug

using namespace rt;
using namespace rt::gst;
using session::Role;
using session::Session;
using session::Warning;

namespace {

struct ImageSinkSettings {
  Fraction max_rate{1, 2};
  std::uint32_t keep_images = 1;
};

constexpr std::array image_sink_properties = {
    property<&ImageSinkSettings::max_rate>("max-rate",
                                           "Images sent in a second at most; those between them are dropped",
                                           Mutability::playing, {1.0 / 3600, 60}),
    property<&ImageSinkSettings::keep_images>("keep-images",
                                              "So many of the newest images of this element stay in the "
                                              "conversation, 0 = all; older ones are deleted",
                                              Mutability::playing, {0, 100}),
};

constexpr guint first_own_property = 1;
constexpr guint first_session_property = first_own_property + image_sink_properties.size();

} // namespace

// `settings` under its own lock; the rest belongs to the streaming thread, as far as UpstreamLiveness does.
struct ImageSinkPrivate {
  std::shared_ptr<SessionLink> link;
  Guarded<ImageSinkSettings> settings;
  UpstreamLiveness liveness;
  PictureRate rate;
};

struct _GstRealtimeImageSink {
  GstBaseSink parent;
  ImageSinkPrivate* priv;
};

static GstStaticPadTemplate image_sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("image/jpeg; image/png"));

G_DEFINE_TYPE(GstRealtimeImageSink, gst_realtime_image_sink, GST_TYPE_BASE_SINK)

// ---- properties ----

static void gst_realtime_image_sink_set_property(GObject* object, guint id, const GValue* value,
                                                 GParamSpec* pspec) {
  ImageSinkPrivate* priv = GST_REALTIME_IMAGE_SINK(object)->priv;
  if (id < first_session_property)
    image_sink_properties[id - first_own_property].set(*priv->settings.lock(), value);
  else if (!priv->link->set_property(id, first_session_property, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void gst_realtime_image_sink_get_property(GObject* object, guint id, GValue* value,
                                                 GParamSpec* pspec) {
  ImageSinkPrivate* priv = GST_REALTIME_IMAGE_SINK(object)->priv;
  if (id < first_session_property)
    image_sink_properties[id - first_own_property].get(*priv->settings.lock(), value);
  else if (!priv->link->get_property(id, first_session_property, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

// ---- state ----

static GstStateChangeReturn gst_realtime_image_sink_change_state(GstElement* element,
                                                                 GstStateChange transition) {
  ImageSinkPrivate* priv = GST_REALTIME_IMAGE_SINK(element)->priv;
  if (!priv->link->before(transition)) return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    priv->liveness.ask_again();
    priv->rate.reset();
  }
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_realtime_image_sink_parent_class)->change_state(element, transition);
  priv->link->after(transition, result);
  return result;
}

static gboolean gst_realtime_image_sink_query(GstElement* element, GstQuery* query) {
  if (answer_no_latency(query)) return TRUE;
  return GST_ELEMENT_CLASS(gst_realtime_image_sink_parent_class)->query(element, query);
}

static gboolean gst_realtime_image_sink_send_event(GstElement* element, GstEvent* event) {
  // The pipeline's latency was settled anew, so upstream may have become live or ceased to be.
  if (GST_EVENT_TYPE(event) == GST_EVENT_LATENCY)
    GST_REALTIME_IMAGE_SINK(element)->priv->liveness.ask_again();
  return GST_ELEMENT_CLASS(gst_realtime_image_sink_parent_class)->send_event(element, event);
}

// ---- streaming thread ----

static void gst_realtime_image_sink_get_times(GstBaseSink* sink, GstBuffer* buffer, GstClockTime* start,
                                              GstClockTime* end) {
  ImageSinkPrivate* priv = GST_REALTIME_IMAGE_SINK(sink)->priv;
  *start = *end = GST_CLOCK_TIME_NONE;
  priv->liveness.refresh(sink);
  // Live input has waited for the clock already; a file is paced by it.
  if (!priv->liveness.live())
    GST_BASE_SINK_CLASS(gst_realtime_image_sink_parent_class)->get_times(sink, buffer, start, end);
}

// What has no time came now. Without a clock either, every picture is wanted.
static bool gst_realtime_image_sink_wants(GstRealtimeImageSink* self, GstBuffer* buffer, Fraction max_rate) {
  auto time = running_time_of(GST_BASE_SINK(self), GST_BUFFER_PTS(buffer));
  if (!time) {
    const GstClockTime now = gst_element_get_current_running_time(GST_ELEMENT(self));
    if (!GST_CLOCK_TIME_IS_VALID(now)) return true;
    time = now;
  }
  const guint64 interval = gst_util_uint64_scale(GST_SECOND, static_cast<guint64>(max_rate.denominator),
                                                 static_cast<guint64>(max_rate.numerator));
  return self->priv->rate.due(*time, interval);
}

static GstFlowReturn gst_realtime_image_sink_render(GstBaseSink* sink, GstBuffer* buffer) {
  GstRealtimeImageSink* self = GST_REALTIME_IMAGE_SINK(sink);
  ImageSinkPrivate* priv = self->priv;
  const auto session = priv->link->session();
  if (!session) return GST_FLOW_FLUSHING;
  if (session->failed()) return GST_FLOW_ERROR;
  if (session->over()) return GST_FLOW_EOS;
  const bool nothing = gst_buffer_get_size(buffer) == 0;
  if (nothing && GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP)) return GST_FLOW_OK;
  const ImageSinkSettings settings = *priv->settings.lock();
  if (!gst_realtime_image_sink_wants(self, buffer, settings.max_rate)) {
    session->leave_out_picture();
    return GST_FLOW_OK;
  }
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR(self, RESOURCE, READ, ("The image buffer cannot be read."), (nullptr));
    return GST_FLOW_ERROR;
  }
  const session::Outcome outcome =
      session->show(priv->link->member(), {map.data, map.size}, settings.keep_images);
  gst_buffer_unmap(buffer, &map);
  // A camera may lose a frame, and the conversation goes on.
  if (!outcome.accepted) {
    priv->rate.reset(); // the next one takes its place
    priv->link->on_warning({Warning::Kind::unusable_picture, "An image was not sent: " + outcome.why});
  }
  return GST_FLOW_OK;
}

static gboolean gst_realtime_image_sink_event(GstBaseSink* sink, GstEvent* event) {
  ImageSinkPrivate* priv = GST_REALTIME_IMAGE_SINK(sink)->priv;
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) {
    priv->rate.reset();
    if (const auto session = priv->link->session()) session->forget_picture(priv->link->member());
  }
  return GST_BASE_SINK_CLASS(gst_realtime_image_sink_parent_class)->event(sink, event);
}

// ---- type ----

static void gst_realtime_image_sink_finalize(GObject* object) {
  GstRealtimeImageSink* self = GST_REALTIME_IMAGE_SINK(object);
  delete self->priv;
  self->priv = nullptr;
  G_OBJECT_CLASS(gst_realtime_image_sink_parent_class)->finalize(object);
}

static void gst_realtime_image_sink_class_init(GstRealtimeImageSinkClass* klass) {
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  GstBaseSinkClass* sink_class = GST_BASE_SINK_CLASS(klass);
  GST_DEBUG_CATEGORY_INIT(gst_realtime_image_sink_debug, "realtimeimagesink", 0,
                          "Pictures into a Realtime conversation");

  object_class->set_property = gst_realtime_image_sink_set_property;
  object_class->get_property = gst_realtime_image_sink_get_property;
  object_class->finalize = gst_realtime_image_sink_finalize;
  guint id = first_own_property;
  for (const auto& row : image_sink_properties)
    g_object_class_install_property(object_class, id++, row.make(row));
  SessionLink::install_properties(object_class, first_session_property);
  install_signals(object_class);

  gst_element_class_add_static_pad_template(element_class, &image_sink_template);
  gst_element_class_set_static_metadata(element_class, "Realtime image sink", "Sink/Image/Network",
                                        "Shows images to the model of a spoken Realtime conversation",
                                        "The gst-realtime authors");
  element_class->change_state = gst_realtime_image_sink_change_state;
  element_class->query = gst_realtime_image_sink_query;
  element_class->send_event = gst_realtime_image_sink_send_event;
  sink_class->get_times = gst_realtime_image_sink_get_times;
  sink_class->render = gst_realtime_image_sink_render;
  sink_class->event = gst_realtime_image_sink_event;
}

static void gst_realtime_image_sink_init(GstRealtimeImageSink* self) {
  self->priv = new ImageSinkPrivate();
  self->priv->link = SessionLink::create(GST_ELEMENT(self), Role::image, [](GstElement*) {});
  // A camera that gives no picture must not keep the pipeline from PLAYING.
  gst_base_sink_set_async_enabled(GST_BASE_SINK(self), FALSE);
  gst_base_sink_set_last_sample_enabled(GST_BASE_SINK(self), FALSE);
}

gboolean gst_realtime_image_sink_register(GstPlugin* plugin) {
  return gst_element_register(plugin, "realtimeimagesink", GST_RANK_NONE, GST_TYPE_REALTIME_IMAGE_SINK);
}

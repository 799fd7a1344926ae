/**
 * SECTION:element-realtimesink
 * @title: realtimesink
 *
 * Sends audio into a conversation with a Realtime server; realtimesrc gives the answers. The two find each
 * other by being in one pipeline, or by their property `session`. It never delays its pipeline: it adds no
 * latency, waits for no preroll, and input that is live goes out as it comes.
 *
 * |[
 * gst-launch-1.0 filesrc location=question.wav ! wavparse ! audioconvert ! audioresample ! realtimesink \
 *     realtimesrc ! wavenc ! filesink location=reply.wav
 * ]|
 *
 * Since: 0.1
 */
#include "gst/gstrealtimesink.h"

#include "gst/actions.h"
#include "gst/caps.h"
#include "gst/live_sink.h"
#include "gst/property_table.h"
#include "gst/session_link.h"

#include <array>
#include <memory>
#include <optional>

GST_DEBUG_CATEGORY_STATIC(gst_realtime_sink_debug);
#define GST_CAT_DEFAULT gst_realtime_sink_debug

using namespace rt;
using namespace rt::gst;
using session::Role;
using session::Session;
using session::Uplink;

namespace {

struct SinkSettings {
  std::uint32_t chunk_duration_ms = 20;
  std::uint32_t max_uplink_backlog_ms = 10000;
  std::uint32_t silence_fill_delay_ms = 200;
  std::uint32_t pre_roll_ms = 300;
  bool mute = false;
  bool half_duplex = false;
  bool local_vad = false;
};

constexpr std::array sink_properties = {
    property<&SinkSettings::chunk_duration_ms>("chunk-duration", "Audio in one event to the server, ms",
                                               Mutability::playing, {10, 1000}),
    property<&SinkSettings::max_uplink_backlog_ms>(
        "max-uplink-backlog",
        "Audio that may wait to be sent, ms; live input then loses its oldest, other input waits",
        Mutability::playing, {100, 600'000}),
    property<&SinkSettings::silence_fill_delay_ms>(
        "silence-fill-delay",
        "Pause of a live input after which silence is sent in its place while a turn is open, ms",
        Mutability::playing, {20, 600'000}),
    property<&SinkSettings::pre_roll_ms>("pre-roll",
                                         "turn-detection=none: audio before clear-input that stays in the "
                                         "turn, so that its first word is whole, ms",
                                         Mutability::playing, {0, 10'000}),
    property<&SinkSettings::mute>("mute", "Send silence instead of the input", Mutability::playing),
    property<&SinkSettings::half_duplex>(
        "half-duplex",
        "Send silence while an answer is heard and 200 ms longer: for devices without echo cancellation",
        Mutability::playing),
    property<&SinkSettings::local_vad>(
        "local-vad",
        "Lower an answer as soon as somebody is heard to speak here, until the server has decided",
        Mutability::playing),
};

constexpr guint first_own_property = 1;
constexpr guint first_session_property = first_own_property + sink_properties.size();

} // namespace

// Everything of an instance that is C++. `settings` under its own lock; the rest belongs to the streaming
// thread, as far as UpstreamLiveness does.
struct SinkPrivate {
  std::shared_ptr<SessionLink> link;
  Guarded<SinkSettings> settings;
  UpstreamLiveness liveness;
  std::optional<audio::Format> format;
};

struct _GstRealtimeSink {
  GstBaseSink parent;
  SinkPrivate* priv;
};

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(RT_AUDIO_CAPS));

G_DEFINE_TYPE(GstRealtimeSink, gst_realtime_sink, GST_TYPE_BASE_SINK)

// ---- properties ----

static void gst_realtime_sink_apply(GstRealtimeSink* self) {
  const auto session = self->priv->link->session();
  if (!session) return;
  const SinkSettings settings = *self->priv->settings.lock();
  session->set_uplink_options({settings.chunk_duration_ms, settings.max_uplink_backlog_ms},
                              settings.silence_fill_delay_ms);
  session->set_pre_roll(settings.pre_roll_ms);
  session->set_muted(settings.mute);
}

static void gst_realtime_sink_set_property(GObject* object, guint id, const GValue* value,
                                           GParamSpec* pspec) {
  GstRealtimeSink* self = GST_REALTIME_SINK(object);
  if (id < first_session_property) {
    sink_properties[id - first_own_property].set(*self->priv->settings.lock(), value);
    gst_realtime_sink_apply(self);
  } else if (!self->priv->link->set_property(id, first_session_property, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

static void gst_realtime_sink_get_property(GObject* object, guint id, GValue* value, GParamSpec* pspec) {
  GstRealtimeSink* self = GST_REALTIME_SINK(object);
  if (id < first_session_property)
    sink_properties[id - first_own_property].get(*self->priv->settings.lock(), value);
  else if (!self->priv->link->get_property(id, first_session_property, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

// ---- state ----

static GstStateChangeReturn gst_realtime_sink_change_state(GstElement* element, GstStateChange transition) {
  GstRealtimeSink* self = GST_REALTIME_SINK(element);
  if (!self->priv->link->before(transition)) return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_NULL_TO_READY) gst_realtime_sink_apply(self);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    self->priv->liveness.ask_again();
    self->priv->format.reset();
  }
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_realtime_sink_parent_class)->change_state(element, transition);
  self->priv->link->after(transition, result);
  return result;
}

static gboolean gst_realtime_sink_query(GstElement* element, GstQuery* query) {
  if (answer_no_latency(query)) return TRUE;
  return GST_ELEMENT_CLASS(gst_realtime_sink_parent_class)->query(element, query);
}

static gboolean gst_realtime_sink_send_event(GstElement* element, GstEvent* event) {
  // The pipeline's latency was settled anew, so upstream may have become live or ceased to be.
  if (GST_EVENT_TYPE(event) == GST_EVENT_LATENCY) GST_REALTIME_SINK(element)->priv->liveness.ask_again();
  return GST_ELEMENT_CLASS(gst_realtime_sink_parent_class)->send_event(element, event);
}

// ---- streaming thread ----

static bool gst_realtime_sink_is_live(GstRealtimeSink* self) {
  SinkPrivate* priv = self->priv;
  if (priv->liveness.refresh(GST_BASE_SINK(self))) {
    GST_DEBUG_OBJECT(self, "upstream is %slive", priv->liveness.live() ? "" : "not ");
    if (const auto session = priv->link->session()) session->set_input_live(priv->liveness.live());
  }
  return priv->liveness.live();
}

static GstCaps* gst_realtime_sink_get_caps(GstBaseSink* sink, GstCaps* filter) {
  return filtered(wire_caps(GST_REALTIME_SINK(sink)->priv->link->settings(), true), filter);
}

static gboolean gst_realtime_sink_set_caps(GstBaseSink* sink, GstCaps* caps) {
  GstRealtimeSink* self = GST_REALTIME_SINK(sink);
  const auto format = format_from_caps(caps);
  const auto session = self->priv->link->session();
  if (!format || !session) return FALSE;
  self->priv->format = format;
  self->priv->liveness.ask_again();
  session->set_input_format(*format);
  return TRUE;
}

static void gst_realtime_sink_get_times(GstBaseSink* sink, GstBuffer* buffer, GstClockTime* start,
                                        GstClockTime* end) {
  GstRealtimeSink* self = GST_REALTIME_SINK(sink);
  *start = *end = GST_CLOCK_TIME_NONE;
  // Live input has waited for the clock already; a file is paced by it.
  if (!gst_realtime_sink_is_live(self))
    GST_BASE_SINK_CLASS(gst_realtime_sink_parent_class)->get_times(sink, buffer, start, end);
}

static std::uint64_t gst_realtime_sink_base_time(GstRealtimeSink* self) {
  const GstClockTime base = gst_element_get_base_time(GST_ELEMENT(self));
  return GST_CLOCK_TIME_IS_VALID(base) ? base : 0;
}

// Hands over until all is taken: going to PAUSED releases the wait, and what was not taken yet follows in
// PLAYING.
static GstFlowReturn gst_realtime_sink_hand_over(GstRealtimeSink* self, Session& session,
                                                 Uplink::Input input) {
  const bool live = gst_realtime_sink_is_live(self);
  for (;;) {
    input.base = gst_realtime_sink_base_time(self);
    switch (session.push(input, live)) {
    case Uplink::Pushed::ok:
      return GST_FLOW_OK;
    case Uplink::Pushed::closed:
      return session.failed() ? GST_FLOW_ERROR : session.over() ? GST_FLOW_EOS : GST_FLOW_FLUSHING;
    case Uplink::Pushed::flushing:
      break;
    }
    const GstFlowReturn result = gst_base_sink_wait_preroll(GST_BASE_SINK(self));
    if (result != GST_FLOW_OK) return result;
  }
}

// Whether the input may hold the echo of an answer.
static bool gst_realtime_sink_hears_answer(GstRealtimeSink* self, Session& session,
                                           std::optional<std::uint64_t> running_time, std::size_t bytes) {
  std::optional<std::uint64_t> time = running_time;
  if (time) *time += gst_realtime_sink_base_time(self);
  const audio::Format format = self->priv->format.value_or(audio::pcm16_24k);
  return session.downlink().heard_at(time, format.ns_of_samples(format.samples(bytes)));
}

static void gst_realtime_sink_note_clock(GstRealtimeSink* self, Session& session) {
  if (const auto clock = GRef<GstClock>::adopt(gst_element_get_clock(GST_ELEMENT(self))))
    session.note_clock(Role::sink, gst_clock_get_time(clock.get()));
}

static GstFlowReturn gst_realtime_sink_render(GstBaseSink* sink, GstBuffer* buffer) {
  GstRealtimeSink* self = GST_REALTIME_SINK(sink);
  const auto session = self->priv->link->session();
  if (!session) return GST_FLOW_FLUSHING;
  gst_realtime_sink_note_clock(self, *session);
  const bool gap =
      GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP) && GST_BUFFER_DURATION_IS_VALID(buffer);
  const auto time = running_time_of(sink, GST_BUFFER_PTS(buffer));
  if (gap && gst_buffer_get_size(buffer) == 0)
    return gst_realtime_sink_hand_over(self, *session, {{}, GST_BUFFER_DURATION(buffer), time});

  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR(self, RESOURCE, READ, ("The audio buffer cannot be read."), (nullptr));
    return GST_FLOW_ERROR;
  }
  const SinkSettings settings = *self->priv->settings.lock();
  const bool muted = settings.half_duplex && gst_realtime_sink_hears_answer(self, *session, time, map.size);
  if (settings.local_vad && !muted && !settings.mute) session->listen({map.data, map.size});
  const GstFlowReturn result =
      gst_realtime_sink_hand_over(self, *session, {{map.data, map.size}, 0, time, muted});
  gst_buffer_unmap(buffer, &map);
  return result;
}

// The end of the stream is the end of the conversation: it is held until the last answer was heard.
static GstFlowReturn gst_realtime_sink_drain(GstRealtimeSink* self, Session& session) {
  while (!session.drain()) {
    const GstFlowReturn result = gst_base_sink_wait_preroll(GST_BASE_SINK(self));
    if (result != GST_FLOW_OK) return result;
  }
  return GST_FLOW_OK;
}

static GstFlowReturn gst_realtime_sink_wait_event(GstBaseSink* sink, GstEvent* event) {
  GstRealtimeSink* self = GST_REALTIME_SINK(sink);
  const auto session = self->priv->link->session();
  const bool live = gst_realtime_sink_is_live(self);
  const bool gap = GST_EVENT_TYPE(event) == GST_EVENT_GAP;
  if (!(gap && live)) {
    const GstFlowReturn result = GST_BASE_SINK_CLASS(gst_realtime_sink_parent_class)->wait_event(sink, event);
    if (result != GST_FLOW_OK) return result;
  }
  if (!session) return GST_FLOW_OK;
  if (gap) {
    GstClockTime pts = GST_CLOCK_TIME_NONE, duration = GST_CLOCK_TIME_NONE;
    gst_event_parse_gap(event, &pts, &duration);
    if (!GST_CLOCK_TIME_IS_VALID(duration)) return GST_FLOW_OK;
    return gst_realtime_sink_hand_over(self, *session, {{}, duration, running_time_of(sink, pts)});
  }
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) return gst_realtime_sink_drain(self, *session);
  return GST_FLOW_OK;
}

static gboolean gst_realtime_sink_event(GstBaseSink* sink, GstEvent* event) {
  GstRealtimeSink* self = GST_REALTIME_SINK(sink);
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) {
    if (const auto session = self->priv->link->session()) session->flush_input();
  }
  return GST_BASE_SINK_CLASS(gst_realtime_sink_parent_class)->event(sink, event);
}

static gboolean gst_realtime_sink_unlock(GstBaseSink* sink) {
  if (const auto session = GST_REALTIME_SINK(sink)->priv->link->session()) session->set_input_flushing(true);
  return TRUE;
}

static gboolean gst_realtime_sink_unlock_stop(GstBaseSink* sink) {
  if (const auto session = GST_REALTIME_SINK(sink)->priv->link->session()) session->set_input_flushing(false);
  return TRUE;
}

// ---- type ----

static void gst_realtime_sink_finalize(GObject* object) {
  GstRealtimeSink* self = GST_REALTIME_SINK(object);
  delete self->priv;
  self->priv = nullptr;
  G_OBJECT_CLASS(gst_realtime_sink_parent_class)->finalize(object);
}

static void gst_realtime_sink_class_init(GstRealtimeSinkClass* klass) {
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  GstBaseSinkClass* sink_class = GST_BASE_SINK_CLASS(klass);
  GST_DEBUG_CATEGORY_INIT(gst_realtime_sink_debug, "realtimesink", 0, "Audio into a Realtime conversation");

  object_class->set_property = gst_realtime_sink_set_property;
  object_class->get_property = gst_realtime_sink_get_property;
  object_class->finalize = gst_realtime_sink_finalize;
  guint id = first_own_property;
  for (const auto& row : sink_properties)
    g_object_class_install_property(object_class, id++, row.make(row));
  SessionLink::install_properties(object_class, first_session_property);
  install_signals(object_class);

  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_set_static_metadata(element_class, "Realtime conversation sink", "Sink/Audio/Network",
                                        "Sends audio into a spoken conversation with a Realtime AI server",
                                        "The gst-realtime authors");
  element_class->change_state = gst_realtime_sink_change_state;
  element_class->query = gst_realtime_sink_query;
  element_class->send_event = gst_realtime_sink_send_event;
  sink_class->get_caps = gst_realtime_sink_get_caps;
  sink_class->set_caps = gst_realtime_sink_set_caps;
  sink_class->get_times = gst_realtime_sink_get_times;
  sink_class->render = gst_realtime_sink_render;
  sink_class->wait_event = gst_realtime_sink_wait_event;
  sink_class->event = gst_realtime_sink_event;
  sink_class->unlock = gst_realtime_sink_unlock;
  sink_class->unlock_stop = gst_realtime_sink_unlock_stop;
}

static void gst_realtime_sink_init(GstRealtimeSink* self) {
  self->priv = new SinkPrivate();
  self->priv->link = SessionLink::create(GST_ELEMENT(self), Role::sink, [](GstElement*) {});
  // A silent caller must not keep the pipeline from PLAYING.
  gst_base_sink_set_async_enabled(GST_BASE_SINK(self), FALSE);
  gst_base_sink_set_last_sample_enabled(GST_BASE_SINK(self), FALSE);
}

gboolean gst_realtime_sink_register(GstPlugin* plugin) {
  return gst_element_register(plugin, "realtimesink", GST_RANK_NONE, GST_TYPE_REALTIME_SINK);
}

/**
 * SECTION:element-realtimesrc
 * @title: realtimesrc
 *
 * The spoken answers of a conversation whose questions realtimesink sends. Answers arrive faster than real
 * time and wait inside this element, because what is downstream cannot be recalled: each frame is chosen when
 * the pipeline clock reaches it, so that an interruption is heard within one frame. Between answers it
 * delivers silence (or GAP events, or nothing: see `gap-mode`).
 *
 * |[
 * gst-launch-1.0 autoaudiosrc ! audioconvert ! audioresample ! realtimesink \
 *     realtimesrc ! audioconvert ! audioresample ! autoaudiosink
 * ]|
 *
 * Since: 0.1
 */
#include "gst/gstrealtimesrc.h"

#include "gst/actions.h"
#include "gst/caps.h"
#include "gst/enums.h"
#include "gst/frame_clock.h"
#include "gst/session_link.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <utility>

GST_DEBUG_CATEGORY_STATIC(gst_realtime_src_debug);
#define GST_CAT_DEFAULT gst_realtime_src_debug

using namespace rt;
using namespace rt::gst;
using session::Role;
using session::Session;

namespace {

struct SrcSettings {
  std::uint32_t cushion_ms = 100;
  std::uint32_t frame_duration_ms = 20;
  GapMode gap_mode = GapMode::silence;
  bool flush_on_interrupt = false;
  std::uint32_t playout_delay_ms = 0;
  std::uint32_t max_backlog_s = 600;
};

constexpr std::array src_properties = {
    property<&SrcSettings::cushion_ms>("cushion", "Audio held back before an answer starts, ms",
                                       Mutability::playing, {0, 10000}),
    property<&SrcSettings::frame_duration_ms>("frame-duration", "Audio in one buffer, ms",
                                              Mutability::playing, {10, 100}),
    property<&SrcSettings::gap_mode>("gap-mode", "What is delivered between answers", Mutability::playing),
    property<&SrcSettings::flush_on_interrupt>(
        "flush-on-interrupt", "Flush downstream when an answer is interrupted: nothing more of it is heard",
        Mutability::playing),
    property<&SrcSettings::playout_delay_ms>(
        "playout-delay",
        "Delay behind the pipeline until audio is heard, such as an RTP peer's jitter buffer, ms",
        Mutability::playing, {0, 60000}),
    property<&SrcSettings::max_backlog_s>("max-backlog", "Longest answer audio that may wait, s",
                                          Mutability::playing, {1, 86400}),
};

constexpr guint first_own_property = 1;
constexpr guint first_session_property = first_own_property + src_properties.size();
// A pad blocked for less is jitter; for more, the stream goes on from now.
constexpr std::uint64_t lateness_ns = 100'000'000;

} // namespace

// Everything of an instance that is C++. `settings` and `frames` bring their locks; the rest belongs to the
// streaming thread, but for the atomics.
struct SrcPrivate {
  std::shared_ptr<SessionLink> link;
  Guarded<SrcSettings> settings;
  FrameClock frames;
  std::atomic<std::uint64_t> latency{0}; // of the pipeline, ns
  std::atomic<bool> flushed{false};      // by the application
  std::atomic<bool> over{false};         // EOS went out
  std::uint64_t paused_at = 0;           // running time; state changes only
  bool was_idle = true, in_gap = true;
  bool segment_sent = false; // and not flushed since
};

struct _GstRealtimeSrc {
  GstPushSrc parent;
  SrcPrivate* priv;
};

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(RT_AUDIO_CAPS));

G_DEFINE_TYPE(GstRealtimeSrc, gst_realtime_src, GST_TYPE_PUSH_SRC)

// ---- properties ----

static void gst_realtime_src_apply(GstRealtimeSrc* self) {
  const auto session = self->priv->link->session();
  if (!session) return;
  const SrcSettings settings = *self->priv->settings.lock();
  audio::Playout::Options options;
  options.cushion_ns = settings.cushion_ms * std::uint64_t{1'000'000};
  options.max_backlog_ns = settings.max_backlog_s * std::uint64_t{1'000'000'000};
  session->downlink().set_options(options);
  session->set_flush_on_interrupt(settings.flush_on_interrupt);
}

static void gst_realtime_src_set_property(GObject* object, guint id, const GValue* value, GParamSpec* pspec) {
  GstRealtimeSrc* self = GST_REALTIME_SRC(object);
  if (id < first_session_property) {
    src_properties[id - first_own_property].set(*self->priv->settings.lock(), value);
    gst_realtime_src_apply(self);
  } else if (!self->priv->link->set_property(id, first_session_property, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

static void gst_realtime_src_get_property(GObject* object, guint id, GValue* value, GParamSpec* pspec) {
  GstRealtimeSrc* self = GST_REALTIME_SRC(object);
  if (id < first_session_property)
    src_properties[id - first_own_property].get(*self->priv->settings.lock(), value);
  else if (!self->priv->link->get_property(id, first_session_property, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

// ---- state ----

// Whether all of the pipeline stops, or only this element is taken out of one that goes on.
static bool gst_realtime_src_stops_with_all(GstRealtimeSrc* self) {
  const auto outermost = top_level(GST_ELEMENT(self));
  const bool alone = outermost.get() == GST_OBJECT(self);
  return !alone && GST_IS_ELEMENT(outermost.get()) && GST_STATE_TARGET(outermost.get()) <= GST_STATE_READY;
}

static void gst_realtime_src_stopping(GstRealtimeSrc* self) {
  const auto session = self->priv->link->session();
  if (session && gst_realtime_src_stops_with_all(self))
    session->downlink().downstream_stopped(self->priv->paused_at, self->priv->latency);
}

// Started again in a pipeline that goes on, which distributes its latency only when told that it may have
// changed. Until then the one from before holds.
static void gst_realtime_src_started(GstRealtimeSrc* self) {
  const auto outermost = top_level(GST_ELEMENT(self));
  if (outermost.get() == GST_OBJECT(self) || !GST_IS_ELEMENT(outermost.get())) return;
  if (GST_STATE(outermost.get()) != GST_STATE_PLAYING) return; // it will by itself
  gst_element_post_message(GST_ELEMENT(self), gst_message_new_latency(GST_OBJECT(self)));
}

static GstStateChangeReturn gst_realtime_src_change_state(GstElement* element, GstStateChange transition) {
  GstRealtimeSrc* self = GST_REALTIME_SRC(element);
  SrcPrivate* priv = self->priv;
  if (!priv->link->before(transition)) return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_NULL_TO_READY) {
    priv->latency = 0;
    gst_realtime_src_apply(self);
  }
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    priv->frames.reset();
    priv->was_idle = priv->in_gap = true;
    priv->segment_sent = priv->over = false;
    priv->paused_at = 0;
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING) priv->frames.set_paused(false);
  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED) {
    priv->paused_at = priv->frames.running_time(element);
    priv->frames.set_paused(true);
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) gst_realtime_src_stopping(self);
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_realtime_src_parent_class)->change_state(element, transition);
  priv->link->after(transition, result);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING && result != GST_STATE_CHANGE_FAILURE)
    gst_realtime_src_started(self);
  return result;
}

static gboolean gst_realtime_src_send_event(GstElement* element, GstEvent* event) {
  // What is heard happens now. The base class would flush before it finds that out, or keep a seek for later.
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEEK) {
    gst_event_unref(event);
    return FALSE;
  }
  // The application ends the stream: nothing more of it will be heard, and nobody should wait for it.
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS)
    if (const auto session = GST_REALTIME_SRC(element)->priv->link->session()) session->output_ended();
  // Downstream begins anew, wherever the time stands.
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) GST_REALTIME_SRC(element)->priv->flushed = true;
  return GST_ELEMENT_CLASS(gst_realtime_src_parent_class)->send_event(element, event);
}

static gboolean gst_realtime_src_event(GstBaseSrc* src, GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_LATENCY) {
    GstClockTime latency = 0;
    gst_event_parse_latency(event, &latency);
    if (GST_CLOCK_TIME_IS_VALID(latency)) GST_REALTIME_SRC(src)->priv->latency = latency;
  }
  return GST_BASE_SRC_CLASS(gst_realtime_src_parent_class)->event(src, event);
}

static gboolean gst_realtime_src_query(GstBaseSrc* src, GstQuery* query) {
  if (GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) {
    // A frame leaves when its time has come, and waits here for as long as it must.
    gst_query_set_latency(query, TRUE, 0, GST_CLOCK_TIME_NONE);
    return TRUE;
  }
  return GST_BASE_SRC_CLASS(gst_realtime_src_parent_class)->query(src, query);
}

// Whatever ended the stream, the last buffer it was to deliver or downstream, its EOS passes here, and nobody
// reads what waits.
static GstPadProbeReturn gst_realtime_src_pushes_event(GstPad*, GstPadProbeInfo* info, gpointer element) {
  SrcPrivate* priv = GST_REALTIME_SRC(element)->priv;
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_EOS) return GST_PAD_PROBE_OK;
  priv->over = true;
  if (const auto session = priv->link->session()) session->output_stopped();
  return GST_PAD_PROBE_OK;
}

static void gst_realtime_src_get_times(GstBaseSrc*, GstBuffer*, GstClockTime* start, GstClockTime* end) {
  *start = *end = GST_CLOCK_TIME_NONE; // create() waits itself
}

// ---- negotiation ----

static GstCaps* gst_realtime_src_get_caps(GstBaseSrc* src, GstCaps* filter) {
  return filtered(wire_caps(GST_REALTIME_SRC(src)->priv->link->settings(), false), filter);
}

static gboolean gst_realtime_src_negotiate(GstBaseSrc* src) {
  GstPad* pad = GST_BASE_SRC_PAD(src);
  const auto current = GRef<GstCaps>::adopt(gst_pad_get_current_caps(pad));
  // Answers that wait have the present format: it is kept as long as downstream takes it.
  if (current && gst_pad_peer_query_accept_caps(pad, current.get())) return TRUE;
  return GST_BASE_SRC_CLASS(gst_realtime_src_parent_class)->negotiate(src);
}

static gboolean gst_realtime_src_set_caps(GstBaseSrc* src, GstCaps* caps) {
  const auto format = format_from_caps(caps);
  const auto session = GST_REALTIME_SRC(src)->priv->link->session();
  if (!format || !session) return FALSE;
  if (session->set_output_format(*format)) return TRUE;
  GST_ELEMENT_ERROR(src, STREAM, FORMAT,
                    ("The audio format cannot change while an answer waits to be heard."), (nullptr));
  return FALSE;
}

// ---- streaming thread ----

// Downstream forgets what it holds; the running time goes on (never reset_time, which moves a live pipeline's
// base time). The segment is sent anew before the next buffer.
static void gst_realtime_src_flush(GstRealtimeSrc* self, Session& session) {
  SrcPrivate* priv = self->priv;
  GstBaseSrc* src = GST_BASE_SRC(self);
  const std::uint64_t now = priv->frames.running_time(GST_ELEMENT(self));
  session.report_cuts(session.downlink().cut_flushed(now, priv->latency));
  gst_pad_push_event(GST_BASE_SRC_PAD(src), gst_event_new_flush_start());
  gst_pad_push_event(GST_BASE_SRC_PAD(src), gst_event_new_flush_stop(FALSE));
  gst_base_src_new_segment(src, &src->segment);
  priv->segment_sent = false;
  priv->frames.mark_discont();
}

// The base class sends the segment with the first buffer only, and once more when that follows a GAP: both
// are the same.
static void gst_realtime_src_push_gap(GstRealtimeSrc* self, const FrameClock::Frame& frame) {
  GstBaseSrc* src = GST_BASE_SRC(self);
  if (!std::exchange(self->priv->segment_sent, true))
    gst_pad_push_event(GST_BASE_SRC_PAD(src), gst_event_new_segment(&src->segment));
  gst_pad_push_event(GST_BASE_SRC_PAD(src), gst_event_new_gap(frame.pts, frame.duration));
}

static void gst_realtime_src_report(GstRealtimeSrc* self, Session& session) {
  SrcPrivate* priv = self->priv;
  const std::uint64_t now = priv->frames.running_time(GST_ELEMENT(self));
  const SrcSettings settings = *priv->settings.lock();
  const std::uint64_t latency = priv->latency;
  const std::uint64_t delay = latency + settings.playout_delay_ms * std::uint64_t{1'000'000};
  const GstClockTime base_time = gst_element_get_base_time(GST_ELEMENT(self));
  const std::uint64_t base = GST_CLOCK_TIME_IS_VALID(base_time) ? base_time : 0;
  session.note_clock(Role::src, now + base);
  session.report_words(base, now, settings.flush_on_interrupt ? std::optional(latency) : std::nullopt);
  auto marks = session.downlink().advance(now, delay, base);
  const bool idle = session.downlink().idle();
  const bool became_idle = idle && !priv->was_idle;
  priv->was_idle = idle;
  if (!marks.empty())
    session.report_playback(std::move(marks), base);
  else if (became_idle)
    session.report_idle();
}

// One frame, or nothing in a gap that is not filled with silence.
static GRef<GstBuffer> gst_realtime_src_frame(GstRealtimeSrc* self, Session& session,
                                              const FrameClock::Frame& frame, const audio::Format& format,
                                              GapMode gap_mode) {
  SrcPrivate* priv = self->priv;
  auto buffer =
      GRef<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, format.bytes(frame.samples), nullptr));
  GstMapInfo map;
  if (!buffer || !gst_buffer_map(buffer.get(), &map, GST_MAP_WRITE)) return {};
  const audio::FrameInfo info = session.downlink().read({map.data, map.size}, frame.pts, frame.discont);
  gst_buffer_unmap(buffer.get(), &map);

  const bool silent = info.audio_samples == 0;
  const bool leaves_gap = std::exchange(priv->in_gap, silent) && !silent;
  if (silent && gap_mode != GapMode::silence) {
    if (gap_mode == GapMode::gap_event) gst_realtime_src_push_gap(self, frame);
    return {};
  }
  GST_BUFFER_PTS(buffer.get()) = frame.pts;
  GST_BUFFER_DURATION(buffer.get()) = frame.duration;
  GST_BUFFER_OFFSET(buffer.get()) = frame.offset;
  GST_BUFFER_OFFSET_END(buffer.get()) = frame.offset + frame.samples;
  if (silent) GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_GAP);
  if (frame.discont || (leaves_gap && gap_mode != GapMode::silence))
    GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
  return buffer;
}

static GstFlowReturn gst_realtime_src_create(GstPushSrc* src, GstBuffer** out) {
  GstRealtimeSrc* self = GST_REALTIME_SRC(src);
  SrcPrivate* priv = self->priv;
  const auto session = priv->link->session();
  if (!session) return GST_FLOW_FLUSHING;
  if (priv->over.exchange(false)) session->downlink().start_reading(); // after a flush
  for (;;) {
    if (session->downlink().ended()) return GST_FLOW_EOS;
    const auto format = session->downlink().format();
    if (!format) return GST_FLOW_NOT_NEGOTIATED;
    const SrcSettings settings = *priv->settings.lock();
    if (priv->flushed.exchange(false)) {
      priv->frames.mark_discont();
      priv->segment_sent = false;
    }
    FrameClock::Frame frame = priv->frames.next(GST_ELEMENT(self), *format, settings.frame_duration_ms);
    const FrameClock::Wait wait = priv->frames.wait(GST_ELEMENT(self), frame);
    if (wait == FrameClock::Wait::flushing) return GST_FLOW_FLUSHING;
    if (session->downlink().flush_requested()) {
      gst_realtime_src_flush(self, *session);
      frame.discont = true; // it was measured before
    }
    if (wait == FrameClock::Wait::woken) continue;

    priv->frames.catch_up(GST_ELEMENT(self), frame, std::max(2 * frame.duration, lateness_ns));
    auto buffer = gst_realtime_src_frame(self, *session, frame, *format, settings.gap_mode);
    priv->frames.advance(frame);
    gst_realtime_src_report(self, *session);
    if (!buffer) continue;
    priv->segment_sent = true;
    *out = buffer.release();
    return GST_FLOW_OK;
  }
}

static gboolean gst_realtime_src_unlock(GstBaseSrc* src) {
  GST_REALTIME_SRC(src)->priv->frames.set_flushing(true);
  return TRUE;
}

static gboolean gst_realtime_src_unlock_stop(GstBaseSrc* src) {
  GST_REALTIME_SRC(src)->priv->frames.set_flushing(false);
  return TRUE;
}

// ---- type ----

static void gst_realtime_src_finalize(GObject* object) {
  GstRealtimeSrc* self = GST_REALTIME_SRC(object);
  delete self->priv;
  self->priv = nullptr;
  G_OBJECT_CLASS(gst_realtime_src_parent_class)->finalize(object);
}

static void gst_realtime_src_class_init(GstRealtimeSrcClass* klass) {
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  GstBaseSrcClass* base_class = GST_BASE_SRC_CLASS(klass);
  GST_DEBUG_CATEGORY_INIT(gst_realtime_src_debug, "realtimesrc", 0, "Answers of a Realtime conversation");

  object_class->set_property = gst_realtime_src_set_property;
  object_class->get_property = gst_realtime_src_get_property;
  object_class->finalize = gst_realtime_src_finalize;
  guint id = first_own_property;
  for (const auto& row : src_properties)
    g_object_class_install_property(object_class, id++, row.make(row));
  SessionLink::install_properties(object_class, first_session_property);
  install_signals(object_class);

  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Realtime conversation source", "Source/Audio/Network",
      "Delivers the spoken answers of a Realtime AI server on the pipeline clock",
      "The gst-realtime authors");
  element_class->change_state = gst_realtime_src_change_state;
  element_class->send_event = gst_realtime_src_send_event;
  base_class->event = gst_realtime_src_event;
  base_class->query = gst_realtime_src_query;
  base_class->get_times = gst_realtime_src_get_times;
  base_class->get_caps = gst_realtime_src_get_caps;
  base_class->negotiate = gst_realtime_src_negotiate;
  base_class->set_caps = gst_realtime_src_set_caps;
  base_class->unlock = gst_realtime_src_unlock;
  base_class->unlock_stop = gst_realtime_src_unlock_stop;
  GST_PUSH_SRC_CLASS(klass)->create = gst_realtime_src_create;
}

static void gst_realtime_src_init(GstRealtimeSrc* self) {
  self->priv = new SrcPrivate();
  self->priv->link = SessionLink::create(GST_ELEMENT(self), Role::src, [](GstElement* element) {
    GST_REALTIME_SRC(element)->priv->frames.wake();
  });
  gst_pad_add_probe(GST_BASE_SRC_PAD(self), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
                    gst_realtime_src_pushes_event, self, nullptr);
  gst_base_src_set_live(GST_BASE_SRC(self), TRUE);
  gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_TIME);
  gst_base_src_set_do_timestamp(GST_BASE_SRC(self), FALSE);
}

gboolean gst_realtime_src_register(GstPlugin* plugin) {
  return gst_element_register(plugin, "realtimesrc", GST_RANK_NONE, GST_TYPE_REALTIME_SRC);
}

/**
 * SECTION:element-realtimetextsrc
 * @title: realtimetextsrc
 *
 * The transcript of a conversation as timed text: one buffer a word, whose timestamp and duration are those
 * of the audio that speaks it. Words of an answer leave with their audio; those of an interrupted answer that
 * nobody heard never do.
 *
 * |[
 * gst-launch-1.0 autoaudiosrc ! audioconvert ! audioresample ! realtimesink \
 *     realtimesrc ! audioconvert ! audioresample ! autoaudiosink \
 *     realtimetextsrc ! fakesink dump=true
 * ]|
 *
 * Since: 0.1
 */
#include "gst/gstrealtimetextsrc.h"

#include "gst/actions.h"
#include "gst/enums.h"
#include "gst/frame_clock.h"
#include "gst/session_link.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <utility>

GST_DEBUG_CATEGORY_STATIC(gst_realtime_text_src_debug);
#define GST_CAT_DEFAULT gst_realtime_text_src_debug

using namespace rt;
using namespace rt::gst;
using session::Role;
using session::Session;
using session::Speaker;
using session::TextPiece;

namespace {

struct TextSrcSettings {
  TextTrack track = TextTrack::output;
};

constexpr std::array text_src_properties = {
    property<&TextSrcSettings::track>("track", "Whose words are delivered", Mutability::playing),
};

constexpr guint first_own_property = 1;
constexpr guint first_session_property = first_own_property + text_src_properties.size();
// How far downstream may fall behind while nobody speaks.
constexpr std::uint64_t gap_ns = 100'000'000;

} // namespace

// `settings`, `reader` and `clock` bring their locks; the rest but the atomic belongs to the streaming
// thread.
struct TextSrcPrivate {
  std::shared_ptr<SessionLink> link;
  Guarded<TextSrcSettings> settings;
  Guarded<std::shared_ptr<session::TextReader>> reader;
  FrameClock clock;
  std::atomic<bool> flushed{false};      // by the application
  std::optional<std::uint64_t> position; // running time up to which text or GAP events were sent
  std::uint64_t last_pts = 0;            // timestamps never go back
  std::optional<Speaker> speaker;
  bool segment_sent = false; // and not flushed since
  bool final_due = false;
  bool transcribes = false; // what is heard is all that the session says
};

struct _GstRealtimeTextSrc {
  GstPushSrc parent;
  TextSrcPrivate* priv;
};

static GstStaticPadTemplate text_src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("text/x-raw, format=(string)utf8"));

G_DEFINE_TYPE(GstRealtimeTextSrc, gst_realtime_text_src, GST_TYPE_PUSH_SRC)

// ---- properties ----

static void gst_realtime_text_src_set_property(GObject* object, guint id, const GValue* value,
                                               GParamSpec* pspec) {
  TextSrcPrivate* priv = GST_REALTIME_TEXT_SRC(object)->priv;
  if (id < first_session_property)
    text_src_properties[id - first_own_property].set(*priv->settings.lock(), value);
  else if (!priv->link->set_property(id, first_session_property, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void gst_realtime_text_src_get_property(GObject* object, guint id, GValue* value, GParamSpec* pspec) {
  TextSrcPrivate* priv = GST_REALTIME_TEXT_SRC(object)->priv;
  if (id < first_session_property)
    text_src_properties[id - first_own_property].get(*priv->settings.lock(), value);
  else if (!priv->link->get_property(id, first_session_property, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

// ---- state ----

static void gst_realtime_text_src_start_reading(GstRealtimeTextSrc* self) {
  TextSrcPrivate* priv = self->priv;
  priv->clock.reset();
  priv->position.reset();
  priv->last_pts = 0;
  priv->speaker.reset();
  priv->segment_sent = priv->final_due = false;
  const auto session = priv->link->session();
  if (!session) return;
  priv->transcribes = session->settings().session_type == protocol::SessionType::transcription;
  auto reader = session->read_text([link = std::weak_ptr(priv->link)] {
    if (const auto l = link.lock()) l->on_wake();
  });
  *priv->reader.lock() = std::move(reader);
}

static GstStateChangeReturn gst_realtime_text_src_change_state(GstElement* element,
                                                               GstStateChange transition) {
  GstRealtimeTextSrc* self = GST_REALTIME_TEXT_SRC(element);
  TextSrcPrivate* priv = self->priv;
  if (!priv->link->before(transition)) return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) gst_realtime_text_src_start_reading(self);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING) priv->clock.set_paused(false);
  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED) priv->clock.set_paused(true);
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_realtime_text_src_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) priv->reader.lock()->reset();
  priv->link->after(transition, result);
  return result;
}

static gboolean gst_realtime_text_src_send_event(GstElement* element, GstEvent* event) {
  // What is said is said now: the base class would keep a seek for later.
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEEK) {
    gst_event_unref(event);
    return FALSE;
  }
  // Downstream begins anew.
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) GST_REALTIME_TEXT_SRC(element)->priv->flushed = true;
  return GST_ELEMENT_CLASS(gst_realtime_text_src_parent_class)->send_event(element, event);
}

static gboolean gst_realtime_text_src_query(GstBaseSrc* src, GstQuery* query) {
  if (GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) {
    // A word leaves when its audio begins to.
    gst_query_set_latency(query, TRUE, 0, GST_CLOCK_TIME_NONE);
    return TRUE;
  }
  return GST_BASE_SRC_CLASS(gst_realtime_text_src_parent_class)->query(src, query);
}

static void gst_realtime_text_src_get_times(GstBaseSrc*, GstBuffer*, GstClockTime* start, GstClockTime* end) {
  *start = *end = GST_CLOCK_TIME_NONE; // create() waits itself
}

// ---- streaming thread ----

// The base class sends the segment with the first buffer; events that come before it need one, too.
static void gst_realtime_text_src_push_event(GstRealtimeTextSrc* self, GstEvent* event) {
  GstBaseSrc* src = GST_BASE_SRC(self);
  if (!std::exchange(self->priv->segment_sent, true))
    gst_pad_push_event(GST_BASE_SRC_PAD(src), gst_event_new_segment(&src->segment));
  gst_pad_push_event(GST_BASE_SRC_PAD(src), event);
}

static void gst_realtime_text_src_push_transcriber_event(GstRealtimeTextSrc* self, const char* name,
                                                         const char* speaker) {
  GstStructure* structure = gst_structure_new_empty(name);
  if (speaker) gst_structure_set(structure, "speaker", G_TYPE_STRING, speaker, nullptr);
  gst_realtime_text_src_push_event(self, gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, structure));
}

static bool gst_realtime_text_src_wants(GstRealtimeTextSrc* self, Speaker speaker) {
  const TextTrack track = self->priv->settings.lock()->track;
  return track == TextTrack::both || self->priv->transcribes ||
         (track == TextTrack::input) == (speaker == Speaker::user);
}

static std::uint64_t gst_realtime_text_src_pts(GstRealtimeTextSrc* self, const TextPiece& piece) {
  TextSrcPrivate* priv = self->priv;
  GstElement* element = GST_ELEMENT(self);
  // Words without audio come many at a time: they follow one another.
  std::uint64_t begins = std::max(priv->clock.running_time(element), priv->position.value_or(0));
  if (piece.time) {
    const GstClockTime own_base = gst_element_get_base_time(element);
    const bool ours = piece.time->pipeline == top_level(element).get();
    const std::uint64_t base = ours ? piece.time->base : GST_CLOCK_TIME_IS_VALID(own_base) ? own_base : 0;
    begins = piece.time->ns - std::min(piece.time->ns, base);
  }
  return std::max(begins, priv->last_pts);
}

static GRef<GstBuffer> gst_realtime_text_src_buffer(GstRealtimeTextSrc* self, const TextPiece& piece) {
  TextSrcPrivate* priv = self->priv;
  if (priv->speaker && *priv->speaker != piece.speaker)
    gst_realtime_text_src_push_transcriber_event(self, "rstranscribe/speaker-change",
                                                 piece.speaker == Speaker::user ? "user" : "assistant");
  priv->speaker = piece.speaker;
  auto buffer = GRef<GstBuffer>::adopt(gst_buffer_new_memdup(piece.text.data(), piece.text.size()));
  const std::uint64_t pts = gst_realtime_text_src_pts(self, piece);
  GST_BUFFER_PTS(buffer.get()) = pts;
  if (piece.duration > 0) GST_BUFFER_DURATION(buffer.get()) = piece.duration;
  priv->last_pts = pts;
  priv->position = std::max(priv->position.value_or(0), pts + piece.duration);
  priv->final_due = piece.last;
  return buffer;
}

// Nothing was said for a while: downstream need not wait for it.
static void gst_realtime_text_src_gap(GstRealtimeTextSrc* self, std::uint64_t until) {
  const std::uint64_t from = *self->priv->position;
  gst_realtime_text_src_push_event(self, gst_event_new_gap(from, until - from));
  self->priv->position = until;
}

static GstFlowReturn gst_realtime_text_src_create(GstPushSrc* src, GstBuffer** out) {
  GstRealtimeTextSrc* self = GST_REALTIME_TEXT_SRC(src);
  TextSrcPrivate* priv = self->priv;
  const auto session = priv->link->session();
  const auto reader = *priv->reader.lock();
  if (!session || !reader) return GST_FLOW_FLUSHING;
  if (priv->flushed.exchange(false)) priv->segment_sent = false;
  if (!priv->position) priv->position = priv->clock.running_time(GST_ELEMENT(self));
  if (std::exchange(priv->final_due, false))
    gst_realtime_text_src_push_transcriber_event(self, "rstranscribe/final-transcript", nullptr);
  for (;;) {
    const bool ended = session->downlink().ended(); // before the last look: nothing is said after it
    while (const auto piece = reader->pop()) {
      if (!gst_realtime_text_src_wants(self, piece->speaker)) continue;
      if (piece->text.empty()) { // an answer was cut off behind the last word
        gst_realtime_text_src_push_transcriber_event(self, "rstranscribe/final-transcript", nullptr);
        continue;
      }
      *out = gst_realtime_text_src_buffer(self, *piece).release();
      return GST_FLOW_OK;
    }
    if (ended) return GST_FLOW_EOS;
    // No word of an answer may be said to be missing that may still come. The caller's come once their turn
    // is over, whenever that is: a muxer cannot wait for them, and they bear the time at which they were
    // said.
    const std::uint64_t behind = session->words_behind();
    FrameClock::Frame tick;
    tick.pts = *priv->position + gap_ns + behind;
    const FrameClock::Wait wait = priv->clock.wait(GST_ELEMENT(self), tick);
    if (wait == FrameClock::Wait::flushing) return GST_FLOW_FLUSHING;
    if (wait == FrameClock::Wait::due && reader->empty()) gst_realtime_text_src_gap(self, tick.pts - behind);
  }
}

static gboolean gst_realtime_text_src_unlock(GstBaseSrc* src) {
  GST_REALTIME_TEXT_SRC(src)->priv->clock.set_flushing(true);
  return TRUE;
}

static gboolean gst_realtime_text_src_unlock_stop(GstBaseSrc* src) {
  GST_REALTIME_TEXT_SRC(src)->priv->clock.set_flushing(false);
  return TRUE;
}

// ---- type ----

static void gst_realtime_text_src_finalize(GObject* object) {
  GstRealtimeTextSrc* self = GST_REALTIME_TEXT_SRC(object);
  delete self->priv;
  self->priv = nullptr;
  G_OBJECT_CLASS(gst_realtime_text_src_parent_class)->finalize(object);
}

static void gst_realtime_text_src_class_init(GstRealtimeTextSrcClass* klass) {
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  GstBaseSrcClass* base_class = GST_BASE_SRC_CLASS(klass);
  GST_DEBUG_CATEGORY_INIT(gst_realtime_text_src_debug, "realtimetextsrc", 0,
                          "Transcript of a Realtime conversation");

  object_class->set_property = gst_realtime_text_src_set_property;
  object_class->get_property = gst_realtime_text_src_get_property;
  object_class->finalize = gst_realtime_text_src_finalize;
  guint id = first_own_property;
  for (const auto& row : text_src_properties)
    g_object_class_install_property(object_class, id++, row.make(row));
  SessionLink::install_properties(object_class, first_session_property);
  install_signals(object_class);

  gst_element_class_add_static_pad_template(element_class, &text_src_template);
  gst_element_class_set_static_metadata(
      element_class, "Realtime transcript source", "Source/Text/Network",
      "Delivers the transcript of a Realtime conversation as text timed by its audio",
      "The gst-realtime authors");
  element_class->change_state = gst_realtime_text_src_change_state;
  element_class->send_event = gst_realtime_text_src_send_event;
  base_class->query = gst_realtime_text_src_query;
  base_class->get_times = gst_realtime_text_src_get_times;
  base_class->unlock = gst_realtime_text_src_unlock;
  base_class->unlock_stop = gst_realtime_text_src_unlock_stop;
  GST_PUSH_SRC_CLASS(klass)->create = gst_realtime_text_src_create;
}

static void gst_realtime_text_src_init(GstRealtimeTextSrc* self) {
  self->priv = new TextSrcPrivate();
  self->priv->link = SessionLink::create(GST_ELEMENT(self), Role::text, [](GstElement* element) {
    GST_REALTIME_TEXT_SRC(element)->priv->clock.wake();
  });
  gst_base_src_set_live(GST_BASE_SRC(self), TRUE);
  gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_TIME);
  gst_base_src_set_do_timestamp(GST_BASE_SRC(self), FALSE);
}

gboolean gst_realtime_text_src_register(GstPlugin* plugin) {
  return gst_element_register(plugin, "realtimetextsrc", GST_RANK_NONE, GST_TYPE_REALTIME_TEXT_SRC);
}

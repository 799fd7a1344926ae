#include "support/rendering_sink.h"

#include "audio/format.h"
#include "base/guarded.h"
#include "gst/gst_refs.h"

#include <gst/base/gstbasesink.h>

#include <algorithm>

namespace rt::test {
namespace {

struct Chunk {
  GstClockTime heard_at = 0; // running time of its first sample at the listener's ear
  std::vector<std::int16_t> samples;
};

struct Heard {
  std::vector<Chunk> chunks;
  GstClockTime until = 0, flushed_at = 0;
};

GstClockTime duration_of(std::uint64_t samples) {
  return audio::pcm16_24k.ns_of_samples(samples);
}

} // namespace
} // namespace rt::test

using namespace rt;
using namespace rt::test;

struct _RtRenderingSink {
  GstBaseSink parent;
  Guarded<Heard>* heard;
};

G_DECLARE_FINAL_TYPE(RtRenderingSink, rt_rendering_sink, RT, RENDERING_SINK, GstBaseSink)
G_DEFINE_TYPE(RtRenderingSink, rt_rendering_sink, GST_TYPE_BASE_SINK)

static GstStaticPadTemplate rendering_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("audio/x-raw,format=S16LE,rate=24000,channels=1"));

static GstFlowReturn rt_rendering_sink_render(GstBaseSink* sink, GstBuffer* buffer) {
  Chunk chunk;
  const GstClockTime start =
      gst_segment_to_running_time(&sink->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  chunk.heard_at = start + gst_base_sink_get_latency(sink);
  chunk.samples.resize(gst_buffer_get_size(buffer) / sizeof(std::int16_t));
  gst_buffer_extract(buffer, 0, chunk.samples.data(), chunk.samples.size() * sizeof(std::int16_t));
  auto heard = RT_RENDERING_SINK(sink)->heard->lock();
  heard->until = start + duration_of(chunk.samples.size());
  heard->chunks.push_back(std::move(chunk));
  return GST_FLOW_OK;
}

static gboolean rt_rendering_sink_event(GstBaseSink* sink, GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_START) {
    const auto clock = GRef<GstClock>::adopt(gst_element_get_clock(GST_ELEMENT(sink)));
    const GstClockTime now = gst_clock_get_time(clock.get()) - gst_element_get_base_time(GST_ELEMENT(sink));
    auto heard = RT_RENDERING_SINK(sink)->heard->lock();
    heard->flushed_at = now;
    for (Chunk& chunk : heard->chunks) {
      const GstClockTime time = now > chunk.heard_at ? now - chunk.heard_at : 0;
      const std::size_t samples = audio::pcm16_24k.samples_of_ns(time);
      if (samples < chunk.samples.size()) chunk.samples.resize(samples);
    }
  }
  return GST_BASE_SINK_CLASS(rt_rendering_sink_parent_class)->event(sink, event);
}

static void rt_rendering_sink_finalize(GObject* object) {
  delete RT_RENDERING_SINK(object)->heard;
  G_OBJECT_CLASS(rt_rendering_sink_parent_class)->finalize(object);
}

static void rt_rendering_sink_class_init(RtRenderingSinkClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = rt_rendering_sink_finalize;
  GST_BASE_SINK_CLASS(klass)->render = rt_rendering_sink_render;
  GST_BASE_SINK_CLASS(klass)->event = rt_rendering_sink_event;
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &rendering_template);
  gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Rendering sink", "Sink/Audio",
                                        "Knows what was heard", "The gst-realtime authors");
}

static void rt_rendering_sink_init(RtRenderingSink* self) {
  self->heard = new Guarded<Heard>();
  gst_base_sink_set_sync(GST_BASE_SINK(self), TRUE);
  gst_base_sink_set_processing_deadline(GST_BASE_SINK(self), rendering_latency);
}

namespace rt::test {

void register_rendering_sink() {
  gst_element_register(nullptr, "renderingsink", GST_RANK_NONE, rt_rendering_sink_get_type());
}

std::vector<std::int16_t> rendered_samples(GstElement* sink) {
  std::vector<std::int16_t> samples;
  const auto heard = RT_RENDERING_SINK(sink)->heard->lock();
  for (const Chunk& chunk : heard->chunks)
    samples.insert(samples.end(), chunk.samples.begin(), chunk.samples.end());
  return samples;
}

GstClockTime rendered_until(GstElement* sink) {
  return RT_RENDERING_SINK(sink)->heard->lock()->until;
}

GstClockTime flushed_at(GstElement* sink) {
  return RT_RENDERING_SINK(sink)->heard->lock()->flushed_at;
}

GstClockTime latency_of(GstElement* sink) {
  return gst_base_sink_get_latency(GST_BASE_SINK(sink));
}

} // namespace rt::test

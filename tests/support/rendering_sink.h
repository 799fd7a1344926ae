// "renderingsink": a stand-in for a sound card of 200 ms latency that knows what was heard. It asks for its
// latency as a device does, renders each sample at its time, and loses at a flush what it has not rendered.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <vector>

namespace rt::test {

inline constexpr GstClockTime rendering_latency = 200 * GST_MSECOND;

void register_rendering_sink();

// Of S16 mono at 24 kHz, all samples that were rendered, in order; of the frame at which a flush came, the
// samples whose time had come.
std::vector<std::int16_t> rendered_samples(GstElement* sink);
// End of the last frame that was rendered, running time of the stream (without the latency); 0: none.
GstClockTime rendered_until(GstElement* sink);
// Running time of the last flush; 0: none.
GstClockTime flushed_at(GstElement* sink);
// What the pipeline told the sink to add to every time.
GstClockTime latency_of(GstElement* sink);

} // namespace rt::test

// Wire formats as caps: the caps on either element choose what the server is asked for.
#pragma once

#include "audio/format.h"
#include "gst/gst_refs.h"

#include <optional>

namespace rt::gst {

// What both pads offer; the first is preferred.
#define RT_AUDIO_CAPS                                                                                        \
  "audio/x-raw, format=(string)S16LE, layout=(string)interleaved, rate=(int)24000, channels=(int)1; "        \
  "audio/x-mulaw, rate=(int)8000, channels=(int)1; "                                                         \
  "audio/x-alaw, rate=(int)8000, channels=(int)1"

std::optional<audio::Format> format_from_caps(const GstCaps* caps);

} // namespace rt::gst

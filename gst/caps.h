// Wire formats as caps: the caps on either element choose what the server is asked for.
#pragma once

#include "audio/format.h"
#include "gst/gst_refs.h"
#include "session/settings.h"

#include <optional>

namespace rt::gst {

// What both pads can be; the session's provider says which of it they are.
#define RT_AUDIO_CAPS                                                                                        \
  "audio/x-raw, format=(string)S16LE, layout=(string)interleaved, "                                          \
  "rate=(int){ 24000, 8000, 16000, 22050, 32000, 44100, 48000 }, channels=(int)1; "                          \
  "audio/x-mulaw, rate=(int)8000, channels=(int)1; "                                                         \
  "audio/x-alaw, rate=(int)8000, channels=(int)1"

std::optional<audio::Format> format_from_caps(const GstCaps* caps);

// The formats that the server of these settings takes (`input`) or sends, the preferred first.
GRef<GstCaps> wire_caps(const session::Settings& settings, bool input);
// The same, as far as `filter` allows; null allows all.
GstCaps* filtered(const GRef<GstCaps>& caps, GstCaps* filter);

} // namespace rt::gst

#include "gst/caps.h"

namespace rt::gst {

std::optional<audio::Format> format_from_caps(const GstCaps* caps) {
  if (!caps || gst_caps_is_empty(caps)) return std::nullopt;
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  audio::Format format;
  gint rate = 0;
  if (!gst_structure_get_int(structure, "rate", &rate) || rate <= 0) return std::nullopt;
  format.rate = static_cast<std::uint32_t>(rate);
  if (gst_structure_has_name(structure, "audio/x-mulaw"))
    format.encoding = audio::Encoding::g711_ulaw;
  else if (gst_structure_has_name(structure, "audio/x-alaw"))
    format.encoding = audio::Encoding::g711_alaw;
  else if (!gst_structure_has_name(structure, "audio/x-raw"))
    return std::nullopt;
  return format;
}

} // namespace rt::gst

#include "gst/caps.h"

#include "protocol/provider.h"

#include <span>

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

GRef<GstCaps> wire_caps(const session::Settings& settings, bool input) {
  const protocol::Provider& provider =
      protocol::provider_for_uri(settings.provider, settings.uri.value_or(""));
  const bool translation = settings.session_type == protocol::SessionType::translation;
  constexpr std::uint32_t translation_rate[] = {24000};
  std::span<const std::uint32_t> rates = input ? provider.input_rates : provider.output_rates;
  if (translation) rates = translation_rate;
  auto caps = GRef<GstCaps>::adopt(gst_caps_new_empty());
  // One structure each: in a list the order would say nothing.
  for (const std::uint32_t rate : rates)
    gst_caps_append_structure(caps.get(),
                              gst_structure_new("audio/x-raw", "format", G_TYPE_STRING, "S16LE", "layout",
                                                G_TYPE_STRING, "interleaved", "rate", G_TYPE_INT,
                                                static_cast<gint>(rate), "channels", G_TYPE_INT, 1, nullptr));
  if (provider.g711 && !translation)
    for (const char* name : {"audio/x-mulaw", "audio/x-alaw"})
      gst_caps_append_structure(
          caps.get(), gst_structure_new(name, "rate", G_TYPE_INT, 8000, "channels", G_TYPE_INT, 1, nullptr));
  return caps;
}

GstCaps* filtered(const GRef<GstCaps>& caps, GstCaps* filter) {
  if (!filter) return gst_caps_ref(caps.get());
  return gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST);
}

} // namespace rt::gst

// The enum properties' GTypes. Registered as plugin API in plugin.cpp, through mark_enums().
#pragma once

#include "gst/property_table.h"

namespace rt::gst {

enum class GapMode { silence, gap_event, none };
enum class TextTrack { output, input, both };

template<>
GType enum_type<session::TriState>();
template<>
GType enum_type<session::OutputModality>();
template<>
GType enum_type<session::TurnDetectionChoice>();
template<>
GType enum_type<session::NoiseReductionChoice>();
template<>
GType enum_type<session::McpApproval>();
template<>
GType enum_type<protocol::TurnDetection::Eagerness>();
template<>
GType enum_type<protocol::ProviderId>();
template<>
GType enum_type<protocol::SessionType>();
template<>
GType enum_type<GapMode>();
template<>
GType enum_type<TextTrack>();

// Lets gst-inspect and documentation tools see them.
void mark_enums();

} // namespace rt::gst

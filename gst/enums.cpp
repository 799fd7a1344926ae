#include "gst/enums.h"

#include <string>
#include <vector>

namespace rt::gst {
namespace {

// GEnumValue.value_name is the C constant's name by convention; ours has no C API, so it carries the
// description.
constexpr GEnumValue tri_state[] = {
    {0, "Leave it to the server", "auto"}, {1, "Yes", "true"}, {2, "No", "false"}, {}};
constexpr GEnumValue output_modality[] = {{0, "Audio with a realtimesrc, text without", "auto"},
                                          {1, "Speech with its transcript", "audio"},
                                          {2, "Text only", "text"},
                                          {}};
constexpr GEnumValue turn_detection[] = {{0, "Whatever the server does", "auto"},
                                         {1, "The server listens for silence", "server-vad"},
                                         {2, "The server judges by the words", "semantic-vad"},
                                         {3, "Push to talk: commit and create-response", "none"},
                                         {}};
constexpr GEnumValue noise_reduction[] = {{0, "Whatever the server does", "auto"},
                                          {1, "None", "none"},
                                          {2, "A microphone near the mouth", "near-field"},
                                          {3, "A microphone in the room", "far-field"},
                                          {}};
constexpr GEnumValue mcp_approval[] = {{0, "The application is asked: approve-mcp", "ask"},
                                       {1, "Every call is approved", "always"},
                                       {2, "Every call is refused", "never"},
                                       {}};
constexpr GEnumValue eagerness[] = {{0, "The server's choice", "auto"},
                                    {1, "Waits long", "low"},
                                    {2, "Waits", "medium"},
                                    {3, "Answers soon", "high"},
                                    {}};
constexpr GEnumValue session_type[] = {{0, "Spoken conversation", "conversation"},
                                       {1, "Writes down what is said", "transcription"},
                                       {2, "Says in another language what is said", "translation"},
                                       {}};
constexpr GEnumValue gap_mode[] = {
    {0, "Silence with the GAP flag", "silence"}, {1, "GAP events", "gap-event"}, {2, "Nothing", "none"}, {}};
constexpr GEnumValue text_track[] = {
    {0, "What the model says", "output"}, {1, "What the user says", "input"}, {2, "Both sides", "both"}, {}};

GType register_enum(const char* name, const GEnumValue* values) {
  return g_enum_register_static(name, values);
}

// The provider table is the protocol's; its rows live as long as the process.
GType register_providers() {
  static const std::vector<GEnumValue> values = [] {
    std::vector<GEnumValue> rows;
    for (const protocol::Provider& p : protocol::providers()) {
      const std::string untried = std::string(p.description) + " (untried)";
      rows.push_back(
          {static_cast<gint>(p.id), p.verified ? p.description : g_intern_string(untried.c_str()), p.name});
    }
    rows.push_back({});
    return rows;
  }();
  return register_enum("GstRealtimeProvider", values.data());
}

} // namespace

template<>
GType enum_type<session::TriState>() {
  static const GType type = register_enum("GstRealtimeTriState", tri_state);
  return type;
}
template<>
GType enum_type<session::OutputModality>() {
  static const GType type = register_enum("GstRealtimeOutputModality", output_modality);
  return type;
}
template<>
GType enum_type<session::TurnDetectionChoice>() {
  static const GType type = register_enum("GstRealtimeTurnDetection", turn_detection);
  return type;
}
template<>
GType enum_type<session::NoiseReductionChoice>() {
  static const GType type = register_enum("GstRealtimeNoiseReduction", noise_reduction);
  return type;
}
template<>
GType enum_type<session::McpApproval>() {
  static const GType type = register_enum("GstRealtimeMcpApproval", mcp_approval);
  return type;
}
template<>
GType enum_type<protocol::TurnDetection::Eagerness>() {
  static const GType type = register_enum("GstRealtimeEagerness", eagerness);
  return type;
}
template<>
GType enum_type<protocol::ProviderId>() {
  static const GType type = register_providers();
  return type;
}
template<>
GType enum_type<protocol::SessionType>() {
  static const GType type = register_enum("GstRealtimeSessionType", session_type);
  return type;
}
template<>
GType enum_type<GapMode>() {
  static const GType type = register_enum("GstRealtimeGapMode", gap_mode);
  return type;
}
template<>
GType enum_type<TextTrack>() {
  static const GType type = register_enum("GstRealtimeTextTrack", text_track);
  return type;
}

void mark_enums() {
  const GType types[] = {enum_type<session::TriState>(),
                         enum_type<session::OutputModality>(),
                         enum_type<session::TurnDetectionChoice>(),
                         enum_type<session::NoiseReductionChoice>(),
                         enum_type<session::McpApproval>(),
                         enum_type<protocol::TurnDetection::Eagerness>(),
                         enum_type<protocol::ProviderId>(),
                         enum_type<protocol::SessionType>(),
                         enum_type<GapMode>(),
                         enum_type<TextTrack>()};
  for (const GType type : types)
    gst_type_mark_as_plugin_api(type, static_cast<GstPluginAPIFlags>(0));
}

} // namespace rt::gst

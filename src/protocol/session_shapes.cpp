// What a client may ask of a session.
#include "protocol/object_shapes.h"

namespace rt::protocol::shapes {

namespace {

// ---- what both dialects share ----

constexpr std::string_view eagerness_words[] = {"low", "medium", "high", "auto"};
constexpr std::string_view reduction_words[] = {"near_field", "far_field"};
constexpr std::string_view effort_words[] = {"minimal", "low", "medium", "high", "xhigh"};

constexpr Member function_tool_members[] = {{"type", accepts_string, true},
                                            {"name", accepts_string, true},
                                            {"description", nullable_string},
                                            {"parameters", accepts_object}};
constexpr Shape function_tool{.members = function_tool_members};
constexpr Member mcp_members[] = {{"type"}, {"server_label", accepts_string, true}};
constexpr Shape mcp{.members = mcp_members, .open = true};
constexpr Variant ga_tool_variants[] = {{"function", &function_tool}, {"mcp", &mcp}};
constexpr Variant beta_tool_variants[] = {{"function", &function_tool}};

constexpr Member named_members[] = {{"type", accepts_string, true}, {"name", accepts_string, true}};
constexpr Shape named_function{.members = named_members};
constexpr Variant choice_variants[] = {{"function", &named_function}, {"mcp", &mcp}};

constexpr Member noise_reduction_members[] = {
    {.name = "type", .required = true, .words = reduction_words},
    {.name = "strength", .accepts = accepts_number | accepts_null, .min = 0, .max = 1}};
constexpr Shape noise_reduction{.members = noise_reduction_members};

constexpr Member ga_server_vad_members[] = {
    {"type"},
    {.name = "threshold", .accepts = accepts_number, .min = 0, .max = 1},
    {.name = "prefix_padding_ms", .accepts = accepts_integer, .min = 0, .max = any_count},
    {.name = "silence_duration_ms", .accepts = accepts_integer, .min = 0, .max = any_count},
    {"create_response", accepts_boolean},
    {"interrupt_response", accepts_boolean},
    {.name = "idle_timeout_ms", .accepts = accepts_integer | accepts_null, .min = 5000, .max = 30000}};
constexpr Shape ga_server_vad{.members = ga_server_vad_members};
// Beta has no idle timeout, which is the last.
constexpr Shape beta_server_vad{.members = std::span(ga_server_vad_members).first(6)};
constexpr Member semantic_vad_members[] = {{"type"},
                                           {.name = "eagerness", .words = eagerness_words},
                                           {"create_response", accepts_boolean},
                                           {"interrupt_response", accepts_boolean}};
constexpr Shape semantic_vad{.members = semantic_vad_members};
constexpr Variant ga_turn_variants[] = {{"server_vad", &ga_server_vad}, {"semantic_vad", &semantic_vad}};
constexpr Shape ga_turn_detection{.tag = "type", .variants = ga_turn_variants};
constexpr Variant beta_turn_variants[] = {{"server_vad", &beta_server_vad}, {"semantic_vad", &semantic_vad}};
constexpr Shape beta_turn_detection{.tag = "type", .variants = beta_turn_variants};

// ---- session: GA ----

constexpr Member pcm_members[] = {{"type"},
                                  {.name = "rate", .accepts = accepts_integer, .min = 24000, .max = 24000}};
constexpr Shape pcm{.members = pcm_members};
constexpr Shape g711{.members = std::span(pcm_members).first(1)};
constexpr Variant format_variants[] = {{"audio/pcm", &pcm}, {"audio/pcmu", &g711}, {"audio/pcma", &g711}};
constexpr Shape ga_format{.tag = "type", .variants = format_variants};

constexpr Member ga_transcription_members[] = {
    {"model"},
    {"language", nullable_string},
    {"prompt", nullable_string},
    {.name = "languages", .accepts = accepts_array, .elements = accepts_string},
    {.name = "keywords", .accepts = accepts_array, .elements = accepts_string},
    {.name = "delay", .words = effort_words}};
constexpr Shape ga_transcription{.members = ga_transcription_members};

constexpr Member ga_input_members[] = {
    {.name = "format", .accepts = accepts_object, .object = &ga_format},
    {.name = "transcription", .accepts = nullable_object, .object = &ga_transcription},
    {.name = "noise_reduction", .accepts = nullable_object, .object = &noise_reduction},
    {.name = "turn_detection", .accepts = nullable_object, .object = &ga_turn_detection}};
constexpr Shape ga_input{.members = ga_input_members};
constexpr Member custom_voice_members[] = {{"id", accepts_string, true}};
constexpr Shape custom_voice{.members = custom_voice_members};
constexpr Member ga_output_members[] = {
    {.name = "format", .accepts = accepts_object, .object = &ga_format},
    {.name = "voice", .accepts = accepts_string | accepts_object, .object = &custom_voice},
    {.name = "speed", .accepts = accepts_number, .min = 0.25, .max = 1.5}};
constexpr Shape ga_output{.members = ga_output_members};
constexpr Member ga_audio_members[] = {{.name = "input", .accepts = accepts_object, .object = &ga_input},
                                       {.name = "output", .accepts = accepts_object, .object = &ga_output}};
constexpr Shape ga_audio{.members = ga_audio_members};
constexpr Shape ga_ear_only{.members = std::span(ga_audio_members).first(1)};

constexpr Member reasoning_members[] = {{.name = "effort", .words = effort_words}};

constexpr Member ga_session_members[] = {
    {"type"},
    {"model"},
    modality_list("output_modalities"),
    {"instructions"},
    {.name = "audio", .accepts = accepts_object, .object = &ga_audio},
    {.name = "include", .accepts = accepts_array | accepts_null, .elements = accepts_string},
    {"tracing", accepts_string | nullable_object},
    {.name = "tools", .accepts = accepts_array, .object = &ga_tool},
    {.name = "tool_choice",
     .accepts = accepts_string | accepts_object,
     .words = choice_words,
     .object = &tool_choice},
    {"parallel_tool_calls", accepts_boolean},
    {.name = "reasoning", .accepts = accepts_object, .object = &reasoning},
    token_limit("max_output_tokens"),
    {"truncation", accepts_string | accepts_object},
    {"prompt", nullable_object}};
constexpr Shape ga_session{.members = ga_session_members};
constexpr Member ga_transcription_session_members[] = {
    {"type"},
    {.name = "audio", .accepts = accepts_object, .object = &ga_ear_only},
    {.name = "include", .accepts = accepts_array | accepts_null, .elements = accepts_string}};
constexpr Shape ga_transcription_session{.members = ga_transcription_session_members};
constexpr Variant ga_session_variants[] = {{"realtime", &ga_session},
                                           {"transcription", &ga_transcription_session}};

// ---- session: beta ----

constexpr Shape beta_transcription{.members = std::span(ga_transcription_members).first(3)};
constexpr Member beta_ear_members[] = {
    modality_list("modalities"),
    {.name = "input_audio_format", .words = beta_format_words},
    {.name = "input_audio_transcription", .accepts = nullable_object, .object = &beta_transcription},
    {.name = "input_audio_noise_reduction", .accepts = nullable_object, .object = &noise_reduction},
    {.name = "turn_detection", .accepts = nullable_object, .object = &beta_turn_detection},
    {.name = "include", .accepts = accepts_array | accepts_null, .elements = accepts_string},
    {"client_secret", nullable_object}};
constexpr Member beta_session_members[] = {
    beta_ear_members[0],
    beta_ear_members[1],
    beta_ear_members[2],
    beta_ear_members[3],
    beta_ear_members[4],
    beta_ear_members[5],
    beta_ear_members[6],
    {"model"},
    {"instructions"},
    {"voice"},
    {.name = "speed", .accepts = accepts_number, .min = 0.25, .max = 1.5},
    {.name = "output_audio_format", .words = beta_format_words},
    {.name = "tools", .accepts = accepts_array, .object = &beta_tool},
    {.name = "tool_choice", .accepts = accepts_string | accepts_object, .object = &tool_choice},
    {.name = "temperature", .accepts = accepts_number, .min = 0, .max = 2},
    token_limit("max_response_output_tokens"),
    {"tracing", accepts_string | nullable_object},
    {"prompt", nullable_object}};
// ---- session: translation ----

constexpr Member heard_members[] = {{"model", accepts_string, true}};
constexpr Shape heard{.members = heard_members};
constexpr Member translation_input_members[] = {
    {.name = "transcription", .accepts = nullable_object, .object = &heard},
    {.name = "noise_reduction", .accepts = nullable_object, .object = &noise_reduction}};
constexpr Shape translation_input{.members = translation_input_members};
constexpr Member translation_output_members[] = {{"language"}};
constexpr Shape translation_output{.members = translation_output_members};
constexpr Member translation_audio_members[] = {
    {.name = "input", .accepts = accepts_object, .object = &translation_input},
    {.name = "output", .accepts = accepts_object, .object = &translation_output}};
constexpr Shape translation_audio{.members = translation_audio_members};
constexpr Member translation_members[] = {
    {.name = "audio", .accepts = accepts_object, .object = &translation_audio}};

// ---- session: hybrid ----

// What else its servers take is not written down anywhere.
constexpr Member any_pcm_members[] = {
    {"type"}, {.name = "rate", .accepts = accepts_integer, .min = 8000, .max = 48000}};
constexpr Shape any_pcm{.members = any_pcm_members};
constexpr Variant any_format_variants[] = {
    {"audio/pcm", &any_pcm}, {"audio/pcmu", &any_pcm}, {"audio/pcma", &any_pcm}};
constexpr Shape any_format{.tag = "type", .variants = any_format_variants};
constexpr Member hybrid_input_members[] = {
    {.name = "format", .accepts = accepts_object, .object = &any_format},
    {.name = "transcription", .accepts = nullable_object, .object = &ga_transcription}};
constexpr Shape hybrid_input{.members = hybrid_input_members, .open = true};
constexpr Member hybrid_output_members[] = {
    {.name = "format", .accepts = accepts_object, .object = &any_format}};
constexpr Shape hybrid_output{.members = hybrid_output_members, .open = true};
constexpr Member hybrid_audio_members[] = {
    {.name = "input", .accepts = accepts_object, .object = &hybrid_input},
    {.name = "output", .accepts = accepts_object, .object = &hybrid_output}};
constexpr Shape hybrid_audio{.members = hybrid_audio_members};
constexpr Member hybrid_members[] = {{"instructions"},
                                     {"voice"},
                                     {"turn_detection", nullable_object},
                                     {.name = "audio", .accepts = accepts_object, .object = &hybrid_audio},
                                     {.name = "tools", .accepts = accepts_array},
                                     {"tool_choice", accepts_string | accepts_object}};

} // namespace

const Shape hybrid_session{.members = hybrid_members, .open = true};
const Shape ga_tool{.tag = "type", .variants = ga_tool_variants};
const Shape beta_tool{.tag = "type", .variants = beta_tool_variants};
const Shape tool_choice{.tag = "type", .variants = choice_variants};
const Shape reasoning{.members = reasoning_members};
const Shape ga_mouth_only{.members = std::span(ga_audio_members).last(1)};
const Shape ga_any_session{.tag = "type", .variants = ga_session_variants};
const Shape beta_session{.members = beta_session_members};
const Shape beta_transcription_session{.members = beta_ear_members};
const Shape translation_session{.members = translation_members};

} // namespace rt::protocol::shapes

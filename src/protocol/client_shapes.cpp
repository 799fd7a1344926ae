#include "protocol/client_shapes.h"

#include "protocol/names.h"

namespace rt::protocol {

namespace {

constexpr unsigned nullable_object = accepts_object | accepts_null;
constexpr unsigned nullable_string = accepts_string | accepts_null;
constexpr double any_count = 4294967295.0;
constexpr double any_milliseconds = 9007199254740992.0;

// ---- what both dialects share ----

constexpr std::string_view modality_words[] = {"audio", "text"};
constexpr std::string_view eagerness_words[] = {"low", "medium", "high", "auto"};
constexpr std::string_view status_words[] = {"in_progress", "completed", "incomplete"};
constexpr std::string_view choice_words[] = {"auto", "none", "required"};
constexpr std::string_view endless_word[] = {"inf"};
constexpr std::string_view reduction_words[] = {"near_field", "far_field"};
constexpr std::string_view effort_words[] = {"minimal", "low", "medium", "high", "xhigh"};
constexpr std::string_view detail_words[] = {"auto", "low", "high"};
constexpr std::string_view object_words[] = {"realtime.item"};

constexpr Shape open_shape{.open = true};

constexpr Member token_limit(std::string_view name) {
  return {.name = name,
          .accepts = accepts_integer | accepts_string,
          .words = endless_word,
          .min = 1,
          .max = 4096};
}
constexpr Member modality_list(std::string_view name) {
  return {.name = name, .accepts = accepts_array, .words = modality_words, .elements = accepts_string};
}

constexpr Member function_tool_members[] = {{"type", accepts_string, true},
                                            {"name", accepts_string, true},
                                            {"description", nullable_string},
                                            {"parameters", accepts_object}};
constexpr Shape function_tool{.members = function_tool_members};
constexpr Variant ga_tool_variants[] = {{"function", &function_tool}, {"mcp", &open_shape}};
constexpr Shape ga_tool{.tag = "type", .variants = ga_tool_variants};
constexpr Variant beta_tool_variants[] = {{"function", &function_tool}};
constexpr Shape beta_tool{.tag = "type", .variants = beta_tool_variants};

constexpr Member named_members[] = {{"type", accepts_string, true}, {"name", accepts_string, true}};
constexpr Shape named_function{.members = named_members};
constexpr Variant choice_variants[] = {{"function", &named_function}, {"mcp", &open_shape}};
constexpr Shape tool_choice{.tag = "type", .variants = choice_variants};

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
constexpr Shape ga_mouth_only{.members = std::span(ga_audio_members).last(1)};

constexpr Member reasoning_members[] = {{.name = "effort", .words = effort_words}};
constexpr Shape reasoning{.members = reasoning_members};

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
constexpr Shape ga_any_session{.tag = "type", .variants = ga_session_variants};

// ---- session: beta ----

constexpr std::string_view beta_format_words[] = {"pcm16", "g711_ulaw", "g711_alaw"};
constexpr Shape beta_transcription{.members = std::span(ga_transcription_members).first(3)};
constexpr Member beta_ear_members[] = {
    modality_list("modalities"),
    {.name = "input_audio_format", .words = beta_format_words},
    {.name = "input_audio_transcription", .accepts = nullable_object, .object = &beta_transcription},
    {.name = "input_audio_noise_reduction", .accepts = nullable_object, .object = &noise_reduction},
    {.name = "turn_detection", .accepts = nullable_object, .object = &beta_turn_detection},
    {.name = "include", .accepts = accepts_array | accepts_null, .elements = accepts_string},
    {"client_secret", nullable_object}};
constexpr Shape beta_transcription_session{.members = beta_ear_members};
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
constexpr Shape beta_session{.members = beta_session_members};

// ---- items: they differ in what an assistant's parts are called ----

struct PartShape {
  Member members[6];
  constexpr explicit PartShape(std::span<const std::string_view> words)
      : members{{.name = "type", .required = true, .words = words},
                {"text"},
                {"audio"},
                {"transcript", nullable_string},
                {"image_url"},
                {.name = "detail", .words = detail_words}} {}
};
constexpr std::string_view user_parts[] = {"input_text", "input_audio", "input_image"};
constexpr std::string_view system_parts[] = {"input_text"};
constexpr std::string_view ga_parts[] = {"output_text", "output_audio"};
constexpr std::string_view beta_parts[] = {"text", "audio"};
constexpr std::string_view any_parts[] = {"output_text", "output_audio", "text", "audio"};
constexpr PartShape user_part_members(user_parts), system_part_members(system_parts),
    ga_part_members(ga_parts), beta_part_members(beta_parts), any_part_members(any_parts);
constexpr Shape user_part{.members = user_part_members.members},
    system_part{.members = system_part_members.members}, ga_part{.members = ga_part_members.members},
    beta_part{.members = beta_part_members.members}, any_part{.members = any_part_members.members};

struct MessageShape {
  Member members[6];
  constexpr explicit MessageShape(const Shape* part)
      : members{{"id"},
                {"type"},
                {.name = "object", .words = object_words},
                {.name = "status", .words = status_words},
                {"role"},
                {.name = "content", .accepts = accepts_array, .required = true, .object = part}} {}
};
constexpr MessageShape user_message_members(&user_part), system_message_members(&system_part),
    ga_message_members(&ga_part), beta_message_members(&beta_part), any_message_members(&any_part);
constexpr Shape user_message{.members = user_message_members.members},
    system_message{.members = system_message_members.members},
    ga_message{.members = ga_message_members.members}, beta_message{.members = beta_message_members.members},
    any_message{.members = any_message_members.members};

constexpr Member call_members[] = {{"id"},
                                   {"type"},
                                   {.name = "object", .words = object_words},
                                   {.name = "status", .words = status_words},
                                   {"call_id"},
                                   {"name", accepts_string, true},
                                   {"arguments", accepts_string, true}};
constexpr Shape function_call{.members = call_members};
constexpr Member call_output_members[] = {{"id"},
                                          {"type"},
                                          {.name = "object", .words = object_words},
                                          {.name = "status", .words = status_words},
                                          {"call_id", accepts_string, true},
                                          {"output", accepts_string, true}};
constexpr Shape function_call_output{.members = call_output_members};
constexpr Member reference_members[] = {{"type"}, {"id", accepts_string, true}};
constexpr Shape item_reference{.members = reference_members};

bool is_mcp_item(std::string_view type) {
  return type.starts_with("mcp_");
}

struct ItemShape {
  Variant roles[3];
  Shape message;
  Variant types[4];
  Shape item;           // of conversation.item.create
  Shape response_input; // of response.create, where references are allowed
  constexpr ItemShape(const Shape* assistant, bool (*others)(std::string_view))
      : roles{{"user", &user_message}, {"system", &system_message}, {"assistant", assistant}},
        message{.tag = "role", .variants = roles}, types{{"message", &message},
                                                         {"function_call", &function_call},
                                                         {"function_call_output", &function_call_output},
                                                         {"item_reference", &item_reference}},
        item{.tag = "type", .variants = std::span(types).first(3), .other_tags = others},
        response_input{.tag = "type", .variants = types, .other_tags = others} {}
  ItemShape(const ItemShape&) = delete; // it points into itself
};
constexpr ItemShape ga_items(&ga_message, is_mcp_item), beta_items(&beta_message, nullptr),
    any_items(&any_message, is_mcp_item);

// ---- response.create ----

constexpr Member metadata_rule{.name = "metadata", .accepts = nullable_object};
constexpr Member ga_response_members[] = {
    modality_list("output_modalities"),
    {"instructions"},
    {.name = "audio", .accepts = accepts_object, .object = &ga_mouth_only},
    {.name = "tools", .accepts = accepts_array, .object = &ga_tool},
    {.name = "tool_choice",
     .accepts = accepts_string | accepts_object,
     .words = choice_words,
     .object = &tool_choice},
    {"parallel_tool_calls", accepts_boolean},
    {.name = "reasoning", .accepts = accepts_object, .object = &reasoning},
    token_limit("max_output_tokens"),
    {"conversation"},
    metadata_rule,
    {"prompt", nullable_object},
    {.name = "input", .accepts = accepts_array, .object = &ga_items.response_input}};
constexpr Shape ga_response{.members = ga_response_members};
constexpr Member beta_response_members[] = {
    modality_list("modalities"),
    {"instructions"},
    {"voice"},
    {.name = "output_audio_format", .words = beta_format_words},
    {.name = "tools", .accepts = accepts_array, .object = &beta_tool},
    {.name = "tool_choice", .accepts = accepts_string | accepts_object, .object = &tool_choice},
    {.name = "temperature", .accepts = accepts_number, .min = 0, .max = 2},
    token_limit("max_response_output_tokens"),
    token_limit("max_output_tokens"),
    {"conversation"},
    metadata_rule,
    {.name = "input", .accepts = accepts_array, .object = &beta_items.response_input}};
constexpr Shape beta_response{.members = beta_response_members};
constexpr Member user_response_members[] = {
    ga_response_members[0],
    ga_response_members[1],
    ga_response_members[2],
    ga_response_members[3],
    ga_response_members[4],
    ga_response_members[5],
    ga_response_members[6],
    ga_response_members[7],
    ga_response_members[8],
    ga_response_members[9],
    ga_response_members[10],
    beta_response_members[0],
    beta_response_members[2],
    beta_response_members[3],
    beta_response_members[6],
    beta_response_members[7],
    {.name = "input", .accepts = accepts_array, .object = &any_items.response_input}};
constexpr Shape user_response{.members = user_response_members, .open = true};

// ---- events ----

constexpr Member event_id_rule{.name = "event_id", .accepts = nullable_string, .max_size = 512};

constexpr Member bare_members[] = {{"type"}, event_id_rule};
constexpr Shape bare{.members = bare_members};
constexpr Member append_members[] = {{"type"}, event_id_rule, {"audio", accepts_string, true}};
constexpr Shape append{.members = append_members};
constexpr Member item_id_members[] = {{"type"}, event_id_rule, {"item_id", accepts_string, true}};
constexpr Shape item_id{.members = item_id_members};
constexpr Member truncate_members[] = {
    {"type"},
    event_id_rule,
    {"item_id", accepts_string, true},
    {.name = "content_index", .accepts = accepts_integer, .required = true, .min = 0, .max = any_count},
    {.name = "audio_end_ms",
     .accepts = accepts_integer,
     .required = true,
     .min = 0,
     .max = any_milliseconds}};
constexpr Shape truncate{.members = truncate_members};
constexpr Member cancel_members[] = {{"type"}, event_id_rule, {"response_id", nullable_string}};
constexpr Shape cancel{.members = cancel_members};

struct WithObject {
  Member members[4];
  constexpr WithObject(std::string_view name, const Shape* shape, bool required)
      : members{{"type"},
                event_id_rule,
                {.name = name, .accepts = accepts_object, .required = required, .object = shape},
                {"previous_item_id", nullable_string}} {}
  // previous_item_id is for conversation.item.create only.
  constexpr Shape without_previous() const { return {.members = std::span(members).first(3)}; }
};
constexpr WithObject ga_update_members("session", &ga_any_session, true),
    beta_update_members("session", &beta_session, true),
    beta_transcription_members("session", &beta_transcription_session, true),
    ga_create_members("item", &ga_items.item, true), beta_create_members("item", &beta_items.item, true),
    ga_response_create_members("response", &ga_response, false),
    beta_response_create_members("response", &beta_response, false);
constexpr Shape ga_update = ga_update_members.without_previous(),
                beta_update = beta_update_members.without_previous(),
                beta_transcription_update_shape = beta_transcription_members.without_previous(),
                ga_create{.members = ga_create_members.members},
                beta_create{.members = beta_create_members.members},
                ga_response_create = ga_response_create_members.without_previous(),
                beta_response_create = beta_response_create_members.without_previous();

struct EventShapes {
  const Shape *ga, *beta;
};
// In the order of client_event_names.
constexpr EventShapes event_shapes[] = {{&ga_update, &beta_update},
                                        {&append, &append},
                                        {&bare, &bare},
                                        {&bare, &bare},
                                        {&ga_create, &beta_create},
                                        {&item_id, &item_id},
                                        {&item_id, &item_id},
                                        {&truncate, &truncate},
                                        {&ga_response_create, &beta_response_create},
                                        {&cancel, &cancel}};
static_assert(std::size(event_shapes) == std::size(client_event_names));

} // namespace

const Shape* client_event_shape(Dialect dialect, std::string_view type) {
  if (dialect == Dialect::beta && type == beta_transcription_update) return &beta_transcription_update_shape;
  const auto found = std::ranges::find(client_event_names, type);
  if (found == std::end(client_event_names)) return nullptr;
  const EventShapes& row = event_shapes[found - std::begin(client_event_names)];
  return dialect == Dialect::ga ? row.ga : row.beta;
}

const Shape& user_item_shape() {
  return any_items.item;
}

const Shape& user_response_shape() {
  return user_response;
}

} // namespace rt::protocol

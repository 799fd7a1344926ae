// What a client may put into a conversation, and ask of an answer.
#include "protocol/object_shapes.h"

namespace rt::protocol::shapes {

namespace {

// ---- items: they differ in what an assistant's parts are called ----

constexpr std::string_view status_words[] = {"in_progress", "completed", "incomplete"};
constexpr std::string_view detail_words[] = {"auto", "low", "high"};
constexpr std::string_view object_words[] = {"realtime.item"};

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

// Beta has no tools but functions.
constexpr Member mcp_list_members[] = {
    {"id"}, {"type"}, {"server_label", accepts_string, true}, {"tools", accepts_array, true}};
constexpr Shape mcp_list_tools{.members = mcp_list_members};
constexpr Member mcp_call_members[] = {{"id", accepts_string, true},
                                       {"type"},
                                       {"server_label", accepts_string, true},
                                       {"name", accepts_string, true},
                                       {"arguments", accepts_string, true},
                                       {"approval_request_id", nullable_string},
                                       {"output", nullable_string},
                                       {"error", nullable_object}};
constexpr Shape mcp_call{.members = mcp_call_members};
constexpr Shape mcp_approval_request{.members = std::span(mcp_call_members).first(5)};
constexpr Member mcp_approval_members[] = {{"id", accepts_string, true},
                                           {"type"},
                                           {"approval_request_id", accepts_string, true},
                                           {"approve", accepts_boolean, true},
                                           {"reason", nullable_string}};
constexpr Shape mcp_approval_response{.members = mcp_approval_members};

struct ItemVariants {
  Variant roles[3];
  Shape message;
  Variant types[8];
  Shape item, response_input;
  constexpr ItemVariants(const Shape* assistant, bool with_mcp)
      : roles{{"user", &user_message}, {"system", &system_message}, {"assistant", assistant}},
        message{.tag = "role", .variants = roles}, types{{"message", &message},
                                                         {"function_call", &function_call},
                                                         {"function_call_output", &function_call_output},
                                                         {"mcp_list_tools", &mcp_list_tools},
                                                         {"mcp_call", &mcp_call},
                                                         {"mcp_approval_request", &mcp_approval_request},
                                                         {"mcp_approval_response", &mcp_approval_response},
                                                         {"item_reference", &item_reference}},
        item{.tag = "type", .variants = std::span(types).first(with_mcp ? 7 : 3)}, response_input{
                                                                                       .tag = "type",
                                                                                       .variants = types} {
    if (!with_mcp) {
      types[3] = types[7];
      response_input.variants = std::span(types).first(4);
    }
  }
  ItemVariants(const ItemVariants&) = delete; // it points into itself
};
constexpr ItemVariants ga(&ga_message, true), beta(&beta_message, false), any(&any_message, true);

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
    {.name = "input", .accepts = accepts_array, .object = &ga.response_input}};
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
    {.name = "input", .accepts = accepts_array, .object = &beta.response_input}};
constexpr Member hybrid_response_members[] = {
    modality_list("modalities"),
    {"instructions"},
    {"conversation"},
    metadata_rule,
    {.name = "input", .accepts = accepts_array, .object = &beta.response_input}};
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
    {.name = "input", .accepts = accepts_array, .object = &any.response_input}};

} // namespace

const Shape ga_item = ga.item, beta_item = beta.item, any_item = any.item;
const Shape ga_response{.members = ga_response_members};
const Shape beta_response{.members = beta_response_members};
const Shape hybrid_response{.members = hybrid_response_members, .open = true};
const Shape user_response{.members = user_response_members, .open = true};

} // namespace rt::protocol::shapes

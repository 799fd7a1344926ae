#include "protocol/client_shapes.h"

#include "protocol/event_names.h"
#include "protocol/object_shapes.h"

#include <algorithm>

namespace rt::protocol {

namespace {

using namespace shapes;

constexpr double any_milliseconds = 9007199254740992.0;

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
    ga_create_members("item", &ga_item, true), beta_create_members("item", &beta_item, true),
    translation_update_members("session", &translation_session, true),
    hybrid_update_members("session", &hybrid_session, true),
    hybrid_response_create_members("response", &hybrid_response, false),
    ga_response_create_members("response", &ga_response, false),
    beta_response_create_members("response", &beta_response, false);
constexpr Shape ga_update = ga_update_members.without_previous(),
                beta_update = beta_update_members.without_previous(),
                beta_transcription_update_shape = beta_transcription_members.without_previous(),
                translation_update = translation_update_members.without_previous(),
                hybrid_update = hybrid_update_members.without_previous(),
                hybrid_response_create = hybrid_response_create_members.without_previous(),
                ga_create{.members = ga_create_members.members},
                beta_create{.members = beta_create_members.members},
                ga_response_create = ga_response_create_members.without_previous(),
                beta_response_create = beta_response_create_members.without_previous();

// Whether a dialect has an event at all stands in client_event_names.
struct EventShapes {
  const Shape *ga, *beta, *translation, *hybrid;
  const Shape* in(Dialect dialect) const {
    switch (dialect) {
    case Dialect::ga:
      return ga;
    case Dialect::beta:
      return beta;
    case Dialect::translation:
      return translation;
    case Dialect::hybrid:
      return hybrid;
    }
    return nullptr;
  }
};
constexpr EventShapes same(const Shape* shape) {
  return {shape, shape, nullptr, shape};
}
// In the order of client_event_names.
constexpr EventShapes event_shapes[] = {
    {&ga_update, &beta_update, &translation_update, &hybrid_update},
    {&append, &append, &append, &append},
    same(&bare),
    same(&bare),
    {&ga_create, &beta_create, nullptr, &beta_create},
    same(&item_id),
    same(&item_id),
    same(&truncate),
    {&ga_response_create, &beta_response_create, nullptr, &hybrid_response_create},
    same(&cancel),
    same(&bare),
    {nullptr, nullptr, &bare, nullptr}};
static_assert(std::size(event_shapes) == std::size(client_event_names));

} // namespace

const Shape* client_event_shape(Dialect dialect, std::string_view type) {
  if (dialect == Dialect::beta && type == beta_transcription_update) return &beta_transcription_update_shape;
  const auto found = std::ranges::find_if(
      client_event_names, [&](const EventName& row) { return !type.empty() && row.in(dialect) == type; });
  if (found == std::end(client_event_names)) return nullptr;
  return event_shapes[found - std::begin(client_event_names)].in(dialect);
}

const Shape& user_item_shape() {
  return any_item;
}

const Shape& user_response_shape() {
  return user_response;
}

} // namespace rt::protocol

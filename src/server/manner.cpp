#include "server/manner.h"

#include <algorithm>

namespace rt::server {

using namespace protocol;

namespace {

bool is_spoken(const Item& item) {
  return std::ranges::any_of(
      item.content, [](const ContentPart& part) { return part.type == ContentPart::Type::input_audio; });
}

bool comes(const Manner& manner, const ServerEvent& event) {
  if (std::holds_alternative<ConversationCreated>(event.body)) return manner.tells_conversation;
  if (std::holds_alternative<RateLimits>(event.body)) return manner.tells_limits;
  const auto* done = std::get_if<ItemDone>(&event.body);
  if (!done || manner.done_items == Manner::DoneItems::all) return true;
  return manner.done_items == Manner::DoneItems::spoken && is_spoken(done->item);
}

// Beta has no such event: it looks like the one by which the item was added.
std::string done_in_beta(const Codec& codec, const ServerEvent& event) {
  const auto& done = std::get<ItemDone>(event.body);
  auto json = read_json(codec.encode({event.event_id, ItemAdded{done.item, done.previous_item_id}}));
  json->set("type", "conversation.item.done");
  return to_text(*json);
}

} // namespace

const Manner* manner_of(std::string_view name) {
  const auto found = std::ranges::find_if(manners(), [&](const Manner& row) { return row.name == name; });
  return found == manners().end() ? nullptr : &*found;
}

std::string manner_names() {
  std::string names;
  for (const auto& row : manners())
    names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

std::string understood(const Manner& manner, std::string_view text) {
  auto json = manner.received.empty() ? std::nullopt : read_json(text);
  if (!json) return std::string(text);
  edit(*json, manner.received);
  return to_text(*json);
}

std::string written(const Manner& manner, const Codec& codec, const ServerEvent& event) {
  if (!comes(manner, event)) return {};
  auto text = codec.encode(event);
  if (text.empty() && manner.done_items == Manner::DoneItems::spoken &&
      std::holds_alternative<ItemDone>(event.body))
    text = done_in_beta(codec, event);
  if (text.empty() || manner.sent.empty()) return text;
  auto json = read_json(text);
  edit(*json, manner.sent);
  return to_text(*json);
}

} // namespace rt::server

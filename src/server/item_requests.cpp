#include "server/item_requests.h"

#include "audio/base64.h"

#include <algorithm>

namespace rt::server {

using namespace protocol;

namespace {

// Decoded input_audio of a message; absent when it is no base64.
std::optional<std::vector<std::uint8_t>> audio_of(const Item& item) {
  std::vector<std::uint8_t> bytes;
  for (const auto& part : item.content) {
    if (!part.audio) continue;
    const auto start = bytes.size();
    bytes.resize(start + audio::base64_decoded_bound(part.audio->size()));
    const auto size = audio::base64_decode(*part.audio, bytes.data() + start);
    if (!size) return std::nullopt;
    bytes.resize(start + *size);
  }
  return bytes;
}

bool has_part(const Item& item, ContentPart::Type type) {
  return std::any_of(item.content.begin(), item.content.end(),
                     [&](const auto& part) { return part.type == type; });
}

} // namespace

std::optional<Refusal> ItemRequests::check(const ItemCreate& event) const {
  const auto& item = event.item;
  if (!item.id.empty() && context_.items.find(item.id)) {
    return Refusal{"item_create_duplicate_item_id",
                   "Error creating item: item '" + item.id + "' already exists.", "item.id"};
  }
  const auto& previous = event.previous_item_id;
  if (previous && *previous != "root" && !context_.items.find(*previous)) {
    return Refusal{"item_create_invalid_previous_item_id",
                   "Error creating item: previous_item_id '" + *previous + "' not found.",
                   "previous_item_id"};
  }
  if (item.type == Item::Type::message && item.role == Item::Role::assistant &&
      has_part(item, ContentPart::Type::output_audio)) {
    return Refusal{"invalid_value", "Assistant audio messages cannot be created by a client.",
                   "item.content"};
  }
  if (item.type == Item::Type::function_call_output) {
    const auto& all = context_.items.all();
    const bool called = std::any_of(all.begin(), all.end(), [&](const auto& each) {
      return each.item.type == Item::Type::function_call && each.item.call_id == item.call_id;
    });
    if (!called) {
      return Refusal{"invalid_tool_call_id", "Tool call ID '" + item.call_id + "' not found in conversation.",
                     "item.call_id"};
    }
  }
  if (item.type == Item::Type::mcp_approval_response && !context_.mcp.awaits(item.approval_request_id)) {
    return Refusal{"invalid_approval_request_id",
                   "No MCP approval request '" + item.approval_request_id + "' waits for an answer.",
                   "item.approval_request_id"};
  }
  return std::nullopt;
}

void ItemRequests::create(const ItemCreate& event, std::string_view event_id) {
  if (const auto bad = check(event))
    return context_.out.refuse(event_id, bad->code, bad->message, bad->param);
  auto bytes = audio_of(event.item);
  if (!bytes) {
    return context_.out.refuse(event_id, "invalid_value",
                               "Invalid audio: expected base64-encoded audio bytes.", "item.content");
  }
  StoredItem stored;
  stored.item = event.item;
  if (stored.item.id.empty()) stored.item.id = context_.out.next_id("item");
  const bool output = stored.item.type == Item::Type::function_call_output; // those have none
  if (stored.item.status.empty() && !output) stored.item.status = "completed";
  for (auto& part : stored.item.content) {
    part.audio.reset();
    if (part.type == ContentPart::Type::input_audio && !part.transcript) part.transcript = "";
  }
  stored.format = context_.session.config().input_format.value_or(audio::pcm16_24k);
  stored.audio_samples = stored.format.samples(bytes->size());
  stored.audio = std::move(*bytes);
  const auto item = stored.item;
  auto* kept = context_.items.insert(std::move(stored), event.previous_item_id);
  const auto before = context_.items.id_before(item.id);
  context_.out.send(ItemAdded{item, before});
  context_.out.send(ItemDone{item, before});
  if (kept && has_part(item, ContentPart::Type::input_audio)) turns_.recognise(*kept);
  if (item.type == Item::Type::mcp_approval_response)
    context_.mcp.answer(item.approval_request_id, item.approve);
}

void ItemRequests::retrieve(const ItemRetrieve& event, std::string_view event_id) {
  const auto* stored = context_.items.find(event.item_id);
  if (!stored) {
    return context_.out.refuse(
        event_id, "item_retrieve_invalid_item_id",
        "Error retrieving item: the item with id '" + event.item_id + "' does not exist.", "item_id");
  }
  auto item = stored->item;
  for (auto& part : item.content) {
    const bool audio =
        part.type == ContentPart::Type::input_audio || part.type == ContentPart::Type::output_audio;
    if (!audio || stored->audio.empty()) continue;
    audio::base64_append(part.audio.emplace(), stored->audio);
    break;
  }
  context_.out.send(ItemRetrieved{std::move(item)});
}

void ItemRequests::erase(const ItemDelete& event, std::string_view event_id) {
  if (!context_.items.erase(event.item_id)) {
    return context_.out.refuse(
        event_id, "item_delete_invalid_item_id",
        "Error deleting item: the item with id '" + event.item_id + "' does not exist.", "item_id");
  }
  context_.mcp.forget(event.item_id);
  context_.out.send(ItemDeleted{event.item_id});
}

void ItemRequests::truncate(const ItemTruncate& event, std::string_view event_id) {
  auto* stored = context_.items.find(event.item_id);
  if (!stored) {
    return context_.out.refuse(
        event_id, "item_truncate_invalid_item_id",
        "Error truncating item: the item with id '" + event.item_id + "' does not exist.", "item_id");
  }
  const auto& item = stored->item;
  // While it is being generated an assistant message has no content yet, but audio it may have.
  const bool assistant_audio = item.type == Item::Type::message && item.role == Item::Role::assistant &&
                               (has_part(item, ContentPart::Type::output_audio) || stored->audio_samples > 0);
  if (!assistant_audio) {
    return context_.out.refuse(event_id, "invalid_value", "Only model output audio messages can be truncated",
                               "item_id");
  }
  if (event.content_index != 0) {
    return context_.out.refuse(event_id, "invalid_value", "Invalid content_index: the message has one part.",
                               "content_index");
  }
  if (event.audio_end_ms > stored->audio_ms()) {
    return context_.out.refuse(event_id, "invalid_value",
                               "Audio content of " + std::to_string(stored->audio_ms()) +
                                   "ms is already shorter than " + std::to_string(event.audio_end_ms) + "ms",
                               "audio_end_ms");
  }
  context_.items.truncate(*stored, event.audio_end_ms);
  context_.out.send(ItemTruncated{event.item_id, event.content_index, event.audio_end_ms});
}

} // namespace rt::server

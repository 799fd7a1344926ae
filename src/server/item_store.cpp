#include "server/item_store.h"

#include <algorithm>

namespace rt::server {

using protocol::ContentPart;

namespace {

void drop_transcripts(protocol::Item& item) {
  for (auto& part : item.content)
    part.transcript.reset();
}

} // namespace

std::string StoredItem::text() const {
  std::string text = heard;
  for (const auto& part : item.content) {
    const auto& words = part.type == ContentPart::Type::output_audio ? part.transcript : part.text;
    if (!words || words->empty()) continue;
    if (!text.empty()) text += ' ';
    text += *words;
  }
  return text;
}

StoredItem* ItemStore::find(std::string_view id) {
  const auto at =
      std::find_if(items_.begin(), items_.end(), [&](const auto& each) { return each.item.id == id; });
  return at == items_.end() ? nullptr : &*at;
}

const StoredItem* ItemStore::find(std::string_view id) const {
  return const_cast<ItemStore*>(this)->find(id);
}

StoredItem* ItemStore::insert(StoredItem item, const std::optional<std::string>& after) {
  auto at = items_.end();
  if (after == "root") {
    at = items_.begin();
  } else if (after) {
    const auto* previous = find(*after);
    if (!previous) return nullptr;
    at = items_.begin() + (previous - items_.data()) + 1;
  }
  const auto id = item.item.id;
  audio_bytes_ += item.audio.size();
  items_.insert(at, std::move(item));
  drop_oldest_audio();
  return find(id);
}

void ItemStore::append_audio(std::string_view id, const std::vector<std::uint8_t>& bytes) {
  auto* stored = find(id);
  if (!stored || stored->truncated) return;
  stored->audio.insert(stored->audio.end(), bytes.begin(), bytes.end());
  stored->audio_samples += stored->format.samples(bytes.size());
  audio_bytes_ += bytes.size();
  drop_oldest_audio();
}

void ItemStore::replace(const protocol::Item& item) {
  auto* stored = find(item.id);
  if (!stored) return;
  stored->item = item;
  if (stored->truncated) drop_transcripts(stored->item);
}

void ItemStore::truncate(StoredItem& stored, std::uint64_t ms) {
  stored.audio_samples = stored.format.samples_of_ms(ms);
  const auto keep = std::min(stored.audio.size(), stored.format.bytes(stored.audio_samples));
  audio_bytes_ -= stored.audio.size() - keep;
  stored.audio.resize(keep);
  stored.truncated = true;
  drop_transcripts(stored.item);
}

bool ItemStore::erase(std::string_view id) {
  const auto* stored = find(id);
  if (!stored) return false;
  audio_bytes_ -= stored->audio.size();
  items_.erase(items_.begin() + (stored - items_.data()));
  return true;
}

std::optional<std::string> ItemStore::last_id() const {
  if (items_.empty()) return std::nullopt;
  return items_.back().item.id;
}

std::optional<std::string> ItemStore::id_before(std::string_view id) const {
  const auto* stored = find(id);
  if (!stored || stored == items_.data()) return std::nullopt;
  return (stored - 1)->item.id;
}

void ItemStore::drop_oldest_audio() {
  for (auto& each : items_) {
    if (audio_bytes_ <= kept_audio_bytes) return;
    audio_bytes_ -= each.audio.size();
    each.audio = {};
  }
}

} // namespace rt::server

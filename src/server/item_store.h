// The conversation's items in order, with the audio that belongs to them.
#pragma once

#include "protocol/item.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::server {

struct StoredItem {
  protocol::Item item;
  std::vector<std::uint8_t> audio; // wire bytes: what the user sent, or what was sent to the client
  audio::Format format;
  std::string heard;      // user audio: what the recogniser understood
  bool unheard = false;   // it has not answered yet
  bool truncated = false; // assistant audio: neither its transcript nor more of it comes back
  // Audio that exists for truncation and usage, also when its bytes are gone from `audio`.
  std::uint64_t audio_samples = 0;

  std::uint64_t audio_ms() const { return format.ms_of_samples(audio_samples); }
  // What a text-only reader of the conversation sees.
  std::string text() const;
};

class ItemStore {
 public:
  // Audio kept for conversation.item.retrieve; the oldest goes first.
  static constexpr std::size_t kept_audio_bytes = 32 << 20;

  StoredItem* find(std::string_view id);
  const StoredItem* find(std::string_view id) const;
  // Absent: at the end; "root": at the front. Null when `after` is unknown. The pointer holds until the next
  // change.
  StoredItem* insert(StoredItem item, const std::optional<std::string>& after);
  void append_audio(std::string_view id, const std::vector<std::uint8_t>& bytes);
  void replace(const protocol::Item& item); // by id; nothing when it is gone
  // To the first `ms`, without the transcript.
  void truncate(StoredItem& stored, std::uint64_t ms);
  bool erase(std::string_view id);
  // Of the last item, or of the one before `id`; absent at the front.
  std::optional<std::string> last_id() const;
  std::optional<std::string> id_before(std::string_view id) const;

  const std::vector<StoredItem>& all() const { return items_; }

 private:
  void drop_oldest_audio();
  std::vector<StoredItem> items_;
  std::size_t audio_bytes_ = 0;
};

} // namespace rt::server

// Transcription models as far as they differ, and what they say of an utterance.
#pragma once

#include "server/context.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rt::server {

struct TranscriptionModel {
  std::string_view name;
  bool finds_turns = true;      // may be used with turn detection in a transcription session
  bool takes_prompt = true;     // ... and with a prompt
  bool counts_tokens = false;   // its usage, else seconds
  bool tells_languages = false; // that it heard
  bool tells_speakers = false;  // by segments
};

// Of one that is not known, or of none, the first.
const TranscriptionModel& transcription_model(const std::optional<protocol::Transcription>& wanted);

// Whether the session wants words while they are being said: models that find no turns give them.
bool streams_words(const Context& context);
// Sends what `text` has more than `told`, as far as it goes on from there, and adds it to `told`.
void send_words(Context& context, const std::string& item_id, std::uint32_t index, std::string_view text,
                std::string& told);

// The events that tell what was understood of an item's audio, where the session asks for them. `told`: the
// words that went out before.
void send_transcript(Context& context, StoredItem& stored, std::string told);

} // namespace rt::server

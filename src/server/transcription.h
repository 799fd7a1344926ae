// Transcription models as far as they differ, and what they say of an utterance.
#pragma once

#include "server/context.h"

#include <optional>
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

// The events that tell what was understood of an item's audio, where the session asks for them.
void send_transcript(Context& context, StoredItem& stored);

} // namespace rt::server

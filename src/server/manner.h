// How the servers of a provider differ from the protocol as it is written, as far as recorded traffic of them
// shows: one row for each provider that there is traffic of.
#pragma once

#include "protocol/codec.h"
#include "server/json_edit.h"
#include "server/turn_detector.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rt::server {

struct Manner {
  enum class DoneItems { all, spoken, none }; // whose conversation.item.done comes

  const char* name = nullptr; // as property `provider` has it; null: the protocol as it is written
  // The address.
  const char* path = "/v1/realtime";
  bool translates = true; // path/translations
  bool transcribes = true;
  std::optional<protocol::Dialect> dialect; // absent: the one that the client asks for
  bool refuses_beta = false;                // the header asks for it in vain
  // The session.
  const char* voice = "alloy";
  bool any_voice = false; // takes others than OpenAI's
  const char* instructions =
      "You are a development server: repeat what you understood, and call a function when one fits.";
  bool finds_turns = true;            // before the client has asked for it
  std::optional<TurnRules> new_turns; // what a client that asks for turn detection starts from, each time
  // What comes, and when.
  bool tells_conversation = true; // conversation.created
  bool pings = false;             // once, after it
  bool tells_limits = true;       // rate_limits.updated
  DoneItems done_items = DoneItems::all;
  bool item_with_speech = false; // the user's item is added when speech starts, not when it is committed
  bool transcript_first = false; // the answer waits for it, and it is told again and again as it grows
  bool audio_done_last = false;  // after the part's end
  // What its events look like.
  std::span<const Edit> received, sent;
};

std::span<const Manner> manners();
// The protocol as it is written.
const Manner& plain_manner();
// Null where there is no traffic of that provider.
const Manner* manner_of(std::string_view name);
// "openai, azure, ..."
std::string manner_names();

// What a client of such a server has sent, as the codec understands it.
std::string understood(const Manner& manner, std::string_view text);
// What such a server sends; empty: nothing.
std::string written(const Manner& manner, const protocol::Codec& codec, const protocol::ServerEvent& event);

} // namespace rt::server

// What `Responses` keeps of a response at each step of its way. Loop thread only.
#pragma once

#include "base/executor.h"
#include "protocol/client_event.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::session::response {

// What is not wanted any more. Calls that the server made are part of its conversation: they go on after an
// interruption.
enum class Cancel { nothing, words, words_and_calls };

struct Request {
  protocol::ResponseOptions options;
  std::string_view name;
  bool follow_up = false;
  Cancel cancelled = Cancel::nothing; // on arrival
  std::string event_id = {};
  std::string given_id = {}; // by the application
  std::string mark = {};     // in its metadata; empty: it has none
  std::uint64_t number = 0;
  Nanoseconds since{0};
  bool doubtful = false; // what was taken for the answer to a turn may have been the one to this
};

struct Beside { // an out-of-band one that was asked for
  std::string event_id, mark;
  std::optional<protocol::Json> metadata; // the application's
  Nanoseconds since{0};
  bool aside = false;
  Cancel cancelled = Cancel::nothing;
};

struct Expected { // the answer to a committed turn
  Nanoseconds since{0};
  Cancel cancelled = Cancel::nothing;
  bool doubtful = false; // one of ours was active when it was due
};

struct Open {
  Nanoseconds last_event{0};
  bool out_of_band = false, aside = false, discarded = false, given_up = false;
  bool told = false; // its beginning, by the server
  Cancel cancelled = Cancel::nothing;
  bool doubtful = false;          // see Request
  bool ahead_of_turns = false;    // ours, begun while answers to turns were expected
  std::optional<Request> request; // that it was taken for the answer to
  std::optional<protocol::Json> metadata;
  std::string cancel_event; // by which we cancelled it
  std::vector<std::string> items_with_audio, unheard_items;

  bool heard_with_conversation() const { return !out_of_band || aside; }
  bool blocks() const { return !out_of_band && !given_up; }
};

} // namespace rt::session::response

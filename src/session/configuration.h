// What the session was asked to be, what the server says it is, and the updates on their way between. Loop
// thread only.
#pragma once

#include "protocol/codec.h"
#include "session/wire.h"

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rt::session {

class Configuration {
 public:
  enum class Purpose { initial, change, input_format, round_trip, raw };
  struct Answered {
    Purpose purpose;
    protocol::SessionConfig asked;
  };

  explicit Configuration(Wire& wire) : wire_(wire) {}
  void reset();
  void set_type(protocol::SessionType type) { type_ = type; } // of this connection

  // Sends `config` and remembers it as asked for; false without a connection.
  bool send(protocol::SessionConfig config, Purpose purpose);
  // The application sent a session.update as a raw event: the server answers it, too.
  void raw_sent(std::string event_id) { pending_.push_back({std::move(event_id), {Purpose::raw, {}}}); }
  void server_says(const protocol::SessionInfo& info) { effective_ = info; }
  // What the session was before anything was asked of it.
  void opened_with(const protocol::SessionInfo& info) {
    effective_ = info;
    own_ = info.config;
  }
  // A session.updated answers the oldest update under way; nothing when none was.
  std::optional<Answered> acknowledged();
  // An error that names one of our updates: it is over, and nothing of it was taken.
  std::optional<Answered> refused(const std::string& event_id);
  // The same for an error that names nothing while only the first update can be meant.
  std::optional<Answered> initial_refused();

  const protocol::SessionConfig& asked() const { return asked_; }
  const protocol::SessionConfig& own() const { return own_; } // of the server
  const protocol::SessionInfo& effective() const { return effective_; }
  bool under_way(Purpose purpose) const;
  // In what the server speaks, as acknowledged; nothing: it does not say, and was not asked.
  std::optional<audio::Format> output_format() const;

  // Whether the server cuts a reply when the caller speaks, and answers turns by itself, as acknowledged.
  bool interrupts_on_speech() const;
  bool responds_to_turns() const;
  bool transcribes_input() const;
  protocol::SessionType type() const { return type_; }
  bool converses() const { return type_ == protocol::SessionType::conversation; }
  bool streams() const { return type_ == protocol::SessionType::translation; } // no turns
  bool detects_turns() const;
  // What the server waits for at the end of speech, and counts as part of the turn.
  std::uint64_t silence_in_turns_ms() const;
  // What it keeps before speech, and counts as part of the turn.
  std::uint64_t padding_in_turns_ms() const;
  // The acknowledged formats contradict what the answered updates asked: text for the error, naming both.
  std::optional<std::string> format_mismatch() const;
  // Other contradictions, one line each.
  std::vector<std::string> other_differences(const protocol::SessionConfig& asked) const;

 private:
  std::uint64_t in_turns_ms(std::optional<std::uint32_t> protocol::TurnDetection::*length) const;
  struct Pending {
    std::string event_id;
    Answered update;
  };
  Wire& wire_;
  std::deque<Pending> pending_;
  protocol::SessionType type_ = protocol::SessionType::conversation;
  protocol::SessionConfig asked_;    // by all updates sent
  protocol::SessionConfig answered_; // by those of them that were acknowledged
  protocol::SessionConfig own_;      // before all of them
  protocol::SessionInfo effective_;
};

} // namespace rt::session

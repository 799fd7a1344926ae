// The protocol's rules about responses, tools, items and turns, without speech and without a network: a judge
// of what a client sends, and a partner that acts at random. It keeps its own books; nothing of the session's
// code is in it.
#pragma once

#include "protocol/client_event.h"
#include "protocol/server_event.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace rt::session::test {

class ModelServer {
 public:
  using Body = decltype(protocol::ServerEvent::body);
  // What a run's server does differently from the others; all are met in the wild.
  struct Manners {
    bool drops_waiting_turns = false; // a turn that finds another response active is never answered
    bool names_no_conversation = false, returns_no_metadata = false;
    // Against the protocol:
    bool hides_beginnings = false; // some response.created are missing
    bool hides_ends = false;       // some response.done are
    bool has_no_codes = false;     // errors have words only
    bool takes_items_silently = false;
    bool goes_on_after_the_end = false; // words of a response that is over

    // What is in the conversation and what is not, from the first response on.
    bool tells_apart() const { return !hides_beginnings && !returns_no_metadata; }
  };
  ModelServer(std::mt19937& random, const Manners& manners) : random_(random), manners_(manners) {}

  void receive(const protocol::ClientEvent& event);
  // One step of its own, if there is anything to do: more of a response, of a turn.
  bool act();
  void speech(); // the caller begins to speak, or goes on with that

  std::deque<Body> out; // in the order of sending

  // ---- the books ----
  struct Call {
    std::string response_id;
    bool in_conversation = true;
    bool parent_over = false;
    unsigned outputs = 0;
    std::string output;
    std::uint64_t answered_at = 0;
  };
  struct McpCall {
    std::string response_id;
    std::string request_id; // empty: needs no approval
    unsigned answers = 0;
    std::uint64_t ended_at = 0; // 0: it has not
  };
  std::map<std::string, Call> calls;                  // by call id
  std::map<std::string, McpCall> mcp_calls;           // by item
  std::map<std::string, unsigned> started;            // by the mark in the instructions
  std::vector<std::uint64_t> started_in_conversation; // when, with the whole conversation as context
  std::map<std::string, std::string> created_for;     // response id -> event id of the request, if any
  std::uint64_t time = 1;                             // counts what it received and did
  std::string violation;                              // the first one of the client

 private:
  struct Part {
    enum class Kind { message, call, mcp } kind = Kind::message;
    std::string item_id, call_id;
    unsigned steps = 0, done = 0; // deltas
  };
  struct Running {
    std::string id;
    std::optional<protocol::Json> metadata;
    bool in_conversation = true, hidden_end = false;
    std::vector<Part> parts;
    std::size_t part = 0;
    bool part_open = false;
  };
  struct Stored {
    bool in_conversation = true, deleted = false;
    std::uint64_t audio_ms = 0;
  };
  enum class Turn { none, speaking, stopped, waiting };

  void on(const protocol::SessionUpdate& update, const std::string& event_id);
  void on(const protocol::ItemCreate& create, const std::string& event_id);
  void on(const protocol::ItemDelete& gone, const std::string& event_id);
  void on(const protocol::ItemTruncate& cut, const std::string& event_id);
  void on(const protocol::InputAudioCommit& commit, const std::string& event_id);
  void on(const protocol::InputAudioClear& clear, const std::string& event_id);
  void on(const protocol::ResponseCreate& create, const std::string& event_id);
  void on(const protocol::ResponseCancel& cancel, const std::string& event_id);
  template<typename Other>
  void on(const Other&, const std::string&) {}

  Stored* changeable(const std::string& id, const std::string& event_id);
  Running* active();
  void start(const protocol::ResponseOptions& options, const std::string& event_id);
  void answer_turn();
  void advance(Running& running);
  void begin_part(Running& running, Part& part);
  void end_part(Running& running, Part& part, bool whole);
  void end_mcp_call(Running& running, const Part& part, bool whole);
  void finish_mcp_call(std::size_t which);
  void cut(Running& running, const char* reason);
  void finish(Running& running, protocol::ResponseStatus status, const std::string& reason);
  void advance_turn();
  void refuse(const std::string& event_id, const std::string& code, const std::string& message);
  void blame(const std::string& what) {
    if (violation.empty()) violation = what;
  }
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  std::string next(const char* kind) { return kind + std::to_string(++ids_); }
  protocol::Response response(const Running& running) const;

  std::mt19937& random_;
  const Manners manners_;
  std::vector<std::unique_ptr<Running>> running_;
  std::vector<std::string> mcp_running_; // items
  std::map<std::string, Stored> items_;
  Turn turn_ = Turn::none;
  std::string turn_item_;
  unsigned ids_ = 0;
};

} // namespace rt::session::test

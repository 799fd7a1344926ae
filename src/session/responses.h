// Responses in sequence: one response.create at a time, a table of the open ones, what was cancelled before
// it existed, tool calls that wait for their outputs. Loop thread only.
#pragma once

#include "protocol/client_event.h"
#include "protocol/server_event.h"
#include "session/wire.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rt::session {

class Responses {
 public:
  struct Timeouts {
    Nanoseconds response{0}, tool{0}; // 0: never
  };
  explicit Responses(Wire& wire) : wire_(wire) {}
  ~Responses();
  void set_timeouts(const Timeouts& timeouts) { timeouts_ = timeouts; }
  void set_cancels_by_id(bool yes) { cancels_by_id_ = yes; }
  void reset();

  // Sent when no other response of the default conversation is open or expected; out-of-band ones at once.
  void create(const protocol::ResponseOptions& options);
  // A turn was committed that the server answers by itself.
  void expect();
  // Every open response of the default conversation and every one asked for; those not created yet when they
  // are. Returns whether there was any.
  bool cancel();

  void on_created(const protocol::Response& response);
  void on_done(const protocol::Response& response);
  // Any event of a response: it is alive.
  void touch() { last_event_ = wire_.executor().now(); }
  // Whether the error answers one of our requests.
  bool on_error(const protocol::ErrorInfo& error);

  // Barge-in: audio that still comes for the open responses is not wanted.
  void discard_open(); // of the default conversation
  void discard(std::string_view response_id);
  bool discarded(std::string_view response_id) const { return discarded_.contains(response_id); }
  // Audio of an item was taken for playing: what becomes of the item is told by where it is cut.
  void note_audio(std::string_view response_id, std::string_view item_id);
  // Audio of a discarded response came. An item of which none was taken is deleted with the response's end.
  void note_unheard(std::string_view response_id, std::string_view item_id);
  bool out_of_band(std::string_view response_id) const { return out_of_band_.contains(response_id); }

  void on_tool_call(const std::string& response_id, const std::string& item_id, const std::string& call_id,
                    const std::string& name, const std::string& arguments);
  bool knows_tool(const std::string& call_id) const { return announced_calls_.contains(call_id); }
  void tool_output(const std::string& call_id, const std::string& output);

  bool quiet() const;
  std::string what_is_open() const; // for a warning

 private:
  struct Open {
    bool out_of_band = false, given_up = false;
    std::vector<std::string> items_with_audio, unheard_items;
  };
  struct ToolCall {
    std::string call_id, name, response_id;
    std::optional<std::string> output;
    Executor::TimerId timer = 0;
  };
  struct Asked {
    std::string event_id;
    protocol::ResponseOptions options;
    bool cancelled = false; // on arrival
  };

  void pump();
  void send_create(protocol::ResponseOptions options);
  void send_cancel(const std::string& response_id);
  void send_tool_outputs(const std::string& response_id);
  void tool_timed_out(const std::string& call_id);
  void watch();
  void check_alive();
  bool awaited() const; // something is to come
  bool default_conversation_busy() const;

  Wire& wire_;
  Timeouts timeouts_;
  std::deque<protocol::ResponseOptions> queue_;
  std::optional<Asked> asked_;              // sent, neither created nor refused
  std::set<std::string> asked_out_of_band_; // event ids of the same
  std::map<std::string, Open, std::less<>> open_;
  std::set<std::string, std::less<>> discarded_, out_of_band_;
  std::vector<ToolCall> calls_;
  std::set<std::string> announced_calls_; // each is announced once
  unsigned expected_ = 0;                 // committed turns the server has not begun to answer
  unsigned cancelled_expected_ = 0;       // the oldest of them are cancelled on arrival
  bool cancels_by_id_ = true, stuck_reported_ = false;
  Nanoseconds last_event_{0};
  Executor::TimerId watch_timer_ = 0;
};

} // namespace rt::session

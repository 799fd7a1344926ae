// Responses in sequence: one response.create at a time, a table of the open ones, what was cancelled before
// it existed, and of which response nothing more is wanted. Loop thread only.
//
//   create ---> queue ---> asked for ---> open ---> over
//                 ^            |            ^
//                 '- refused --'            '------ the server's own, after a turn
#pragma once

#include "protocol/client_event.h"
#include "protocol/server_event.h"
#include "session/response_books.h"
#include "session/wire.h"

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
  explicit Responses(Wire& wire) : wire_(wire) {}
  ~Responses();
  void set_timeout(Nanoseconds silence); // 0: never; of what is open, too
  void set_cancels_by_id(bool yes) { cancels_by_id_ = yes; }
  void set_takes_metadata(bool yes) { takes_metadata_ = yes; }
  void reset();

  // ---- what is asked for ----
  // Sent when no other response of the default conversation is open or expected; out-of-band ones at once.
  void create(protocol::ResponseOptions options, std::string_view request = "create-response",
              std::string event_id = {});
  // Out of band, yet said to the listener of the conversation: cancelled and interrupted with it.
  void create_aside(protocol::ResponseOptions options, std::string_view request);
  // After outputs of tools; one for all of them that no response has seen.
  void follow_up(std::string_view request = "send-tool-output");
  // The server has all those outputs: a response that it begins by itself from now on answers them, too.
  void outputs_known();
  // A turn was committed that the server answers by itself.
  void expect();
  // The caller speaks again: what was not begun is not answered any more.
  void expect_no_more();
  // While the caller has the floor no follow-up is asked for: it would talk over him, and nothing would stop
  // it. The turn's own answer covers it when it knows the outputs.
  void caller_speaks() { floor_ = Floor::taken; }
  void caller_stopped(); // the commit is due
  void turn_over();      // committed, cleared, or found by nobody any more
  using Cancel = response::Cancel;
  // Every open response of the default conversation and every one asked for; those not created yet when they
  // are. Returns whether there was any.
  bool cancel(Cancel what, std::string event_id = {});

  // ---- what the server says ----
  // Its beginning; false when that was told already, or it is over.
  bool on_created(const protocol::Response& response);
  // Its end, before on_done: false when it was over already.
  bool ending(const protocol::Response& response);
  void on_done(const protocol::Response& response);
  // Any other event of a response. Returns whether it is still of interest: nothing is once a response is
  // over. Also makes known a response whose beginning the server did not tell.
  bool on_event(std::string_view response_id);
  enum class Refused { nothing, put_back, unwanted, lost };
  // What became of our request that the error answers.
  Refused on_error(const protocol::ErrorInfo& error);

  // ---- what is no longer wanted ----
  // Barge-in: audio that still comes for the open responses is not wanted.
  void discard_open(); // those that the listener of the conversation hears
  void discard(std::string_view response_id);
  bool discarded(std::string_view response_id) const;
  // Together with its calls, whatever has come of it.
  bool calls_cancelled(std::string_view response_id) const;
  // Audio of an item was taken for playing: what becomes of the item is told by where it is cut.
  void note_audio(std::string_view response_id, std::string_view item_id);
  // Audio of a discarded response came. An item of which none was taken is deleted with the response's end.
  void note_unheard(std::string_view response_id, std::string_view item_id);
  bool out_of_band(std::string_view response_id) const { return out_of_band_.contains(response_id); }
  // The application's, of an open one.
  std::optional<protocol::Json> metadata(std::string_view response_id) const;

  bool open(std::string_view response_id) const; // and not given up
  bool given_up(std::string_view response_id) const;
  // One of the default conversation is open or to come.
  bool busy() const;
  bool quiet() const { return queue_.empty() && !awaited(); }
  std::string what_is_open() const; // for a warning
  // The requests for responses of the conversation are counted as they are sent. When one has begun, the
  // server has read everything that went before it.
  std::uint64_t asked_count() const { return asked_count_; }
  std::uint64_t begun_count() const { return begun_count_; }

 private:
  using Request = response::Request;
  using Beside = response::Beside;
  using Expected = response::Expected;
  using Open = response::Open;
  enum class Floor { free, taken, due };
  using OpenMap = std::map<std::string, Open, std::less<>>;

  void pump();
  void ask(Request request);
  void send_beside(protocol::ResponseOptions options, std::string_view request, bool aside,
                   std::string event_id = {});
  void send_cancel(OpenMap::iterator it, std::string event_id = {});
  std::string put_mark(protocol::ResponseOptions& options, std::string_view kind);
  OpenMap::iterator adopt(const protocol::Response& response, bool unmarked_is_not_ours);
  bool take_beside(const protocol::Response& response, const std::string& mark, Open& open);
  bool take_marked(const std::string& mark, Open& open);
  void take_in_order(Open& open, bool unmarked_is_not_ours);
  void cancel_on_arrival(OpenMap::iterator it);
  std::optional<Request> take_answered(std::string Request::*id, const std::string& value);
  void remember(Request request);
  void put_back(Request request);
  void close(OpenMap::iterator it);
  bool is_over(std::string_view response_id) const;
  void forget_answered_follow_up(const Open& open);

  bool awaited() const; // something is to come
  Nanoseconds now() const { return wire_.executor().now(); }
  bool is_late(Nanoseconds since, bool doubtful = false) const;
  std::optional<Nanoseconds> next_due() const;
  void watch();
  void check_alive();

  Wire& wire_;
  Nanoseconds timeout_{0};
  std::deque<Request> queue_;
  std::optional<Request> asked_; // sent, neither created nor refused
  std::deque<Beside> beside_;
  std::deque<Expected> expected_; // committed turns that the server has not begun to answer
  OpenMap open_;
  std::deque<std::string> over_; // the newest
  std::deque<Request> answered_; // the newest whose answer is over, as far as it was theirs, or given up
  std::set<std::string, std::less<>> out_of_band_;
  Floor floor_ = Floor::free;
  Nanoseconds caller_stopped_{0};
  unsigned next_mark_ = 1;
  std::uint64_t asked_count_ = 0, begun_count_ = 0;
  bool outputs_known_ = false, cancels_by_id_ = true, takes_metadata_ = true;
  bool returns_marks_ = false, names_conversations_ = false; // the server, as far as it has shown
  Executor::TimerId watch_timer_ = 0;
  Nanoseconds watch_due_{0};
};

} // namespace rt::session

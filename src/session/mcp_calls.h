// The tools that the server calls by itself (MCP): what it asks leave for, and what it runs. Loop thread
// only.
//
//   call --> its arguments --> [request for approval --> answer] --> runs --> over
//
// A call may run on when its response is over. When all calls of a response have ended, one new response is
// asked for: the server does not tell the results by itself.
#pragma once

#include "protocol/server_event.h"
#include "session/responses.h"
#include "session/settings.h"
#include "session/wire.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rt::session {

class McpCalls {
 public:
  struct Hooks {
    std::function<void(const std::string& request_id, bool waits)> approval; // whether it waits for an answer
    std::function<void()> follow_up; // the conversation knows a result that no response has told
  };
  McpCalls(Wire& wire, Responses& responses, Hooks hooks);
  ~McpCalls();
  McpCalls(const McpCalls&) = delete;
  McpCalls& operator=(const McpCalls&) = delete;
  void set_approval(McpApproval approval) { approval_ = approval; } // of requests from now on
  void reset();

  // ---- what the server says ----
  void item_added(const protocol::Item& item);
  void item_done(const protocol::Item& item);
  void output_item_added(const std::string& response_id, const protocol::Item& item);
  void output_item_done(const std::string& response_id, const protocol::Item& item);
  void arguments_done(const protocol::ContentRef& at, const std::string& arguments);
  void call_running(const std::string& item_id);
  void call_ended(const std::string& item_id, bool completed);
  void response_ending(const protocol::Response& response); // before response_over
  void response_over(const std::string& response_id);
  void item_deleted(const std::string& item_id);
  // Returns whether the refused request was one of ours.
  bool on_error(const protocol::ErrorInfo& error);

  // ---- what the application says ----
  // Items that it put into the conversation ask for nothing.
  void not_asked(const protocol::Item& item) { known_.insert(item.id); }
  void answer(const std::string& request_id, bool approve, const std::string& reason = {});
  void cancel_all(const char* reason); // what waits is refused, and nothing is said about what runs
  void lose_all();                     // nobody is there to be told

  bool knows(const std::string& item_id) const { return known_.contains(item_id); }
  bool quiet() const;
  std::string what_is_open() const; // for a warning

 private:
  struct Request {
    std::string id, server_label, name, arguments, response_id;
    bool respond = true;
    std::string event_id = {}; // of our answer
  };
  enum class Ended { no, completed, failed, refused };
  struct Call {
    std::string item_id, response_id, request_id, server_label, name, arguments;
    bool told = false;       // that the model calls
    bool running = false;    // and needs no approval any more
    bool waited_for = true;  // by the end of the conversation
    bool respond = true;     // something is said about its result
    Ended ended = Ended::no; // the result, which comes with the item, may still be missing
    Executor::TimerId timer = 0;
  };

  void ask_approval(const std::string& response_id, const protocol::Item& item);
  void note_call(const std::string& response_id, const protocol::Item& item, bool whole);
  Call* find(std::string_view item_id);
  Call* call_of(const Request& request);
  void link_to_request(Call& call, const std::string& request_id);
  void tell_call(Call& call);
  void end(Call& call, Ended how);
  void tell_end(const std::string& item_id, const protocol::Item& item);
  void drop(std::vector<Request>::iterator request, const char* reason);
  void notify_cancelled(const Request& request, const char* reason);
  void want_words(const std::string& response_id, bool wanted);
  bool pending(std::string_view response_id) const;
  void settle(const std::string& response_id);
  const std::string& parent_of(const std::string& item_id) const;

  Wire& wire_;
  Responses& responses_;
  Hooks hooks_;
  McpApproval approval_ = McpApproval::ask;
  std::vector<Request> requests_;             // unanswered
  std::vector<Request> approved_;             // of which the call is not known yet
  std::vector<Request> sent_;                 // answered, and not known to be taken
  std::vector<Call> calls_;                   // not told to be over
  std::set<std::string, std::less<>> known_;  // requests and calls that are not told again
  std::map<std::string, std::string> parent_; // item -> response
  std::set<std::string> untold_;              // responses whose calls have results that nobody told
  unsigned next_answer_ = 1;
};

} // namespace rt::session

// The functions that the model called: announced once, answered once or cancelled. Loop thread only.
//
// The outputs of one response's calls wait for its end and for each other, go out together, and then one
// response is asked for.
#pragma once

#include "protocol/item.h"
#include "protocol/server_event.h"
#include "session/responses.h"
#include "session/wire.h"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rt::session {

class ToolCalls {
 public:
  // `say_filler` says something while a tool runs; false: not now, the line is busy.
  ToolCalls(Wire& wire, Responses& responses, std::function<bool()> say_filler);
  ~ToolCalls();
  ToolCalls(const ToolCalls&) = delete;
  ToolCalls& operator=(const ToolCalls&) = delete;
  void set_timeout(Nanoseconds timeout);    // 0: never; of what waits, too
  void set_filler_delay(Nanoseconds delay); // 0: no filler; from now on for what runs
  void reset();

  // The whole call, as far as the server tells; a second time changes nothing. One of an out-of-band response
  // is only told.
  void announce(const std::string& response_id, const protocol::Item& call);
  // The same of one that crossed `cancel-response`: only the model is told.
  void decline(const std::string& response_id, const protocol::Item& call);
  bool knows(std::string_view call_id) const { return announced_.contains(call_id); }
  // `respond`: a response is asked for afterwards. Other calls of the same response may ask for one all the
  // same.
  void output(const std::string& call_id, const std::string& output, bool respond);
  void response_over(const std::string& response_id);
  // The server has taken an output, or refused it. Returns whether the refused request was one of ours.
  void output_taken(const std::string& call_id);
  bool on_error(const protocol::ErrorInfo& error);

  // The conversation went on without it.
  void item_deleted(std::string_view item_id);
  void cancel_all(const char* reason); // the model is told, and does not answer
  void lose_all();                     // nobody is there to be told

  bool quiet() const { return calls_.empty(); }
  bool all_taken();                 // the server has every output that was sent
  std::string what_is_open() const; // for a warning

 private:
  struct Output {
    std::string text;
    bool respond = true;
    bool given = true; // by the application, which is told when it is refused
  };
  struct Call {
    std::string call_id, name, response_id, item_id;
    std::optional<Output> output;
    Nanoseconds since{0};
    Executor::TimerId timer = 0;
  };
  struct Sent {
    std::string call_id, name, response_id, item_id, event_id;
    bool given = true;
    std::uint64_t asked_before = 0; // requests for responses
  };

  std::vector<Call>::iterator waiting(std::string_view call_id);
  bool unanswered(std::string_view response_id) const;
  void watch(Call& call);
  void send_outputs(const std::string& response_id);
  void time_out(const std::string& call_id);
  // It takes no output of the application any more.
  void over(Call& call, const char* reason);
  void notify_cancelled(const std::string& call_id, const std::string& name, const std::string& response_id,
                        const std::string& item_id, const char* reason);
  void watch_filler(const std::string& response_id);
  void stop_filler(const std::string& response_id);

  Wire& wire_;
  Responses& responses_;
  std::function<bool()> say_filler_;
  Nanoseconds timeout_{0}, filler_delay_{0};
  std::vector<Call> calls_;
  std::set<std::string, std::less<>> announced_;     // each once
  std::vector<Sent> sent_;                           // not known to be taken, see all_taken()
  std::map<std::string, Executor::TimerId> fillers_; // by response; 0: it was said
};

} // namespace rt::session

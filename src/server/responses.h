// All responses of a conversation: one at a time writes to it, any number run beside it.
#pragma once

#include "server/reply_policy.h"
#include "server/response_run.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rt::server {

class Responses {
 public:
  struct Listener {
    virtual ~Listener() = default;
    virtual void on_response_started() = 0;
    virtual void on_response_finished(std::uint64_t audio_ms) = 0; // the conversation's own
  };

  Responses(Context& context, std::string conversation_id, Listener& listener);
  // Asked for by the client.
  void create(const protocol::ResponseCreate& event, std::string_view event_id);
  // The user's turn ended. While another response runs on, this one waits for its end.
  void create_for_turn();
  // The user is silent.
  void create_for_silence();
  void cancel(const protocol::ResponseCancel& event, std::string_view event_id);
  void interrupt(); // the user speaks
  // An item's text has come: responses that waited for it go on.
  void on_heard();
  bool active() const { return in_conversation() != nullptr; }

 private:
  ResponseRun* in_conversation() const;
  ResponseRun& start(ResponseSettings settings);
  void on_finished(ResponseRun& run);
  void try_plan(ResponseRun& run);
  ReplyRequest request_of(const ResponseRun& run) const;
  const char* used_up_limit() const;
  ReplyPlan plan(const ReplyRequest& request);

  Context& context_;
  std::string conversation_id_;
  Listener& listener_;
  struct Open {
    std::unique_ptr<ResponseRun> run;
    std::unique_ptr<Timer> announcement;
  };
  std::vector<Open> open_;
  std::vector<Open> finished_; // until the stack that finished them is unwound
  Timer sweep_;
  bool turn_waits_ = false;
};

} // namespace rt::server

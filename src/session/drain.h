// The end of the input: everything said is sent, heard by the server, answered, and the answer is heard. Loop
// thread only.
//
//   audio -> trailing silence (or a commit) -> one acknowledged round trip -> nothing open any more -> done
#pragma once

#include "base/executor.h"

#include <functional>
#include <string>

namespace rt::session {

class Drain {
 public:
  // What the drain asks of the conversation.
  class Host {
   public:
    virtual ~Host() = default;
    virtual bool ready_to_drain() = 0; // configured
    virtual bool uplink_sent() = 0;    // nothing waits in the uplink queue
    virtual void end_turn() = 0;       // sends trailing silence or a commit, if there was audio at all
    virtual bool round_trip() = 0;     // starts it; false where the provider never acknowledges
    virtual bool quiet() = 0;          // nothing open, awaited or unheard
    // Whether something has moved on since the last time it was asked: a long answer that is being heard is
    // no reason to give up.
    virtual bool moved_on() = 0;
    virtual std::string what_is_open() = 0;
    virtual void drained(const std::string& left_open) = 0; // empty: all is done
  };

  Drain(Executor& executor, Host& host) : executor_(executor), host_(host) {}
  ~Drain() { abandon(); }

  void start(Nanoseconds timeout, Nanoseconds quiet_time);
  void abandon();
  // Something changed; cheap when nothing is drained.
  void advance();
  void round_trip_answered();
  bool active() const { return step_ != Step::none; }
  // Input silence must go on while a turn is open.
  bool settling() const { return step_ >= Step::trailing; }

 private:
  enum class Step { none, audio, trailing, round_trip, quiet_time, settling };
  void finish(const std::string& left_open);
  void watch();

  Executor& executor_;
  Host& host_;
  Step step_ = Step::none;
  Nanoseconds timeout_{0}, quiet_time_{0};
  Executor::TimerId timeout_timer_ = 0, quiet_timer_ = 0;
};

} // namespace rt::session

// When a call may be ended that the model wants to end: not before its farewell was heard.
#pragma once

#include <compare>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

namespace telephone {

// Told what the bus tells of the answers; each call returns what is to be done now.
class Farewell {
 public:
  enum class Step {
    wait,
    hang_up,
    ask_for_words, // the model has said nothing: its tool call is answered, so that it says goodbye
    go_on,         // the caller spoke into the farewell: the tool call is answered, the call is not ended
  };

  // Of an answer's item: each is heard by itself.
  struct Part {
    std::string item_id;
    std::uint64_t index;
    auto operator<=>(const Part&) const = default;
  };

  // The model has called the tool, in this answer.
  Step asked(const std::string& call_id, const std::string& response_id);
  // Words of an answer: what is announced by them will be heard.
  void words(const std::string& response_id, const Part& part);
  Step response_done(const std::string& response_id);
  Step heard(const Part& part);
  Step interrupted(const std::string& item_id);

  // Of the tool call, once: it is answered once.
  std::string take_call_id() { return std::exchange(call_id_, {}); }

 private:
  Step next();

  enum class State {
    none,
    answer_open,   // the answer that holds the tool call has not ended
    next_answer,   // it has, without words; those of the next one are the farewell
    words_to_hear, // the farewell is complete
  };
  State state_ = State::none;
  std::string call_id_, response_id_;
  std::string last_spoken_; // the answer that the latest words belong to
  bool asked_for_words_ = false;
  std::set<Part> unheard_, heard_;
  std::set<std::string> cut_; // items
};

} // namespace telephone

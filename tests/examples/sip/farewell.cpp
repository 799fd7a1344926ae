#include "farewell.h"

namespace telephone {

Farewell::Step Farewell::asked(const std::string& call_id, const std::string& response_id) {
  call_id_ = call_id;
  response_id_ = response_id;
  state_ = State::answer_open;
  return Step::wait;
}

void Farewell::words(const std::string& response_id, const Part& part) {
  last_spoken_ = response_id;
  if (!heard_.contains(part) && !cut_.contains(part.item_id)) unheard_.insert(part);
  if (state_ != State::next_answer) return;
  response_id_ = response_id;
  state_ = State::answer_open;
}

Farewell::Step Farewell::response_done(const std::string& response_id) {
  if (state_ == State::next_answer && response_id != response_id_) return Step::hang_up; // again not a word
  if (state_ != State::answer_open || response_id != response_id_) return Step::wait;
  if (last_spoken_ == response_id || asked_for_words_) {
    state_ = State::words_to_hear;
    return next();
  }
  asked_for_words_ = true;
  state_ = State::next_answer;
  return Step::ask_for_words;
}

Farewell::Step Farewell::heard(const Part& part) {
  unheard_.erase(part);
  heard_.insert(part);
  return next();
}

Farewell::Step Farewell::interrupted(const std::string& item_id) {
  std::erase_if(unheard_, [&](const Part& part) { return part.item_id == item_id; });
  cut_.insert(item_id);
  if (std::exchange(state_, State::none) == State::none) return Step::wait;
  asked_for_words_ = false;
  return Step::go_on;
}

Farewell::Step Farewell::next() {
  return state_ == State::words_to_hear && unheard_.empty() ? Step::hang_up : Step::wait;
}

} // namespace telephone

// What the server does with our speech: an open turn, one that awaits its commit, transcripts to come. Loop
// thread only.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>

namespace rt::session {

class InputTurns {
 public:
  void speech_started() { open_ = true; }
  void speech_stopped() {
    commit_due_ = open_;
    open_ = false;
  }
  // We asked for a commit.
  void commit_asked(const std::string& event_id) { asked_commits_.push_back(event_id); }
  void commit_refused(const std::string& event_id) { std::erase(asked_commits_, event_id); }
  // Returns whether the server committed by itself.
  bool committed(const std::string& item_id, bool transcript_follows) {
    const bool found_by_server = commit_due_; // it said so before: ours may be on its way still
    open_ = commit_due_ = false;
    if (transcript_follows) transcripts_due_.insert(item_id);
    if (found_by_server || asked_commits_.empty()) return true;
    asked_commits_.pop_front();
    return false;
  }
  // Nobody ends the open turn any more.
  void detection_off() { open_ = commit_due_ = false; }
  void cleared() { open_ = commit_due_ = false; }
  void transcript_ended(const std::string& item_id) {
    transcripts_due_.erase(item_id);
    partial_.erase(item_id);
  }
  // The whole text so far.
  const std::string& transcript_piece(const std::string& item_id, const std::string& delta) {
    return partial_[item_id] += delta;
  }

  bool open() const { return open_; }
  bool quiet() const { return !open_ && !commit_due_ && transcripts_due_.empty(); }
  std::string what_is_open() const {
    if (open_) return "a turn the server has not ended";
    if (commit_due_) return "a turn the server has not committed";
    return transcripts_due_.empty() ? "" : "an input transcript";
  }
  void reset() { *this = InputTurns(); }

 private:
  bool open_ = false, commit_due_ = false;
  std::deque<std::string> asked_commits_; // event ids
  std::set<std::string> transcripts_due_;
  std::map<std::string, std::string> partial_;
};

} // namespace rt::session

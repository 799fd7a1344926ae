// The words of one side of a session without turns: pieces come without end, and become lines. A line ends
// where a sentence does: when the next piece begins a word, or when none comes for a while. Loop thread only.
#pragma once

#include "base/executor.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace rt::session {

class StreamTrack {
 public:
  using Finished = std::function<void(const std::string& id, const std::string& text)>;
  // Lines are called by `name` and a number.
  StreamTrack(Executor& executor, std::string name, Finished finished);
  ~StreamTrack() { reset(); }
  StreamTrack(const StreamTrack&) = delete;
  StreamTrack& operator=(const StreamTrack&) = delete;

  // May finish the line before.
  void add(std::string_view piece);
  void finish();  // nothing follows
  void abandon(); // what follows is of another line
  void reset();
  // Of the line that stands; empty text: it has not begun.
  const std::string& id() const { return id_; }
  const std::string& text() const { return text_; }

 private:
  void begin_line();

  Executor& executor_;
  const std::string name_;
  const Finished finished_;
  std::string id_, text_;
  std::uint64_t lines_ = 0;
  Executor::TimerId pause_timer_ = 0;
};

} // namespace rt::session

// The conversation as timed words, on their way to the elements that read it: one queue a reader. Written by
// the loop and by realtimesrc's streaming thread, read by the readers' streaming threads.
#pragma once

#include "base/guarded.h"
#include "session/notice.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rt::session {

enum class Speaker { user, assistant };

struct TextPiece {
  Speaker speaker = Speaker::assistant;
  std::string text, item_id;
  std::optional<ClockTime> time; // at which its audio begins; without audio: now
  std::uint64_t duration = 0;    // ns; 0: not known
  bool last = false;             // of its item: the transcript is final; without text, when it was cut off
};

class TextReader {
 public:
  explicit TextReader(std::function<void()> wake) : wake_(std::move(wake)) {}
  std::optional<TextPiece> pop();
  bool empty();
  void clear();

 private:
  friend class TextReaders;
  void push(const std::vector<TextPiece>& pieces);

  Guarded<std::deque<TextPiece>> pieces_;
  const std::function<void()> wake_;
};

class TextReaders {
 public:
  // `wake` is called after a piece was queued, from any thread and with no lock held.
  std::shared_ptr<TextReader> open(std::function<void()> wake);
  bool wanted();
  void publish(const std::vector<TextPiece>& pieces);

 private:
  std::vector<std::shared_ptr<TextReader>> readers();
  Guarded<std::vector<std::weak_ptr<TextReader>>> readers_;
};

// The words of a text that was spoken from `time` on for `duration`, spread by their length.
std::vector<TextPiece> spread(Speaker speaker, const std::string& item_id, const std::string& text,
                              std::optional<ClockTime> time, std::uint64_t duration);

} // namespace rt::session

// The words of the answers. Each part of an item has one last transcript: told when its audio was heard to
// the end, or where it was cut; of a part without audio, when the server has said all of it. Loop thread
// only.
#pragma once

#include "audio/playback.h"
#include "session/notice.h"

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::session {

class AnswerTranscripts {
 public:
  using Key = audio::ContentKey;
  struct Heard {
    ClockTime start, end;
  };
  struct Last {
    Key key;
    std::string text;
    bool spoken = false; // its audio was to be heard
    bool truncated = false;
    std::optional<Heard> heard = {};
  };

  // ---- the server's side; `spoken`: somebody hears the audio that is to come ----
  // Returns the text so far; null once the last transcript was told.
  const std::string* add(const Key& key, std::string_view delta, bool spoken);
  // All of the text; empty: what was added is all. Returns it if it is news that the last transcript does not
  // tell at once.
  std::optional<std::string> all_said(const Key& key, const std::string& text, bool spoken);
  void audio_taken(const Key& key);
  void audio_over(const Key& key); // no more of it comes
  void response_over(std::string_view response_id);

  // ---- the listener's side ----
  void heard(const Key& key, const Heard& heard);
  // It was received in full and goes on to its end, though its response is not wanted any more.
  void will_be_heard(const Key& key);
  void cut(const Key& key, const std::string& heard_text, const std::optional<Heard>& heard);
  // Nothing more comes for these responses; what had no audio until now is not heard.
  void drop(const std::function<bool(const std::string& response_id)>& unwanted);
  void drop_all();

  // What is ready to be told, in order.
  std::vector<Last> take();
  // Whether its words are wanted whatever became of its response.
  bool to_be_heard(const Key& key) const;
  // Whether any audio that was taken has neither been heard nor cut.
  bool waiting() const;
  void reset() { *this = AnswerTranscripts(); }

 private:
  struct Entry {
    Key key;
    std::string text = {};
    std::optional<Heard> heard = {};
    bool spoken = false, audio = false;
    bool text_over = false, audio_over = false;
    bool goes_on = false; // see will_be_heard
    bool told = false;    // kept for a while, so that nothing is told after it
    bool complete() const { return text_over && (audio ? heard.has_value() : audio_over); }
  };
  static constexpr std::size_t kept = 64;
  Entry* find(const Key& key);
  Entry& at(const Key& key);
  void tell(Entry& entry, std::string text, bool truncated);
  void tell_if_complete(Entry& entry);
  void forget_told();

  std::deque<Entry> entries_; // oldest first
  std::vector<Last> ready_;
};

} // namespace rt::session

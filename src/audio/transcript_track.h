// The transcripts of the replies on their way to the listener: each word gets the time at which its audio
// leaves, once it leaves, and none of an interrupted reply is told that was not heard. Pure bookkeeping
// beside Playout: the owner brings the lock and says what Playout received, played and cut.
//
// Times are nanoseconds of the reader's running time; positions are samples of a content.
#pragma once

#include "audio/format.h"
#include "audio/playout.h"
#include "audio/spoken_text.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::audio {

struct TimedWord {
  std::string text, item_id;
  std::uint64_t pts = 0, duration = 0;
  bool last =
      false; // of its content: the transcript is final; `text` is empty when that was not known before
};

class TranscriptTrack {
 public:
  // ---- the server's side ----
  void text(const Format& format, const ContentKey& key, std::string_view delta);
  void text_done(const Format& format, const ContentKey& key, std::string_view full);
  void received(const Format& format, const ContentKey& key, std::uint64_t samples); // more of them
  void audio_done(const ContentKey& key);
  void response_done(std::string_view response_id);

  // ---- the reader's side ----
  void played(const PlayedSpan& span);
  // Appends the words whose audio has begun to leave since the last call, in the order in which it did, and
  // whose time is not after `until`. Null: nobody wants them.
  void take(const Format& format, std::vector<TimedWord>* words, std::uint64_t until = ~std::uint64_t{0});

  // The reply ends where Playout cut it: with the last word that was begun, or was taken already. Returns its
  // transcript up to there, and no more words of it are given; nothing where no word came.
  std::optional<std::string> cut(const Cut& cut);
  void clear() { replies_.clear(); }

 private:
  struct Reply {
    ContentKey key;
    SpokenText text;
    std::uint64_t received = 0, played = 0;
    std::optional<std::size_t> ends_after; // words, where it was cut
    std::vector<PlayedSpan> spans;
    std::size_t told = 0; // words
    bool audio_done = false, cut_told = false;
  };
  Reply* find(const ContentKey& key);
  Reply& reply(const Format& format, const ContentKey& key);
  void forget_finished();
  static bool told_all(const Reply& reply);
  static bool next_is_due(const Reply& reply);
  static TimedWord next_word(Reply& reply, const Format& format);
  static void take_rest(Reply& reply, const Format& format, std::vector<TimedWord>& words);

  std::deque<Reply> replies_; // oldest first
};

} // namespace rt::audio

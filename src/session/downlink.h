// Reply audio between the loop, which receives it, and realtimesrc's streaming thread, which reads it at the
// pace of the pipeline clock: audio::Playout and the transcript of its audio behind a lock, and the words
// that pass between the two threads.
#pragma once

#include "audio/duck.h"
#include "audio/playout.h"
#include "audio/transcript_track.h"
#include "base/guarded.h"
#include "session/heard_window.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::session {

class Downlink {
 public:
  struct Counters {
    std::uint64_t waiting_ms = 0, played_samples = 0, underruns = 0, left_out_ms = 0;
  };

  // ---- loop ----
  // How many samples of it will be read; it is lost when the backlog is full, or when the reader's format is
  // not (or not any more) the one it has.
  enum class Lost { nothing, no_room, other_format };
  struct Appended {
    std::uint64_t samples = 0;
    Lost lost = Lost::nothing;
  };
  Appended append(const audio::ContentKey& key, std::span<const std::uint8_t> bytes,
                  const audio::Format& format);
  void content_done(const audio::ContentKey& key);
  void set_continuous(bool continuous); // see Playout
  void text(const audio::ContentKey& key, std::string_view delta);
  void text_done(const audio::ContentKey& key, std::string_view full);
  // The transcript of a reply as far as it is heard; what follows is not told.
  std::optional<std::string> cut_text(const audio::Cut& cut);
  void response_done(std::string_view response_id);
  // At once, without a flush.
  std::vector<audio::Cut> cut();
  // The streaming thread will flush and cut when it wakes.
  void request_flush();
  // Whether the server's word that somebody speaks will cut a reply; without it, none is lowered.
  void set_interruptible(bool yes);
  // The stream ends next, and what waits will not be read.
  std::vector<audio::Cut> lose();
  // The conversation has drained: the stream may end.
  void end();
  void resume(); // it goes on after all, with a new input
  bool idle();
  // What turned the reader's running time into clock time when advance() was called last.
  std::uint64_t clock_base();
  Counters counters();

  // ---- streaming thread ----
  void set_options(const audio::Playout::Options& options);
  bool set_format(const audio::Format& format);
  std::optional<audio::Format> format(); // none before the first set_format
  audio::FrameInfo read(std::span<std::uint8_t> frame, std::uint64_t pts, bool breaks = false);
  // See TranscriptTrack::take.
  void take_words(std::vector<audio::TimedWord>* words, std::uint64_t until);
  // `base` turns the reader's running time into clock time.
  std::vector<audio::PlaybackMark> advance(std::uint64_t now, std::uint64_t delay, std::uint64_t base = 0);
  bool flush_requested();
  // Answers request_flush.
  std::vector<audio::Cut> cut_flushed(std::uint64_t now, std::uint64_t latency);
  bool ended();

  // ---- any thread ----
  // Somebody seems to speak: a reply that is heard is lowered until it is cut, or until the server has not
  // confirmed it in time.
  void duck();
  // Whether a reply is heard in a span of clock time, or was up to 200 ms before it; without a time: now.
  bool heard_at(std::optional<std::uint64_t> time, std::uint64_t duration);
  // The reader is gone, or its stream was ended from outside: what waits or comes counts as finished, until
  // it starts again.
  std::vector<audio::Cut> abandon();
  bool abandoned();
  // Before it: downstream stopped as well, and what it has not rendered at `now` is lost.
  void downstream_stopped(std::uint64_t now, std::uint64_t latency);
  void start_reading();
  void reset();

 private:
  struct State {
    audio::Playout playout;
    audio::TranscriptTrack transcript;
    HeardWindow heard;
    std::optional<audio::Playout::Stopped> stopped;
    audio::Duck duck;
    bool has_format = false, flush_requested = false, ended = false, read_no_more = false;
    bool interruptible = false;
    std::vector<audio::Cut> with_words(std::vector<audio::Cut> cuts);
  };
  Guarded<State> state_;
};

} // namespace rt::session

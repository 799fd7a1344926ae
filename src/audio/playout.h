// Received reply audio on its way to the listener: what waits, which sample of which item left at which
// running time, what of it has been heard, and where a reply was cut. Pure bookkeeping: the owner brings the
// lock and the clock.
//
// Times are nanoseconds of the reader's running time. Samples are per channel (mono); bytes are in format().
#pragma once

#include "audio/creep.h"
#include "audio/format.h"
#include "audio/playback.h"

#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

namespace rt::audio {

class Playout {
 public:
  struct Options {
    std::uint64_t cushion_ns = 100'000'000;         // held back before a reply starts
    std::uint64_t fade_ns = 5'000'000;              // of a cut, and around a hole in the audio
    std::uint64_t max_backlog_ns = 600'000'000'000; // audio above it is refused
  };
  Playout();

  void set_options(const Options& options) { options_ = options; }
  // Of a stream that comes at the pace of real time and never pauses, such as an interpreter's: what waits is
  // then kept near the cushion, see Creep. A reply's backlog is no delay and never touched.
  void set_continuous(bool continuous) { continuous_ = continuous; }
  // Converts nothing: only while nothing waits and no reply goes on. Returns false (and changes nothing)
  // otherwise. What left in the old format is heard to its end.
  bool set_format(const Format& format);
  const Format& format() const { return format_; }

  // ---- the server's side ----
  // Half a sample at the end is carried over to the next call for the same content. Returns false when the
  // backlog is full: the audio is lost.
  bool append(const ContentKey& key, std::span<const std::uint8_t> bytes);
  void content_done(const ContentKey& key); // no more audio for it
  void response_done(std::string_view response_id);

  // ---- the reader's side ----
  // Fills `frame` (whole samples) with what is due at `pts`: reply audio, the fade of a cut, silence. With
  // `breaks` what left before is not heard up to here. Audio is as it came, unless its begin would click.
  FrameInfo read(std::span<std::uint8_t> frame, std::uint64_t pts, bool breaks = false);
  // The reply audio of the frame that was read last; valid until the next read.
  std::span<const PlayedSpan> played() const { return {spans_.data(), span_count_}; }
  // Everything pushed with pts + delay <= now counts as heard. Appends what started and finished.
  void advance(std::uint64_t now, std::uint64_t delay, std::vector<PlaybackMark>& marks);

  // ---- interruption ----
  // Drops what waits. Without a time, all samples already read (and a short fade still to be read) will be
  // heard.
  std::vector<Cut> cut();
  // The reader is to flush: what there is now is cut by cut_flushed(), what comes later is another reply.
  void prepare_flush();
  // The reader flushes downstream at `now`: only samples with pts + latency <= now were heard.
  std::vector<Cut> cut_flushed(std::uint64_t now, std::uint64_t latency);
  // The reader leaves or was ended from outside: as cut(), without a fade, and nothing is left to hear. With
  // `stopped`, downstream stopped as well: only samples with pts + latency <= now were heard.
  struct Stopped {
    std::uint64_t now, latency;
  };
  std::vector<Cut> abandon(const std::optional<Stopped>& stopped = std::nullopt);

  // Nothing waits, everything pushed has been heard and its end was told by advance().
  bool idle() const;
  std::uint64_t waiting_samples() const { return waiting_; }
  std::uint64_t underruns() const { return underruns_; }
  // Of a continuous stream that fell behind.
  std::uint64_t left_out_samples() const { return left_out_; }
  // Reply samples handed out in all, fades included.
  std::uint64_t played_samples() const { return played_; }
  void count_anew() { underruns_ = left_out_ = played_ = 0; } // another session

 private:
  struct Segment { // samples of one content that left without a break
    std::uint64_t first, count, pts;
  };
  struct Hole { // refused: `count` samples behind the first `at`
    std::uint64_t at, count;
  };
  struct Content {
    ContentKey key;
    Format format;
    std::deque<std::vector<std::uint8_t>> chunks;
    std::size_t chunk_offset = 0;
    std::vector<std::uint8_t> half_sample;
    std::uint64_t received = 0, read = 0, heard = 0;
    std::vector<Hole> refused;
    std::vector<Segment> segments; // the last of those that were heard, and what follows
    std::uint64_t first_pts = 0;   // of the first one there ever was
    Delivery delivery;
    bool done = false, cut = false, start_marked = false, finish_marked = false;
    bool resumes = false;          // after a hole: what comes next is faded in
    unsigned holes = 0;            // not far from one another
    std::uint64_t whole_since = 0; // what was read when it resumed
    bool to_be_flushed = false;
  };

  Content* find(const ContentKey& key);
  Content* current();
  bool ready_to_play(const Content& first, std::uint64_t wanted) const;
  std::uint64_t held_back(const Content& content) const;
  bool runs_dry(const Content& content, std::uint64_t wanted) const;
  void note_underrun(Content& content, FrameInfo& info);
  void note_cushion(Content& content) const;
  std::uint64_t take(Content& content, std::span<std::uint8_t> out, std::uint64_t pts);
  void note_segment(Content& content, std::uint64_t count, std::uint64_t pts);
  void note_span(const Content& content, std::uint64_t count, std::uint64_t pts);
  std::uint64_t stream_ahead() const;
  void peek(std::uint64_t first, std::span<std::uint8_t>* out) const;
  std::uint64_t silence_ahead(std::uint64_t limit);
  void leave_out(std::uint64_t samples, std::uint64_t pts);
  void skip(Content& content, std::uint64_t samples);
  void catch_up(std::uint64_t frame, std::uint64_t pts);
  void cross_fade(std::span<std::uint8_t> frame);
  void note_quiet(std::span<const std::uint8_t> frame);
  void drop_waiting(Content& content);
  static std::uint64_t heard_by(const Content& content, std::uint64_t now, std::uint64_t delay);
  static void forget_heard(Content& content);
  static std::uint64_t pts_of(const Content& content, std::uint64_t sample);
  void keep_faded(Content& content, std::uint64_t samples);
  void recycle(std::vector<std::uint8_t> chunk);
  static bool over(const Content& content);
  void drop_finished();
  static void note_refused(Content& content, std::uint64_t samples);
  static std::uint64_t refused_before(const Content& content, std::uint64_t sample);
  Cut cut_of(const Content& content, std::uint64_t heard) const;
  static std::uint64_t unread(const Content& content) { return content.received - content.read; }

  Format format_ = pcm16_24k;
  Options options_;
  std::deque<Content> contents_;                 // oldest first; the finished and heard ones are removed
  std::vector<std::vector<std::uint8_t>> spare_; // chunk storage for reuse
  std::vector<PlayedSpan> spans_;                // its strings are reused, too
  std::size_t span_count_ = 0;
  std::uint64_t waiting_ = 0, underruns_ = 0, played_ = 0;
  std::uint64_t delay_ = 0; // as advance() was last told
  bool playing_ = false;    // inside a reply: no cushion is applied
  // A continuous stream.
  bool continuous_ = false;
  Creep creep_;
  std::uint64_t quiet_ = 0, left_out_ = 0;       // quiet_: how long what left last was silent
  std::vector<std::uint8_t> crossing_, scratch_; // crossing_: what is faded out under the next samples
};

} // namespace rt::audio

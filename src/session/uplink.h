// Microphone audio on its way to the server: cut to chunks and encoded on the streaming thread, queued in
// order with the events that must keep their place in it (commit, clear, an input format), bounded in time.
//
//   streaming thread: push, push_silence, end_chunk     any thread: marker, set_flushing, drop_unsent,
//   set_muted loop thread:      pop, recycle
#pragma once

#include "audio/format.h"
#include "base/executor.h"
#include "base/guarded.h"
#include "protocol/codec.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rt::session {

class Uplink {
 public:
  struct Options {
    std::uint32_t chunk_ms = 20;
    std::uint32_t max_backlog_ms = 10000;
  };
  // What the loop sends next: an encoded append event, or the mark that something must be done at this place.
  struct Entry {
    bool is_audio = true;
    std::string text;                  // audio: the whole event
    audio::Format format;              // audio
    std::uint64_t samples = 0;         // audio
    std::optional<std::uint64_t> time; // audio: running time of the first sample
    std::uint64_t base = 0;            // audio: base time of then
    std::function<void()> action;      // mark: run on the loop
  };
  enum class Pushed { ok, flushing, closed };
  struct Counters {
    std::uint64_t sent_ns = 0, dropped_ns = 0, filled_ns = 0; // each part at the rate it had
    std::uint64_t queued_ms = 0;
  };

  // `wake` is called without the lock whenever there may be something new to pop.
  explicit Uplink(std::function<void()> wake);

  void set_options(const Options& options);
  // Of the connection to come: how audio is written, and that a chunk is not to be shorter.
  void set_wire(const protocol::AppendForm& form, std::uint32_t least_chunk_ms);
  void set_format(const audio::Format& format);
  audio::Format format();

  // What upstream delivered: audio, or silence of a length. What was taken is taken off, so that a call which
  // flushing ended can be repeated with the rest.
  struct Input {
    std::span<const std::uint8_t> bytes;
    std::uint64_t silence_ns = 0;
    // Running time of the first sample, if known: a jump of up to 2 s becomes silence.
    std::optional<std::uint64_t> time;
    bool muted = false;     // silence of the same length goes out instead
    std::uint64_t base = 0; // base time
  };
  // Live input never waits: its oldest audio is dropped when the queue is full. Other input waits for room
  // chunk by chunk, until set_flushing or close, and loses nothing.
  Pushed push(Input& input, bool live, Nanoseconds now);
  Pushed push(std::span<const std::uint8_t> bytes, std::optional<std::uint64_t> time, bool live,
              Nanoseconds now) {
    Input input{bytes, 0, time, false};
    return push(input, live, now);
  }
  Pushed push_silence(std::uint64_t duration_ns, bool live, Nanoseconds now) {
    Input input{{}, duration_ns, std::nullopt, false};
    return push(input, live, now);
  }
  // What is left of a chunk goes out as it is: nothing follows for now.
  void end_chunk();

  void marker(std::function<void()> action);
  // All of them, out of the queue: nothing is sent any more.
  std::vector<std::function<void()>> take_marks();
  void set_flushing(bool flushing);
  void set_muted(bool muted);
  void drop_unsent(); // audio only: marks keep their order
  // Upstream plays again after a pause that is no gap in its audio.
  void resume(Nanoseconds now);
  // Nothing is taken or handed out until reopened.
  void close();
  void reopen();

  // The format of the oldest audio; with `at_front` only if no mark comes before it.
  std::optional<audio::Format> oldest_format(bool at_front);
  // Audio is handed out only when `audio_allowed`; a mark before it always is.
  bool pop(Entry& entry, bool audio_allowed);
  void recycle(Entry&& entry);
  bool empty();
  // Silence for what upstream did not deliver until `now`; the first call after a push covers the whole
  // pause.
  void fill_until(Nanoseconds now);
  // How long upstream delivered nothing; nothing before its first audio.
  struct Quiet {
    Nanoseconds since_push;
  };
  std::optional<Quiet> quiet_for(Nanoseconds now);
  Counters counters();

 private:
  struct State {
    audio::Format format = audio::pcm16_24k;
    Options options;
    protocol::AppendForm form;
    std::uint32_t least_chunk_ms = 0;
    std::deque<Entry> queue;
    std::vector<std::string> spare;
    std::vector<std::uint8_t> partial;         // less than one chunk
    std::optional<std::uint64_t> partial_time; // running time of its first sample
    std::optional<std::uint64_t> next_time;    // running time of the next sample, as far as known
    std::uint64_t base = 0, partial_base = 0;  // the base times to these
    std::uint64_t queued_ns = 0;
    bool flushing = false, closed = true, muted = false;
    bool pushed_once = false, filled = false; // filled: since upstream pushed
    Nanoseconds last_push{0};                 // by upstream
    Nanoseconds quiet_since{0};               // the same, moved on by what was filled
    Counters counters;
  };
  using Locker = Guarded<State>::Locker;

  static std::size_t chunk_bytes(Locker& state);
  static void take_bytes(Locker& state, std::span<const std::uint8_t> bytes, bool silence);
  static void take_silence(Locker& state, std::uint64_t samples);
  static void emit_chunk(Locker& state);
  static void drop_oldest(Locker& state);
  static std::uint64_t duration_of(const Entry& entry);
  static std::uint64_t missing_samples(Locker& state, std::optional<std::uint64_t> time);
  static Pushed wait_for_room(Locker& state, bool live);
  static void take_input(Locker& state, Input& input, bool live);

  Guarded<State> state_;
  std::function<void()> wake_;
};

} // namespace rt::session

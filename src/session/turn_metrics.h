// How quickly and how smoothly each turn was answered: from the end of the caller's speech to the first sound
// of the answer, what the listener missed of it, and what became of the input meanwhile. One report an
// answer of the conversation, when all of it was heard or cut. Pure: the owner brings the times, all of the
// loop's clock (see ClockPair for those that are read from a pipeline's). Loop thread only.
#pragma once

#include "audio/playback.h"
#include "base/executor.h"
#include "session/notice.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rt::session {

// The spans of time that are measured, and the fields that tell them.
enum class TurnSpan { speech_to_delta, delta_to_push, push_to_heard, speech_to_heard };
inline constexpr std::array<std::string_view, 4> turn_span_fields = {
    "speech-to-delta-ms", "delta-to-push-ms", "push-to-heard-ms", "speech-to-heard-ms"};

// The end of the caller's speech: on the loop's clock, and as it is told. Each may be unknown.
struct SpeechEnd {
  std::optional<Nanoseconds> time;
  std::optional<ClockTime> told;
};

struct TurnReport {
  struct Interruption {
    std::string item_id;
    std::uint64_t heard_ms = 0, received_ms = 0;
  };
  std::string response_id;
  std::optional<ClockTime> speech_end;
  std::array<std::optional<std::uint64_t>, turn_span_fields.size()> spans; // ms, by TurnSpan
  audio::Delivery delivery;                                                // of all its audio
  std::optional<Interruption> interruption;                                // of the item that was being heard
  std::uint64_t dropped_ms = 0, filled_ms = 0; // of the input, since the report before
};

// Of all turns.
struct TurnTotals {
  struct Span {
    std::uint64_t count = 0, sum = 0, max = 0;
    std::uint64_t min = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t mean() const { return count ? sum / count : 0; }
  };
  std::uint64_t turns = 0, gap_ms = 0, cushion_used_max_ms = 0;
  std::array<Span, turn_span_fields.size()> spans; // by TurnSpan

  void add(const TurnReport& report);
};

class TurnMetrics {
 public:
  using Time = std::optional<Nanoseconds>; // nothing: not known

  // The answer that comes next answers this; an empty one: it answers no speech.
  void speech_ended(const SpeechEnd& end) { speech_end_ = end; }
  void response_created(std::string_view response_id);
  // The first output of a response, be it audio or text without it.
  void output(std::string_view response_id, Nanoseconds now);
  // Audio of it was taken for playing: the turn lasts until it was heard or cut.
  void audio_taken(const audio::ContentKey& key);
  void playback_started(const audio::ContentKey& key, Time pushed, Time heard);
  void playback_finished(const audio::ContentKey& key, const audio::Delivery& delivery);
  void cut(const audio::Cut& cut, Time pushed, Time heard);
  // Nothing of what was taken will be heard, or told.
  void playback_over();
  void response_done(std::string_view response_id);
  // The oldest turn that is over; `dropped_ms` and `filled_ms` are the input's counters.
  std::optional<TurnReport> take(std::uint64_t dropped_ms, std::uint64_t filled_ms);
  void reset() { *this = TurnMetrics(); }

 private:
  using Part = std::pair<std::string, std::uint32_t>; // item id, content index
  struct Turn {
    std::string response_id;
    SpeechEnd speech_end;
    Time delta, pushed, heard;
    std::vector<Part> playing;
    bool done = false;
    audio::Delivery delivery;
    std::optional<TurnReport::Interruption> interruption;
  };
  Turn* find(std::string_view response_id);
  static void over(Turn& turn, const audio::ContentKey& key, const audio::Delivery& delivery);

  std::vector<Turn> turns_; // oldest first
  SpeechEnd speech_end_;    // of speech that no answer has begun to answer
  std::uint64_t dropped_before_ms_ = 0, filled_before_ms_ = 0;
};

} // namespace rt::session

// What a session's facade (any thread) and its engine (loop thread) both reach. Each part brings its own
// lock; none is held while another is taken.
#pragma once

#include "audio/speech_onset.h"
#include "base/guarded.h"
#include "session/clock_pair.h"
#include "session/downlink.h"
#include "session/members.h"
#include "session/pictures.h"
#include "session/settings.h"
#include "session/text_readers.h"
#include "session/turn_metrics.h"
#include "session/uplink.h"
#include "session/usage.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace rt::session {

struct SharedState {
  explicit SharedState(std::function<void()> wake_uplink) : uplink(std::move(wake_uplink)) {}

  // Requests for an answer that keep their place in the audio, numbered, while a cancel overtakes the audio.
  class QueuedCreates {
   public:
    std::uint64_t add() { return ++added_; }
    // Those so far. Whether there was any.
    bool cancel() {
      const bool any = added_ > std::max(done_, cancelled_);
      cancelled_ = added_;
      return any;
    }
    // At its place in the audio: whether it is still wanted.
    bool take(std::uint64_t number) {
      done_ = number;
      return number > cancelled_;
    }
    void lose_all() { done_ = cancelled_ = added_; }

   private:
    std::uint64_t added_ = 0, done_ = 0, cancelled_ = 0;
  };
  enum class Life { closed, open, failed, over }; // over: ended as it was asked to
  struct Status {
    Life life = Life::closed;
    std::set<std::string> tool_calls;    // announced and unanswered
    std::set<std::string> calls_beside;  // announced and out of band: they take no output
    std::set<std::string> mcp_approvals; // that the application is asked for
    std::string no_mcp;                  // why this server has none; empty: it has
    unsigned ordered_pending = 0;        // commits on their way through the uplink queue
    QueuedCreates creates;               // behind them
    bool drain_requested = false, drained = false, drain_flushing = false;
    std::optional<audio::Format> input_format;
    std::uint32_t silence_fill_delay_ms = 200;
    bool input_live = true, flush_on_interrupt = false;
  };
  struct Statistics {
    std::string session_id, model;
    std::uint64_t connect_ms = 0, responses = 0, interruptions = 0, truncations = 0, errors = 0,
                  connections = 0;
    std::uint64_t images_sent = 0, images_dropped = 0;
    UsageTotals usage;
    TurnTotals turns;
  };

  Guarded<Settings> settings;
  Guarded<Status> status; // notified on every change of the drain
  Guarded<Statistics> statistics;
  Guarded<std::array<std::optional<ClockPair>, 3>> clocks; // by Role
  Guarded<audio::SpeechOnset> ear;                         // of realtimesink, with local-vad
  Members members;
  Uplink uplink;
  Downlink downlink;
  TextReaders text;
  WaitingPictures pictures;                   // of realtimeimagesinks
  std::atomic<std::uint64_t> words_behind{0}; // ns, see Session::report_words
};

} // namespace rt::session

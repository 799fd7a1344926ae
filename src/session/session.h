// One conversation, shared by its elements. Every method may be called from any thread and none blocks,
// except where said. The work is done by the engine on the loop thread.
#pragma once

#include "session/asked.h"
#include "session/members.h"
#include "session/settings.h"
#include "session/shared_state.h"
#include "transport/transport.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rt::session {

class Engine;

// Whether an action was taken up, and if not, why.
struct Outcome {
  bool accepted = true;
  std::string why = {};
};

struct Stats {
  std::string session_id, model;
  std::uint64_t connect_ms = 0, connections = 0, responses = 0, interruptions = 0, truncations = 0,
                errors = 0;
  std::uint64_t images_sent = 0, images_dropped = 0;
  UsageTotals usage;
  std::uint64_t sent_ms = 0, dropped_ms = 0, filled_ms = 0, uplink_queued_ms = 0;
  std::uint64_t played_ms = 0, waiting_ms = 0, underruns = 0, left_out_ms = 0;
  TurnTotals turns;
};

class Session {
 public:
  static std::shared_ptr<Session> create(std::shared_ptr<Executor> executor,
                                         const transport::Factory& factory);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // ---- membership: NULL->READY and back ----
  Result<MemberId> join(Role role, const void* pipeline, std::weak_ptr<Listener> listener);
  void leave(MemberId id);
  // READY->PAUSED and back: the first opens the connection, the last closes it.
  void open(MemberId id, Role role);
  void close(MemberId id, Role role);
  void set_playing(MemberId id, bool playing);

  // One moment on the clock of a realtimesink's or realtimesrc's pipeline, which is now on the loop's; from
  // its streaming thread with each buffer.
  void note_clock(Role role, std::uint64_t clock_time);

  // ---- settings ----
  Settings settings();
  // Runs `change` on the settings; a session that is open sends what the wire can change.
  void change_settings(const std::function<void(Settings&)>& change);

  // ---- realtimesink ----
  void set_input_format(const audio::Format& format);
  void set_uplink_options(const Uplink::Options& options, std::uint32_t silence_fill_delay_ms);
  // What was said before clear_input and stays in the turn, without turn detection.
  void set_pre_roll(std::uint32_t milliseconds);
  void set_input_live(bool live);
  void set_muted(bool muted);
  // local-vad: what was captured is listened to, and lowers the reply when somebody begins to speak.
  void listen(std::span<const std::uint8_t> bytes);
  Uplink::Pushed push(Uplink::Input& input, bool live); // see Uplink; blocks for input that is not live
  // Makes push and drain return; undone by set_input_flushing(false).
  void set_input_flushing(bool flushing);
  void flush_input(); // drops what is unsent and abandons a drain
  // Blocks until the conversation has come to its end. False when flushing came first.
  bool drain();
  void begin_drain(); // what drain() waits for; does not block

  // ---- realtimesrc ----
  Downlink& downlink();
  bool set_output_format(const audio::Format& format);
  void set_flush_on_interrupt(bool flush);
  // From the streaming thread; `clock_offset` turns its running time into clock time.
  void report_playback(std::vector<audio::PlaybackMark> marks, std::uint64_t clock_offset);
  void report_idle();
  void report_cuts(std::vector<audio::Cut> cuts);
  // Tells the text readers the words whose audio has left. Where an interruption flushes, what left may still
  // be unheard: then only those of which `now` is `heard_after` later, so that no word is told too much.
  void report_words(std::uint64_t clock_offset, std::uint64_t now, std::optional<std::uint64_t> heard_after);
  // The application ended the stream: playback counts as finished.
  void output_ended();
  // Its stream is over. Where that was not the end of the conversation or the application's wish, realtimesrc
  // counts as gone until it reads again.
  void output_stopped();

  // ---- realtimetextsrc ----
  // What is said from now on. `wake`: see TextReaders.
  std::shared_ptr<TextReader> read_text(std::function<void()> wake);
  // Words may come so much later than their time, ns.
  std::uint64_t words_behind();

  // ---- realtimeimagesink ----
  // A JPEG or PNG picture of that member takes the place of one that still waits, and becomes part of the
  // conversation as soon as there is one and the connection takes it; the newest `keep` of the member stay in
  // it (0: all). Not accepted: it is no picture that can be sent.
  Outcome show(MemberId camera, std::span<const std::uint8_t> picture, std::uint32_t keep);
  void leave_out_picture();             // counts one that was not shown
  void forget_picture(MemberId camera); // the one that waits

  // ---- actions ----
  Outcome send_text(const std::string& text);
  // A JPEG or PNG picture becomes part of the conversation; no answer is asked for.
  Outcome send_image(std::span<const std::uint8_t> picture);
  Outcome delete_item(const std::string& item_id);
  Outcome retrieve_item(const std::string& item_id); // told by a notice
  Outcome create_response(const std::optional<std::string>& options_json);
  Outcome cancel_response();
  Outcome interrupt();
  Outcome commit();
  Outcome clear_input();
  // `respond`: an answer is asked for when the outputs of all calls have gone out.
  Outcome send_tool_output(const std::string& call_id, const std::string& output, bool respond = true);
  // `reason` may be empty; the model may read it.
  Outcome approve_mcp(const std::string& request_id, bool approve, const std::string& reason = {});
  Outcome send_event(const std::string& json);

  bool failed();
  bool over(); // it ended as it was asked to
  Stats stats();

 private:
  struct Parts;
  explicit Session(std::unique_ptr<Parts> parts);
  void post(std::function<void(Engine&)> task);
  void post_ordered(std::function<void(Engine&)> task);
  Outcome ready_for_action();
  Outcome ready_for_answers();
  void post_answer(std::function<void(Engine&, bool wanted)> task);
  Outcome create_response(const std::optional<std::string>& options_json, const Asked& asked);
  Outcome commit(const Asked& asked);
  SharedState& shared();

  std::unique_ptr<Parts> parts_;
};

} // namespace rt::session

// The conversation itself, on the loop thread: connection, configuration, uplink, server events,
// interruption, drain. It outlives its Session only for the closing handshake.
#pragma once

#include "session/answer_transcripts.h"
#include "session/asked.h"
#include "session/configuration.h"
#include "session/connection.h"
#include "session/drain.h"
#include "session/event_filter.h"
#include "session/input_timeline.h"
#include "session/input_turns.h"
#include "session/mcp_calls.h"
#include "session/mcp_lists.h"
#include "session/picture.h"
#include "session/pictures.h"
#include "session/pre_roll.h"
#include "session/responses.h"
#include "session/shared_state.h"
#include "session/speech_spans.h"
#include "session/stream_track.h"
#include "session/terms.h"
#include "session/tool_calls.h"
#include "session/turn_metrics.h"
#include "session/wire.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace rt::session {

class Engine final : public std::enable_shared_from_this<Engine>,
                     private Wire,
                     private Connection::Owner,
                     private Drain::Host {
 public:
  Engine(std::shared_ptr<Executor> executor, const transport::Factory& factory,
         std::shared_ptr<SharedState> shared);
  ~Engine() override;

  void open();
  void close(const std::vector<audio::Cut>& cuts); // of what was not heard to the end
  void settings_changed();
  void formats_changed(); // an element negotiated, joined or left
  void playing_changed();
  void src_left(const std::vector<audio::Cut>& cuts);
  void pump();

  void send_item(protocol::Item item, std::string_view request, bool respond); // `request`: a literal
  void send_pictures();
  void delete_item(const std::string& item_id);
  void retrieve_item(const std::string& item_id);
  void create_response(protocol::ResponseOptions options, const Asked& asked = {"create-response"});
  bool still_wanted(std::uint64_t number); // at its place in the audio, see QueuedCreates
  // `queued`: answers that waited behind audio were cancelled by it.
  void cancel_response(bool queued);
  void interrupt(bool queued);
  void tool_output(const std::string& call_id, const std::string& output, bool respond);
  void approve_mcp(const std::string& request_id, bool approve, const std::string& reason);
  void send_raw(protocol::RawClientEvent event);
  void cancel_raw(protocol::RawClientEvent event, bool queued); // of no response in particular
  void commit(const Asked& asked = {"commit"});
  void set_pre_roll(std::uint32_t milliseconds) { pre_roll_.set_length(milliseconds); }
  // `keeps_pre_roll`: what was said just before stays in the turn, where the caller presses to talk.
  void clear_input(bool keeps_pre_roll, const Asked& asked = {"clear-input"});

  void start_drain();
  void abandon_drain();
  void input_flushed();
  // From realtimesrc's streaming thread, posted.
  void playback(const std::vector<audio::PlaybackMark>& marks, std::uint64_t clock_offset);
  void cuts_made(const std::vector<audio::Cut>& cuts);
  void playback_idle() { drain_.advance(); }
  void output_ended(const std::vector<audio::Cut>& cuts);

 private:
  enum class Phase { closed, connecting, configuring, active, failed, over };

  // Wire
  std::string send(decltype(protocol::ClientEvent::body) body, std::string_view request,
                   std::string event_id = {}) override;
  void notify(const Notice& notice) override;
  void warn(const Warning& warning) override;
  void tool_call_over(const std::string& call_id) override;
  void response_over(const std::string& response_id) override;
  Executor& executor() override { return *executor_; }
  // Connection::Owner
  std::optional<std::string> need_api_key() override;
  void on_dialing(unsigned attempt, const std::string& masked_uri) override;
  void on_frame(std::string_view text) override;
  void on_frames_wanted() override { pump(); }
  void on_retry(const Error& error, Nanoseconds delay) override;
  void on_lost(const Error& error) override;
  // Drain::Host
  bool ready_to_drain() override { return phase_ == Phase::active; }
  bool uplink_sent() override;
  void end_turn() override;
  bool round_trip() override;
  bool quiet() override;
  bool moved_on() override;
  std::string what_is_open() override;
  void drained(const std::string& left_open) override;

  // configuration
  void try_configure();
  void configure();
  Result<protocol::SessionConfig> wanted();
  Result<protocol::SessionConfig> config_with_formats();
  std::optional<audio::Format> input_format();
  void check_input_format();
  void expect_acknowledgement();
  void send_changes();
  void update_answered(const Configuration::Answered& update);
  void update_refused(const Configuration::Answered& update, const protocol::ErrorInfo& error);
  void activate();
  void greet();
  std::string_view request_of(const std::string& event_id) const;
  void report_differences(const protocol::SessionConfig& asked);
  void use_local_settings();
  void when_active(Asked asked, std::function<void()> task);
  bool lost(const Asked& asked); // since there is no session any more
  void run_lost();
  void cancel_timer(Executor::TimerId& timer);

  // what this server takes
  Terms terms() const;
  std::string why_not_sent(const decltype(protocol::ClientEvent::body)& event) const;
  bool allowed(decltype(protocol::ClientEvent::body)& event);
  std::string send_asked(decltype(protocol::ClientEvent::body) body, const Asked& asked);
  protocol::SessionConfig fitted(protocol::SessionConfig config);
  void withhold_fixed(protocol::SessionConfig& changed);
  void change_refused(const protocol::SessionConfig& asked, const protocol::ErrorInfo& error);
  bool opened_as_asked(const protocol::SessionInfo& session);
  void warn_once(Warning::Kind kind, const std::string& text); // of this connection

  void established(protocol::SessionInfo session);
  void forward(std::string_view text);

  // server events, one overload each
  void handle(const protocol::ErrorEvent& e);
  void handle(const protocol::SessionCreated& e);
  void handle(const protocol::SessionUpdated& e);
  void handle(const protocol::ConversationCreated& e);
  void handle(const protocol::DtmfReceived& e);
  void handle(const protocol::InputTranscriptSegment& e);
  void handle(const protocol::StreamAudioDelta& e);
  void handle(const protocol::StreamOutputText& e);
  void handle(const protocol::StreamInputText& e);
  void handle(const protocol::SessionClosed& e);
  void handle(const protocol::SpeechStarted& e);
  void handle(const protocol::SpeechStopped& e);
  void handle(const protocol::InputAudioCommitted& e);
  void handle(const protocol::InputAudioCleared& e);
  void handle(const protocol::IdleTimeout& e);
  void handle(const protocol::InputTranscriptDelta& e);
  void handle(const protocol::InputTranscriptCompleted& e);
  void handle(const protocol::InputTranscriptFailed& e);
  Notice of_response(NoticeKind kind, const protocol::Response& response) const;
  void warn_of_refusal(const protocol::ErrorInfo& error);
  void handle(const protocol::ResponseCreated& e);
  void handle(const protocol::ResponseDone& e);
  void handle(const protocol::OutputItemAdded& e);
  void handle(const protocol::OutputItemDone& e);
  void handle(const protocol::OutputAudioDelta& e);
  void handle(const protocol::OutputAudioDone& e);
  void handle(const protocol::OutputTranscriptDelta& e);
  void handle(const protocol::OutputTranscriptDone& e);
  void handle(const protocol::OutputTextDelta& e);
  void handle(const protocol::OutputTextDone& e);
  void handle(const protocol::FunctionArgumentsDelta& e) { responses_.on_event(e.at.response_id); }
  void handle(const protocol::FunctionArgumentsDone& e) { responses_.on_event(e.at.response_id); }
  void handle(const protocol::ContentPartAdded& e) { responses_.on_event(e.at.response_id); }
  void handle(const protocol::ContentPartDone& e);
  void handle(const protocol::ItemAdded& e);
  void handle(const protocol::ItemDone& e);
  void handle(const protocol::ItemDeleted& e);
  void handle(const protocol::ItemRetrieved& e);
  void handle(const protocol::McpListToolsCompleted& e) { mcp_lists_.ended(e.item_id, true); }
  void handle(const protocol::McpListToolsFailed& e) { mcp_lists_.ended(e.item_id, false); }
  void handle(const protocol::McpArgumentsDelta& e) { responses_.on_event(e.at.response_id); }
  void handle(const protocol::McpArgumentsDone& e);
  void handle(const protocol::McpCallInProgress& e) { mcp_.call_running(e.item_id); }
  void handle(const protocol::McpCallCompleted& e) { mcp_.call_ended(e.item_id, true); }
  void handle(const protocol::McpCallFailed& e) { mcp_.call_ended(e.item_id, false); }
  void handle(const protocol::RateLimits& e);
  template<typename Other>
  void handle(const Other&) {} // nothing to do, and unknown ones pass through

  void audio_over(const protocol::ContentRef& at);
  void audio_delta(std::string_view response_id, std::string_view item_id, std::uint32_t content_index,
                   std::string_view base64);
  audio::Format format_in_force(const std::optional<audio::Format>& told);
  const audio::Format& spoken_format(std::string_view response_id);
  void refuse_format(std::string_view response_id, std::string_view item_id, const audio::Format& spoken);
  static Notice bad_audio();
  static Warning backlog_full();
  void stream_audio(std::string_view base64, std::uint32_t rate);
  void line_said(const std::string& id, const std::string& text);
  void line_heard(const std::string& id, const std::string& text);
  bool ended_as_asked();
  void user_words(const std::string& item_id, const std::string& text);
  // Not those of a response that is over or cut.
  bool words_wanted(const protocol::ContentRef& at);
  bool assistant_text(const protocol::ContentRef& at, const std::string& delta, bool spoken);
  void assistant_text_done(const audio::ContentKey& key, const std::string& text, bool spoken);
  void untimed_text(const audio::ContentKey& at, const std::string& delta, bool done);
  AnswerTranscripts::Heard heard_span(const audio::HeardSpan& span, std::uint64_t base);
  void transcript_cut(const audio::Cut& cut, std::uint64_t base);
  void output_lost(const std::vector<audio::Cut>& cuts);
  void tell_last_transcripts();
  Notice user_transcript(const std::string& item_id);
  McpCalls::Hooks mcp_hooks();
  void picture_added(const std::string& item_id);
  void tool_call(const std::string& response_id, const protocol::Item& call);
  bool interrupt_playback(); // whether there was anything
  void refuse(const Asked& asked, const char* code, const std::string& message);
  void note_raw_audio(const protocol::RawClientEvent& event);
  std::string with_session_instructions(const std::string& more);
  void apply_timeouts();
  bool say_filler();
  void fail(const Error& error);
  void drop_answers();
  void finish_drain();

  // metrics
  TurnMetrics::Time loop_time(Role role, std::uint64_t clock_time);
  std::optional<ClockTime> input_time(std::optional<CaptureTime> captured);
  ClockTime output_time(std::uint64_t running_time, std::uint64_t base);
  void note_speech_end(std::uint64_t position_ms);
  void report_turns();
  void tell_turn(const TurnReport& report);

  // silence fill
  void send_audio(const Uplink::Entry& entry);
  void input_cleared();
  std::uint64_t turn_ns() const { return uncommitted_ns_ - pre_rolled_ns_; }
  void keep_or_recycle(Uplink::Entry&& entry);
  void watch_input();
  void fill_input();
  bool turn_may_be_open(Nanoseconds quiet);

  std::shared_ptr<Executor> executor_;
  std::shared_ptr<SharedState> shared_;
  Connection connection_;
  Configuration configuration_;
  Responses responses_;
  ToolCalls tools_;
  McpCalls mcp_;
  McpLists mcp_lists_;
  Drain drain_;
  InputTurns turns_;
  InputTimeline timeline_;
  SpeechSpans speech_;
  AnswerTranscripts transcripts_;
  TurnMetrics metrics_;
  PreRoll pre_roll_;
  ShownPictures pictures_;
  StreamTrack said_, heard_; // of a session without turns
  EventFilter filter_;
  const protocol::Codec* codec_;
  Phase phase_ = Phase::closed;
  Settings settings_; // of this connection, then as last applied
  std::vector<std::pair<Asked, std::function<void()>>> deferred_;
  std::deque<std::pair<std::string, std::string_view>> requests_; // event id, request name: for errors
  struct UntimedText {
    audio::SpokenText text;
    std::size_t told = 0; // words
  };
  std::map<std::string, UntimedText> untimed_; // item id/content index -> text for the text readers
  std::vector<std::uint8_t> decoded_;
  audio::ContentKey delta_key_;
  std::map<std::string, audio::Format, std::less<>> spoken_in_; // response id -> of its audio
  Uplink::Entry entry_;
  std::uint64_t next_event_ = 1, uncommitted_ns_ = 0;
  std::uint64_t pre_rolled_ns_ = 0; // of what is uncommitted: from before the turn
  std::uint64_t dropped_reported_ns_ = 0, played_at_check_ = 0;
  bool input_ready_ = false, change_pending_ = false, greeted_ = false, waited_for_src_ = false;
  bool turn_change_queued_ = false;                // a mark in the uplink sends what changed
  bool turn_too_short_ = false;                    // what comes next is not to be answered
  bool spoke_ = false;                             // answers had sound: the voice is fixed
  bool close_asked_ = false, stream_over_ = false; // session.close, session.closed
  protocol::SessionConfig refused_;                // changes that the server did not take
  std::set<std::string> told_;                     // warnings of this connection
  Nanoseconds dialed_at_{0};
  Executor::TimerId format_timer_ = 0, configure_timer_ = 0, fill_timer_ = 0;
};

// Of the input audio, whatever the elements wish.
std::uint32_t least_chunk_ms(protocol::SessionType type);

} // namespace rt::session

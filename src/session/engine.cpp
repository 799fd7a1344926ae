#include "session/engine.h"

#include "base/log.h"
#include "session/field_defaults.h"

#include <algorithm>
#include <utility>

namespace rt::session {
namespace {

using namespace protocol;

// realtimesrc negotiates in PAUSED, a moment after the session was opened; waiting longer would delay
// everybody else.
constexpr Milliseconds src_negotiation_wait{500};
constexpr std::size_t requests_kept = 256;

} // namespace

Engine::Engine(std::shared_ptr<Executor> executor, const transport::Factory& factory,
               std::shared_ptr<SharedState> shared)
    : executor_(std::move(executor)), shared_(std::move(shared)), connection_(*executor_, factory, *this),
      configuration_(*this), responses_(*this), tools_(*this, responses_, [this] { return say_filler(); }),
      mcp_(*this, responses_, mcp_hooks()), mcp_lists_(*this), drain_(*executor_, *this),
      said_(*executor_, "said", [this](const auto& id, const auto& text) { line_said(id, text); }),
      heard_(*executor_, "heard", [this](const auto& id, const auto& text) { line_heard(id, text); }),
      codec_(&Codec::of(Dialect::ga)) {}

Engine::~Engine() {
  cancel_timer(format_timer_);
  cancel_timer(configure_timer_);
  cancel_timer(fill_timer_);
}

void Engine::cancel_timer(Executor::TimerId& timer) {
  if (timer) executor_->cancel(std::exchange(timer, 0));
}

// ---- life ----

void Engine::open() {
  if (phase_ != Phase::closed) return;
  phase_ = Phase::connecting;
  settings_ = *shared_->settings.lock();
  configuration_.set_type(settings_.session_type);
  // An interpreter speaks as long as it is spoken to, at that pace.
  shared_->downlink.set_continuous(settings_.session_type == SessionType::translation);
  use_local_settings();
  // Faults of the settings are found before anything is dialled: they would be found at the worst moment
  // later.
  if (auto config = config_with_formats(); !config) return fail(config.error());
  if (auto items = wanted_items(settings_); !items) return fail(items.error());
  connection_.start(settings_);
}

void Engine::close(const std::vector<audio::Cut>& cuts) {
  const bool was_connecting = phase_ == Phase::connecting;
  output_lost(cuts);
  transcripts_.drop_all();
  tell_last_transcripts();
  phase_ = Phase::closed;
  connection_.stop();
  drain_.abandon();
  cancel_timer(format_timer_);
  cancel_timer(configure_timer_);
  cancel_timer(fill_timer_);
  configuration_.reset();
  responses_.reset();
  spoken_in_.clear();
  tools_.reset();
  mcp_.reset();
  mcp_lists_.reset();
  turns_.reset();
  timeline_.reset();
  speech_.reset();
  transcripts_.reset();
  metrics_.reset();
  pre_roll_.clear();
  pictures_.reset();
  deferred_.clear();
  requests_.clear();
  untimed_.clear();
  input_ready_ = change_pending_ = greeted_ = waited_for_src_ = turn_change_queued_ = false;
  spoke_ = close_asked_ = stream_over_ = turn_too_short_ = false;
  said_.reset();
  heard_.reset();
  refused_ = {};
  told_.clear();
  uncommitted_ns_ = pre_rolled_ns_ = dropped_reported_ns_ = 0;
  finish_drain();
  if (was_connecting)
    for (const auto& listener : shared_->members.posters(Direction::downlink))
      listener->on_progress(ProgressKind::canceled, "Connecting was cancelled");
}

void Engine::fail(const Error& error) {
  if (phase_ == Phase::failed || phase_ == Phase::closed) return;
  const bool was_connecting = phase_ == Phase::connecting;
  phase_ = Phase::failed;
  connection_.stop();
  cancel_timer(format_timer_);
  cancel_timer(configure_timer_);
  cancel_timer(fill_timer_);
  output_lost(shared_->downlink.lose());
  transcripts_.drop_all();
  tell_last_transcripts();
  responses_.reset();
  spoken_in_.clear();
  tools_.lose_all();
  mcp_.lose_all();
  // Before the streams end: an application must read the reason first, and only then of streams that failed.
  for (const auto& listener : shared_->members.posters(Direction::downlink)) {
    if (was_connecting) listener->on_progress(ProgressKind::error, error.message);
    listener->on_error(error);
  }
  run_lost();
  shared_->uplink.close();
  {
    auto status = shared_->status.lock();
    status->life = SharedState::Life::failed;
    status->tool_calls.clear();
    status->mcp_approvals.clear();
  }
  shared_->downlink.end();
  for (const auto& listener : shared_->members.all())
    listener->on_wake();
  drain_.abandon();
  finish_drain();
}

std::optional<std::string> Engine::need_api_key() {
  for (const auto& listener : shared_->members.all())
    if (auto key = listener->need_api_key(); key && !key->empty()) return key;
  return std::nullopt;
}

void Engine::on_dialing(unsigned attempt, const std::string& masked_uri) {
  dialed_at_ = executor_->now();
  log(LogLevel::info, "session", "connecting to " + masked_uri);
  for (const auto& listener : shared_->members.posters(Direction::downlink))
    listener->on_progress(attempt == 1 ? ProgressKind::start : ProgressKind::progress,
                          "Connecting to " + masked_uri);
}

void Engine::on_retry(const Error& error, Nanoseconds delay) {
  phase_ = Phase::connecting;
  warn({Warning::Kind::retrying, error.message + "; trying again in " +
                                     std::to_string(std::chrono::duration_cast<Milliseconds>(delay).count()) +
                                     " ms"});
}

void Engine::on_lost(const Error& error) {
  if (!ended_as_asked()) fail(error);
}

// ---- Wire ----

std::string Engine::send(decltype(ClientEvent::body) body, std::string_view request, std::string event_id) {
  if (!allowed(body)) return {};
  ClientEvent event;
  if (const auto* raw = std::get_if<RawClientEvent>(&body)) event_id = raw->event_id;
  event.event_id = event_id.empty() ? "gst_" + std::to_string(next_event_++) : std::move(event_id);
  event.body = std::move(body);
  if (!connection_.send(codec_->encode(event))) return {};
  requests_.emplace_back(event.event_id, request);
  if (requests_.size() > requests_kept) requests_.pop_front();
  return event.event_id;
}

std::string_view Engine::request_of(const std::string& event_id) const {
  const auto it =
      std::find_if(requests_.begin(), requests_.end(), [&](const auto& r) { return r.first == event_id; });
  return it == requests_.end() ? std::string_view() : it->second;
}

void Engine::notify(const Notice& notice) {
  for (const auto& listener : shared_->members.posters(notice.direction))
    listener->on_notice(notice);
}

void Engine::tool_call_over(const std::string& call_id) {
  shared_->status.lock()->tool_calls.erase(call_id);
}

// Its audio is complete: what waits behind it may be heard.
void Engine::response_over(const std::string& response_id) {
  shared_->downlink.response_done(response_id);
  transcripts_.response_over(response_id);
  tell_last_transcripts();
  tools_.response_over(response_id);
  mcp_.response_over(response_id);
}

void Engine::warn(const Warning& warning) {
  for (const auto& listener : shared_->members.posters(Direction::downlink))
    listener->on_warning(warning);
}

// ---- configuration ----

Result<SessionConfig> Engine::wanted() {
  auto config = wanted_config(settings_, shared_->members.joined(Role::src));
  if (!config || settings_.session_type != SessionType::transcription) return config;
  // Such a session is nothing without a model for it.
  Transcription& transcription =
      config->transcription ? *config->transcription : config->transcription.emplace();
  if (!transcription.model) transcription.model = settings_.model;
  if (const char* usual = connection_.provider().transcription_model; !transcription.model && usual)
    transcription.model = usual;
  return config;
}

Result<SessionConfig> Engine::config_with_formats() {
  auto config = wanted();
  if (!config) return config;
  if (auto format = shared_->downlink.format()) config->output_format = format;
  config->input_format = input_format();
  return config;
}

void Engine::try_configure() {
  if (phase_ != Phase::configuring || configuration_.under_way(Configuration::Purpose::initial)) return;
  const bool src_undecided = shared_->members.open(Role::src) && !shared_->downlink.format();
  if (src_undecided && !waited_for_src_) {
    if (!format_timer_)
      format_timer_ = executor_->post_after(src_negotiation_wait, [this] {
        format_timer_ = 0;
        waited_for_src_ = true;
        try_configure();
      });
    return;
  }
  cancel_timer(format_timer_);
  configure();
}

void Engine::configure() {
  settings_ = *shared_->settings.lock();
  auto config = config_with_formats();
  if (!config) return fail(config.error());
  input_ready_ = configuration_.streams() || config->input_format.has_value();
  if (!configuration_.send(fitted(std::move(config.value())), Configuration::Purpose::initial)) return;
  if (!connection_.provider().can.acknowledges_updates) return activate();
  expect_acknowledgement();
}

// Of an update that audio waits for.
void Engine::expect_acknowledgement() {
  cancel_timer(configure_timer_);
  configure_timer_ = executor_->post_after(Milliseconds(settings_.connect_timeout_ms), [this] {
    configure_timer_ = 0;
    fail({ErrorKind::configuration_rejected,
          "The server did not acknowledge the session's settings within connect-timeout"});
  });
}

void Engine::update_answered(const Configuration::Answered& update) {
  using Purpose = Configuration::Purpose;
  if (auto mismatch = configuration_.format_mismatch())
    return fail({ErrorKind::configuration_rejected, *mismatch});
  report_differences(update.asked);
  switch (update.purpose) {
  case Purpose::initial:
    cancel_timer(configure_timer_);
    activate();
    break;
  case Purpose::input_format:
    input_ready_ = !configuration_.under_way(Purpose::input_format);
    if (input_ready_) cancel_timer(configure_timer_);
    pump();
    break;
  case Purpose::round_trip:
    drain_.round_trip_answered();
    break;
  case Purpose::change:
  case Purpose::raw:
    break;
  }
}

void Engine::update_refused(const Configuration::Answered& update, const ErrorInfo& error) {
  const std::string what = error.message + (error.param.empty() ? "" : " (" + error.param + ")");
  switch (update.purpose) {
  case Configuration::Purpose::initial:
  case Configuration::Purpose::input_format: {
    Error fatal{ErrorKind::configuration_rejected, "The server refused the session's settings: " + what};
    fatal.code = error.code;
    return fail(fatal);
  }
  case Configuration::Purpose::round_trip:
    drain_.round_trip_answered();
    break;
  case Configuration::Purpose::change:
    change_refused(update.asked, error);
    break;
  case Configuration::Purpose::raw:
    break;
  }
}

void Engine::report_differences(const SessionConfig& asked) {
  for (const std::string& line : configuration_.other_differences(asked))
    warn({Warning::Kind::setting_differs, "The server's session differs: " + line});
}

void Engine::activate() {
  phase_ = Phase::active;
  if (auto items = wanted_items(settings_))
    for (Item& item : items.value()) {
      mcp_.not_asked(item);
      send(ItemCreate{std::move(item), std::nullopt}, "initial-items");
    }
  check_input_format();
  for (const auto& [asked, task] : std::exchange(deferred_, {}))
    if (!lost(asked)) task();
  send_pictures(); // what is said first may be about them
  greet();
  if (std::exchange(change_pending_, false)) settings_changed();
  pump();
  drain_.advance();
}

void Engine::greet() {
  if (phase_ != Phase::active || greeted_ || !settings_.greeting || !shared_->members.playing(Role::src))
    return;
  if (!shared_->downlink.format()) return; // said before the server knows the format, it would not be heard
  greeted_ = true;
  ResponseOptions options;
  if (!settings_.greeting->empty()) options.instructions = with_session_instructions(*settings_.greeting);
  responses_.create(std::move(options), "greeting");
}

// Of the audio that is to be sent next.
std::optional<audio::Format> Engine::input_format() {
  if (const auto format = shared_->uplink.oldest_format(false)) return format;
  return shared_->status.lock()->input_format;
}

// The sink's caps came after the first update, or changed: the server must know them before it gets audio.
void Engine::check_input_format() {
  if (phase_ != Phase::active || configuration_.streams()) return;
  const auto format = input_format();
  if (!format) return;
  if (configuration_.asked().input_format == format) {
    input_ready_ = !configuration_.under_way(Configuration::Purpose::input_format);
    return;
  }
  input_ready_ = false;
  SessionConfig config;
  config.input_format = format;
  configuration_.send(std::move(config), Configuration::Purpose::input_format);
  if (connection_.provider().can.acknowledges_updates)
    expect_acknowledgement();
  else
    input_ready_ = true;
}

void Engine::formats_changed() {
  try_configure();
  check_input_format();
  settings_changed();
  greet(); // may have waited for realtimesrc's caps
  pump();
}

// Changes made together leave together: what is set before the loop runs, and what is set while a change of
// the turn detection waits for its place in the audio.
void Engine::settings_changed() {
  if (phase_ == Phase::configuring) {
    change_pending_ = true;
    return;
  }
  if (phase_ == Phase::active && !turn_change_queued_) send_changes();
}

// What takes effect here and not at the server.
void Engine::use_local_settings() {
  apply_timeouts();
  mcp_.set_approval(settings_.mcp_approval);
  filter_ = EventFilter(settings_.forward_events);
}

void Engine::send_changes() {
  if (phase_ != Phase::active) return;
  settings_ = *shared_->settings.lock();
  use_local_settings();
  auto config = wanted();
  if (!config) return warn({Warning::Kind::setting_rejected, config.error().message});
  if (auto format = shared_->downlink.format()) config->output_format = format;
  if (const std::string kept = say_defaults(configuration_.asked(), configuration_.own(), config.value());
      !kept.empty())
    warn_once(Warning::Kind::setting_rejected,
              "What was set as " + kept + " stays for this connection: the server has not said its default");
  const SessionConfig fit = fitted(std::move(config.value()));
  SessionConfig changed = changed_fields(refused_, changed_fields(configuration_.asked(), fit));
  withhold_fixed(changed);
  if (changed == SessionConfig{}) return;
  if (changed.tools && connection_.provider().quirks.tools_reset_turns)
    changed.turn_detection = fit.turn_detection;
  if (!changed.turn_detection || std::exchange(turn_change_queued_, false)) {
    // No value stands for none in a transcription, and what an update leaves out may stay.
    if (configuration_.converses() && loses_part(configuration_.asked(), changed)) {
      SessionConfig cleared;
      cleared.transcription = Transcription{};
      configuration_.send(std::move(cleared), Configuration::Purpose::change);
    }
    configuration_.send(std::move(changed), Configuration::Purpose::change);
    return;
  }
  // How turns are found must change at its place in the audio.
  turn_change_queued_ = true;
  shared_->uplink.marker([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->send_changes();
  });
}

void Engine::apply_timeouts() {
  responses_.set_timeout(Milliseconds(settings_.response_timeout_ms));
  tools_.set_timeout(Milliseconds(settings_.tool_timeout_ms));
  tools_.set_filler_delay(Milliseconds(settings_.tool_filler ? settings_.tool_filler_delay_ms : 0));
}

void Engine::playing_changed() {
  greet();
  watch_input();
}

} // namespace rt::session

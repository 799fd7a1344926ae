#include "server/conversation.h"

#include "protocol/event_names.h"
#include "protocol/json_value.h"

#include <type_traits>

namespace rt::server {

using namespace protocol;

namespace {

SessionInfo initial_session(Outbox& out, const Conversation::Options& options) {
  SessionInfo info;
  info.id = out.next_id("sess");
  info.model = options.model;
  info.type = options.type;
  info.expires_at = options.expires_at;
  info.config = default_config(options.type, *options.manner);
  return info;
}

// What a session without responses understands.
template<typename Body>
constexpr bool is_input = std::is_same_v<Body, SessionUpdate> || std::is_same_v<Body, InputAudioAppend> ||
                          std::is_same_v<Body, InputAudioCommit> || std::is_same_v<Body, InputAudioClear>;

} // namespace

Conversation::Conversation(Executor& executor, SpeechService& speech, const Scenario& scenario,
                           ScenarioProgress& progress, const Options& options, Outbox::Send send)
    : ClientSession(options, std::move(send)), session_(initial_session(out_, options), *options.manner),
      conversation_id_(out_.next_id("conv")),
      mcp_(executor, scenario, out_, items_), context_{*options.manner, executor, speech,
                                                       scenario,        progress, out_,
                                                       session_,        items_,   mcp_},
      turns_(context_, *this), requests_(context_, turns_), responses_(context_, conversation_id_, *this),
      idle_(executor) {}

void Conversation::start() {
  out_.send(SessionCreated{session_.info()});
  if (!converses()) return;
  out_.send(ConversationCreated{conversation_id_});
  if (context_.manner.pings) ping();
}

void Conversation::ping() {
  JsonValue event = JsonValue::object();
  event.set("type", "ping").set("event_id", out_.next_id("event"));
  event.set("timestamp", g_get_real_time() / 1000); // ms
  out_.send(UnknownServerEvent{"ping", Json{to_text(event)}});
}

void Conversation::handle(const ClientEvent& event) {
  std::visit(
      [&]<typename Body>(const Body& body) {
        const auto index = event.body.index();
        if (converses() || is_input<Body> || index == std::size(client_event_names))
          return on(body, event.event_id);
        const std::string name(client_event_names[index].ga);
        out_.refuse(event.event_id, "invalid_value",
                    "A transcription session does not have the event '" + name + "'.", "type");
      },
      event.body);
}

void Conversation::on(const SessionUpdate& update, const std::string& event_id) {
  if (const auto bad = session_.apply(update))
    return out_.refuse(event_id, bad->code, bad->message, bad->param);
  turns_.configure();
  if (!idle_timeout()) idle_.stop();
  out_.send(SessionUpdated{session_.info()});
  if (converses() && update.config.tools) mcp_.configure(update.config.tools->text);
}

void Conversation::on(const RawClientEvent& event, const std::string& event_id) {
  out_.refuse(event_id, "invalid_value", "This server does not support the event '" + event.type + "'.",
              "type");
}

const TurnDetection& Conversation::detection() const {
  static const TurnDetection unset;
  const auto& configured = session_.config().turn_detection;
  return configured ? *configured : unset;
}

void Conversation::on_speech_started() {
  idle_.stop();
  if (detection().interrupt_response.value_or(true)) responses_.interrupt();
}

void Conversation::on_turn_ended() {
  idle_.stop();
  if (converses() && detection().create_response.value_or(true)) responses_.create_for_turn();
}

std::optional<std::uint32_t> Conversation::idle_timeout() const {
  if (detection().mode != TurnDetection::Mode::server_vad) return std::nullopt;
  return detection().idle_timeout_ms;
}

void Conversation::on_response_finished(std::uint64_t audio_ms) {
  if (!idle_timeout() || turns_.speaking()) return;
  // The listener still hears the answer; only then does the silence begin.
  idle_.start(Milliseconds(audio_ms), [this] { on_answer_heard(); });
}

void Conversation::on_answer_heard() {
  if (const auto timeout = idle_timeout())
    idle_.start(Milliseconds(*timeout), [this, since = turns_.written_ms()] { on_idle(since); });
}

void Conversation::on_idle(std::uint64_t since_ms) {
  turns_.time_out(since_ms);
  responses_.create_for_silence();
}

} // namespace rt::server

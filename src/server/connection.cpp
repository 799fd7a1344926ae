#include "server/connection.h"

#include "server/conversation.h"
#include "server/translation.h"

#include <algorithm>

namespace rt::server {

using namespace protocol;

namespace {

bool introduces(const ServerEvent& event) {
  return std::holds_alternative<SessionCreated>(event.body) ||
         std::holds_alternative<ConversationCreated>(event.body);
}

} // namespace

Connection::Connection(Executor& executor, SpeechService& speech, const Scenario& scenario,
                       ScenarioProgress& progress, Faults faults, Dialect dialect,
                       const ClientSession::Options& options, Peer& peer)
    : codec_(Codec::of(dialect)), manner_(*options.manner), faults_(std::move(faults)),
      session_length_(scenario.session_length), peer_(peer), expiry_(executor) {
  auto out = [this](const ServerEvent& event) { send(event); };
  if (options.type == SessionType::translation) {
    session_ = std::make_unique<Translation>(speech, scenario, progress, options, std::move(out));
  } else {
    session_ = std::make_unique<Conversation>(executor, speech, scenario, progress, options, std::move(out));
  }
  std::stable_sort(faults_.injections.begin(), faults_.injections.end(), [](const auto& a, const auto& b) {
    return a.after_server_events < b.after_server_events;
  });
  for (const auto& ending : faults_.endings) {
    if (!ending.after) continue;
    ending_timers_.push_back(std::make_unique<Timer>(executor));
    ending_timers_.back()->start(*ending.after, [this, ending] { end(ending); });
  }
}

void Connection::start() {
  expiry_.start(session_length_, [this] { expire(); });
  inject();
  check_endings();
  if (!closed_) session_->start();
}

void Connection::refuse_key() {
  turn_away({"invalid_api_key", "Incorrect API key provided."}, 3000);
}

void Connection::refuse_address(const Refusal& why) {
  turn_away({why.code, why.message}, 4000);
}

void Connection::turn_away(ScriptedError error, unsigned close_code) {
  faults_ = {};
  const auto reason = error.type + '.' + error.code;
  end({.error = std::move(error), .close_code = close_code, .close_reason = reason});
}

void Connection::receive(std::string_view text) {
  if (closed_) return;
  ++client_events_;
  const auto event = codec_.decode_client(understood(manner_, text));
  if (!event) {
    session_->refuse(event_id_of(text).value_or(""), event.error().code, event.error().message,
                     event.error().debug);
  } else if (!fault_instead_of(event.value())) {
    session_->handle(event.value());
  }
  check_endings();
}

void Connection::receive_binary() {
  if (closed_) return;
  ++client_events_;
  session_->refuse("", "invalid_event", "Events are sent as text, not as binary frames.", "");
  check_endings();
}

bool Connection::fault_instead_of(const ClientEvent& event) {
  if (!std::holds_alternative<SessionUpdate>(event.body)) return false;
  if (faults_.ignore_session_update) return true;
  if (!faults_.reject_session_update) return false;
  if (faults_.reject_count != 0 && rejected_ >= faults_.reject_count) return false;
  ++rejected_;
  session_->refuse(event.event_id, faults_.reject_session_update->code,
                   faults_.reject_session_update->message, "session");
  return true;
}

void Connection::send(const ServerEvent& event) {
  if (closed_ || (faults_.no_session_created && introduces(event))) return;
  const auto text = written(manner_, codec_, event);
  if (text.empty()) return; // this dialect, or this kind of server, has no such event
  peer_.send_text(text);
  ++server_events_;
  inject();
  check_endings();
  if (std::holds_alternative<SessionClosed>(event.body)) end({});
}

void Connection::inject() {
  while (!closed_ && injected_ < faults_.injections.size()) {
    const auto& next = faults_.injections[injected_];
    if (next.after_server_events > server_events_) return;
    ++injected_;
    next.binary ? peer_.send_binary(next.text) : peer_.send_text(next.text);
  }
}

void Connection::check_endings() {
  const auto due = [this](const Ending& ending) {
    return (ending.after_server_events && server_events_ >= *ending.after_server_events) ||
           (ending.after_client_events && client_events_ >= *ending.after_client_events);
  };
  const auto found = std::find_if(faults_.endings.begin(), faults_.endings.end(), due);
  if (closed_ || found == faults_.endings.end()) return;
  const auto ending = *found;
  faults_.endings.clear(); // the error that it may send is an event too
  end(ending);
}

void Connection::end(const Ending& ending) {
  if (closed_) return;
  if (ending.error) session_->fail(ending.error->type, ending.error->code, ending.error->message);
  closed_ = true;
  peer_.close(ending.close_code, ending.close_reason);
}

void Connection::expire() {
  end({.error = ScriptedError{"session_expired", "Your session hit the maximum duration.",
                              "invalid_request_error"},
       .close_code = 1001,
       .close_reason = "session_expired"});
}

} // namespace rt::server

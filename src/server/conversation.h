// One client's conversation; without responses it is a transcription session.
//
//   Conversation --+-- SessionState   what is configured
//                  +-- InputTurns     audio, turn detection, recognition
//                  +-- ItemRequests   create, retrieve, delete, truncate
//                  +-- McpTools       tools that it calls itself
//                  +-- Responses      replies, cancelling, interruption
#pragma once

#include "server/client_session.h"
#include "server/context.h"
#include "server/input_turns.h"
#include "server/item_requests.h"
#include "server/responses.h"
#include "server/timer.h"

#include <cstdint>
#include <string>

namespace rt::server {

class Conversation final : public ClientSession, InputTurns::Listener, Responses::Listener {
 public:
  Conversation(Executor& executor, SpeechService& speech, const Scenario& scenario,
               ScenarioProgress& progress, const Options& options, Outbox::Send send);

  void start() override;
  void handle(const protocol::ClientEvent& event) override;

 private:
  void on(const protocol::SessionUpdate& update, const std::string& event_id);
  void on(const protocol::InputAudioAppend& event, const std::string& event_id) {
    turns_.append(event, event_id);
  }
  void on(const protocol::InputAudioCommit&, const std::string& event_id) { turns_.commit(event_id); }
  void on(const protocol::InputAudioClear&, const std::string&) { turns_.clear(); }
  void on(const protocol::ItemCreate& event, const std::string& event_id) {
    requests_.create(event, event_id);
  }
  void on(const protocol::ItemRetrieve& event, const std::string& event_id) {
    requests_.retrieve(event, event_id);
  }
  void on(const protocol::ItemDelete& event, const std::string& event_id) {
    requests_.erase(event, event_id);
  }
  void on(const protocol::ItemTruncate& event, const std::string& event_id) {
    requests_.truncate(event, event_id);
  }
  void on(const protocol::ResponseCreate& event, const std::string& event_id) {
    responses_.create(event, event_id);
  }
  void on(const protocol::ResponseCancel& event, const std::string& event_id) {
    responses_.cancel(event, event_id);
  }
  void on(const protocol::OutputBufferClear&, const std::string& event_id) {
    refuse(event_id, "invalid_value", "There is no output audio buffer in a WebSocket session.", "type");
  }
  void on(const protocol::SessionClose&, const std::string& event_id) {
    refuse(event_id, "invalid_value", "Only a translation session is closed by an event.", "type");
  }
  void on(const protocol::RawClientEvent& event, const std::string& event_id);

  void on_speech_started() override;
  void on_turn_ended() override;
  void on_heard() override { responses_.on_heard(); }
  void on_response_started() override { idle_.stop(); }
  void on_response_finished(std::uint64_t audio_ms) override;
  void on_answer_heard();
  void on_idle(std::uint64_t since_ms);

  void ping();
  const protocol::TurnDetection& detection() const;
  std::optional<std::uint32_t> idle_timeout() const;
  bool converses() const { return session_.info().type == protocol::SessionType::conversation; }

  SessionState session_;
  ItemStore items_;
  std::string conversation_id_;
  McpTools mcp_;
  Context context_;
  InputTurns turns_;
  ItemRequests requests_;
  Responses responses_;
  Timer idle_;
};

} // namespace rt::server

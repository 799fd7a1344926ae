// One connection without its socket: text in, text out. Between the two stand the codec, the conversation,
// and the scenario's faults.
#pragma once

#include "protocol/codec.h"
#include "server/client_session.h"
#include "server/context.h"
#include "server/timer.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rt::server {

// The other end, as the shell sees it. None of these may call back into the connection.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual void send_text(const std::string& text) = 0;
  virtual void send_binary(const std::string& bytes) = 0;
  virtual void close(unsigned code, const std::string& reason) = 0; // 0: drop the transport
};

class Connection {
 public:
  Connection(Executor& executor, SpeechService& speech, const Scenario& scenario, ScenarioProgress& progress,
             Faults faults, protocol::Dialect dialect, const ClientSession::Options& options, Peer& peer);

  void start();
  // Instead of start(): what OpenAI answers to a bad key, and to an address that it does not like.
  void refuse_key();
  void refuse_address(const Refusal& why);
  void receive(std::string_view text);
  void receive_binary();
  void end(const Ending& ending);
  bool closed() const { return closed_; }

 private:
  void send(const protocol::ServerEvent& event);
  bool fault_instead_of(const protocol::ClientEvent& event);
  void turn_away(ScriptedError error, unsigned close_code);
  void inject();
  void check_endings();
  void expire();

  const protocol::Codec& codec_;
  const Manner& manner_;
  Faults faults_;
  std::chrono::seconds session_length_;
  Peer& peer_;
  bool closed_ = false;
  unsigned server_events_ = 0, client_events_ = 0, rejected_ = 0;
  std::size_t injected_ = 0;
  std::unique_ptr<ClientSession> session_;
  std::vector<std::unique_ptr<Timer>> ending_timers_;
  Timer expiry_;
};

} // namespace rt::server

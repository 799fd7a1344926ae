// The development server's socket: ws://HOST:PORT/v1/realtime, and /translations below it. It only carries
// text between SoupServer and Connection. Any number may run in a process, each on an executor of its choice.
#pragma once

#include "base/executor.h"
#include "base/result.h"
#include "server/scenario.h"
#include "server/speech.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace rt::server {

// One frame, as it crossed the wire; on the executor's thread.
struct Traffic {
  unsigned connection = 0; // from 1, in the order of the handshakes
  bool from_client = false;
  std::string_view text;
};

// The handshake of one client; on the executor's thread.
struct Handshake {
  unsigned connection = 0;
  std::string uri;                                     // path and query
  std::string authorization;                           // the header, or the key that a subprotocol carried
  std::string beta;                                    // header OpenAI-Beta
  std::function<std::string(const char* name)> header; // only during the call
};

struct WsServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0; // 0: the system chooses
  std::string api_key;    // empty: any client is welcome
  std::string provider;   // whose servers it resembles, see manner.h; empty: nobody's
  Scenario scenario;
  SpeechFactory speech; // empty functions: no models; see SpeechPool
  bool warm_up = false; // load the models before the first client comes
  std::function<void(const Traffic&)> on_traffic;
  std::function<void(const Handshake&)> on_handshake;
  std::function<void(unsigned connection)> on_gone; // its socket is closed; on the executor's thread
};

class WsServer {
 public:
  static constexpr std::uint64_t max_message_bytes = 24u << 20; // 15 MiB of audio in base64, and some

  explicit WsServer(std::shared_ptr<Executor> executor);
  ~WsServer(); // stops

  // Any thread, once. The URI that clients dial, without a query.
  Result<std::string> start(WsServerOptions options);
  // Any thread. Clients get close 1001; returns when all of it is gone.
  void stop();

  // Any thread; for connections made from now on. Counts of used replies start again.
  void set_scenario(Scenario scenario);
  // Any thread; done on the executor's. Code 0 drops the connections without a close frame.
  void close_all(unsigned code, std::string reason);
  void send_to_all(std::string text);
  // Handshakes so far; connections open now.
  unsigned accepted() const;
  unsigned open() const;

 private:
  class Shell;
  std::shared_ptr<Shell> shell_;
};

} // namespace rt::server

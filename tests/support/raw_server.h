// A TCP or TLS server on 127.0.0.1 whose every byte a test writes down: what a real server would never send
// included. Each connection runs the script on a thread of its own, with blocking calls that end when the
// server does.
#pragma once

#include "base/gptr.h"
#include "base/guarded.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace rt::test {

struct Frame {
  int opcode = 0;
  bool final = true;
  bool masked = false;
  std::string payload;
};
inline constexpr int opcode_text = 1, opcode_binary = 2, opcode_close = 8, opcode_ping = 9, opcode_pong = 10;

// One frame as a server sends it.
std::string server_frame(int opcode, std::string_view payload, bool final = true);
std::string close_payload(std::uint16_t code, std::string_view reason);

class RawPeer {
 public:
  RawPeer(GRef<GSocket> socket, GRef<GIOStream> stream, GCancellable* cancellable);

  // The request's head, with its empty line; what there is when the peer leaves first.
  std::string read_head();
  std::optional<Frame> read_frame(); // nothing: the peer left
  std::optional<std::string> read_bytes(std::size_t size);
  std::size_t read_some(char* buffer, std::size_t size); // 0: the peer left
  bool write(std::string_view bytes);
  bool write_frame(int opcode, std::string_view payload) { return write(server_frame(opcode, payload)); }

  // Answers a WebSocket handshake; `behind` goes out in the same write. Returns the request's head.
  std::string accept_websocket(std::string_view behind = {});
  // The header line that proves that the handshake was read.
  static std::string accept_header(std::string_view request_head);

  void wait_for_end();               // reads until the peer leaves
  void break_off();                  // with a reset, where the system lets one
  void relay_to(std::uint16_t port); // both ways until one side leaves
  void wait_for_server_end();        // keeps the connection open without reading

 private:
  GRef<GSocket> socket_;
  GRef<GIOStream> stream_;
  GCancellable* cancellable_;
  std::string unread_;
};

struct RawServerOptions {
  std::string certificate_file; // empty: no TLS
  int receive_buffer = 0;       // SO_RCVBUF; 0: the system's
};

class RawServer {
 public:
  using Script = std::function<void(RawPeer&)>;

  explicit RawServer(Script script, RawServerOptions options = {});
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  void accept_until_end();
  void serve(GRef<GSocket> socket);

  Script script_;
  RawServerOptions options_;
  GRef<GTlsCertificate> certificate_;
  GRef<GCancellable> cancellable_;
  GRef<GSocket> listening_;
  std::uint16_t port_ = 0;
  std::vector<std::jthread> connections_; // acceptor's thread only
  std::jthread acceptor_;
};

// A port of 127.0.0.1 where nobody listens.
std::uint16_t closed_port();

} // namespace rt::test

// One WebSocket of the server: libsoup's signals to a Connection, the Connection's frames to libsoup.
// Executor's thread only.
#pragma once

#include "base/gptr.h"
#include "server/connection.h"

#include <libsoup/soup.h>

#include <functional>
#include <memory>
#include <string>

namespace rt::server {

class WsClient final : public Peer {
 public:
  struct Hooks {
    std::function<void(bool from_client, std::string_view text)> on_text;
    std::function<void()> on_gone; // may not destroy the client at once
  };
  WsClient(Executor& executor, GRef<SoupWebsocketConnection> socket, Hooks hooks);
  ~WsClient() override;

  // Set before the first frame can come; freed first.
  std::unique_ptr<Connection> connection;

  void send_text(const std::string& text) override;
  void send_binary(const std::string& bytes) override;
  void close(unsigned code, const std::string& reason) override;

 private:
  static void on_message(SoupWebsocketConnection*, gint type, GBytes* message, gpointer self);
  static void on_closed(SoupWebsocketConnection*, gpointer self);
  bool is_open() const {
    return soup_websocket_connection_get_state(socket_.get()) == SOUP_WEBSOCKET_STATE_OPEN;
  }

  GRef<SoupWebsocketConnection> socket_;
  Hooks hooks_;
  Timer drop_;
  gulong message_handler_ = 0, closed_handler_ = 0;
};

} // namespace rt::server

#include "server/ws_client.h"

#include "base/log.h"
#include "server/ws_server.h"

#include <exception>

namespace rt::server {

namespace {

// What was sent just before a drop shall still arrive; libsoup has no way to ask whether it has.
constexpr Milliseconds drop_delay{50};

bool may_be_sent(unsigned code) {
  return code >= 1000 && code <= 4999 && code != SOUP_WEBSOCKET_CLOSE_NO_STATUS &&
         code != SOUP_WEBSOCKET_CLOSE_ABNORMAL && code != SOUP_WEBSOCKET_CLOSE_NO_EXTENSION &&
         code != SOUP_WEBSOCKET_CLOSE_TLS_HANDSHAKE;
}

} // namespace

WsClient::WsClient(Executor& executor, GRef<SoupWebsocketConnection> socket, Hooks hooks)
    : socket_(std::move(socket)), hooks_(std::move(hooks)), drop_(executor) {
  soup_websocket_connection_set_max_incoming_payload_size(socket_.get(), WsServer::max_message_bytes);
  message_handler_ = g_signal_connect(socket_.get(), "message", G_CALLBACK(on_message), this);
  closed_handler_ = g_signal_connect(socket_.get(), "closed", G_CALLBACK(on_closed), this);
}

WsClient::~WsClient() {
  g_signal_handler_disconnect(socket_.get(), message_handler_);
  g_signal_handler_disconnect(socket_.get(), closed_handler_);
}

void WsClient::send_text(const std::string& text) {
  if (!is_open()) return;
  const auto bytes = GRef<GBytes>::adopt(g_bytes_new(text.data(), text.size()));
  hooks_.on_text(false, text); // before the client can react to it
  // Not send_text(): that refuses the invalid UTF-8 which a scenario may want on the wire.
  soup_websocket_connection_send_message(socket_.get(), SOUP_WEBSOCKET_DATA_TEXT, bytes.get());
}

void WsClient::send_binary(const std::string& bytes) {
  if (is_open()) soup_websocket_connection_send_binary(socket_.get(), bytes.data(), bytes.size());
}

void WsClient::close(unsigned code, const std::string& reason) {
  if (may_be_sent(code)) {
    if (is_open()) soup_websocket_connection_close(socket_.get(), static_cast<gushort>(code), reason.c_str());
    return;
  }
  drop_.start(drop_delay, [this] { hooks_.on_gone(); });
}

void WsClient::on_message(SoupWebsocketConnection*, gint type, GBytes* message, gpointer self) {
  auto& client = *static_cast<WsClient*>(self);
  try {
    gsize size = 0;
    const auto* data = static_cast<const char*>(g_bytes_get_data(message, &size));
    const std::string_view text(data ? data : "", size);
    if (type != SOUP_WEBSOCKET_DATA_TEXT) return client.connection->receive_binary();
    client.hooks_.on_text(true, text);
    client.connection->receive(text);
  } catch (const std::exception& error) {
    log(LogLevel::error, "server", std::string("a client's event was lost: ") + error.what());
  }
}

void WsClient::on_closed(SoupWebsocketConnection*, gpointer self) {
  static_cast<WsClient*>(self)->hooks_.on_gone();
}

} // namespace rt::server

#include "transport/soup_transport.h"

#include "base/log.h"
#include "transport/address.h"
#include "transport/failure.h"
#include "transport/secrets.h"
#include "transport/send_window.h"
#include "transport/wire_rules.h"

#include <libsoup/soup.h>

#include <optional>

namespace rt::transport {
namespace {

using namespace std::chrono_literals;

constexpr char user_agent[] = "gst-realtime/" RT_VERSION;
constexpr int max_error_body_bytes = 4096;
constexpr auto error_body_deadline = 2s;    // a refusal whose body does not end is reported without it
constexpr auto closing_deadline = 2s;       // for the peer's half of the closing handshake
constexpr int silent_intervals_allowed = 1; // the first PING leaves at the end of the first interval

// A C callback's way to `self`, which it keeps alive for the call: the listener may destroy the transport
// meanwhile.
template<typename T>
std::shared_ptr<T> alive(gpointer data) {
  return static_cast<T*>(data)->shared_from_this();
}

// A connection that nobody listens to any more, until the peer has closed its side too or the deadline
// passes. It is owned by the deadline's task, so it goes with the loop at the latest, and never touches the
// executor itself.
class Parting {
 public:
  Parting(GRef<SoupWebsocketConnection> connection, GRef<GSocket> socket)
      : connection_(std::move(connection)), socket_(std::move(socket)) {
    g_signal_connect(connection_.get(), "closed", G_CALLBACK(on_closed), this);
  }
  Parting(const Parting&) = delete;
  Parting& operator=(const Parting&) = delete;
  ~Parting() {
    if (!connection_) return;
    g_signal_handlers_disconnect_by_data(connection_.get(), this);
    // Without this, a TLS close would wait in its thread for a stalled peer.
    if (socket_) g_socket_shutdown(socket_.get(), TRUE, TRUE, nullptr);
  }

 private:
  static void on_closed(SoupWebsocketConnection*, gpointer data) {
    auto& self = *static_cast<Parting*>(data);
    g_signal_handlers_disconnect_by_data(self.connection_.get(), &self);
    self.connection_.reset();
    self.socket_.reset();
  }

  GRef<SoupWebsocketConnection> connection_;
  GRef<GSocket> socket_;
};

// One connection, from its dial to its end. Kept alive by the Transport and by the libsoup call under way.
// Whoever abandons it clears `listener_`; from then on neither the listener nor the executor is touched.
class Link : public std::enable_shared_from_this<Link> {
 public:
  Link(Executor& executor, Listener& listener, const Endpoint& endpoint, std::uint64_t generation)
      : executor_(executor), listener_(&listener), generation_(generation), endpoint_(endpoint),
        secrets_(endpoint) {}

  void dial();
  void abandon();
  void close(std::uint16_t code, std::string_view reason);
  bool send(std::string_view text);
  bool writable() const { return is_open() && window_->open(); }
  std::size_t queued_bytes() const { return is_open() ? window_->pending() : 0; }

 private:
  bool is_open() const { return listener_ && connection_; }

  std::optional<Error> prepare();
  std::optional<Error> prepare_message();
  void catch_error_body();
  void dial_ended(GRef<SoupWebsocketConnection> connection, const GError* error);
  void let_go_of_dial();
  Error dial_failure(const GError& error) const;
  Error refusal() const;

  void opened(GRef<SoupWebsocketConnection> connection);
  void watch_for_silence();
  void look_for_silence();
  void heard() { silent_looks_ = 0; }

  void end(Error error);
  void part();
  void cancel_timer();

  struct DialCall;
  static void on_network_event(SoupMessage*, GSocketClientEvent event, GIOStream* stream, gpointer self);
  static gboolean on_accept_certificate(SoupMessage*, GTlsCertificate*, GTlsCertificateFlags, gpointer self);
  static void on_got_headers(SoupMessage* message, gpointer self);
  static void on_log_line(SoupLogger*, SoupLoggerLogLevel level, char direction, const char* line,
                          gpointer weak_self);
  static void on_dial_ended(GObject* session, GAsyncResult* result, gpointer call);
  static void on_message(SoupWebsocketConnection* connection, int type, GBytes* message, gpointer self);
  static void on_pong(SoupWebsocketConnection*, GBytes*, gpointer self);
  static void on_closing(SoupWebsocketConnection* connection, gpointer self);
  static void on_error(SoupWebsocketConnection* connection, GError* error, gpointer self);
  static void on_closed(SoupWebsocketConnection*, gpointer self);

  Executor& executor_;
  Listener* listener_; // null: told the end, or abandoned
  const std::uint64_t generation_;
  const Endpoint endpoint_;
  const Secrets secrets_;
  Peer peer_;
  bool ended_ = false;          // the listener's last word is on its way
  Executor::TimerId timer_ = 0; // dialing: for the rest of a refusal; open: for a sign of life

  Stage stage_ = Stage::resolving;
  GRef<GUri> uri_;
  GRef<GCancellable> cancellable_;
  GRef<SoupSession> session_;
  GRef<SoupMessage> message_;
  std::string error_body_;

  GRef<GSocket> socket_;
  GRef<SoupWebsocketConnection> connection_;
  std::optional<SendWindow> window_;
  std::chrono::seconds ping_interval_{};
  int silent_looks_ = 0;
};

// --- Dialing
// -------------------------------------------------------------------------------------------------------

struct Link::DialCall {
  std::shared_ptr<Link> self;
  std::shared_ptr<void> hold; // the callback comes in any case, after a cancellation too
};

void Link::dial() {
  if (auto error = prepare()) {
    end(std::move(*error));
    return;
  }
  catch_error_body();
  soup_session_websocket_connect_async(session_.get(), message_.get(), nullptr, nullptr, G_PRIORITY_DEFAULT,
                                       cancellable_.get(), on_dial_ended,
                                       new DialCall{shared_from_this(), executor_.hold()});
}

std::optional<Error> Link::prepare() {
  auto address = parse_address(endpoint_.uri);
  if (!address) return address.error();
  uri_ = address->uri;
  peer_.shown = address->shown;

  // The caller has timers of its own.
  session_ =
      GRef<SoupSession>::adopt(soup_session_new_with_options("timeout", 0U, "idle-timeout", 0U, nullptr));
  cancellable_ = GRef<GCancellable>::adopt(g_cancellable_new());
  if (endpoint_.tls_database) soup_session_set_tls_database(session_.get(), endpoint_.tls_database.get());
  if (endpoint_.tls_interaction)
    soup_session_set_tls_interaction(session_.get(), endpoint_.tls_interaction.get());
  if (!endpoint_.proxy.empty()) {
    auto proxy = parse_proxy(endpoint_.proxy);
    if (!proxy) return proxy.error();
    peer_.proxy = proxy->shown;
    const GCharPtr proxy_uri(g_uri_to_string(proxy->uri.get()));
    auto resolver = GRef<GProxyResolver>::adopt(g_simple_proxy_resolver_new(proxy_uri.get(), nullptr));
    soup_session_set_proxy_resolver(session_.get(), resolver.get());
  }
  return prepare_message();
}

std::optional<Error> Link::prepare_message() {
  message_ = GRef<SoupMessage>::adopt(soup_message_new_from_uri(SOUP_METHOD_GET, uri_.get()));
  SoupMessage* const message = message_.get();
  soup_message_add_flags(message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_disable_feature(message, SOUP_TYPE_CONTENT_DECODER);
  SoupMessageHeaders* const headers = soup_message_get_request_headers(message);
  soup_message_headers_append(headers, "User-Agent", user_agent);
  for (const auto& [name, value] : endpoint_.headers) {
    if (!valid_header(name, value))
      return Error{.kind = ErrorKind::invalid_settings,
                   .message = "A request header has an invalid name or value"};
    const bool one_only = g_ascii_strcasecmp(name.c_str(), "User-Agent") == 0;
    (one_only ? soup_message_headers_replace : soup_message_headers_append)(headers, name.c_str(),
                                                                            value.c_str());
  }
  g_signal_connect(message, "network-event", G_CALLBACK(on_network_event), this);
  g_signal_connect(message, "accept-certificate", G_CALLBACK(on_accept_certificate), this);
  g_signal_connect(message, "got-headers", G_CALLBACK(on_got_headers), this);
  return std::nullopt;
}

// libsoup reads the body of a refused handshake and hands it to nobody but its logger.
void Link::catch_error_body() {
  auto logger = GRef<SoupLogger>::adopt(soup_logger_new(SOUP_LOGGER_LOG_BODY));
  soup_logger_set_max_body_size(logger.get(), max_error_body_bytes);
  soup_logger_set_printer(logger.get(), on_log_line, new std::weak_ptr<Link>(weak_from_this()),
                          [](gpointer weak_self) { delete static_cast<std::weak_ptr<Link>*>(weak_self); });
  soup_session_add_feature(session_.get(), SOUP_SESSION_FEATURE(logger.get()));
}

// The other lines it writes hold our own request, with its secrets.
void Link::on_log_line(SoupLogger*, SoupLoggerLogLevel level, char direction, const char* line,
                       gpointer weak_self) {
  if (level != SOUP_LOGGER_LOG_BODY || direction != '<') return;
  if (const auto self = static_cast<std::weak_ptr<Link>*>(weak_self)->lock())
    self->error_body_.append(line) += '\n';
}

void Link::on_network_event(SoupMessage*, GSocketClientEvent event, GIOStream* stream, gpointer data) {
  const auto self = alive<Link>(data);
  switch (event) {
  case G_SOCKET_CLIENT_RESOLVING:
    self->stage_ = Stage::resolving;
    break;
  case G_SOCKET_CLIENT_CONNECTING:
    self->stage_ = Stage::connecting;
    break;
  case G_SOCKET_CLIENT_PROXY_NEGOTIATING:
    self->stage_ = Stage::proxy;
    break;
  case G_SOCKET_CLIENT_TLS_HANDSHAKING:
    self->stage_ = Stage::tls;
    break;
  case G_SOCKET_CLIENT_CONNECTED:
    if (G_IS_SOCKET_CONNECTION(stream)) {
      self->socket_ = GRef<GSocket>::share(g_socket_connection_get_socket(G_SOCKET_CONNECTION(stream)));
      tune_socket(self->socket_.get());
    }
    self->stage_ = Stage::handshake;
    break;
  default:
    self->stage_ = Stage::handshake;
    break;
  }
}

gboolean Link::on_accept_certificate(SoupMessage*, GTlsCertificate*, GTlsCertificateFlags, gpointer data) {
  return !alive<Link>(data)->endpoint_.ssl_strict;
}

void Link::on_got_headers(SoupMessage*, gpointer data) {
  const auto self = alive<Link>(data);
  self->cancel_timer();
  self->timer_ = self->executor_.post_after(error_body_deadline, [weak = self->weak_from_this()] {
    if (const auto link = weak.lock()) link->end(link->refusal());
  });
}

void Link::on_dial_ended(GObject* session, GAsyncResult* result, gpointer data) {
  const std::unique_ptr<DialCall> call(static_cast<DialCall*>(data));
  GErrorPtr error;
  auto connection = GRef<SoupWebsocketConnection>::adopt(
      soup_session_websocket_connect_finish(SOUP_SESSION(session), result, OutError(error)));
  if (connection)
    g_object_set_data_full(G_OBJECT(connection.get()), "realtime-hold", new std::shared_ptr<void>(call->hold),
                           [](gpointer hold) { delete static_cast<std::shared_ptr<void>*>(hold); });
  call->self->dial_ended(std::move(connection), error.get());
}

void Link::dial_ended(GRef<SoupWebsocketConnection> connection, const GError* error) {
  if (!listener_ || ended_) return; // too late: the connection closes with its last reference
  cancel_timer();
  if (!connection) {
    end(dial_failure(*error));
    return;
  }
  let_go_of_dial();
  opened(std::move(connection));
}

void Link::let_go_of_dial() {
  if (message_) g_signal_handlers_disconnect_by_data(message_.get(), this);
  message_.reset();
  session_.reset();
}

Error Link::refusal() const {
  const char* location =
      soup_message_headers_get_one(soup_message_get_response_headers(message_.get()), "Location");
  return http_failure(peer_, stage_,
                      {.status = soup_message_get_status(message_.get()),
                       .redirect_origin = origin_of(uri_.get(), location),
                       .body = error_body_},
                      secrets_);
}

Error Link::dial_failure(const GError& error) const {
  const unsigned status = soup_message_get_status(message_.get());
  const bool answered = status != SOUP_STATUS_NONE;
  if (answered && status != SOUP_STATUS_SWITCHING_PROTOCOLS) return refusal();
  if (error.domain == SOUP_SESSION_ERROR && !answered)
    return {.kind = ErrorKind::not_realtime,
            .message = peer_.shown + " does not speak HTTP",
            .debug = error.message};
  if (error.domain == SOUP_WEBSOCKET_ERROR)
    return {.kind = ErrorKind::handshake_rejected,
            .message = peer_.shown + " answers the WebSocket handshake wrongly",
            .debug = error.message,
            .http_status = status};
  return network_failure(peer_, stage_, error, soup_message_get_tls_peer_certificate_errors(message_.get()));
}

// --- Open
// ----------------------------------------------------------------------------------------------------------

void Link::opened(GRef<SoupWebsocketConnection> connection) {
  stage_ = Stage::open;
  connection_ = std::move(connection);
  SoupWebsocketConnection* const soup = connection_.get();
  soup_websocket_connection_set_max_incoming_payload_size(soup, max_message_bytes);
#ifdef RT_HAVE_MAX_TOTAL_MESSAGE_SIZE
  soup_websocket_connection_set_max_total_message_size(soup, max_message_bytes);
#endif
  g_signal_connect(soup, "message", G_CALLBACK(on_message), this);
  g_signal_connect(soup, "pong", G_CALLBACK(on_pong), this);
  g_signal_connect(soup, "closing", G_CALLBACK(on_closing), this);
  g_signal_connect(soup, "error", G_CALLBACK(on_error), this);
  g_signal_connect(soup, "closed", G_CALLBACK(on_closed), this);
  window_.emplace(executor_.context(), socket_, [this] {
    const auto self = shared_from_this();
    if (is_open()) listener_->on_writable(generation_);
  });
  ping_interval_ = std::chrono::ceil<std::chrono::seconds>(Milliseconds(endpoint_.keepalive_interval_ms));
  soup_websocket_connection_set_keepalive_interval(soup, static_cast<guint>(ping_interval_.count()));
  watch_for_silence();
  listener_->on_open(generation_);
}

// A peer that vanished answers no PING; TCP alone would take a quarter of an hour to notice.
void Link::watch_for_silence() {
  if (ping_interval_.count() == 0) return;
  timer_ = executor_.post_after(ping_interval_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->look_for_silence();
  });
}

void Link::look_for_silence() {
  if (++silent_looks_ <= silent_intervals_allowed) {
    watch_for_silence();
    return;
  }
  timer_ = 0;
  end({.kind = ErrorKind::closed_by_server,
       .message = peer_.shown + " no longer answers",
       .debug = "no sign of life for " + std::to_string(silent_looks_) + " keepalive intervals"});
}

bool Link::send(std::string_view text) {
  if (!is_open() || soup_websocket_connection_get_state(connection_.get()) != SOUP_WEBSOCKET_STATE_OPEN)
    return false;
  if (!valid_utf8(text)) {
    log(LogLevel::error, "transport", "a text frame that is not UTF-8 was not sent");
    return false;
  }
  GBytes* const bytes = g_bytes_new_static(text.data(), text.size()); // libsoup copies it to mask it
  soup_websocket_connection_send_message(connection_.get(), SOUP_WEBSOCKET_DATA_TEXT, bytes);
  g_bytes_unref(bytes);
  if (window_) window_->handed_over(text.size()); // gone when the write failed
  return true;
}

void Link::on_message(SoupWebsocketConnection* connection, int type, GBytes* message, gpointer data) {
  const auto self = alive<Link>(data);
  self->heard();
  if (type != SOUP_WEBSOCKET_DATA_TEXT) {
    self->end({.kind = ErrorKind::not_realtime, .message = self->peer_.shown + " sent a binary message"});
    soup_websocket_connection_close(connection, SOUP_WEBSOCKET_CLOSE_UNSUPPORTED_DATA, nullptr);
    return;
  }
  gsize size = 0;
  const auto* text = static_cast<const char*>(g_bytes_get_data(message, &size));
  self->listener_->on_text(self->generation_, {text, size});
}

void Link::on_pong(SoupWebsocketConnection*, GBytes*, gpointer data) {
  alive<Link>(data)->heard();
}

// The peer's close frame; ours would have silenced the signal.
void Link::on_closing(SoupWebsocketConnection* connection, gpointer data) {
  const auto self = alive<Link>(data);
  const char* reason = soup_websocket_connection_get_close_data(connection);
  self->end(close_failure(self->peer_, soup_websocket_connection_get_close_code(connection),
                          reason ? reason : "", self->secrets_));
}

void Link::on_error(SoupWebsocketConnection* connection, GError* error, gpointer data) {
  const auto self = alive<Link>(data);
  const std::string& shown = self->peer_.shown;
  if (g_error_matches(error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_TOO_BIG)) {
    self->end({.kind = ErrorKind::message_too_big,
               .message = shown + " sent a message above " + std::to_string(max_message_bytes) + " bytes",
               .debug = error->message});
  } else if (g_error_matches(error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_BAD_DATA)) {
    self->end({.kind = ErrorKind::not_realtime, .message = shown + " sent text that is not UTF-8"});
  } else if (error->domain != SOUP_WEBSOCKET_ERROR) {
    Error failure = close_failure(self->peer_, SOUP_WEBSOCKET_CLOSE_ABNORMAL, {}, self->secrets_);
    failure.debug = error->message;
    self->end(std::move(failure));
  } else if (const auto code = soup_websocket_connection_get_close_code(connection)) {
    // A close frame that libsoup finds fault with is a close all the same.
    self->end(close_failure(self->peer_, code, {}, self->secrets_));
  } else {
    self->end({.kind = ErrorKind::not_realtime,
               .message = shown + " broke the WebSocket protocol",
               .debug = error->message});
  }
}

// Without a close frame before.
void Link::on_closed(SoupWebsocketConnection*, gpointer data) {
  const auto self = alive<Link>(data);
  self->end(close_failure(self->peer_, SOUP_WEBSOCKET_CLOSE_ABNORMAL, {}, self->secrets_));
}

// --- The end
// -------------------------------------------------------------------------------------------------------

// Told in a task of its own, so that no caller of the transport is surprised in mid-call.
void Link::end(Error error) {
  if (!listener_ || ended_) return;
  ended_ = true;
  error.message = secrets_.mask(error.message);
  error.debug = secrets_.mask(error.debug);
  part();
  executor_.post([self = shared_from_this(), error = std::move(error)] {
    Listener* const listener = std::exchange(self->listener_, nullptr);
    if (listener) listener->on_closed(self->generation_, error);
  });
}

void Link::abandon() {
  if (connection_ && socket_) g_socket_shutdown(socket_.get(), TRUE, TRUE, nullptr);
  part();
  listener_ = nullptr;
}

void Link::close(std::uint16_t code, std::string_view reason) {
  if (connection_) {
    SoupWebsocketConnection* const soup = connection_.get();
    g_signal_handlers_disconnect_by_data(soup, this);
    if (soup_websocket_connection_get_state(soup) == SOUP_WEBSOCKET_STATE_OPEN)
      soup_websocket_connection_close(soup, sendable_close_code(code), fitting_close_reason(reason).c_str());
  }
  part();
  listener_ = nullptr;
}

// Gives up whatever there is: the dial is cancelled, the connection left to close in the background.
void Link::part() {
  cancel_timer();
  window_.reset();
  let_go_of_dial();
  if (cancellable_) g_cancellable_cancel(cancellable_.get()); // means nothing to an open connection
  if (!connection_) return;
  g_signal_handlers_disconnect_by_data(connection_.get(), this);
  auto parting = std::make_shared<Parting>(std::move(connection_), std::move(socket_));
  executor_.post_after(closing_deadline, [parting = std::move(parting)] {});
}

void Link::cancel_timer() {
  if (timer_ != 0) executor_.cancel(std::exchange(timer_, 0));
}

class SoupTransport final : public Transport {
 public:
  SoupTransport(Executor& executor, Listener& listener) : executor_(executor), listener_(listener) {}
  ~SoupTransport() override {
    if (link_) link_->abandon();
  }

  void open(const Endpoint& endpoint, std::uint64_t generation) override {
    if (link_) link_->abandon();
    link_ = std::make_shared<Link>(executor_, listener_, endpoint, generation);
    link_->dial();
  }
  bool writable() const override { return link_ && link_->writable(); }
  bool send(std::string_view text) override { return link_ && link_->send(text); }
  void close(std::uint16_t code, std::string_view reason) override {
    if (const auto link = std::exchange(link_, nullptr)) link->close(code, reason);
  }
  std::size_t queued_bytes() const override { return link_ ? link_->queued_bytes() : 0; }

 private:
  Executor& executor_;
  Listener& listener_;
  std::shared_ptr<Link> link_;
};

} // namespace

std::unique_ptr<Transport> make_soup_transport(Executor& executor, Listener& listener) {
  return std::make_unique<SoupTransport>(executor, listener);
}

} // namespace rt::transport

#include "server/ws_server.h"

#include "base/log.h"
#include "server/handshake.h"
#include "server/speech_pool.h"
#include "server/ws_client.h"

#include <libsoup/soup.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <atomic>
#include <exception>
#include <future>
#include <map>
#include <vector>

namespace rt::server {

namespace {

constexpr Milliseconds goodbye_time{500}; // for close frames to be answered when the server stops

// A scenario in use, and how far it has been played.
struct Script {
  Scenario scenario;
  ScenarioProgress progress;
};

// What the handshake decided, for the moment that the socket is there.
struct Accepted {
  unsigned number = 0;
  Wanted wanted;
  Faults faults;
  bool bad_key = false;
};

constexpr const char* accepted_key = "realtime-accepted";

void answer(SoupServerMessage* message, unsigned status, std::string_view code, std::string_view text) {
  const auto body = R"({"error":{"type":"invalid_request_error","code":")" + std::string(code) +
                    R"(","message":")" + std::string(text) + "\"}}";
  soup_server_message_set_status(message, status, nullptr);
  soup_server_message_set_response(message, "application/json", SOUP_MEMORY_COPY, body.data(), body.size());
}

} // namespace

class WsServer::Shell : public std::enable_shared_from_this<Shell> {
 public:
  explicit Shell(std::shared_ptr<Executor> executor) : executor_(std::move(executor)), goodbye_(*executor_) {}

  Executor& executor() { return *executor_; }
  // All below: executor's thread only.
  Result<std::string> listen(WsServerOptions options);
  // `gone` is called when no client is left: soon, or now.
  void shut(bool now, std::function<void()> gone);
  std::unique_ptr<SpeechPool> take_speech() { return std::move(speech_); }
  void use(Scenario scenario) { script_ = std::make_shared<Script>(Script{std::move(scenario), {}}); }
  void close_all(unsigned code, const std::string& reason);
  void send_to_all(const std::string& text);

  std::atomic<unsigned> accepted{0}, open{0};

 private:
  static gboolean on_incoming(GSocketService*, GSocketConnection* connection, GObject*, gpointer self);
  static void on_request(SoupServer*, SoupServerMessage* message, const char* path, GHashTable*,
                         gpointer self);
  static void on_socket(SoupServer*, SoupServerMessage* message, const char* path,
                        SoupWebsocketConnection* socket, gpointer self);
  static void go_deaf(SoupServerMessage* message, gpointer self);
  void judge(SoupServerMessage* message, std::string_view path);
  void welcome(const Accepted& accepted, SoupWebsocketConnection* socket);
  void forget(unsigned number);
  void say_gone();

  const std::shared_ptr<Executor> executor_;
  WsServerOptions options_;
  const Manner* manner_ = &plain_manner();
  std::shared_ptr<Script> script_;
  std::unique_ptr<SpeechPool> speech_;
  GRef<SoupServer> server_;
  GRef<GSocketService> service_;
  struct Client {
    std::shared_ptr<Script> script; // outlives the connection that plays it
    std::unique_ptr<WsClient> socket;
  };
  std::map<unsigned, Client> clients_;
  std::vector<GRef<GIOStream>> deaf_;
  Timer goodbye_;
  std::function<void()> gone_;
};

Result<std::string> WsServer::Shell::listen(WsServerOptions options) {
  options_ = std::move(options);
  if (!options_.provider.empty()) manner_ = manner_of(options_.provider);
  if (!manner_) {
    return Error{ErrorKind::invalid_settings, "There is no traffic of provider '" + options_.provider +
                                                  "' to go by, only of " + manner_names() + "."};
  }
  use(std::move(options_.scenario));
  speech_ = std::make_unique<SpeechPool>(executor_, options_.speech);
  if (options_.warm_up) speech_->warm_up();
  server_ = GRef<SoupServer>::adopt(soup_server_new("server-header", "realtime-server", nullptr));
  soup_server_remove_websocket_extension(server_.get(), SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE);
  const char* protocols[] = {"realtime", nullptr};
  soup_server_add_handler(server_.get(), manner_->path, on_request, this, nullptr);
  soup_server_add_websocket_handler(server_.get(), manner_->path, nullptr, const_cast<char**>(protocols),
                                    on_socket, this, nullptr);

  const auto address = GRef<GSocketAddress>::adopt(
      g_inet_socket_address_new_from_string(options_.host.c_str(), options_.port));
  if (!address) return Error{ErrorKind::invalid_settings, "'" + options_.host + "' is not an IP address."};
  // Not soup_server_listen(): libsoup 3.2 leaks every socket that it accepts itself.
  service_ = GRef<GSocketService>::adopt(g_socket_service_new());
  g_signal_connect(service_.get(), "incoming", G_CALLBACK(on_incoming), this);
  GErrorPtr error;
  GSocketAddress* bound = nullptr;
  if (!g_socket_listener_add_address(G_SOCKET_LISTENER(service_.get()), address.get(), G_SOCKET_TYPE_STREAM,
                                     G_SOCKET_PROTOCOL_TCP, nullptr, &bound, OutError(error))) {
    return Error{ErrorKind::internal, std::string("Could not listen: ") + error->message};
  }
  const auto effective = GRef<GSocketAddress>::adopt(bound);
  const auto port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(effective.get()));
  const bool v6 = options_.host.find(':') != std::string::npos;
  return "ws://" + (v6 ? '[' + options_.host + ']' : options_.host) + ':' + std::to_string(port) +
         manner_->path;
}

gboolean WsServer::Shell::on_incoming(GSocketService*, GSocketConnection* connection, GObject*,
                                      gpointer self) {
  const auto local = GRef<GSocketAddress>::adopt(g_socket_connection_get_local_address(connection, nullptr));
  const auto remote =
      GRef<GSocketAddress>::adopt(g_socket_connection_get_remote_address(connection, nullptr));
  g_socket_set_option(g_socket_connection_get_socket(connection), IPPROTO_TCP, TCP_NODELAY, TRUE, nullptr);
  GErrorPtr error;
  if (!soup_server_accept_iostream(static_cast<Shell*>(self)->server_.get(), G_IO_STREAM(connection),
                                   local.get(), remote.get(), OutError(error))) {
    log(LogLevel::warning, "server", std::string("a connection was not accepted: ") + error->message);
  }
  return TRUE;
}

void WsServer::Shell::on_request(SoupServer*, SoupServerMessage* message, const char* path, GHashTable*,
                                 gpointer self) {
  try {
    static_cast<Shell*>(self)->judge(message, path);
  } catch (const std::exception& error) {
    log(LogLevel::error, "server", std::string("a handshake failed: ") + error.what());
    soup_server_message_set_status(message, SOUP_STATUS_INTERNAL_SERVER_ERROR, nullptr);
  }
}

// Sets a status, or leaves it to libsoup to complete the upgrade.
void WsServer::Shell::judge(SoupServerMessage* message, std::string_view path) {
  auto* headers = soup_server_message_get_request_headers(message);
  const auto header = [headers](const char* name) {
    const char* value = soup_message_headers_get_list(headers, name);
    return std::string(value ? value : "");
  };
  auto* uri = soup_server_message_get_uri(message);
  const char* query = g_uri_get_query(uri);
  auto wanted = read_handshake(*manner_, path, query ? query : "", header);
  if (!wanted) return answer(message, 404, "not_found", "No such path.");
  auto decided = std::make_unique<Accepted>();
  decided->number = ++accepted;
  decided->wanted = std::move(*wanted);
  const auto& scenario = script_->scenario;
  const auto& first = scenario.first_connections;
  const auto index = script_->progress.connections++;
  decided->faults = index < first.size() ? first[index] : scenario.every_connection;
  if (options_.on_handshake) {
    options_.on_handshake({decided->number, std::string(path) + (query ? "?" + std::string(query) : ""),
                           decided->wanted.key, header("OpenAI-Beta"), header});
  }
  const auto& faults = decided->faults;
  if (faults.http_status != 0) {
    if (!faults.location.empty()) {
      soup_message_headers_replace(soup_server_message_get_response_headers(message), "Location",
                                   faults.location.c_str());
    }
    return answer(message, faults.http_status, "scripted", "As the scenario asks.");
  }
  decided->bad_key = !options_.api_key.empty() && decided->wanted.key != options_.api_key;
  if (decided->bad_key && scenario.bad_key == Scenario::BadKey::http_401) {
    return answer(message, 401, "invalid_api_key", "Incorrect API key provided.");
  }
  if (faults.deaf) g_signal_connect(message, "wrote-informational", G_CALLBACK(go_deaf), this);
  g_object_set_data_full(G_OBJECT(message), accepted_key, decided.release(),
                         [](gpointer data) { delete static_cast<Accepted*>(data); });
}

// Runs before libsoup's own handler of this signal, which would start to read.
void WsServer::Shell::go_deaf(SoupServerMessage* message, gpointer self) {
  g_signal_stop_emission_by_name(message, "wrote-informational");
  static_cast<Shell*>(self)->deaf_.push_back(
      GRef<GIOStream>::adopt(soup_server_message_steal_connection(message)));
}

void WsServer::Shell::on_socket(SoupServer*, SoupServerMessage* message, const char*,
                                SoupWebsocketConnection* socket, gpointer self) {
  try {
    const auto* decided = static_cast<Accepted*>(g_object_get_data(G_OBJECT(message), accepted_key));
    if (decided) static_cast<Shell*>(self)->welcome(*decided, socket);
  } catch (const std::exception& error) {
    log(LogLevel::error, "server", std::string("a client could not be served: ") + error.what());
  }
}

void WsServer::Shell::welcome(const Accepted& decided, SoupWebsocketConnection* socket) {
  const auto number = decided.number;
  const auto& scenario = script_->scenario;
  soup_websocket_connection_set_keepalive_interval(socket, static_cast<guint>(scenario.keepalive.count()));
  WsClient::Hooks hooks;
  hooks.on_text = [this, number](bool from_client, std::string_view text) {
    if (options_.on_traffic) options_.on_traffic({number, from_client, text});
  };
  hooks.on_gone = [this, number] {
    executor_->post([weak = weak_from_this(), number] {
      if (const auto shell = weak.lock()) shell->forget(number);
    });
  };
  Client client{script_,
                std::make_unique<WsClient>(*executor_, GRef<SoupWebsocketConnection>::share(socket), hooks)};
  ClientSession::Options options;
  options.tag = std::to_string(number);
  options.model = decided.wanted.model;
  options.type = decided.wanted.type;
  options.manner = manner_;
  options.expires_at = g_get_real_time() / G_USEC_PER_SEC + scenario.session_length.count();
  client.socket->connection =
      std::make_unique<Connection>(*executor_, *speech_, scenario, script_->progress, decided.faults,
                                   decided.wanted.dialect, options, *client.socket);
  auto& connection = *client.socket->connection;
  clients_.insert_or_assign(number, std::move(client));
  open = static_cast<unsigned>(clients_.size());
  log(LogLevel::info, "server", "client " + std::to_string(number) + " connected");
  if (decided.bad_key) return connection.refuse_key();
  if (decided.wanted.refusal) return connection.refuse_address(*decided.wanted.refusal);
  connection.start();
}

void WsServer::Shell::forget(unsigned number) {
  if (clients_.erase(number) == 0) return;
  open = static_cast<unsigned>(clients_.size());
  log(LogLevel::info, "server", "client " + std::to_string(number) + " is gone");
  if (options_.on_gone) options_.on_gone(number);
  if (clients_.empty()) say_gone();
}

void WsServer::Shell::say_gone() {
  goodbye_.stop();
  if (const auto gone = std::exchange(gone_, nullptr)) gone();
}

void WsServer::Shell::shut(bool now, std::function<void()> gone) {
  if (service_) {
    g_signal_handlers_disconnect_by_data(service_.get(), this);
    g_socket_service_stop(service_.get());
    g_socket_listener_close(G_SOCKET_LISTENER(service_.get()));
    service_.reset();
  }
  if (server_) {
    soup_server_remove_handler(server_.get(), manner_->path);
    soup_server_disconnect(server_.get());
    server_.reset();
  }
  for (const auto& stream : deaf_)
    g_io_stream_close(stream.get(), nullptr, nullptr);
  deaf_.clear();
  close_all(SOUP_WEBSOCKET_CLOSE_GOING_AWAY, "");
  gone_ = [this, gone = std::move(gone)] {
    clients_.clear();
    open = 0;
    gone();
  };
  if (now || clients_.empty()) return say_gone();
  goodbye_.start(goodbye_time, [this] { say_gone(); });
}

void WsServer::Shell::close_all(unsigned code, const std::string& reason) {
  for (auto& [number, client] : clients_)
    client.socket->connection->end({.close_code = code, .close_reason = reason});
}

void WsServer::Shell::send_to_all(const std::string& text) {
  for (auto& [number, client] : clients_)
    client.socket->send_text(text);
}

namespace {

// Runs `task` on the executor's thread and waits for the answer that it, or something it starts, gives.
template<typename Answer, typename Task>
Answer wait_for(Executor& executor, Task task) {
  auto promise = std::make_shared<std::promise<Answer>>();
  auto future = promise->get_future();
  const auto run = [promise, task] { task(promise); };
  if (executor.on_thread()) {
    run();
  } else {
    executor.post(run);
  }
  return future.get();
}

} // namespace

WsServer::WsServer(std::shared_ptr<Executor> executor)
    : shell_(std::make_shared<Shell>(std::move(executor))) {}

WsServer::~WsServer() {
  stop();
}

Result<std::string> WsServer::start(WsServerOptions options) {
  return wait_for<Result<std::string>>(
      shell_->executor(), [&](const auto& answer) { answer->set_value(shell_->listen(std::move(options))); });
}

void WsServer::stop() {
  // On the executor's own thread nobody is left to answer a goodbye: its clients are dropped.
  const bool now = shell_->executor().on_thread();
  auto speech = wait_for<std::unique_ptr<SpeechPool>>(shell_->executor(), [this, now](const auto& answer) {
    shell_->shut(now, [this, answer] { answer->set_value(shell_->take_speech()); });
  });
  speech.reset();
}

void WsServer::set_scenario(Scenario scenario) {
  shell_->executor().post([weak = std::weak_ptr(shell_), scenario = std::move(scenario)]() mutable {
    if (const auto shell = weak.lock()) shell->use(std::move(scenario));
  });
}

void WsServer::close_all(unsigned code, std::string reason) {
  shell_->executor().post([weak = std::weak_ptr(shell_), code, reason = std::move(reason)] {
    if (const auto shell = weak.lock()) shell->close_all(code, reason);
  });
}

void WsServer::send_to_all(std::string text) {
  shell_->executor().post([weak = std::weak_ptr(shell_), text = std::move(text)] {
    if (const auto shell = weak.lock()) shell->send_to_all(text);
  });
}

unsigned WsServer::accepted() const {
  return shell_->accepted;
}

unsigned WsServer::open() const {
  return shell_->open;
}

} // namespace rt::server

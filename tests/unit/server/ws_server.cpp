// The shell over real sockets on 127.0.0.1: handshakes, faults, shutdown.
#include "server/ws_server.h"
#include "harness.h"

#include "base/guarded.h"
#include "base/io_loop.h"
#include "protocol/json_value.h"

#include <libsoup/soup.h>

#include <atomic>
#include <mutex>
#include <thread>

namespace {

using namespace rt;
using namespace rt::server;
using namespace rt::server::test;

// A libsoup client in the test's own main context.
class Client {
 public:
  explicit Client(const std::string& uri, std::vector<std::pair<const char*, const char*>> headers = {},
                  std::vector<const char*> protocols = {}) {
    auto message = GRef<SoupMessage>::adopt(soup_message_new("GET", uri.c_str()));
    soup_message_set_flags(message.get(), SOUP_MESSAGE_NO_REDIRECT);
    for (const auto& [name, value] : headers) {
      soup_message_headers_replace(soup_message_get_request_headers(message.get()), name, value);
    }
    if (!protocols.empty()) protocols.push_back(nullptr);
    message_ = message;
    soup_session_websocket_connect_async(session_.get(), message.get(), nullptr,
                                         protocols.empty() ? nullptr : const_cast<char**>(protocols.data()),
                                         G_PRIORITY_DEFAULT, nullptr, on_connected, this);
    while (!answered_)
      g_main_context_iteration(nullptr, TRUE);
    if (!socket_) return;
    soup_websocket_connection_set_max_incoming_payload_size(socket_.get(), 0);
    g_signal_connect(socket_.get(), "message", G_CALLBACK(on_message), this);
    g_signal_connect(socket_.get(), "closed", G_CALLBACK(on_closed), this);
  }
  ~Client() {
    if (socket_) g_signal_handlers_disconnect_by_data(socket_.get(), this);
  }

  bool connected() const { return static_cast<bool>(socket_); }
  unsigned status() const { return soup_message_get_status(message_.get()); }
  std::string location() const {
    const auto* value =
        soup_message_headers_get_one(soup_message_get_response_headers(message_.get()), "Location");
    return value ? value : "";
  }
  const char* protocol() const { return soup_websocket_connection_get_protocol(socket_.get()); }
  void send(const std::string& text) { soup_websocket_connection_send_text(socket_.get(), text.c_str()); }
  void send_binary(const std::string& bytes) {
    soup_websocket_connection_send_binary(socket_.get(), bytes.data(), bytes.size());
  }
  // Waits until that many frames came.
  const std::string& text(std::size_t index) {
    while (texts.size() <= index && !closed)
      g_main_context_iteration(nullptr, TRUE);
    return texts.at(index);
  }
  std::string type(std::size_t index) {
    const auto json = protocol::read_json(text(index));
    return json ? std::string((*json)["type"].text()) : "?";
  }
  void wait_type(std::string_view wanted) {
    for (std::size_t i = 0;; ++i) {
      if (type(i) == wanted) return;
    }
  }
  unsigned wait_closed() {
    while (!closed)
      g_main_context_iteration(nullptr, TRUE);
    return soup_websocket_connection_get_close_code(socket_.get());
  }
  void close() { soup_websocket_connection_close(socket_.get(), SOUP_WEBSOCKET_CLOSE_NORMAL, nullptr); }

  std::vector<std::string> texts;
  bool closed = false;

 private:
  static void on_connected(GObject* session, GAsyncResult* result, gpointer self) {
    auto& client = *static_cast<Client*>(self);
    client.socket_ = GRef<SoupWebsocketConnection>::adopt(
        soup_session_websocket_connect_finish(SOUP_SESSION(session), result, nullptr));
    client.answered_ = true;
  }
  static void on_message(SoupWebsocketConnection*, gint, GBytes* bytes, gpointer self) {
    gsize size = 0;
    const auto* data = static_cast<const char*>(g_bytes_get_data(bytes, &size));
    static_cast<Client*>(self)->texts.emplace_back(data, size);
  }
  static void on_closed(SoupWebsocketConnection*, gpointer self) {
    static_cast<Client*>(self)->closed = true;
  }

  GRef<SoupSession> session_ = GRef<SoupSession>::adopt(soup_session_new());
  GRef<SoupMessage> message_;
  GRef<SoupWebsocketConnection> socket_;
  bool answered_ = false;
};

struct Fixture {
  explicit Fixture(WsServerOptions options = {}) {
    options.on_gone = [this](unsigned) {
      auto locked = gone.lock();
      ++*locked;
      locked.notify();
    };
    auto started = server.start(std::move(options));
    if (!started) g_error("%s", started.error().message.c_str());
    uri = started.value();
  }
  // The server forgets a client some time after the client has.
  void wait_gone(unsigned count) {
    gone.lock().wait([count](unsigned so_far) { return so_far >= count; });
  }
  Guarded<unsigned> gone{0u};
  WsServer server{std::make_shared<IoLoop>()};
  std::string uri;
};

Scenario no_models() {
  Scenario scenario;
  scenario.ears = Scenario::Ears::off;
  scenario.pace = 0;
  scenario.default_sound = Sound{Sound::Kind::ramp, Ms(200)};
  return scenario;
}

WsServerOptions with(Faults faults) {
  WsServerOptions options;
  options.scenario.every_connection = std::move(faults);
  return options;
}

void a_turn_over_a_socket() {
  WsServerOptions options;
  options.scenario = no_models();
  Fixture f(std::move(options));
  Client client(f.uri + "?model=my-model");
  equal(client.type(0), "session.created");
  equal((*protocol::read_json(client.text(0)))["session"]["model"].text(), "my-model");
  client.send(R"({"type":"conversation.item.create","item":{"type":"message","role":"user","content":)"
              R"([{"type":"input_text","text":"hi"}]}})");
  client.send(R"({"type":"response.create"})");
  client.wait_type("response.done");
  client.wait_type("response.output_audio.delta");
}

void dialects_and_subprotocols() {
  Fixture f;
  Client ga(f.uri), beta(f.uri, {{"OpenAI-Beta", "realtime=v1"}}),
      browser(f.uri, {}, {"realtime", "openai-insecure-api-key.k", "openai-beta.realtime-v1"});
  g_assert_true((*protocol::read_json(ga.text(0)))["session"]["audio"].is_object());
  g_assert_true((*protocol::read_json(beta.text(0)))["session"]["modalities"].is_array());
  g_assert_true((*protocol::read_json(browser.text(0)))["session"]["modalities"].is_array());
  g_assert_null(ga.protocol());
  g_assert_cmpstr(browser.protocol(), ==, "realtime");
}

void keys_are_checked() {
  WsServerOptions options;
  options.api_key = "sk-right";
  Fixture f(std::move(options));
  Client none(f.uri), wrong(f.uri, {{"Authorization", "Bearer sk-wrong"}}),
      right(f.uri, {{"Authorization", "Bearer sk-right"}}), azure(f.uri, {{"api-key", "sk-right"}}),
      browser(f.uri, {}, {"realtime", "openai-insecure-api-key.sk-right"});
  g_assert_cmpuint(none.status(), ==, 401);
  g_assert_cmpuint(wrong.status(), ==, 401);
  g_assert_true(right.connected() && azure.connected() && browser.connected());
}

void bad_keys_may_get_an_event() {
  WsServerOptions options;
  options.api_key = "sk-right";
  options.scenario.bad_key = Scenario::BadKey::event_and_close;
  Fixture f(std::move(options));
  Client client(f.uri);
  equal(client.type(0), "error");
  g_assert_cmpuint(client.wait_closed(), ==, 3000);
}

void other_paths_are_not_found() {
  Fixture f;
  const auto base = f.uri.substr(0, f.uri.size() - std::string_view("/v1/realtime").size());
  for (const char* path : {"/", "/v1/realtime/more", "/v1/realtime/translations/more", "/v1/other", "/v1"}) {
    Client client(base + path);
    g_assert_false(client.connected());
    g_assert_cmpuint(client.status(), ==, 404);
  }
}

void the_address_chooses_the_kind_of_session() {
  Fixture f;
  const auto session_of = [](Client& client) { return (*protocol::read_json(client.text(0)))["session"]; };
  Client written(f.uri + "?intent=transcription"), translated(f.uri + "/translations?model=t"),
      neither(f.uri + "?intent=transcription&model=m");
  equal(session_of(written)["type"].text(), "transcription");
  g_assert_false(session_of(written)["model"].present());
  equal(session_of(translated)["type"].text(), "translation");
  equal(session_of(translated)["model"].text(), "t");
  equal(neither.type(0), "error");
  g_assert_cmpuint(neither.wait_closed(), ==, 4000);
}

void handshakes_may_be_refused() {
  WsServerOptions options;
  for (const unsigned status : {301u, 403u, 404u, 429u, 500u, 503u}) {
    options.scenario.first_connections.push_back({.http_status = status});
  }
  options.scenario.first_connections[0].location = "wss://elsewhere.example/";
  Fixture f(std::move(options));
  for (const unsigned status : {301u, 403u, 404u, 429u, 500u, 503u}) {
    Client client(f.uri);
    g_assert_cmpuint(client.status(), ==, status);
    if (status == 301) equal(client.location(), "wss://elsewhere.example/");
  }
  Client last(f.uri);
  g_assert_true(last.connected());
  g_assert_cmpuint(f.server.accepted(), ==, 7);
}

void connections_end_as_scripted() {
  Fixture closing(with({.endings = {{.after_server_events = 2, .close_code = 4000, .close_reason = "x"}}}));
  Client closed(closing.uri);
  g_assert_cmpuint(closed.wait_closed(), ==, 4000);
  Fixture dropping(with({.endings = {{.after_server_events = 2, .close_code = 0}}}));
  Client dropped(dropping.uri);
  dropped.wait_closed();
  equal(dropped.type(1), "conversation.created");
  dropping.wait_gone(1);
}

void junk_reaches_the_client() {
  Fixture f(with({.injections = {{.after_server_events = 0, .text = "no json"},
                                 {.after_server_events = 2, .text = "bytes", .binary = true}}}));
  Client client(f.uri);
  equal(client.text(0), "no json");
  equal(client.type(1), "session.created");
  equal(client.text(3), "bytes");
}

void a_deaf_server_says_nothing() {
  WsServerOptions options;
  options.scenario.first_connections.push_back({.deaf = true});
  Fixture f(std::move(options));
  Client deaf(f.uri);
  g_assert_true(deaf.connected());
  Client hearing(f.uri);
  equal(hearing.type(1), "conversation.created");
  g_assert_true(deaf.texts.empty());
  f.server.stop();
  deaf.wait_closed();
}

void binary_frames_are_refused() {
  Fixture f;
  Client client(f.uri);
  client.type(1);
  client.send_binary("x");
  equal(client.type(2), "error");
}

void big_messages_pass_and_bigger_ones_do_not() {
  Fixture f;
  Client client(f.uri);
  client.type(1);
  std::string audio;
  rt::audio::base64_append(audio, std::vector<std::uint8_t>(15u << 20));
  client.send(R"({"type":"input_audio_buffer.append","audio":")" + audio + "\"}");
  client.send(R"({"type":"input_audio_buffer.clear"})");
  client.wait_type("input_audio_buffer.cleared");
  client.send(R"({"type":"x","pad":")" + std::string(WsServer::max_message_bytes, 'x') + "\"}");
  client.wait_closed();
}

void traffic_and_handshakes_are_seen() {
  std::mutex mutex;
  std::vector<std::string> seen;
  std::string uri, key;
  WsServerOptions options;
  options.on_traffic = [&](const Traffic& traffic) {
    const std::lock_guard lock(mutex);
    seen.push_back((traffic.from_client ? "C" : "S") + std::to_string(traffic.connection));
  };
  options.on_handshake = [&](const Handshake& handshake) {
    const std::lock_guard lock(mutex);
    uri = handshake.uri;
    key = handshake.authorization;
  };
  Fixture f(std::move(options));
  Client client(f.uri + "?model=x", {{"Authorization", "Bearer k"}});
  client.send(R"({"type":"input_audio_buffer.clear"})");
  client.wait_type("input_audio_buffer.cleared");
  const std::lock_guard lock(mutex);
  g_assert_true((seen == std::vector<std::string>{"S1", "S1", "C1", "S1"}));
  equal(uri, "/v1/realtime?model=x");
  equal(key, "k");
}

void scenarios_may_change() {
  Fixture f;
  Client first(f.uri);
  first.type(0);
  Scenario refusing;
  refusing.first_connections.push_back({.http_status = 503});
  f.server.set_scenario(refusing);
  Client second(f.uri), third(f.uri);
  g_assert_cmpuint(second.status(), ==, 503);
  g_assert_true(third.connected());
  first.send(R"({"type":"input_audio_buffer.clear"})");
  first.wait_type("input_audio_buffer.cleared");
}

void tests_may_push_and_close() {
  Fixture f;
  Client client(f.uri);
  client.type(1);
  f.server.send_to_all("pushed");
  equal(client.text(2), "pushed");
  f.server.close_all(1001, "bye");
  g_assert_cmpuint(client.wait_closed(), ==, 1001);
  f.wait_gone(1);
  g_assert_cmpuint(f.server.open(), ==, 0);
}

void clients_come_and_go() {
  Fixture f;
  for (unsigned round = 1; round <= 3; ++round) {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 20; ++i)
      clients.push_back(std::make_unique<Client>(f.uri));
    for (const auto& each : clients)
      equal(each->type(1), "conversation.created");
    g_assert_cmpuint(f.server.open(), ==, 20);
    for (const auto& each : clients)
      each->close();
    for (const auto& each : clients)
      each->wait_closed();
    f.wait_gone(20 * round);
    g_assert_cmpuint(f.server.open(), ==, 0);
  }
}

void stopping_says_goodbye() {
  auto f = std::make_unique<Fixture>();
  Client client(f->uri);
  client.type(1);
  // The client answers the close frame while the server waits for it.
  std::thread stopper([&] { f->server.stop(); });
  g_assert_cmpuint(client.wait_closed(), ==, 1001);
  stopper.join();
  g_assert_cmpuint(f->server.open(), ==, 0);
  f.reset();
}

void servers_do_not_disturb_each_other() {
  auto loop = std::make_shared<IoLoop>();
  WsServer a(loop), b(loop);
  const auto first = a.start({}).value(), second = b.start({}).value();
  g_assert_true(first != second);
  Client client(second);
  a.stop();
  client.send(R"({"type":"input_audio_buffer.clear"})");
  client.wait_type("input_audio_buffer.cleared");
}

void a_used_port_is_an_error() {
  Fixture f;
  WsServerOptions options;
  options.port = static_cast<std::uint16_t>(std::stoi(f.uri.substr(f.uri.rfind(':') + 1)));
  WsServer other(std::make_shared<IoLoop>());
  g_assert_false(other.start(std::move(options)).ok());
  WsServerOptions nowhere;
  nowhere.host = "localhost.invalid";
  WsServer third(std::make_shared<IoLoop>());
  g_assert_false(third.start(std::move(nowhere)).ok());
}

void stopping_on_its_own_thread_drops_the_clients() {
  auto loop = std::make_shared<IoLoop>();
  WsServer server(loop);
  Client client(server.start({}).value());
  client.type(1);
  loop->post([&] { server.stop(); });
  client.wait_closed();
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/ws/turn", a_turn_over_a_socket);
  g_test_add_func("/server/ws/dialects", dialects_and_subprotocols);
  g_test_add_func("/server/ws/keys", keys_are_checked);
  g_test_add_func("/server/ws/bad-key-event", bad_keys_may_get_an_event);
  g_test_add_func("/server/ws/paths", other_paths_are_not_found);
  g_test_add_func("/server/ws/kinds", the_address_chooses_the_kind_of_session);
  g_test_add_func("/server/ws/refused", handshakes_may_be_refused);
  g_test_add_func("/server/ws/endings", connections_end_as_scripted);
  g_test_add_func("/server/ws/junk", junk_reaches_the_client);
  g_test_add_func("/server/ws/deaf", a_deaf_server_says_nothing);
  g_test_add_func("/server/ws/binary", binary_frames_are_refused);
  g_test_add_func("/server/ws/big", big_messages_pass_and_bigger_ones_do_not);
  g_test_add_func("/server/ws/hooks", traffic_and_handshakes_are_seen);
  g_test_add_func("/server/ws/new-scenario", scenarios_may_change);
  g_test_add_func("/server/ws/push", tests_may_push_and_close);
  g_test_add_func("/server/ws/many", clients_come_and_go);
  g_test_add_func("/server/ws/goodbye", stopping_says_goodbye);
  g_test_add_func("/server/ws/two-servers", servers_do_not_disturb_each_other);
  g_test_add_func("/server/ws/used-port", a_used_port_is_an_error);
  g_test_add_func("/server/ws/stop-inside", stopping_on_its_own_thread_drops_the_clients);
  return g_test_run();
}

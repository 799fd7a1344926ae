// The same bodies over ws:// and wss://.
#include "client.h"

#include <glib.h>

#include <algorithm>

namespace {

using namespace rt;
using namespace rt::test;
using transport::Endpoint;

using Fixture = bool; // TLS?

RawServerOptions options_of(Fixture tls) {
  return {.certificate_file = tls ? tls_file("server.pem") : ""};
}

Endpoint endpoint_of(Fixture tls, std::uint16_t port) {
  Endpoint endpoint;
  endpoint.uri =
      (tls ? "wss" : "ws") + std::string("://127.0.0.1:") + std::to_string(port) + "/v1/realtime?model=m";
  if (tls) endpoint.tls_database = test_authority();
  return endpoint;
}

// A client whose connection is open to a server that runs `script` after the handshake.
struct Connected {
  explicit Connected(Fixture tls, RawServer::Script script)
      : server([script = std::move(script)](RawPeer& peer) { peer.accept_websocket(), script(peer); },
               options_of(tls)) {
    client.open(endpoint_of(tls, server.port()));
    client.wait_open();
  }
  RawServer server;
  Client client;
};

void the_handshake_says_what_it_should(gconstpointer tls) {
  Guarded<std::string> seen;
  RawServer server(
      [&](RawPeer& peer) {
        const std::string head = peer.accept_websocket();
        *seen.lock() = head;
        peer.write_frame(opcode_text, "welcome");
        peer.wait_for_end();
      },
      options_of(tls != nullptr));
  Endpoint endpoint = endpoint_of(tls != nullptr, server.port());
  endpoint.headers = {{"Authorization", "Bearer not-a-key"}, {"OpenAI-Beta", "realtime=v1"}};
  Client client;
  client.open(endpoint);
  client.wait_text();

  const std::string head = *seen.lock();
  const std::string lower = GCharPtr(g_ascii_strdown(head.c_str(), -1)).get();
  g_assert_true(head.starts_with("GET /v1/realtime?model=m HTTP/1.1\r\n"));
  g_assert_true(head.find("\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n") != head.npos);
  g_assert_true(head.find("\r\nAuthorization: Bearer not-a-key\r\n") != head.npos);
  g_assert_true(head.find("\r\nOpenAI-Beta: realtime=v1\r\n") != head.npos);
  g_assert_true(head.find("\r\nUser-Agent: gst-realtime/") != head.npos);
  g_assert_true(head.find("\r\nSec-WebSocket-Version: 13\r\n") != head.npos);
  for (const char* absent : {"sec-websocket-extensions", "accept-encoding", "cookie", "origin:"})
    g_assert_true(lower.find(absent) == lower.npos);
  g_assert_cmpuint(client.heard().lock()->last_generation, ==, Client::generation);
}

void text_goes_both_ways(gconstpointer tls) {
  Connected pair(tls != nullptr, [](RawPeer& peer) {
    while (auto frame = peer.read_frame()) {
      g_assert_true(frame->masked);
      g_assert_cmpint(frame->opcode, ==, opcode_text);
      peer.write_frame(opcode_text, frame->payload);
    }
  });
  const std::string big(300'000, 'x'); // above the size that libsoup takes by default
  const std::string texts[] = {"{}", "gr\xC3\xBC\xC3\x9F dich", std::string(126, 'a'), big, ""};
  for (const auto& text : texts)
    g_assert_true(pair.client.send(text));
  for (std::size_t i = 0; i < std::size(texts); ++i)
    g_assert_true(pair.client.wait_text(i) == texts[i]);
}

void a_message_right_behind_the_handshake_is_heard(gconstpointer tls) {
  RawServer server(
      [](RawPeer& peer) {
        peer.accept_websocket(server_frame(opcode_text, "first") + server_frame(opcode_text, "second"));
        peer.wait_for_end();
      },
      options_of(tls != nullptr));
  Client client;
  client.open(endpoint_of(tls != nullptr, server.port()));
  assert_text(client.wait_text(0), "first");
  assert_text(client.wait_text(1), "second");
  g_assert_cmpuint(client.heard().lock()->opened, ==, 1);
}

void fragments_are_joined_and_pings_answered(gconstpointer tls) {
  Guarded<std::string> pong;
  Connected pair(tls != nullptr, [&](RawPeer& peer) {
    peer.write(server_frame(opcode_text, "one ", false) + server_frame(opcode_ping, "are you there") +
               server_frame(0, "text", true));
    const auto frame = peer.read_frame();
    g_assert_true(frame && frame->opcode == opcode_pong);
    *pong.lock() = frame->payload;
    peer.write_frame(opcode_text, "done");
    peer.wait_for_end();
  });
  assert_text(pair.client.wait_text(0), "one text");
  pair.client.wait_text(1);
  assert_text(*pong.lock(), "are you there");
}

void our_close_says_code_and_reason_and_is_the_last_word(gconstpointer tls) {
  Guarded<std::optional<Frame>> seen;
  Connected pair(tls != nullptr, [&](RawPeer& peer) {
    auto frame = peer.read_frame();
    peer.write_frame(opcode_text, "too late");
    if (frame) peer.write_frame(opcode_close, frame->payload);
    auto slot = seen.lock();
    *slot = std::move(frame);
    slot.notify();
  });
  pair.client.fixture().run([&] { pair.client.transport().close(3001, std::string(200, '!')); });
  g_assert_false(pair.client.send("after the close"));
  auto frame = seen.lock();
  frame.wait([](const auto& value) { return value.has_value(); });
  g_assert_cmpint((*frame)->opcode, ==, opcode_close);
  g_assert_true((*frame)->payload == close_payload(3001, std::string(123, '!')));
  pair.client.fixture().settle();
  g_assert_true(pair.client.heard().lock()->ends.empty());
  g_assert_true(pair.client.heard().lock()->texts.empty());
}

void a_transport_can_be_opened_again(gconstpointer tls) {
  RawServer server(
      [](RawPeer& peer) {
        peer.accept_websocket(server_frame(opcode_text, "hello"));
        peer.wait_for_end();
      },
      options_of(tls != nullptr));
  Client client;
  client.open(endpoint_of(tls != nullptr, server.port()), 1);
  client.wait_text(0);
  g_assert_cmpuint(client.heard().lock()->last_generation, ==, 1);
  client.open(endpoint_of(tls != nullptr, server.port()), 2);
  client.wait_text(1);
  g_assert_cmpuint(client.heard().lock()->last_generation, ==, 2);
  g_assert_true(client.heard().lock()->ends.empty());
}

// The transport may go at any time: within each callback, and while each stage of the dial is under way. What
// is left over must neither call back nor leak, which a sanitizer sees.
void destroyed_within_on_open(gconstpointer tls) {
  RawServer server(
      [](RawPeer& peer) {
        peer.accept_websocket(server_frame(opcode_text, "hello"));
        peer.wait_for_end();
      },
      options_of(tls != nullptr));
  Client client;
  client.in_on_open = [&] { client.destroy_transport(); };
  client.open(endpoint_of(tls != nullptr, server.port()));
  client.wait_open();
  client.fixture().settle();
  g_assert_true(client.heard().lock()->texts.empty());
}

void destroyed_within_on_text(gconstpointer tls) {
  RawServer server(
      [](RawPeer& peer) {
        peer.accept_websocket(server_frame(opcode_text, "one") + server_frame(opcode_text, "two") +
                              server_frame(opcode_close, close_payload(1000, "")));
        peer.wait_for_end();
      },
      options_of(tls != nullptr));
  Client client;
  client.in_on_text = [&] { client.destroy_transport(); };
  client.open(endpoint_of(tls != nullptr, server.port()));
  client.wait_text();
  client.fixture().settle();
  g_assert_cmpuint(client.heard().lock()->texts.size(), ==, 1);
  g_assert_true(client.heard().lock()->ends.empty());
}

void destroyed_within_on_closed(gconstpointer tls) {
  Connected pair(tls != nullptr, [](RawPeer& peer) {
    peer.write_frame(opcode_text, "go");
    if (peer.read_frame()) peer.write_frame(opcode_close, close_payload(1000, ""));
    peer.wait_for_end();
  });
  pair.client.wait_text();
  pair.client.fixture().run([&] {
    pair.client.in_on_closed = [&] { pair.client.destroy_transport(); };
    pair.client.transport().send("close, please");
  });
  pair.client.wait_end();
}

void reopened_within_on_closed(gconstpointer tls) {
  std::atomic<int> connections{0};
  RawServer server(
      [&](RawPeer& peer) {
        const bool first = connections++ == 0;
        peer.accept_websocket(first ? server_frame(opcode_close, close_payload(1001, ""))
                                    : server_frame(opcode_text, "again"));
        peer.wait_for_end();
      },
      options_of(tls != nullptr));
  Client client;
  const Endpoint endpoint = endpoint_of(tls != nullptr, server.port());
  client.fixture().run([&] { client.in_on_closed = [&] { client.transport().open(endpoint, 8); }; });
  client.open(endpoint);
  client.wait_end();
  auto heard = client.heard().lock();
  heard.wait([](const Heard& h) { return !h.texts.empty(); });
  g_assert_cmpuint(heard->last_generation, ==, 8);
}

void destroyed_while_open(gconstpointer tls) {
  Connected pair(tls != nullptr, [](RawPeer& peer) { peer.wait_for_end(); });
  for (int i = 0; i < 100; ++i)
    pair.client.send("some text that is on its way");
}

void destroyed_while_the_peer_is_silent(gconstpointer tls) {
  RawServer server([](RawPeer& peer) { peer.wait_for_server_end(); }); // neither TLS nor HTTP answer
  for (int turn = 0; turn < 3; ++turn) {
    Client client;
    client.open(endpoint_of(tls != nullptr, server.port()));
    if (turn == 1) client.fixture().settle();
    if (turn == 2) client.fixture().run([&] { client.transport().close(1000, ""); });
  }
}

void destroyed_right_after_the_dial(gconstpointer tls) {
  RawServer server(
      [](RawPeer& peer) {
        peer.accept_websocket(server_frame(opcode_text, "hello"));
        peer.wait_for_end();
      },
      options_of(tls != nullptr));
  for (int turn = 0; turn < 20; ++turn) {
    Client client;
    client.open(endpoint_of(tls != nullptr, server.port()));
    for (int i = 0; i < turn; ++i)
      client.fixture().settle();
  }
}

void closed_and_gone_with_its_loop(gconstpointer tls) {
  Connected pair(tls != nullptr, [](RawPeer& peer) { peer.wait_for_server_end(); });
  pair.client.fixture().run([&] {
    pair.client.transport().close(1000, "bye");
    pair.client.destroy_transport();
  });
}

void a_ping_leaves_every_interval(gconstpointer tls) {
  RawServer server(
      [](RawPeer& peer) {
        peer.accept_websocket();
        for (int i = 0; i < 2; ++i) {
          const auto frame = peer.read_frame();
          if (!frame) return;
          g_assert_cmpint(frame->opcode, ==, opcode_ping);
          peer.write_frame(opcode_pong, frame->payload);
        }
        peer.write_frame(opcode_text, "pinged");
        peer.wait_for_end();
      },
      options_of(tls != nullptr));
  Endpoint endpoint = endpoint_of(tls != nullptr, server.port());
  endpoint.keepalive_interval_ms = 1; // libsoup counts in seconds
  Client client;
  client.open(endpoint);
  assert_text(client.wait_text(), "pinged");
  g_assert_true(client.heard().lock()->ends.empty());
}

void a_peer_that_answers_no_ping_is_given_up(gconstpointer tls) {
  RawServer server(
      [](RawPeer& peer) {
        peer.accept_websocket();
        peer.wait_for_end();
      },
      options_of(tls != nullptr));
  Endpoint endpoint = endpoint_of(tls != nullptr, server.port());
  endpoint.keepalive_interval_ms = 1000;
  Client client;
  client.open(endpoint);
  const Error error = client.wait_end();
  g_assert_true(error.kind == ErrorKind::closed_by_server);
  g_assert_true(error.message.ends_with("no longer answers"));
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  struct Body {
    const char* name;
    GTestDataFunc run;
  };
  constexpr Body bodies[] = {
      {"handshake", the_handshake_says_what_it_should},
      {"text", text_goes_both_ways},
      {"behind-the-handshake", a_message_right_behind_the_handshake_is_heard},
      {"fragments", fragments_are_joined_and_pings_answered},
      {"close", our_close_says_code_and_reason_and_is_the_last_word},
      {"open-again", a_transport_can_be_opened_again},
      {"destroyed/in-on-open", destroyed_within_on_open},
      {"destroyed/in-on-text", destroyed_within_on_text},
      {"destroyed/in-on-closed", destroyed_within_on_closed},
      {"reopened-in-on-closed", reopened_within_on_closed},
      {"destroyed/open", destroyed_while_open},
      {"destroyed/silent-peer", destroyed_while_the_peer_is_silent},
      {"destroyed/dialing", destroyed_right_after_the_dial},
      {"closed-with-its-loop", closed_and_gone_with_its_loop},
      {"keepalive/ping", a_ping_leaves_every_interval},
      {"keepalive/no-pong", a_peer_that_answers_no_ping_is_given_up},
  };
  static constexpr int tls = 1;
  for (const Body& body : bodies) {
    g_test_add_data_func(("/transport/ws/" + std::string(body.name)).c_str(), nullptr, body.run);
    g_test_add_data_func(("/transport/wss/" + std::string(body.name)).c_str(), &tls, body.run);
  }
  return g_test_run();
}

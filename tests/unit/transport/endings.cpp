// Every way in which an open connection ends without our asking, over ws:// and wss://.
#include "client.h"

#include <glib.h>

#include <string>

namespace {

using namespace rt;
using namespace rt::test;
using transport::Endpoint;

constexpr const char* secret = "sk-0123456789abcdefghij";

// The error of a connection whose server runs `script` after the handshake, to its end.
Error end_of(gconstpointer tls, RawServer::Script script) {
  Guarded<bool> script_ended(false);
  RawServer server(
      [&](RawPeer& peer) {
        peer.accept_websocket();
        script(peer);
        auto ended = script_ended.lock();
        *ended = true;
        ended.notify();
      },
      {.certificate_file = tls ? tls_file("server.pem") : ""});
  Endpoint endpoint;
  endpoint.uri = (tls ? "wss" : "ws") + std::string("://127.0.0.1:") + std::to_string(server.port()) + "/";
  endpoint.headers = {{"Authorization", std::string("Bearer ") + secret}};
  if (tls) endpoint.tls_database = test_authority();
  Error error;
  {
    Client client;
    client.open(endpoint);
    error = client.wait_end();
    g_assert_false(client.send("too late"));
    g_assert_false(client.fixture().run([&] { return client.transport().writable(); }));
    client.fixture().settle();
    const auto heard = client.heard().lock();
    g_assert_cmpuint(heard->opened, ==, 1);
    g_assert_cmpuint(heard->ends.size(), ==, 1);
  }
  script_ended.lock().wait([](bool ended) { return ended; });
  g_assert_true(error.message.starts_with("127.0.0.1:" + std::to_string(server.port()) + " "));
  for (const std::string& text : {error.message, error.debug, error.code})
    g_assert_true(text.find(secret) == text.npos);
  return error;
}

Error end_with_bytes(gconstpointer tls, const std::string& bytes) {
  return end_of(tls, [&](RawPeer& peer) {
    peer.write(bytes);
    peer.wait_for_end();
  });
}

Error end_with_close(gconstpointer tls, std::uint16_t code, const std::string& reason) {
  return end_with_bytes(tls, server_frame(opcode_close, close_payload(code, reason)));
}

void assert_kind(const Error& error, ErrorKind expected) {
  assert_text(std::string(info(error.kind).name), std::string(info(expected).name));
}

void every_close_code_has_its_kind(gconstpointer tls) {
  struct Row {
    std::uint16_t code;
    const char* reason;
    ErrorKind kind;
    const char* error_code;
  };
  for (const Row& row : {
           Row{1000, "", ErrorKind::closed_by_server, ""},
           Row{1001, "going away", ErrorKind::closed_by_server, ""},
           Row{1008, "policy", ErrorKind::closed_by_server, "policy"},
           Row{1011, "keepalive ping timeout", ErrorKind::closed_by_server, ""},
           Row{3000, "invalid_request_error.invalid_api_key", ErrorKind::not_authorized, "invalid_api_key"},
           Row{3000, "", ErrorKind::not_authorized, ""},
           Row{4000, "invalid_request_error.beta_api_shape_disabled", ErrorKind::request_rejected,
               "beta_api_shape_disabled"},
           Row{4000, "invalid_request_error.invalid_api_key", ErrorKind::not_authorized, "invalid_api_key"},
           Row{4000, "invalid_request_error.insufficient_quota", ErrorKind::quota_exceeded,
               "insufficient_quota"},
           Row{4000, "invalid_request_error.something_new", ErrorKind::request_rejected, "something_new"},
           Row{4000, "server_error.internal", ErrorKind::server_unavailable, "internal"},
           Row{1001, "invalid_request_error.session_expired", ErrorKind::session_expired, "session_expired"},
           Row{4999, "", ErrorKind::closed_by_server, ""},
       }) {
    const Error error = end_with_close(tls, row.code, row.reason);
    assert_kind(error, row.kind);
    g_assert_cmpuint(error.close_code, ==, row.code);
    assert_text(error.code, row.error_code);
    assert_text(error.debug, row.reason);
  }
}

void a_close_without_a_code(gconstpointer tls) {
  const Error error = end_with_bytes(tls, server_frame(opcode_close, ""));
  assert_kind(error, ErrorKind::closed_by_server);
  g_assert_cmpuint(error.close_code, ==, 1005);
}

void a_close_code_that_nobody_may_send(gconstpointer tls) {
  for (const std::uint16_t code : {999, 1006, 1015, 2500, 5000}) {
    const Error error = end_with_close(tls, code, "");
    assert_kind(error, ErrorKind::closed_by_server);
    g_assert_cmpuint(error.close_code, ==, code);
  }
}

void a_close_reason_with_our_key(gconstpointer tls) {
  const Error error = end_with_close(tls, 3000, std::string("bad key ") + secret);
  assert_text(error.debug, "bad key ***");
}

void the_end_of_the_stream(gconstpointer tls) {
  const Error error = end_of(tls, [](RawPeer&) {});
  assert_kind(error, ErrorKind::closed_by_server);
  g_assert_cmpuint(error.close_code, ==, 1006);
}

void a_reset(gconstpointer tls) {
  const Error error = end_of(tls, [](RawPeer& peer) { peer.break_off(); });
  assert_kind(error, ErrorKind::closed_by_server);
  g_assert_cmpuint(error.close_code, ==, 1006);
}

void an_end_within_a_frame(gconstpointer tls) {
  const Error error =
      end_of(tls, [](RawPeer& peer) { peer.write(server_frame(opcode_text, "cut off").substr(0, 4)); });
  assert_kind(error, ErrorKind::closed_by_server);
}

void a_message_too_big(gconstpointer tls) {
  std::string head = server_frame(opcode_text, std::string(70'000, ' ')).substr(0, 10);
  for (std::size_t i = 2; i < head.size(); ++i)
    head[i] = 0;
  head[6] = 1; // 16 MiB
  head[9] = 1; // and one byte
  assert_kind(end_with_bytes(tls, head), ErrorKind::message_too_big);
}

void text_that_is_not_utf8(gconstpointer tls) {
  assert_kind(end_with_bytes(tls, server_frame(opcode_text, "\xC3\x28")), ErrorKind::not_realtime);
}

void a_binary_message(gconstpointer tls) {
  Guarded<std::optional<Frame>> answer;
  const Error error = end_of(tls, [&](RawPeer& peer) {
    peer.write_frame(opcode_binary, "{}");
    *answer.lock() = peer.read_frame();
  });
  assert_kind(error, ErrorKind::not_realtime);
  g_assert_true((*answer.lock())->payload == close_payload(1003, ""));
}

void frames_against_the_protocol(gconstpointer tls) {
  const std::string masked = std::string("\x81\x82", 2) + "abcdHi";
  const std::string reserved_bits = std::string("\xF1\x02", 2) + "Hi";
  const std::string lone_continuation = server_frame(0, "rest");
  for (const std::string& bytes : {masked, reserved_bits, lone_continuation, server_frame(3, "?")})
    assert_kind(end_with_bytes(tls, bytes), ErrorKind::not_realtime);
}

void what_came_before_the_end_is_heard_first(gconstpointer tls) {
  RawServer server(
      [](RawPeer& peer) {
        peer.accept_websocket(server_frame(opcode_text, "last words") +
                              server_frame(opcode_close, close_payload(1000, "")));
        peer.wait_for_end();
      },
      {.certificate_file = tls ? tls_file("server.pem") : ""});
  Endpoint endpoint;
  endpoint.uri = (tls ? "wss" : "ws") + std::string("://127.0.0.1:") + std::to_string(server.port()) + "/";
  if (tls) endpoint.tls_database = test_authority();
  Client client;
  std::size_t texts_at_end = 0;
  client.in_on_closed = [&] { texts_at_end = client.heard().lock()->texts.size(); };
  client.open(endpoint);
  client.wait_end();
  g_assert_cmpuint(texts_at_end, ==, 1);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  struct Body {
    const char* name;
    GTestDataFunc run;
  };
  constexpr Body bodies[] = {
      {"close/codes", every_close_code_has_its_kind},
      {"close/no-code", a_close_without_a_code},
      {"close/forbidden-code", a_close_code_that_nobody_may_send},
      {"close/masked", a_close_reason_with_our_key},
      {"broken/end-of-stream", the_end_of_the_stream},
      {"broken/reset", a_reset},
      {"broken/within-a-frame", an_end_within_a_frame},
      {"frame/too-big", a_message_too_big},
      {"frame/not-utf8", text_that_is_not_utf8},
      {"frame/binary", a_binary_message},
      {"frame/protocol", frames_against_the_protocol},
      {"order", what_came_before_the_end_is_heard_first},
  };
  static constexpr int tls = 1;
  for (const Body& body : bodies) {
    g_test_add_data_func(("/transport/end/ws/" + std::string(body.name)).c_str(), nullptr, body.run);
    g_test_add_data_func(("/transport/end/wss/" + std::string(body.name)).c_str(), &tls, body.run);
  }
  return g_test_run();
}

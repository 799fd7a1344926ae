// A peer that completes the handshake and then stops reading, over ws:// and wss://.
#include "client.h"

#include <glib.h>

#include <string>

namespace {

using namespace rt;
using namespace rt::test;
using transport::Endpoint;

constexpr std::size_t frame_bytes = 1300; // 20 ms of audio, coded
constexpr std::size_t most_accepted = 256 * 1024;

// Reads nothing until told to; then counts text frames until the connection ends.
class StalledServer {
 public:
  explicit StalledServer(gconstpointer tls)
      : tls_(tls != nullptr),
        server_([this](RawPeer& peer) { serve(peer); },
                {.certificate_file = tls ? tls_file("server.pem") : "", .receive_buffer = 4096}) {}
  ~StalledServer() { let_read(); }

  Endpoint endpoint() const {
    Endpoint endpoint;
    endpoint.uri =
        (tls_ ? "wss" : "ws") + std::string("://127.0.0.1:") + std::to_string(server_.port()) + "/";
    if (tls_) endpoint.tls_database = test_authority();
    return endpoint;
  }
  void let_read() {
    auto state = state_.lock();
    state->reading = true;
    state.notify();
  }
  void wait_for_frames(std::size_t count) {
    state_.lock().wait([&](const State& state) { return state.frames >= count; });
  }

 private:
  struct State {
    bool reading = false;
    std::size_t frames = 0;
  };
  void serve(RawPeer& peer) {
    peer.accept_websocket();
    state_.lock().wait([](const State& state) { return state.reading; });
    while (auto frame = peer.read_frame()) {
      if (frame->opcode != opcode_text) continue;
      g_assert_cmpuint(frame->payload.size(), ==, frame_bytes);
      auto state = state_.lock();
      ++state->frames;
      state.notify();
    }
  }

  const bool tls_;
  Guarded<State> state_;
  RawServer server_;
};

// Sends while the transport says that it may; returns the number of frames.
std::size_t fill(Client& client) {
  const std::string frame(frame_bytes, 'a');
  return client.fixture().run([&] {
    std::size_t sent = 0;
    while (client.transport().writable() && sent * frame_bytes < 100 * most_accepted) {
      g_assert_true(client.transport().send(frame));
      ++sent;
    }
    return sent;
  });
}

std::size_t queued(Client& client) {
  return client.fixture().run([&] { return client.transport().queued_bytes(); });
}

void no_more_is_accepted_than_the_bound(gconstpointer tls) {
  StalledServer server(tls);
  Client client;
  client.open(server.endpoint());
  client.wait_open();
  std::size_t sent = fill(client);
  // The kernel may take some more once the loop turns; that ends too.
  unsigned woken = 0;
  for (int turn = 0; turn < 20; ++turn) {
    client.fixture().settle();
    sent += fill(client);
    woken = client.heard().lock()->writable;
  }
  g_assert_cmpuint(sent * frame_bytes, <, most_accepted);
  g_assert_cmpuint(sent, >, 0);
  g_assert_cmpuint(queued(client), >, 0);
  g_assert_false(client.fixture().run([&] { return client.transport().writable(); }));

  server.let_read();
  auto heard = client.heard().lock();
  heard.wait([&](const Heard& h) { return h.writable > woken; });
}

void everything_arrives_once_the_peer_reads(gconstpointer tls) {
  StalledServer server(tls);
  Client client;
  client.open(server.endpoint());
  client.wait_open();
  std::size_t sent = fill(client);
  const std::string urgent(frame_bytes, 'c');
  g_assert_true(client.send(urgent)); // also while not writable
  ++sent;

  // Fill again at every on_writable, until much more than the bound has gone through.
  constexpr std::size_t wanted = 2000;
  const std::string frame(frame_bytes, 'b');
  client.fixture().run([&] {
    client.in_on_writable = [&] {
      g_assert_true(client.transport().writable());
      g_assert_cmpuint(client.transport().queued_bytes(), ==, 0);
      for (; client.transport().writable() && sent < wanted; ++sent)
        client.transport().send(frame);
    };
  });
  server.let_read();
  server.wait_for_frames(wanted);
  client.fixture().run([&] { client.in_on_writable = [] {}; });
}

void destroyed_while_stalled(gconstpointer tls) {
  StalledServer server(tls);
  Client client;
  client.open(server.endpoint());
  client.wait_open();
  fill(client);
  for (int i = 0; i < 200; ++i)
    client.send(std::string(frame_bytes, 'd'));
}

void closed_while_stalled(gconstpointer tls) {
  StalledServer server(tls);
  Client client;
  client.open(server.endpoint());
  client.wait_open();
  fill(client);
  for (int i = 0; i < 200; ++i)
    client.send(std::string(frame_bytes, 'd'));
  client.fixture().run([&] { client.transport().close(1000, "enough"); });
  client.fixture().settle();
}

void destroyed_within_on_writable(gconstpointer tls) {
  StalledServer server(tls);
  Client client;
  client.open(server.endpoint());
  client.wait_open();
  client.fixture().run([&] { client.in_on_writable = [&] { client.destroy_transport(); }; });
  fill(client);
  server.let_read();
  client.heard().lock().wait([](const Heard& heard) { return heard.writable > 0; });
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  struct Body {
    const char* name;
    GTestDataFunc run;
  };
  constexpr Body bodies[] = {
      {"bound", no_more_is_accepted_than_the_bound},
      {"resumes", everything_arrives_once_the_peer_reads},
      {"destroyed", destroyed_while_stalled},
      {"closed", closed_while_stalled},
      {"destroyed-in-on-writable", destroyed_within_on_writable},
  };
  static constexpr int tls = 1;
  for (const Body& body : bodies) {
    g_test_add_data_func(("/transport/stalled/ws/" + std::string(body.name)).c_str(), nullptr, body.run);
    g_test_add_data_func(("/transport/stalled/wss/" + std::string(body.name)).c_str(), &tls, body.run);
  }
  return g_test_run();
}

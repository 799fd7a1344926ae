// A whole session between a fake server and elements played by the test, on one thread and a clock that moves
// only when told to.
#pragma once

#include "recording_listener.h"
#include "session/session.h"
#include "support/fake_executor.h"
#include "support/fake_speechless_server.h"
#include "support/fake_transport.h"
#include "texts.h"

#include <glib.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rt::session::test {

using rt::test::FakeSpeechlessServer;
using rt::test::only;

constexpr std::uint64_t ms = 1'000'000;

class Conversation {
 public:
  struct Element {
    Role role;
    std::shared_ptr<RecordingListener> ear = std::make_shared<RecordingListener>();
    MemberId id = 0;
  };

  explicit Conversation(const FakeSpeechlessServer::Options& options = FakeSpeechlessServer::Options());
  // Everybody leaves; ends the test when the session keeps anything of the loop alive.
  ~Conversation();

  // ---- elements ----
  void join(Element& element, const void* pipeline = nullptr);
  void open(Element& element);
  void play(Element& element, bool playing = true);
  void close(Element& element);
  void leave(Element& element);
  // Both elements from NULL to PLAYING, the formats negotiated, everything that is due done.
  void start(bool with_sink = true, bool with_src = true);
  void set(const std::function<void(Settings&)>& change) { session->change_settings(change); }

  // The sink's end of stream: begins the drain, and says whether it has come to its end.
  void begin_drain();
  bool drained() { return session->downlink().ended(); }

  // ---- time ----
  void run() { loop->run_until_idle(); }
  void pass(std::uint64_t milliseconds) { loop->advance(Milliseconds(milliseconds)); }

  // ---- audio ----
  // Live input captured until now, then what follows from it. The clock does not move.
  void push(std::uint64_t milliseconds);
  // The same at the pace of the clock.
  void speak(std::uint64_t milliseconds);
  // realtimesrc reads at the pace of the clock, what it reads is heard `latency` later; returns the reply
  // samples in it.
  std::uint64_t listen(std::uint64_t milliseconds);
  // Asks for an answer beside the conversation, with metadata {"topic":"mood"}: it is begun as "resp_aside".
  protocol::Response begin_aside();
  // A reply of that length arrives. Returns the response's id; its only item is `item_id`.
  std::string reply(const std::string& item_id, std::uint64_t milliseconds, bool done = true);

  // ---- what was sent ----
  std::vector<protocol::ClientEvent> take() { return transport.take(); }
  template<typename Body>
  std::vector<Body> take_only() {
    return only<Body>(take());
  }
  std::uint64_t taken_ms(const std::vector<protocol::ClientEvent>& events); // audio in them

  std::shared_ptr<rt::test::FakeExecutor> loop = std::make_shared<rt::test::FakeExecutor>();
  rt::test::FakeTransport transport;
  FakeSpeechlessServer server;
  std::shared_ptr<Session> session;
  Element sink{Role::sink}, src{Role::src};
  std::uint64_t latency = 0;
  audio::Format input_format = audio::pcm16_24k, output_format = audio::pcm16_24k;

 private:
  Nanoseconds began_{0};
};

} // namespace rt::session::test

// All of a session's threads at once over a real loop: streaming threads, applications, elements that come
// and go, a server that speaks whenever it likes. Meant for the thread sanitizer as well.
#include "base/io_loop.h"
#include "recording_listener.h"
#include "session/session.h"
#include "support/fake_speechless_server.h"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace {

using namespace rt;
using namespace rt::session;
using namespace rt::session::test;
using rt::test::FakeSpeechlessServer;
using rt::test::FakeTransport;

constexpr unsigned rounds = 400;

FakeSpeechlessServer::Options talkative() {
  FakeSpeechlessServer::Options options;
  options.reply.assign(4800, '\x11');
  return options;
}

struct Stage {
  FakeTransport transport;
  FakeSpeechlessServer server{transport, talkative()};
  std::shared_ptr<IoLoop> loop = std::make_shared<IoLoop>();
  std::shared_ptr<Session> session = Session::create(loop, transport.factory());
  std::shared_ptr<RecordingListener> ear = std::make_shared<RecordingListener>();
  std::atomic<bool> over = false;

  void on_loop(std::function<void()> act) {
    std::promise<void> done;
    loop->post([&] {
      act();
      done.set_value();
    });
    done.get_future().wait();
  }
};

void sink_streams(Stage& stage) {
  const std::vector<std::uint8_t> bytes(960, 0x11);
  std::uint64_t time = 0;
  for (unsigned i = 0; i < rounds * 4; ++i, time += 20'000'000) {
    Uplink::Input input{bytes, 0, time};
    g_assert_true(stage.session->push(input, i % 3 != 0) != Uplink::Pushed::closed);
    stage.session->listen(bytes);
    if (i % 50 == 0) stage.session->set_muted(i % 100 == 0);
    if (i % 500 == 250) stage.session->set_input_format(i % 1000 == 250 ? audio::ulaw_8k : audio::pcm16_24k);
  }
}

void src_streams(Stage& stage) {
  std::vector<std::uint8_t> frame(960);
  for (std::uint64_t pts = 0; !stage.over; pts += 20'000'000) {
    Downlink& downlink = stage.session->downlink();
    if (downlink.flush_requested()) stage.session->report_cuts(downlink.cut_flushed(pts, 0));
    downlink.read(frame, pts);
    auto marks = downlink.advance(pts + 20'000'000, 0);
    if (!marks.empty())
      stage.session->report_playback(std::move(marks), 0);
    else if (downlink.idle())
      stage.session->report_idle();
    std::this_thread::yield();
  }
}

void application_acts(Stage& stage, unsigned first) {
  for (unsigned i = first; i < rounds + first; ++i) {
    Session& session = *stage.session;
    switch (i % 9) {
    case 0:
      session.send_text("Hello");
      break;
    case 1:
      session.create_response(std::nullopt);
      break;
    case 2:
      session.interrupt();
      break;
    case 3:
      session.change_settings([&](Settings& s) { s.instructions = std::to_string(i); });
      break;
    case 4:
      session.change_settings([&](Settings& s) { s.vad_silence_duration_ms = 100 + i; });
      break;
    case 5:
      session.commit();
      break;
    case 6:
      session.cancel_response();
      break;
    case 7:
      session.set_flush_on_interrupt(i % 2 == 0);
      break;
    case 8:
      g_assert_cmpuint(session.stats().connections, <=, 1);
      g_assert_false(session.failed());
      break;
    }
  }
}

void elements_come_and_go(Stage& stage) {
  for (unsigned i = 0; i < rounds; ++i) {
    const auto ear = std::make_shared<RecordingListener>();
    const MemberId id = stage.session->join(Role::text, &stage, ear).value();
    stage.session->open(id, Role::text);
    stage.session->set_playing(id, true);
    stage.session->set_playing(id, false);
    stage.session->close(id, Role::text);
    stage.session->leave(id);
  }
}

void server_speaks(Stage& stage) {
  for (unsigned i = 0; i < rounds; ++i)
    stage.on_loop([&] {
      if (!stage.transport.connected()) return;
      stage.transport.set_writable(i % 5 != 0);
      stage.transport.deliver(protocol::SpeechStarted{i, "item_user"});
      stage.transport.deliver(protocol::SpeechStopped{i + 1, "item_user"});
    });
  stage.on_loop([&] {
    stage.transport.set_writable(true);
    stage.server.commit("item_user"); // of the last turn, and its answer
    stage.server.end_response(stage.server.begin_response());
  });
}

void everybody_at_once() {
  g_unsetenv("OPENAI_API_KEY");
  Stage stage;
  Session& session = *stage.session;
  session.change_settings([](Settings& s) {
    s.uri = "ws://127.0.0.1:9/v1/realtime";
    s.drain_timeout_ms = 3000;
    s.input_transcription_model.reset();
  });
  const MemberId sink = session.join(Role::sink, nullptr, stage.ear).value();
  const MemberId src = session.join(Role::src, nullptr, stage.ear).value();
  session.open(sink, Role::sink);
  session.open(src, Role::src);
  g_assert_true(session.set_output_format(audio::pcm16_24k));
  session.set_input_format(audio::pcm16_24k);
  session.set_playing(sink, true);
  session.set_playing(src, true);

  std::thread reading([&] { src_streams(stage); });
  std::vector<std::thread> threads;
  threads.emplace_back([&] { sink_streams(stage); });
  threads.emplace_back([&] { application_acts(stage, 0); });
  threads.emplace_back([&] { application_acts(stage, 4); });
  threads.emplace_back([&] { elements_come_and_go(stage); });
  threads.emplace_back([&] { server_speaks(stage); });
  for (std::thread& thread : threads)
    thread.join();

  // A drain that is interrupted, one that comes to its end.
  std::thread draining([&] { session.drain(); });
  session.set_input_flushing(true);
  draining.join();
  session.set_input_flushing(false);
  session.flush_input();
  g_assert_true(session.drain());
  stage.over = true;
  reading.join();

  g_assert_false(session.failed());
  g_assert_cmpuint(stage.ear->heard().errors.size(), ==, 0);
  g_assert_true(session.downlink().ended());
  session.close(sink, Role::sink);
  session.close(src, Role::src);
  session.leave(sink);
  session.leave(src);
  stage.session.reset();
  // The engine stays for the closing handshake, then nothing of it is left.
  std::promise<void> gone;
  stage.on_loop([&] { stage.loop->post_after(Milliseconds(500), [&] { gone.set_value(); }); });
  gone.get_future().wait();
  g_assert_cmpint(stage.loop.use_count(), ==, 1);
  g_assert_cmpuint(stage.transport.closed().size(), ==, 1);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/threads", everybody_at_once);
  return g_test_run();
}

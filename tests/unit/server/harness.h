// A session with everything around it faked: the clock, the ears and the mouth are moved by the test.
#pragma once

#include "audio/base64.h"
#include "protocol/codec.h"
#include "server/client_session.h"
#include "server/context.h"
#include "support/fake_executor.h"

#include <glib.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rt::server::test {

// Loud frames are speech. What is understood and said is handed over when the test says so.
class FakeSpeech final : public SpeechService {
 public:
  std::unique_ptr<Utterance> listen(Text understood, Progress so_far) override;
  std::unique_ptr<SpeechJob> speak(std::string text, double speed, std::uint32_t rate,
                                   Samples ready) override;
  std::unique_ptr<SpeechDetector> make_detector() override;
  std::unique_ptr<Resampler> make_resampler(std::uint32_t from, std::uint32_t to) override;

  // Answers the utterance that ended last; ends the test when none waits.
  void understand(std::string text);
  // Answers the oldest text that waits to be spoken.
  void finish_speaking();
  // Words of the utterance that goes on; false when nobody wants them.
  bool understand_so_far(const std::string& text);
  bool utterance_waits() const { return !finished.empty(); }

  bool speaks_at_once = true;    // 100 ms of audio a word
  std::size_t samples_heard = 0; // of the newest utterance
  unsigned utterances_open = 0;
  std::vector<std::string> spoken;
  std::vector<double> speeds;

 private:
  struct Hearing;
  struct Speaking;
  std::vector<std::weak_ptr<Hearing>> finished;
  std::weak_ptr<Hearing> newest;
  std::vector<std::weak_ptr<Speaking>> speaking;
};

class Harness {
 public:
  explicit Harness(Scenario scenario = {}, protocol::SessionType type = protocol::SessionType::conversation);
  ~Harness();

  template<typename Body>
  void client(Body body, std::string event_id = {}) {
    session->handle({std::move(event_id), std::move(body)});
    executor.run_until_idle();
  }
  // JSON text of a client event, through the codec.
  void client_text(std::string_view text);
  // 24 kHz PCM, in 20 ms appends.
  void tone(unsigned ms) { append(ms, 8000); }
  void silence(unsigned ms) { append(ms, 0); }
  void say(std::string text); // a user item
  void ask(std::string text); // the same, and response.create
  void configure(protocol::SessionConfig config);
  void no_turn_detection();

  void understand(std::string text) {
    speech.understand(std::move(text));
    executor.run_until_idle();
  }
  std::string said() const { return speech.spoken.empty() ? "" : speech.spoken.back(); }
  void advance(unsigned ms) { executor.advance(Milliseconds(ms)); }
  // Enough for any reply.
  void finish_responses() { advance(60'000); }

  // The types of the events since the last call (GA's, or a translation's), repeats of a delta counted once,
  // joined by spaces; the prefixes conversation, response, session and input_audio_buffer are cut.
  std::string events();
  // The events of a kind since the harness began.
  template<typename Body>
  std::vector<Body> all() const {
    std::vector<Body> found;
    for (const auto& event : log) {
      if (const auto* body = std::get_if<Body>(&event.body)) found.push_back(*body);
    }
    return found;
  }
  template<typename Body>
  Body last() const {
    const auto found = all<Body>();
    if (found.empty()) g_error("no such event was sent");
    return found.back();
  }
  std::string last_error() const { return last<protocol::ErrorEvent>().error.code; }
  // The decoded audio of an item.
  std::vector<std::uint8_t> audio_of(const std::string& item_id) const;

  rt::test::FakeExecutor executor;
  FakeSpeech speech;
  Scenario scenario;
  ScenarioProgress progress;
  std::vector<protocol::ServerEvent> log;
  std::unique_ptr<ClientSession> session;
  bool judged_in_beta = false; // besides GA; not a translation

 private:
  void append(unsigned ms, std::int16_t level);
  protocol::Dialect dialect() const;
  const protocol::SessionType type_;
  std::size_t seen_ = 0;
};

// With RT_TRAFFIC_DIR in the environment the events are appended there to KIND-PID.jsonl, KIND as in
// schema_judge.py: sends_valid.py judges them.
void leave_for_the_judge(protocol::Dialect dialect, protocol::SessionType type,
                         const std::vector<protocol::ServerEvent>& events);

inline void equal(std::string_view got, std::string_view wanted) {
  if (got != wanted) g_error("got  %s\nwant %s", std::string(got).c_str(), std::string(wanted).c_str());
}

} // namespace rt::server::test

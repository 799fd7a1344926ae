// A translation session: no turns, no items, no responses. What is heard is said again in another language,
// on a track without end that moves on with the input.
//
//   append... -> phrases -> recogniser -> translated() -> voice -> OutputTrack -> a delta per 200 ms of input
//   session.close -> the rest of the phrases, the rest of the track, session.closed
#pragma once

#include "server/client_session.h"
#include "server/context.h"
#include "server/input_audio.h"
#include "server/output_track.h"

#include <deque>
#include <memory>
#include <string>

namespace rt::server {

class Translation final : public ClientSession, InputAudio::Listener {
 public:
  static constexpr std::uint64_t frame_ms = 200; // what the input is measured in

  Translation(SpeechService& speech, const Scenario& scenario, ScenarioProgress& progress,
              const Options& options, Outbox::Send send);
  void start() override;
  void handle(const protocol::ClientEvent& event) override;

 private:
  // From the first sound of speech to the pause after it.
  struct Phrase {
    std::uint64_t start_ms = 0;
    std::unique_ptr<Utterance> utterance;
    std::unique_ptr<SpeechJob> voice;
    std::optional<std::string> heard;
    bool translating = false;
  };

  void on(const protocol::SessionUpdate& update, const std::string& event_id);
  void on(const protocol::InputAudioAppend& event, const std::string& event_id);
  void close();

  void on_started(std::uint64_t start_ms) override;
  void on_samples(std::vector<std::int16_t> samples) override;
  void on_stopped(std::uint64_t end_ms) override;

  void end_phrase();
  void understood(Phrase& phrase, std::string text);
  void go_on();
  void translate(const std::shared_ptr<Phrase>& phrase);
  void say(const std::vector<std::int16_t>& samples, const std::string& text);
  void send_piece(std::size_t samples);
  std::uint64_t elapsed_ms() const { return frames_ * frame_ms; }

  SpeechService& speech_;
  const Scenario& scenario_;
  ScenarioProgress& progress_;
  SessionState session_;
  InputAudio input_;
  std::deque<std::shared_ptr<Phrase>> phrases_; // not yet said, the oldest first
  std::shared_ptr<Phrase> open_;                // the last of them while it is being spoken
  OutputTrack track_;
  std::uint64_t frames_ = 0; // of input that were answered
  bool heard_before_ = false, said_before_ = false;
  bool closing_ = false, closed_ = false;
};

} // namespace rt::server

// Speech as work: asked for on the connection's thread, done elsewhere, answered on the connection's thread.
// Dropping a handle abandons its work; its callback does not come any more.
#pragma once

#include "server/speech.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rt::server {

class Utterance {
 public:
  virtual ~Utterance() = default;
  virtual void feed(std::vector<std::int16_t> samples) = 0; // SpeechDetector::rate
  virtual void finish() = 0;                                // then the text comes, once
};

class SpeechJob {
 public:
  virtual ~SpeechJob() = default;
};

class SpeechService {
 public:
  using Text = std::function<void(std::string)>;
  using Progress = std::function<void(const std::string&)>;
  using Samples = std::function<void(std::vector<std::int16_t>)>;

  virtual ~SpeechService() = default;
  // `so_far`, where there is one: what is understood while it goes on, whenever that has changed; what
  // follows may make it another.
  virtual std::unique_ptr<Utterance> listen(Text understood, Progress so_far) = 0;
  std::unique_ptr<Utterance> listen(Text understood) { return listen(std::move(understood), nullptr); }
  virtual std::unique_ptr<SpeechJob> speak(std::string text, double speed, std::uint32_t rate,
                                           Samples ready) = 0;
  // Cheap enough for the connection's own thread. Null detector: no speech is ever found.
  virtual std::unique_ptr<SpeechDetector> make_detector() = 0;
  virtual std::unique_ptr<Resampler> make_resampler(std::uint32_t from, std::uint32_t to) = 0;
};

} // namespace rt::server

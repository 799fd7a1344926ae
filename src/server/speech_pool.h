// Speech on a few threads of its own, shared by all connections of a server; answers are posted to the
// executor. Recognisers are few because each holds a model in memory: an utterance waits, its audio kept,
// until one is free.
#pragma once

#include "base/executor.h"
#include "server/speech_service.h"

#include <memory>

namespace rt::server {

class SpeechPool final : public SpeechService {
 public:
  static constexpr unsigned threads = 2;
  static constexpr unsigned max_recognizers = 4;

  // What the factory leaves out is replaced by something that needs no model: nobody listens, speech is a
  // tone as long as its words, loudness is speech.
  SpeechPool(std::shared_ptr<Executor> executor, SpeechFactory factory);
  // Waits for the work in progress.
  ~SpeechPool() override;

  // Loads a recogniser and a synthesiser now, so that the first turn does not wait for it.
  void warm_up();

  // Executor's thread only.
  using SpeechService::listen;
  std::unique_ptr<Utterance> listen(Text understood, Progress so_far) override;
  std::unique_ptr<SpeechJob> speak(std::string text, double speed, std::uint32_t rate,
                                   Samples ready) override;
  std::unique_ptr<SpeechDetector> make_detector() override;
  std::unique_ptr<Resampler> make_resampler(std::uint32_t from, std::uint32_t to) override;

 private:
  struct Workshop;
  std::shared_ptr<Workshop> workshop_;
};

} // namespace rt::server

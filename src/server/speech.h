// The server's ears and mouth as interfaces, so that the conversation is tested without models.
// Samples are signed 16 bit mono; every rate is in Hz.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rt::server {

// One utterance at a time, 16 kHz. Used by one thread at a time.
class Recognizer {
 public:
  virtual ~Recognizer() = default;
  virtual void start() = 0;
  virtual void feed(std::span<const std::int16_t> samples) = 0;
  virtual std::string partial() = 0; // what is understood so far, at no cost: it may be long ago
  virtual std::string finish() = 0;  // ends the utterance; empty when nothing was understood
};

// Whole texts; may take a while (a tenth of the speech's length), so it runs off the socket's thread.
class Synthesizer {
 public:
  virtual ~Synthesizer() = default;
  // At `rate`, at `speed` times the normal pace. Deterministic: the same text gives the same samples.
  virtual std::vector<std::int16_t> speak(std::string_view text, double speed, std::uint32_t rate) = 0;
};

// How likely a 20 ms frame (16 kHz, 320 samples) holds speech, 0..1. Keeps state between frames.
class SpeechDetector {
 public:
  static constexpr std::uint32_t rate = 16000;
  static constexpr std::size_t frame_samples = 320;
  virtual ~SpeechDetector() = default;
  virtual double probability(std::span<const std::int16_t, frame_samples> frame) = 0;
  virtual void reset() = 0;
};

// Stateful conversion between two rates, any amount at a time.
class Resampler {
 public:
  virtual ~Resampler() = default;
  virtual std::vector<std::int16_t> convert(std::span<const std::int16_t> samples) = 0;
  virtual std::vector<std::int16_t> flush() = 0; // the filter's tail
};

// The real ones (pocketsphinx, flite, the detector that won docs/decisions' table, speexdsp).
struct SpeechFactory {
  std::function<std::unique_ptr<Recognizer>()> recognizer;
  std::function<std::unique_ptr<Synthesizer>()> synthesizer;
  std::function<std::unique_ptr<SpeechDetector>()> detector;
  std::function<std::unique_ptr<Resampler>(std::uint32_t from, std::uint32_t to)> resampler;
};
// Throws std::runtime_error when the recogniser's model is missing. The environment variable
// REALTIME_SERVER_MODEL_DIR overrides where it was found at build time.
SpeechFactory real_speech();

} // namespace rt::server

// The input audio buffer: wire bytes in, 16 kHz samples and turn boundaries out. Times are ms of audio
// written in the session, whatever its format was.
#pragma once

#include "audio/format.h"
#include "server/scenario.h"
#include "server/speech_service.h"
#include "server/turn_detector.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace rt::server {

// The bytes of an append; absent when it is no base64.
std::optional<std::vector<std::uint8_t>> decode_audio(std::string_view base64);
inline constexpr const char* bad_audio = "Invalid 'audio': expected base64-encoded audio bytes.";

// The one that a scenario asks for; null: no speech is ever found.
std::unique_ptr<SpeechDetector> choose_detector(SpeechService& speech, const Scenario& scenario);

class InputAudio {
 public:
  // What the buffer may hold between two commits.
  static constexpr std::uint64_t max_ms = 10 * 60 * 1000;

  struct Listener {
    virtual ~Listener() = default;
    virtual void on_started(std::uint64_t start_ms) = 0;
    virtual void
    on_samples(std::vector<std::int16_t> samples) = 0; // of the open utterance, at SpeechDetector::rate
    virtual void on_stopped(std::uint64_t end_ms) = 0;
  };

  InputAudio(SpeechService& speech, std::unique_ptr<SpeechDetector> detector, Listener& listener);
  // Absent rules: no turn detection, everything belongs to the open utterance.
  void configure(const audio::Format& format, const std::optional<TurnRules>& rules);
  // False, and nothing taken, when the buffer is full.
  bool append(std::span<const std::uint8_t> bytes);
  // The audio since the last commit or clear (with turn detection and before speech: the padding only).
  struct Committed {
    std::vector<std::uint8_t> bytes;
    std::uint64_t ms = 0;
  };
  Committed take();
  void clear() { take(); }

  std::uint64_t written_ms() const { return written_ns_ / 1'000'000; }
  std::uint64_t buffered_ms() const { return format_.ms_of_samples(format_.samples(buffered_bytes_)); }
  bool speaking() const { return turn_.speaking(); }
  const audio::Format& format() const { return format_; }

 private:
  void append_slice(std::span<const std::uint8_t> bytes);
  std::vector<std::int16_t> decode(std::span<const std::uint8_t> bytes);
  void detect();
  void trim_padding();

  SpeechService& speech_;
  std::unique_ptr<SpeechDetector> detector_;
  Listener& listener_;
  audio::Format format_ = audio::pcm16_24k;
  std::optional<TurnRules> rules_;
  std::unique_ptr<Resampler> resampler_;
  TurnDetector turn_;
  std::vector<std::uint8_t> held_;    // wire bytes of the coming item
  std::vector<std::int16_t> padding_; // 16 kHz, before speech starts
  std::vector<std::int16_t> frame_;   // 16 kHz, not yet a whole frame
  std::optional<std::uint8_t> half_;  // first byte of a sample cut in two by the client
  std::size_t buffered_bytes_ = 0;    // since the last commit or clear
  std::uint64_t written_ns_ = 0;
  std::uint64_t detected_ms_ = 0; // up to where turn_ has looked
  std::uint64_t floor_ms_ = 0;    // no turn starts before this
};

} // namespace rt::server

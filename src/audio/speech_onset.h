// Hears that somebody begins to speak, within some tens of milliseconds of the first voiced sound and for
// little CPU. docs/decisions/local-vad.md says how it was chosen and what it hears.
#pragma once

#include "audio/biquad.h"
#include "audio/format.h"
#include "audio/voicing.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rt::audio {

class SpeechOnset {
 public:
  // `bytes` follow those of the last call. Returns whether speech began in them.
  bool push(const Format& format, std::span<const std::uint8_t> bytes);
  // What follows has nothing to do with what was heard.
  void reset() { *this = SpeechOnset(); }

 private:
  // Samples at about 4 kHz: 30 ms are compared with those up to a period of 70 Hz earlier.
  static constexpr std::size_t compared = 120, shortest = 10, longest = 57;
  static constexpr std::size_t window = compared + longest + 1, frame_room = 128;

  void set_format(const Format& format);
  void take(double sample);
  bool end_frame();
  double periodicity() const;

  Format format_{Encoding::pcm16, 0}; // no rate: the first push sets it
  std::size_t decimation_ = 1;        // down to about 8 kHz
  std::size_t frame_samples_ = 160;   // of those
  Biquad without_rumble_ = Biquad::high_pass(90, 8000);
  Biquad lowest_harmonics_ = Biquad::low_pass(1600, 8000);
  double sum_ = 0; // of the samples that make the next one at 8 kHz
  std::size_t summed_ = 0, taken_ = 0;
  double energy_ = 0; // of the frame
  std::array<double, window + frame_room> low_{};
  std::size_t low_count_ = window;
  NoiseFloor floor_{-60};
  unsigned voiced_ = 0; // one bit per frame, the latest lowest
  int hold_ = 0;        // frames that speech goes on without a voice
};

} // namespace rt::audio

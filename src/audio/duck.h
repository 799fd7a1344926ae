// Lowers what is played while somebody speaks of whom it is not known yet whether he interrupts: a cough must
// not destroy a reply, and whoever does interrupt must not have to shout it down. Pure; the owner brings the
// lock. docs/decisions/local-vad.md gives reasons for the numbers.
#pragma once

#include "audio/format.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace rt::audio {

class Duck {
 public:
  static constexpr double lowered_gain = 0.2;                   // -14 dB
  static constexpr std::uint64_t confirmation_ns = 700'000'000; // without a decision it is raised again
  static constexpr std::uint64_t lowering_ns = 10'000'000, raising_ns = 50'000'000;

  // From the next frame on, and as long again when it is lowered already.
  void lower() { asked_ = true; }
  // It is decided: what follows has its own level.
  void raise() { asked_ = lowered_ = false; }
  // The same where nothing is heard of the way back.
  void reset() { *this = Duck(); }

  // The frame that leaves at running time `pts`: `audible` samples of a reply, then silence, in which the
  // level may change at once.
  void apply(const Format& format, std::span<std::uint8_t> frame, std::uint64_t pts, std::uint64_t audible);

 private:
  double next_gain();

  bool asked_ = false, lowered_ = false;
  std::uint64_t until_ = 0; // running time
  double from_ = 1, to_ = 1;
  std::size_t passed_ = 0, length_ = 0; // samples of the ramp between them
};

} // namespace rt::audio

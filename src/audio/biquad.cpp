#include "audio/biquad.h"

#include <cmath>
#include <numbers>

namespace rt::audio {

Biquad Biquad::low_pass(double hz, double rate) {
  const double w = 2 * std::numbers::pi * hz / rate, c = std::cos(w);
  const double alpha = std::sin(w) / std::numbers::sqrt2, a0 = 1 + alpha;
  return {(1 - c) / 2 / a0, (1 - c) / a0, -2 * c / a0, (1 - alpha) / a0};
}

Biquad Biquad::high_pass(double hz, double rate) {
  const double w = 2 * std::numbers::pi * hz / rate, c = std::cos(w);
  const double alpha = std::sin(w) / std::numbers::sqrt2, a0 = 1 + alpha;
  return {(1 + c) / 2 / a0, -(1 + c) / a0, -2 * c / a0, (1 - alpha) / a0};
}

} // namespace rt::audio

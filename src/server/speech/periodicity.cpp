#include "server/speech/periodicity.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rt::server {
namespace {

constexpr double rate = 16000;
// Voices are most periodic in their lowest harmonics; above, noise dominates.
constexpr double highest_hz = 2000;
// Whitening never goes so far that the rumble of the lowest frequencies decides.
constexpr double most_whitening = 0.9;
// Only a second rise of the correlation counts: near lag 0 every sound resembles itself.
constexpr double unlike = 0.3;
constexpr std::size_t decimation = 2;
constexpr std::size_t compact_size = periodicity_window / decimation;
constexpr std::size_t first_lag = shortest_period / decimation, last_lag = longest_period / decimation;
constexpr std::size_t compared = compact_size - last_lag - 1; // samples

using Compact = std::array<double, compact_size>;

// Removes the spectrum's tilt (a predictor of one sample) and what lies above highest_hz.
Compact whiten(std::span<const double, periodicity_window> in) {
  double power = 1e-3, neighbours = 0;
  for (std::size_t i = 1; i < in.size(); i++) {
    power += in[i] * in[i];
    neighbours += in[i] * in[i - 1];
  }
  const double tilt = std::clamp(neighbours / power, 0.0, most_whitening);
  auto filter = Biquad::low_pass(highest_hz, rate);
  Compact out;
  for (std::size_t i = 1; i < in.size(); i++) {
    const double value = filter(in[i] - tilt * in[i - 1]);
    out[i / decimation] = value; // the last of each pair stays
  }
  return out;
}

double dot(const double* a, const double* b) {
  double sum = 0;
  for (std::size_t i = 0; i < compared; i++)
    sum += a[i] * b[i];
  return sum;
}

} // namespace

Biquad Biquad::low_pass(double hz, double sample_rate) {
  const double w = 2 * std::numbers::pi * hz / sample_rate, c = std::cos(w);
  const double alpha = std::sin(w) / std::numbers::sqrt2, a0 = 1 + alpha;
  return {(1 - c) / 2 / a0, (1 - c) / a0, -2 * c / a0, (1 - alpha) / a0};
}

Biquad Biquad::high_pass(double hz, double sample_rate) {
  const double w = 2 * std::numbers::pi * hz / sample_rate, c = std::cos(w);
  const double alpha = std::sin(w) / std::numbers::sqrt2, a0 = 1 + alpha;
  return {(1 + c) / 2 / a0, -(1 + c) / a0, -2 * c / a0, (1 - alpha) / a0};
}

double Biquad::operator()(double in) {
  const double out = b0_ * in + z1_;
  z1_ = b1_ * in - a1_ * out + z2_;
  z2_ = b0_ * in - a2_ * out;
  return out;
}

double periodicity(std::span<const double, periodicity_window> window) {
  const Compact samples = whiten(window);
  const double* end = samples.data() + compact_size - compared;
  const double energy = dot(end, end) + 1e-9;
  double best = 0;
  bool differed = false;
  for (std::size_t lag = first_lag; lag <= last_lag; lag++) {
    const double* earlier = end - lag;
    const double alike = dot(end, earlier) / std::sqrt(energy * (dot(earlier, earlier) + 1e-9));
    differed |= alike < unlike;
    if (differed) best = std::max(best, alike);
  }
  return best;
}

} // namespace rt::server

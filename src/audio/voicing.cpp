#include "audio/voicing.h"

#include <cmath>

namespace rt::audio {
namespace {

constexpr double most_tilt = 0.9;
constexpr double unlike = 0.3;

// Four sums at once, as one would wait for each of its own additions.
double dot(const double* a, const double* b, std::size_t count) {
  double sums[4] = {};
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4)
    for (std::size_t k = 0; k < 4; k++)
      sums[k] += a[i + k] * b[i + k];
  for (; i < count; i++)
    sums[0] += a[i] * b[i];
  return sums[0] + sums[1] + sums[2] + sums[3];
}

} // namespace

double tilt(std::span<const double> samples) {
  const std::size_t count = samples.size() - 1;
  const double* first = samples.data();
  return std::clamp(dot(first + 1, first, count) / (dot(first + 1, first + 1, count) + 1e-3), 0.0, most_tilt);
}

double self_likeness(std::span<const double> samples, std::size_t compared, std::size_t shortest,
                     std::size_t longest) {
  const double* end = samples.data() + samples.size() - compared;
  const double energy = dot(end, end, compared) + 1e-9;
  const double* earlier = end - shortest;
  double earlier_energy = dot(earlier, earlier, compared);
  double best = 0;
  bool differed = false;
  for (std::size_t lag = shortest;; lag++) {
    const double alike = dot(end, earlier, compared) / std::sqrt(energy * (earlier_energy + 1e-9));
    differed |= alike < unlike;
    if (differed) best = std::max(best, alike);
    if (lag == longest) return std::min(best, 1.0);
    // The window moves back by one.
    earlier--;
    earlier_energy += earlier[0] * earlier[0] - earlier[compared] * earlier[compared];
    earlier_energy = std::max(earlier_energy, 0.0);
  }
}

} // namespace rt::audio

#include "server/speech/periodicity.h"

#include "audio/biquad.h"
#include "audio/voicing.h"

#include <array>

namespace rt::server {
namespace {

constexpr double rate = 16000;
// Voices are most periodic in their lowest harmonics; above, noise dominates.
constexpr double highest_hz = 2000;
constexpr std::size_t decimation = 2;
constexpr std::size_t compact_size = periodicity_window / decimation;
constexpr std::size_t first_lag = shortest_period / decimation, last_lag = longest_period / decimation;
constexpr std::size_t compared = compact_size - last_lag - 1; // samples

} // namespace

double periodicity(std::span<const double, periodicity_window> window) {
  // Whitened before it is filtered, so that noise of any colour stays noise.
  const double part = audio::tilt(window);
  auto filter = audio::Biquad::low_pass(highest_hz, rate);
  std::array<double, compact_size> compact;
  for (std::size_t i = 1; i < window.size(); i++) {
    const double value = filter(window[i] - part * window[i - 1]);
    compact[i / decimation] = value; // the last of each pair stays
  }
  return audio::self_likeness(compact, compared, first_lag, last_lag);
}

} // namespace rt::server

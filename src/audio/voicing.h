// What tells a voice from other sounds, frame by frame of 20 ms: it is louder than the noise around it, and
// it repeats itself at the period of its pitch.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

namespace rt::audio {

// dBFS of what is not speech: falls at once, rises slowly, so that speech hardly lifts it.
class NoiseFloor {
 public:
  explicit NoiseFloor(double at_first) : db_(at_first) {} // unless the first frame is softer
  void update(double db) {
    if (!known_) db_ = std::min(db, db_);
    known_ = true;
    db_ += db < db_ ? (db - db_) * 0.3 : std::min(0.03, (db - db_) * 0.02);
  }
  double db() const { return db_; }

 private:
  bool known_ = false;
  double db_;
};

// Part of each sample that its neighbour before it predicts, 0 to 0.9: taken away, the spectrum's tilt is
// gone, and noise of any colour resembles itself no more. Not further: the rumble of the lowest frequencies
// would decide.
double tilt(std::span<const double> samples);
// The highest normalised correlation of the last `compared` samples with those up to `longest` samples
// earlier, 0 to 1. Near lag 0 every sound resembles itself: from `shortest` on, only a second rise counts.
// Needs compared + longest samples.
double self_likeness(std::span<const double> samples, std::size_t compared, std::size_t shortest,
                     std::size_t longest);

} // namespace rt::audio

#include "server/speech/speech_detector.h"

#include "audio/biquad.h"
#include "audio/voicing.h"
#include "server/speech/periodicity.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace rt::server {
namespace {

// Every number here was chosen with tests/bench/vad_table.cpp; docs/decisions/vad.md has the table.
constexpr double softest_db = -70;     // dBFS
constexpr double above_floor_db = 5;   // a voice is so much over the noise
constexpr double still_over_floor = 3; // while it goes on
constexpr double below_voice_db = 25;  // and its unvoiced sounds are not softer than this below it
constexpr double voiced_start = 0.52, voiced_on = 0.4; // periodicity of one frame
constexpr double voiced_mean = 0.42;                   // of the latest frames
constexpr int latest = 4;
constexpr int hold_frames = 15; // unvoiced sounds and closures between voiced ones

// A voice is what is periodic at a voice's pitch and louder than the noise. Speech starts with two such
// frames near each other and goes on over the unvoiced sounds between them.
class VoiceDetector final : public SpeechDetector {
 public:
  double probability(std::span<const std::int16_t, frame_samples> frame) override {
    const double db = take(frame);
    floor_.update(db);
    const bool audible = db > softest_db && db > floor_.db() + above_floor_db;
    const double pitch = audible ? periodicity(window_) : 0;
    std::rotate(pitches_.begin(), pitches_.begin() + 1, pitches_.end());
    pitches_.back() = pitch;
    const double mean = std::accumulate(pitches_.begin(), pitches_.end(), 0.0) / latest;
    const bool voiced = audible && (pitch > (hold_ > 0 ? voiced_on : voiced_start) || mean > voiced_mean);
    std::rotate(voiced_.begin(), voiced_.begin() + 1, voiced_.end());
    voiced_.back() = voiced;
    return judge(db, pitch);
  }

  void reset() override { *this = {}; }

 private:
  // Shifts the frame into the window; its level in dBFS.
  double take(std::span<const std::int16_t, frame_samples> frame) {
    std::copy(window_.begin() + frame_samples, window_.end(), window_.begin());
    double* next = window_.data() + window_.size() - frame_samples;
    double energy = 0;
    for (const double sample : frame) {
      *next = without_rumble_(sample);
      const double audible = without_hiss_(*next++);
      energy += audible * audible;
    }
    return 10 * std::log10(energy / frame_samples + 1) - 90.3;
  }

  double judge(double db, double pitch) {
    const bool voiced = voiced_.back();
    const bool audible =
        db > softest_db && db > floor_.db() + still_over_floor && db > voice_db_ - below_voice_db;
    if (voiced && (hold_ > 0 || std::count(voiced_.begin(), voiced_.end(), true) >= 2)) {
      hold_ = hold_frames;
      voice_db_ = db;
    } else if (hold_ > 0) {
      hold_ -= audible ? 1 : 2;
    }
    if (hold_ <= 0) return voiced ? 0.3 : 0.1;
    if (voiced) return 0.5 + 0.5 * pitch;
    return audible ? 0.55 : 0.4; // 0.4: not enough to start a turn, enough to go on
  }

  audio::Biquad without_rumble_ = audio::Biquad::high_pass(90, rate);
  audio::Biquad without_hiss_ = audio::Biquad::low_pass(3000, rate);
  std::array<double, periodicity_window> window_{};
  audio::NoiseFloor floor_{softest_db + 10};
  std::array<double, latest> pitches_{};
  std::array<bool, latest> voiced_{};
  int hold_ = 0;        // frames that speech goes on without a voice
  double voice_db_ = 0; // of the last voiced frame
};

} // namespace

std::unique_ptr<SpeechDetector> make_speech_detector() {
  return std::make_unique<VoiceDetector>();
}

} // namespace rt::server

#include "audio/speech_onset.h"

#include "audio/sample.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace rt::audio {
namespace {

// Every number here was chosen with tests/bench/onset_table.cpp; docs/decisions/local-vad.md has the table.
constexpr double softest_db = -60;   // dBFS
constexpr double above_floor_db = 6; // a voice is so much over the noise
constexpr double least_periodic = 0.55;
constexpr unsigned latest = 4, wanted = 3; // voiced frames among the latest
constexpr int hold_frames = 15;            // 300 ms without a voice end speech

} // namespace

bool SpeechOnset::push(const Format& format, std::span<const std::uint8_t> bytes) {
  if (format != format_) set_format(format);
  const std::size_t unit = format.bytes_per_sample();
  bool began = false;
  for (std::size_t i = 0; i + unit <= bytes.size(); i += unit) {
    sum_ += load_sample(format.encoding, bytes.data() + i);
    if (++summed_ < decimation_) continue;
    take(sum_ / static_cast<double>(decimation_));
    sum_ = 0;
    summed_ = 0;
    if (taken_ == frame_samples_) began |= end_frame();
  }
  return began;
}

void SpeechOnset::set_format(const Format& format) {
  reset();
  format_ = format;
  decimation_ = std::max<std::size_t>(1, (format.rate + 4000) / 8000);
  frame_samples_ = std::clamp<std::size_t>(format.rate / 50 / decimation_, 2, 2 * frame_room);
}

void SpeechOnset::take(double sample) {
  const double audible = without_rumble_(sample);
  energy_ += audible * audible;
  const double low = lowest_harmonics_(audible);
  if (taken_++ % 2 == 0) low_[low_count_++] = low;
}

double SpeechOnset::periodicity() const {
  const double* samples = low_.data() + low_count_ - window;
  const double part = tilt({samples, window});
  std::array<double, window - 1> white;
  for (std::size_t i = 1; i < window; i++)
    white[i - 1] = samples[i] - part * samples[i - 1];
  return self_likeness(white, compared, shortest, longest);
}

// Returns whether speech began with this frame.
bool SpeechOnset::end_frame() {
  const double db = 10 * std::log10(energy_ / static_cast<double>(taken_) + 1) - 90.3;
  floor_.update(db);
  const bool audible = db > softest_db && db > floor_.db() + above_floor_db;
  const bool voiced = audible && periodicity() > least_periodic;
  voiced_ = (voiced_ << 1 | (voiced ? 1 : 0)) & ((1U << latest) - 1);
  std::copy(low_.begin() + static_cast<std::ptrdiff_t>(low_count_ - window),
            low_.begin() + static_cast<std::ptrdiff_t>(low_count_), low_.begin());
  low_count_ = window;
  taken_ = 0;
  energy_ = 0;
  const bool speaking = hold_ > 0;
  if (voiced && (speaking || std::popcount(voiced_) >= static_cast<int>(wanted)))
    hold_ = hold_frames;
  else if (speaking)
    hold_--;
  return !speaking && hold_ > 0;
}

} // namespace rt::audio

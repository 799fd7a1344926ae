#include "server/input_audio.h"

#include "audio/base64.h"
#include "audio/g711.h"
#include "server/level_detector.h"

#include <algorithm>
#include <array>
#include <utility>

namespace rt::server {

std::optional<std::vector<std::uint8_t>> decode_audio(std::string_view base64) {
  std::vector<std::uint8_t> bytes(audio::base64_decoded_bound(base64.size()));
  const auto size = audio::base64_decode(base64, bytes.data());
  if (!size) return std::nullopt;
  bytes.resize(*size);
  return bytes;
}

std::unique_ptr<SpeechDetector> choose_detector(SpeechService& speech, const Scenario& scenario) {
  switch (scenario.detector) {
  case Scenario::Detector::real:
    return speech.make_detector();
  case Scenario::Detector::level:
    return std::make_unique<LevelDetector>();
  case Scenario::Detector::off:
    break;
  }
  return nullptr;
}

InputAudio::InputAudio(SpeechService& speech, std::unique_ptr<SpeechDetector> detector, Listener& listener)
    : speech_(speech), detector_(std::move(detector)), listener_(listener) {
  resampler_ = speech_.make_resampler(format_.rate, SpeechDetector::rate);
}

void InputAudio::configure(const audio::Format& format, const std::optional<TurnRules>& rules) {
  if (!(format == format_)) {
    format_ = format;
    resampler_ = speech_.make_resampler(format.rate, SpeechDetector::rate);
    half_.reset();
    frame_.clear();
    // Bytes of the old format would be noise in the new one.
    held_.clear();
    buffered_bytes_ = 0;
    detected_ms_ = written_ms();
  }
  if (rules.has_value() != rules_.has_value()) {
    turn_.reset();
    padding_.clear();
    frame_.clear();
    if (detector_) detector_->reset();
    detected_ms_ = written_ms();
  }
  rules_ = rules;
}

bool InputAudio::append(std::span<const std::uint8_t> bytes) {
  if (format_.ms_of_samples(format_.samples(held_.size() + bytes.size())) > max_ms &&
      !(rules_ && !speaking())) {
    return false;
  }
  // Slices no longer than a frame keep the bytes of an item and its boundaries together.
  const auto slice = format_.bytes(format_.samples_of_ms(TurnDetector::frame_ms));
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(slice, bytes.size()));
    append_slice(part);
    bytes = bytes.subspan(part.size());
  }
  return true;
}

void InputAudio::append_slice(std::span<const std::uint8_t> bytes) {
  held_.insert(held_.end(), bytes.begin(), bytes.end());
  buffered_bytes_ += bytes.size();
  const auto decoded = decode(bytes);
  written_ns_ += format_.ns_of_samples(decoded.size());
  auto samples = resampler_ ? resampler_->convert(decoded) : decoded;
  if (!rules_) {
    detected_ms_ = written_ms();
    if (!samples.empty()) listener_.on_samples(std::move(samples));
    return;
  }
  frame_.insert(frame_.end(), samples.begin(), samples.end());
  while (frame_.size() >= SpeechDetector::frame_samples)
    detect();
  if (!speaking()) trim_padding();
}

std::vector<std::int16_t> InputAudio::decode(std::span<const std::uint8_t> bytes) {
  std::vector<std::int16_t> samples;
  samples.reserve(format_.samples(bytes.size()) + 1);
  for (const auto byte : bytes) {
    if (format_.encoding == audio::Encoding::g711_ulaw) {
      samples.push_back(audio::ulaw_decode(byte));
    } else if (format_.encoding == audio::Encoding::g711_alaw) {
      samples.push_back(audio::alaw_decode(byte));
    } else if (half_) {
      samples.push_back(static_cast<std::int16_t>(*half_ | byte << 8));
      half_.reset();
    } else {
      half_ = byte;
    }
  }
  return samples;
}

void InputAudio::detect() {
  std::array<std::int16_t, SpeechDetector::frame_samples> frame;
  std::copy_n(frame_.begin(), frame.size(), frame.begin());
  frame_.erase(frame_.begin(), frame_.begin() + frame.size());
  detected_ms_ += TurnDetector::frame_ms;

  const double probability = detector_ ? detector_->probability(frame) : 0;
  const bool was_speaking = speaking();
  const auto change = turn_.frame(probability, *rules_);
  std::vector<std::int16_t> samples(frame.begin(), frame.end());
  if (!was_speaking) {
    padding_.insert(padding_.end(), samples.begin(), samples.end());
    if (change != TurnDetector::Change::started) return;
    const auto back = TurnDetector::frames_to_start * TurnDetector::frame_ms + rules_->prefix_padding_ms;
    trim_padding();
    listener_.on_started(std::max(detected_ms_ - std::min(detected_ms_, back), floor_ms_));
    samples = std::exchange(padding_, {});
  }
  listener_.on_samples(std::move(samples));
  if (change == TurnDetector::Change::stopped) listener_.on_stopped(detected_ms_);
}

void InputAudio::trim_padding() {
  const auto keep_ms = rules_->prefix_padding_ms + TurnDetector::frames_to_start * TurnDetector::frame_ms;
  const auto keep_bytes = format_.bytes(format_.samples_of_ms(keep_ms));
  if (held_.size() > keep_bytes) {
    held_.erase(held_.begin(), held_.end() - static_cast<std::ptrdiff_t>(keep_bytes));
  }
  const auto keep_samples = keep_ms * SpeechDetector::rate / 1000;
  if (padding_.size() > keep_samples) {
    padding_.erase(padding_.begin(), padding_.end() - static_cast<std::ptrdiff_t>(keep_samples));
  }
}

InputAudio::Committed InputAudio::take() {
  Committed taken;
  taken.bytes = std::exchange(held_, {});
  taken.ms = format_.ms_of_samples(format_.samples(taken.bytes.size()));
  buffered_bytes_ = 0;
  padding_.clear();
  turn_.reset();
  floor_ms_ = written_ms();
  return taken;
}

} // namespace rt::server

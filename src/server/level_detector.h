// Takes any loud frame for speech, so that a test can speak with a tone and needs no model.
#pragma once

#include "server/speech.h"

namespace rt::server {

class LevelDetector final : public SpeechDetector {
 public:
  double probability(std::span<const std::int16_t, frame_samples> frame) override;
  void reset() override {}
};

} // namespace rt::server

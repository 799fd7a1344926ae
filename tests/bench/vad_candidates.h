// Detectors that were tried beside the one the server uses: docs/decisions/vad.md.
#pragma once

#include "server/speech.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rt::bench {

struct Candidate {
  std::string name;
  std::function<std::unique_ptr<server::SpeechDetector>()> make;
};

std::vector<Candidate> candidates();

} // namespace rt::bench

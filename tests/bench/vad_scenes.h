// What the speech detectors are judged by: recordings and voices with their truth, and sounds that are not
// speech.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rt::bench {

using Samples = std::vector<std::int16_t>; // 16 kHz

struct Scene {
  std::string group; // a row of the table
  Samples samples;
  // Per 20 ms frame; all false in a scene without speech.
  std::vector<bool> speech;
  struct Segment {
    std::size_t first, last; // frames
  };
  std::vector<Segment> segments; // one per recording
};

// Skips recordings that are not there and says so on stderr. `shared_dir` may hold audio/marcelo_24k.wav.
std::vector<Scene> speech_scenes(const std::string& shared_dir);
std::vector<Scene> other_scenes();

} // namespace rt::bench

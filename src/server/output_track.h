// What is said without end: phrases one after the other, silence where there is none, and each word with the
// audio that says it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace rt::server {

class OutputTrack {
 public:
  struct Piece {
    std::vector<std::int16_t> samples;
    std::vector<std::string> words; // whose audio begins in it
  };

  void add(const std::vector<std::int16_t>& samples, std::vector<std::string> words);
  // The next `count` samples, silence at the end where nothing is left to say.
  Piece take(std::size_t count);
  std::size_t left() const { return speech_.size(); } // samples of speech

 private:
  std::deque<std::int16_t> speech_;
  std::uint64_t added_ = 0, taken_ = 0;                     // samples of speech, since the beginning
  std::deque<std::pair<std::uint64_t, std::string>> words_; // with the sample at which each begins
};

} // namespace rt::server

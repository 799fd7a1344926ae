#include "server/output_track.h"

#include <algorithm>

namespace rt::server {

void OutputTrack::add(const std::vector<std::int16_t>& samples, std::vector<std::string> words) {
  for (std::size_t i = 0; i < words.size(); ++i)
    words_.emplace_back(added_ + samples.size() * i / words.size(), std::move(words[i]));
  speech_.insert(speech_.end(), samples.begin(), samples.end());
  added_ += samples.size();
}

OutputTrack::Piece OutputTrack::take(std::size_t count) {
  Piece piece;
  const auto spoken = static_cast<std::ptrdiff_t>(std::min(count, speech_.size()));
  piece.samples.assign(speech_.begin(), speech_.begin() + spoken);
  piece.samples.resize(count);
  speech_.erase(speech_.begin(), speech_.begin() + spoken);
  taken_ += static_cast<std::uint64_t>(spoken);
  // Words without audio, of a voice that failed, wait for nothing.
  while (!words_.empty() && (words_.front().first < taken_ || speech_.empty())) {
    piece.words.push_back(std::move(words_.front().second));
    words_.pop_front();
  }
  return piece;
}

} // namespace rt::server

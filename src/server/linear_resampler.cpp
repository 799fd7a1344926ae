#include "server/linear_resampler.h"

namespace rt::server {

std::vector<std::int16_t> LinearResampler::convert(std::span<const std::int16_t> samples) {
  std::vector<std::int16_t> result;
  result.reserve(samples.size() * to_ / from_ + 1);
  for (const auto sample : samples) {
    // Output sample n stands at n * from / to on the input's time line, between last_ and sample.
    for (; out_ * from_ <= in_ * to_; ++out_) {
      const auto before = static_cast<std::int64_t>(in_ * to_ - out_ * from_); // in 1/to of an input sample
      const auto mixed = sample * static_cast<std::int64_t>(to_) - (sample - last_) * before;
      result.push_back(static_cast<std::int16_t>(mixed / static_cast<std::int64_t>(to_)));
    }
    last_ = sample;
    ++in_;
  }
  return result;
}

} // namespace rt::server

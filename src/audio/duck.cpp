#include "audio/duck.h"

#include "audio/sample.h"

#include <cmath>
#include <utility>

namespace rt::audio {

// Along a ramp without a corner at either end, 3u^2 - 2u^3.
double Duck::next_gain() {
  if (passed_ == length_) return to_;
  const double u = static_cast<double>(++passed_) / static_cast<double>(length_);
  return from_ + (to_ - from_) * u * u * (3 - 2 * u);
}

void Duck::apply(const Format& format, std::span<std::uint8_t> frame, std::uint64_t pts,
                 std::uint64_t audible) {
  if (std::exchange(asked_, false)) {
    lowered_ = true;
    until_ = pts + confirmation_ns;
  } else if (lowered_ && pts >= until_) {
    lowered_ = false;
  }
  const double wanted = lowered_ ? lowered_gain : 1;
  const std::size_t unit = format.bytes_per_sample();
  for (std::size_t i = 0; i < format.bytes(audible); i += unit) {
    // A ramp that has begun is finished first: a turn in its middle would be a corner.
    if (passed_ == length_ && to_ != wanted) {
      from_ = std::exchange(to_, wanted);
      length_ = format.samples_of_ns(lowered_ ? lowering_ns : raising_ns);
      passed_ = 0;
    }
    if (passed_ == length_ && to_ == 1) return; // untouched
    std::uint8_t* p = frame.data() + i;
    const double sample = load_sample(format.encoding, p) * next_gain();
    store_sample(format.encoding, p, static_cast<std::int16_t>(std::lround(sample)));
  }
  if (audible == format.samples(frame.size())) return;
  to_ = wanted;
  passed_ = length_ = 0;
}

} // namespace rt::audio

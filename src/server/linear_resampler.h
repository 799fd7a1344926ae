// Interpolates between neighbours: good enough for ears that only measure loudness, where no model is
// installed.
#pragma once

#include "server/speech.h"

#include <cstdint>

namespace rt::server {

class LinearResampler final : public Resampler {
 public:
  LinearResampler(std::uint32_t from, std::uint32_t to) : from_(from), to_(to) {}
  std::vector<std::int16_t> convert(std::span<const std::int16_t> samples) override;
  std::vector<std::int16_t> flush() override { return {}; }

 private:
  std::uint32_t from_, to_;
  std::uint64_t in_ = 0, out_ = 0; // samples so far
  std::int16_t last_ = 0;
};

} // namespace rt::server

#include "server/speech/speex_resampler.h"

#include "base/gptr.h"

#include <algorithm>
#include <array>
#include <speex/speex_resampler.h>
#include <stdexcept>

namespace rt::server {
namespace {

// docs/decisions/resampler.md has the measured table.
constexpr int quality = 8;

class SpeexResampler final : public Resampler {
 public:
  SpeexResampler(std::uint32_t from, std::uint32_t to) : from_(from), to_(to) {
    int error = RESAMPLER_ERR_SUCCESS;
    state_.reset(speex_resampler_init(1, from, to, quality, &error));
    if (!state_) throw std::runtime_error(speex_resampler_strerror(error));
    speex_resampler_skip_zeros(state_.get());
  }

  std::vector<std::int16_t> convert(std::span<const std::int16_t> samples) override {
    std::vector<std::int16_t> out;
    taken_ += samples.size();
    run(samples, out);
    given_ += out.size();
    return out;
  }

  std::vector<std::int16_t> flush() override {
    std::vector<std::int16_t> out;
    const std::uint64_t due = (taken_ * to_ + from_ / 2) / from_;
    const std::uint64_t missing = due > given_ ? due - given_ : 0;
    constexpr std::array<std::int16_t, 256> silence{};
    while (out.size() < missing)
      run(silence, out);
    out.resize(missing);
    speex_resampler_reset_mem(state_.get());
    speex_resampler_skip_zeros(state_.get());
    taken_ = given_ = 0;
    return out;
  }

 private:
  void run(std::span<const std::int16_t> in, std::vector<std::int16_t>& out) {
    std::array<std::int16_t, 2048> block;
    while (true) {
      auto used = static_cast<spx_uint32_t>(std::min<std::size_t>(in.size(), 1U << 16));
      auto made = static_cast<spx_uint32_t>(block.size());
      speex_resampler_process_int(state_.get(), 0, in.data(), &used, block.data(), &made);
      in = in.subspan(used);
      out.insert(out.end(), block.begin(), block.begin() + made);
      if (in.empty() && made < block.size()) return;
    }
  }

  std::unique_ptr<SpeexResamplerState, FreeWith<speex_resampler_destroy>> state_;
  std::uint64_t from_, to_;
  std::uint64_t taken_ = 0, given_ = 0; // samples since the start or the last flush
};

class PassThrough final : public Resampler {
 public:
  std::vector<std::int16_t> convert(std::span<const std::int16_t> samples) override {
    return {samples.begin(), samples.end()};
  }
  std::vector<std::int16_t> flush() override { return {}; }
};

} // namespace

std::unique_ptr<Resampler> make_speex_resampler(std::uint32_t from, std::uint32_t to) {
  if (from == to) return std::make_unique<PassThrough>();
  return std::make_unique<SpeexResampler>(from, to);
}

} // namespace rt::server

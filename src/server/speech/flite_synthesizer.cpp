#include "server/speech/flite_synthesizer.h"

#include "base/gptr.h"
#include "base/guarded.h"
#include "server/speech/speakable.h"
#include "server/speech/speex_resampler.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <flite/flite.h>

// flite's voices have no header.
extern "C" cst_voice* register_cmu_us_rms(const char* voice_directory);

namespace rt::server {
namespace {

constexpr std::size_t longest_piece = 300;    // characters that flite gets at once
constexpr std::size_t longest_text = 4000;    // characters
constexpr std::uint64_t longest_speech = 600; // seconds: a text of digits and letters is spelled out
constexpr double slowest = 0.25, fastest = 4.0;

// Its lexicon, phone tables and voice are globals that synthesis writes to.
struct Engine {
  cst_voice* voice = nullptr; // owned by flite, for the life of the process
};

Guarded<Engine>& engine() {
  static Guarded<Engine> instance;
  return instance;
}

// Its voice's noise comes from rand(): while this lives, from a sequence that always starts the same. Under
// the engine's lock.
class FixedNoise {
 public:
  FixedNoise() : before_(initstate(1, state_.data(), state_.size())) {}
  ~FixedNoise() { setstate(before_); }
  FixedNoise(const FixedNoise&) = delete;
  FixedNoise& operator=(const FixedNoise&) = delete;

 private:
  std::array<char, 128> state_{};
  char* before_;
};

struct Wave {
  std::vector<std::int16_t> samples;
  std::uint32_t rate = 0;
};

Wave speak_piece(const std::string& text, double speed) {
  auto flite = engine().lock();
  if (!flite->voice) {
    flite_init();
    flite->voice = register_cmu_us_rms(nullptr);
  }
  flite_feat_set_float(flite->voice->features, "duration_stretch", static_cast<float>(1.0 / speed));
  const FixedNoise noise;
  const std::unique_ptr<cst_wave, FreeWith<delete_wave>> wave(flite_text_to_wave(text.c_str(), flite->voice));
  if (!wave || wave->num_samples <= 0 || wave->sample_rate <= 0) return {};
  return {.samples = {wave->samples, wave->samples + wave->num_samples},
          .rate = static_cast<std::uint32_t>(wave->sample_rate)};
}

class FliteSynthesizer final : public Synthesizer {
 public:
  std::vector<std::int16_t> speak(std::string_view text, double speed, std::uint32_t rate) override {
    speed = std::clamp(speed, slowest, fastest);
    std::vector<std::int16_t> out;
    for (const std::string& piece : speakable_pieces(text, longest_piece, longest_text)) {
      const Wave wave = speak_piece(piece, speed);
      if (wave.samples.empty()) continue;
      const auto resampler = make_speex_resampler(wave.rate, rate);
      for (const auto& part : {resampler->convert(wave.samples), resampler->flush()})
        out.insert(out.end(), part.begin(), part.end());
      if (out.size() > longest_speech * rate) break;
    }
    return out;
  }
};

} // namespace

std::unique_ptr<Synthesizer> make_flite_synthesizer() {
  return std::make_unique<FliteSynthesizer>();
}

} // namespace rt::server

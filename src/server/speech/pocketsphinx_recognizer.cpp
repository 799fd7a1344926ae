#include "server/speech/pocketsphinx_recognizer.h"

#include "base/gptr.h"
#include "base/guarded.h"
#include "base/log.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <limits>
#include <pocketsphinx.h>
#include <sphinxbase/err.h>
#include <stdexcept>

namespace rt::server {
namespace {

constexpr std::size_t rate = SpeechDetector::rate;
// Longer utterances are decoded in parts, so that neither memory nor the wait at their end grows without bound.
constexpr std::size_t longest_part = 30 * rate;
constexpr std::size_t cut_range = 5 * rate; // a part ends at the quietest place in its last seconds
constexpr std::size_t cut_window = rate / 50;

// docs/decisions/recogniser.md has the measured table.
constexpr std::array<const char*, 6> settings{
    "-maxhmmpf", "3000", "-fwdflatlw", "6.5", "-bestpathlw", "6.5",
};

struct ModelFiles {
  explicit ModelFiles(const std::string& dir)
      : acoustic(dir + "/en-us/en-us"), language(dir + "/en-us/en-us.lm.bin"),
        words(dir + "/en-us/cmudict-en-us.dict") {}
  std::string acoustic, language, words;
};

[[gnu::format(printf, 3, 4)]] void on_message(void*, err_lvl_t level, const char* format, ...) {
  if (level < ERR_ERROR || !log_wanted(LogLevel::debug)) return;
  va_list args;
  va_start(args, format);
  const GCharPtr text(g_strchomp(g_strdup_vprintf(format, args)));
  va_end(args);
  log(LogLevel::debug, "pocketsphinx", text.get());
}

using Decoder = std::unique_ptr<ps_decoder_t, FreeWith<ps_free>>;

// The library's message callback and its argument tables are process-wide, so one model is loaded at a time.
Decoder load(const std::string& model_dir) {
  check_pocketsphinx_model(model_dir);
  static Guarded<int> loading;
  const auto one_at_a_time = loading.lock();
  err_set_callback(on_message, nullptr);
  const ModelFiles files(model_dir);
  std::vector<const char*> arguments{"realtime-server",      "-hmm",  files.acoustic.c_str(), "-lm",
                                     files.language.c_str(), "-dict", files.words.c_str()};
  arguments.insert(arguments.end(), settings.begin(), settings.end());
  const std::unique_ptr<cmd_ln_t, FreeWith<cmd_ln_free_r>> config(
      cmd_ln_parse_r(nullptr, ps_args(), static_cast<int32>(arguments.size()),
                     const_cast<char**>(arguments.data()), TRUE)); // it copies what it keeps
  Decoder decoder(config ? ps_init(config.get()) : nullptr);
  if (!decoder) throw std::runtime_error("pocketsphinx cannot load the speech model in " + model_dir);
  return decoder;
}

// Where to cut [0, size) so that hardly a word is hit.
std::size_t quietest_place(std::span<const std::int16_t> samples) {
  std::size_t best = samples.size();
  double least = std::numeric_limits<double>::max();
  for (std::size_t at = samples.size() - cut_range; at + cut_window <= samples.size(); at += cut_window) {
    double energy = 0;
    for (const double sample : samples.subspan(at, cut_window))
      energy += sample * sample;
    if (energy >= least) continue;
    least = energy;
    best = at + cut_window / 2;
  }
  return best;
}

void append_words(std::string& text, const std::string& words) {
  if (!text.empty() && !words.empty()) text += ' ';
  text += words;
}

// Decodes whole utterances only: normalising the cepstra by the utterance's own mean makes the result independent
// of loudness and of earlier speakers, which decoding as it arrives is not.
class PocketsphinxRecognizer final : public Recognizer {
public:
  explicit PocketsphinxRecognizer(Decoder decoder) : decoder_(std::move(decoder)) {}

  void start() override {
    earlier_.clear();
    audio_.clear();
    latest_.clear();
    decoded_ = 0;
  }

  void feed(std::span<const std::int16_t> samples) override {
    audio_.insert(audio_.end(), samples.begin(), samples.end());
    while (audio_.size() > longest_part) {
      const std::size_t cut = quietest_place({audio_.data(), longest_part});
      append_words(earlier_, decode({audio_.data(), cut}));
      audio_.erase(audio_.begin(), audio_.begin() + static_cast<std::ptrdiff_t>(cut));
      decoded_ = 0;
    }
  }

  std::string partial() override {
    if (decoded_ != audio_.size()) latest_ = decode(audio_);
    decoded_ = audio_.size();
    std::string text = earlier_;
    if (decoded_) append_words(text, latest_);
    return text;
  }

  std::string finish() override {
    std::string text = partial();
    start();
    return text;
  }

private:
  std::string decode(std::span<const std::int16_t> samples) {
    ps_decoder_t* decoder = decoder_.get();
    // A new stream forgets the noise level of the one before.
    if (ps_start_stream(decoder) < 0 || ps_start_utt(decoder) < 0) return {};
    const int frames = ps_process_raw(decoder, samples.data(), samples.size(), FALSE, TRUE);
    if (ps_end_utt(decoder) < 0 || frames < 0) return {};
    const char* text = ps_get_hyp(decoder, nullptr);
    return text ? text : "";
  }

  Decoder decoder_;
  std::vector<std::int16_t> audio_; // of the part that is not in earlier_
  std::string earlier_;
  std::size_t decoded_ = 0; // samples of audio_ that latest_ is about
  std::string latest_;
};

} // namespace

void check_pocketsphinx_model(const std::string& model_dir) {
  const ModelFiles files(model_dir);
  for (const std::string& file : {files.acoustic + "/mdef", files.language, files.words}) {
    if (g_file_test(file.c_str(), G_FILE_TEST_IS_REGULAR)) continue;
    throw std::runtime_error("speech model not found: " + file + " (package pocketsphinx-en-us)");
  }
}

std::unique_ptr<Recognizer> make_pocketsphinx_recognizer(const std::string& model_dir) {
  return std::make_unique<PocketsphinxRecognizer>(load(model_dir));
}

} // namespace rt::server

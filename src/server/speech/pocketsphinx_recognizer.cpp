#include "server/speech/pocketsphinx_recognizer.h"

#include "base/gptr.h"
#include "base/guarded.h"
#include "base/log.h"
#include "server/speech/utterance_audio.h"

#include <array>
#include <cstdarg>
#include <pocketsphinx.h>
#include <sphinxbase/err.h>
#include <stdexcept>

namespace rt::server {
namespace {

constexpr std::size_t rate = SpeechDetector::rate;
// Longer utterances are decoded in parts, so that neither memory nor the wait at their end grows without
// bound.
constexpr std::size_t longest_part = 30 * rate;
constexpr std::size_t cut_range = 5 * rate; // a part ends at the quietest place in its last seconds

// docs/decisions/recogniser.md has the measured table.
constexpr std::array<const char*, 6> settings{
    "-maxhmmpf", "3000", "-fwdflatlw", "7.5", "-bestpathlw", "7.5",
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
  err_set_logfp(nullptr); // the list of settings goes there, past the callback
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

void append_words(std::string& text, const std::string& words) {
  if (!text.empty() && !words.empty()) text += ' ';
  text += words;
}

// Decodes whole utterances only: normalising the cepstra by the utterance's own mean makes the result
// independent of loudness and of earlier speakers, which decoding as it arrives is not. So that the answer
// does not wait for it, a pause is taken for the end: the server needs a while of silence to end the turn,
// and meanwhile it is decoded.
class PocketsphinxRecognizer final : public Recognizer {
 public:
  explicit PocketsphinxRecognizer(Decoder decoder) : decoder_(std::move(decoder)) {}

  void start() override {
    earlier_.clear();
    audio_.clear();
    forget_latest();
    ahead_ = 0;
  }

  void feed(std::span<const std::int16_t> samples) override {
    audio_.add(samples);
    while (audio_.size() > longest_part) {
      append_words(earlier_, decode(audio_.take_front(longest_part, cut_range)));
      forget_latest();
      ahead_ = 0;
    }
    // A speech with many pauses must not be decoded from its start at each of them.
    if (!audio_.pausing() || ahead_ > audio_.size()) return;
    if (decode_latest()) ahead_ += decoded_;
  }

  std::string partial() override {
    std::string text = earlier_;
    append_words(text, latest_);
    return text;
  }

  std::string finish() override {
    decode_latest();
    std::string text = partial();
    start();
    return text;
  }

 private:
  bool decode_latest() {
    const auto spoken = audio_.spoken();
    if (spoken.size() == decoded_) return false;
    latest_ = decode(spoken);
    decoded_ = spoken.size();
    return true;
  }

  void forget_latest() {
    latest_.clear();
    decoded_ = 0;
  }

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
  UtteranceAudio audio_; // of the part that is not in earlier_
  std::string earlier_;
  std::string latest_;
  std::size_t decoded_ = 0; // samples of audio_ that latest_ is about
  std::size_t ahead_ = 0;   // samples decoded at pauses, all told
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

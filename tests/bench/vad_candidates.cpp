#include "vad_candidates.h"

#include "base/gptr.h"
#include "server/level_detector.h"
#include "server/speech/speech_detector.h"

#include <algorithm>
#include <array>
#include <pocketsphinx.h>
#include <speex/speex_preprocess.h>
#include <sphinxbase/err.h>
#include <sphinxbase/fe.h>
#if RT_HAVE_WEBRTC
#include <webrtc/modules/audio_processing/include/audio_processing.h>
#include <webrtc/modules/interface/module_common_types.h>
#endif

namespace rt::bench {
namespace {

using server::SpeechDetector;
using Frame = std::span<const std::int16_t, SpeechDetector::frame_samples>;

class SpeexVad final : public SpeechDetector {
 public:
  SpeexVad() { reset(); }
  double probability(Frame frame) override {
    std::array<std::int16_t, frame_samples> samples;
    std::copy(frame.begin(), frame.end(), samples.begin());
    speex_preprocess_run(state_.get(), samples.data());
    spx_int32_t percent = 0;
    speex_preprocess_ctl(state_.get(), SPEEX_PREPROCESS_GET_PROB, &percent);
    return percent / 100.0;
  }
  void reset() override {
    state_.reset(speex_preprocess_state_init(frame_samples, rate));
    spx_int32_t on = 1;
    speex_preprocess_ctl(state_.get(), SPEEX_PREPROCESS_SET_VAD, &on);
  }

 private:
  std::unique_ptr<SpeexPreprocessState, FreeWith<speex_preprocess_state_destroy>> state_;
};

// The front end drops what it takes for silence: frames that come out are speech.
class SphinxVad final : public SpeechDetector {
 public:
  explicit SphinxVad(const char* threshold) : threshold_(threshold) { reset(); }
  double probability(Frame frame) override {
    const std::int16_t* samples = frame.data();
    std::size_t count = frame.size();
    std::array<mfcc_t, 64> values;
    std::array<mfcc_t*, 4> rows{values.data(), values.data() + 16, values.data() + 32, values.data() + 48};
    int32 frames = 4, kept = 0;
    while (count > 0 && fe_process_frames(fe_.get(), &samples, &count, rows.data(), &frames, &kept) >= 0 &&
           frames > 0)
      frames = 4;
    return fe_get_vad_state(fe_.get()) ? 1 : 0;
  }
  void reset() override {
    config_.reset(cmd_ln_init(nullptr, ps_args(), TRUE, "-vad_threshold", threshold_, "-vad_startspeech", "3",
                              "-vad_postspeech", "10", "-hmm", RT_SPEECH_MODEL_DIR "/en-us/en-us", nullptr));
    fe_.reset(fe_init_auto_r(config_.get()));
    fe_start_stream(fe_.get());
    fe_start_utt(fe_.get());
  }

 private:
  const char* threshold_;
  std::unique_ptr<cmd_ln_t, FreeWith<cmd_ln_free_r>> config_;
  std::unique_ptr<fe_t, FreeWith<fe_free>> fe_;
};

#if RT_HAVE_WEBRTC
class WebrtcVad final : public SpeechDetector {
 public:
  explicit WebrtcVad(webrtc::VoiceDetection::Likelihood likelihood) : likelihood_(likelihood) { reset(); }
  double probability(Frame frame) override {
    int voiced = 0;
    for (std::size_t half = 0; half < 2; half++) {
      webrtc::AudioFrame audio;
      audio.UpdateFrame(0, 0, frame.data() + half * 160, 160, rate, webrtc::AudioFrame::kNormalSpeech,
                        webrtc::AudioFrame::kVadUnknown, 1);
      processing_->ProcessStream(&audio);
      voiced += processing_->voice_detection()->stream_has_voice();
    }
    return voiced / 2.0;
  }
  void reset() override {
    processing_.reset(webrtc::AudioProcessing::Create());
    processing_->voice_detection()->set_likelihood(likelihood_);
    processing_->voice_detection()->Enable(true);
  }

 private:
  webrtc::VoiceDetection::Likelihood likelihood_;
  std::unique_ptr<webrtc::AudioProcessing> processing_;
};
#endif

} // namespace

std::vector<Candidate> candidates() {
  err_set_logfp(nullptr);
  std::vector<Candidate> all{
      {"own (the server's)", server::make_speech_detector},
      {"level -40 dBFS", [] { return std::make_unique<server::LevelDetector>(); }},
      {"speexdsp preprocessor", [] { return std::make_unique<SpeexVad>(); }},
      {"pocketsphinx front end, 2.0", [] { return std::make_unique<SphinxVad>("2.0"); }},
      {"pocketsphinx front end, 3.0", [] { return std::make_unique<SphinxVad>("3.0"); }},
  };
#if RT_HAVE_WEBRTC
  all.push_back({"webrtc, high likelihood",
                 [] { return std::make_unique<WebrtcVad>(webrtc::VoiceDetection::kHighLikelihood); }});
  all.push_back({"webrtc, low likelihood",
                 [] { return std::make_unique<WebrtcVad>(webrtc::VoiceDetection::kLowLikelihood); }});
  all.push_back({"webrtc, very low likelihood",
                 [] { return std::make_unique<WebrtcVad>(webrtc::VoiceDetection::kVeryLowLikelihood); }});
#endif
  return all;
}

} // namespace rt::bench

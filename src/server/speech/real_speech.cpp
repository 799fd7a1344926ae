#include "server/speech/flite_synthesizer.h"
#include "server/speech/pocketsphinx_recognizer.h"
#include "server/speech/speech_detector.h"
#include "server/speech/speex_resampler.h"

#include <glib.h>

namespace rt::server {

SpeechFactory real_speech() {
  const char* chosen = g_getenv("REALTIME_SERVER_MODEL_DIR");
  const std::string model_dir = chosen && *chosen ? chosen : RT_SPEECH_MODEL_DIR;
  check_pocketsphinx_model(model_dir);
  return {.recognizer = [model_dir] { return make_pocketsphinx_recognizer(model_dir); },
          .synthesizer = make_flite_synthesizer,
          .detector = make_speech_detector,
          .resampler = make_speex_resampler};
}

} // namespace rt::server

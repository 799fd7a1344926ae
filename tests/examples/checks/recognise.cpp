// Prints the words that the development server's recogniser hears in WAV files: recognise FILE...
#include "server/speech.h"

#include <glib.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace rt;

struct Recording {
  int rate = 0;
  std::vector<std::int16_t> samples; // mono
};

// 16 bit mono, as baresip and wavenc write it.
bool load(const char* path, Recording& recording) {
  char* bytes = nullptr;
  gsize size = 0;
  if (!g_file_get_contents(path, &bytes, &size, nullptr)) return false;
  const std::string file(bytes, size);
  g_free(bytes);
  const auto data = file.find("data");
  if (!file.starts_with("RIFF") || data == std::string::npos || data + 8 > size) return false;
  std::memcpy(&recording.rate, file.data() + 24, sizeof recording.rate);
  recording.samples.resize((size - data - 8) / 2);
  std::memcpy(recording.samples.data(), file.data() + data + 8, recording.samples.size() * 2);
  return true;
}

std::string words(const server::SpeechFactory& speech, const Recording& recording) {
  std::vector<std::int16_t> samples = recording.samples;
  if (recording.rate != 16000) {
    const auto resampler = speech.resampler(recording.rate, 16000);
    samples = resampler->convert(recording.samples);
    const auto tail = resampler->flush();
    samples.insert(samples.end(), tail.begin(), tail.end());
  }
  const auto recognizer = speech.recognizer();
  recognizer->start();
  recognizer->feed(samples);
  return recognizer->finish();
}

} // namespace

int main(int argc, char** argv) {
  const server::SpeechFactory speech = server::real_speech();
  for (int i = 1; i < argc; ++i) {
    Recording recording;
    if (!load(argv[i], recording)) {
      std::fprintf(stderr, "recognise: %s is no WAV file\n", argv[i]);
      return 1;
    }
    std::puts(words(speech, recording).c_str());
  }
  return 0;
}

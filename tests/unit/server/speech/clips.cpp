#include "clips.h"

#include "server/speech/speex_resampler.h"

#include <glib.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <numbers>
#include <random>

namespace rt::test {

const Clip go_forward{"goforward.raw", "go forward ten meters"};
const std::vector<Clip> librivox{
    {"librivox/sense_and_sensibility_01_austen_64kb-0870.wav",
     "and mister john dashwood had then leisure to consider how much there might be prudently in his power "
     "to do "
     "for them"},
    {"librivox/sense_and_sensibility_01_austen_64kb-0880.wav", "he was not an ill disposed young man"},
    {"librivox/sense_and_sensibility_01_austen_64kb-0890.wav",
     "unless to be rather cold hearted and rather selfish is to be ill disposed"},
    {"librivox/sense_and_sensibility_01_austen_64kb-0920.wav",
     "had he married a more amiable woman he might have been made still more respectable than he was"},
    {"librivox/sense_and_sensibility_01_austen_64kb-0930.wav",
     "he might even have been made amiable himself"},
};

bool installed(const std::string& path) {
  if (g_file_test(path.c_str(), G_FILE_TEST_EXISTS)) return true;
  g_test_skip(("not installed: " + path).c_str());
  return false;
}

std::string path_of(const Clip& clip) {
  return std::string("/usr/share/pocketsphinx/test/data/") + clip.file;
}

Samples load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::uint32_t rate = 16000;
  std::size_t at = 0;
  if (bytes.starts_with("RIFF")) {
    std::memcpy(&rate, bytes.data() + 24, sizeof rate);
    at = bytes.find("data") + 8;
  }
  g_assert_cmpuint(bytes.size(), >, at);
  Samples samples((bytes.size() - at) / 2);
  std::memcpy(samples.data(), bytes.data() + at, samples.size() * 2);
  const auto resampler = server::make_speex_resampler(rate, 16000);
  Samples out = resampler->convert(samples);
  append(out, resampler->flush());
  return out;
}

Samples silence(double seconds) {
  return Samples(static_cast<std::size_t>(seconds * 16000));
}

namespace {

Samples noise(double seconds, double rms, double smoothing) {
  std::mt19937 random(11);
  std::normal_distribution<double> normal(0, rms * std::sqrt(1 - smoothing * smoothing));
  double value = 0;
  Samples out = silence(seconds);
  for (auto& sample : out) {
    value = smoothing * value + normal(random);
    sample = static_cast<std::int16_t>(std::clamp(value, -32768.0, 32767.0));
  }
  return out;
}

} // namespace

Samples white_noise(double seconds, double rms) {
  return noise(seconds, rms, 0);
}

Samples brown_noise(double seconds, double rms) {
  return noise(seconds, rms, 0.998);
}

Samples tone(double seconds, double hz, double peak, std::uint32_t rate) {
  Samples out(static_cast<std::size_t>(seconds * rate));
  for (std::size_t i = 0; i < out.size(); i++)
    out[i] = static_cast<std::int16_t>(
        std::lround(peak * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate)));
  return out;
}

void append(Samples& to, const Samples& more) {
  to.insert(to.end(), more.begin(), more.end());
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (g_ascii_isalnum(c) || c == '\'') {
      words.back() += g_ascii_tolower(c);
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::size_t heard_in_order(const std::vector<std::string>& wanted, const std::vector<std::string>& heard) {
  std::vector<std::vector<std::size_t>> most(wanted.size() + 1, std::vector<std::size_t>(heard.size() + 1));
  for (std::size_t i = 0; i < wanted.size(); i++)
    for (std::size_t j = 0; j < heard.size(); j++)
      most[i + 1][j + 1] = wanted[i] == heard[j] ? most[i][j] + 1 : std::max(most[i][j + 1], most[i + 1][j]);
  return most[wanted.size()][heard.size()];
}

} // namespace rt::test

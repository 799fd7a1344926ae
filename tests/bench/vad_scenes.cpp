#include "vad_scenes.h"

#include "server/speech/flite_synthesizer.h"
#include "server/speech/speex_resampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <numbers>
#include <random>
#include <span>

namespace rt::bench {
namespace {

constexpr std::uint32_t rate = 16000;
constexpr std::size_t frame = 320;
constexpr double pi = std::numbers::pi;

Samples resampled(const Samples& samples, std::uint32_t from) {
  const auto resampler = server::make_speex_resampler(from, rate);
  Samples out = resampler->convert(samples);
  const Samples tail = resampler->flush();
  out.insert(out.end(), tail.begin(), tail.end());
  return out;
}

// 16 bit mono WAV, or raw 16 kHz when it has no RIFF header.
Samples parse(const std::string& bytes) {
  std::uint32_t file_rate = rate;
  std::size_t at = 0, size = bytes.size();
  if (bytes.starts_with("RIFF")) {
    std::memcpy(&file_rate, bytes.data() + 24, 4);
    const auto data = bytes.find("data");
    if (data == std::string::npos) return {};
    at = data + 8;
    size -= at;
  }
  Samples samples(size / 2);
  std::memcpy(samples.data(), bytes.data() + at, samples.size() * 2);
  return resampled(samples, file_rate);
}

Samples load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "not there: %s\n", path.c_str());
    return {};
  }
  return parse({std::istreambuf_iterator<char>(file), {}});
}

struct CloseProcess {
  void operator()(std::FILE* file) const { pclose(file); }
};

Samples espeak(const std::string& voice, const std::string& text) {
  const std::unique_ptr<std::FILE, CloseProcess> pipe(
      popen(("espeak-ng --stdout -v " + voice + " '" + text + "' 2>/dev/null").c_str(), "r"));
  std::string bytes;
  std::array<char, 4096> block;
  for (std::size_t n; pipe && (n = fread(block.data(), 1, block.size(), pipe.get())) > 0;)
    bytes.append(block.data(), n);
  if (bytes.empty()) std::fprintf(stderr, "not there: espeak-ng\n");
  return parse(bytes);
}

double energy(std::span<const std::int16_t> samples) {
  double sum = 0;
  for (const double sample : samples)
    sum += sample * sample;
  return sum / static_cast<double>(std::max<std::size_t>(samples.size(), 1));
}

// Truth by loudness of the clean recording: 10 dB over its quiet places, but not lower than 35 dB and not
// higher than 25 dB below its loudest. Gaps up to 200 ms are filled.
std::vector<bool> loud_frames(const Samples& clean) {
  const std::size_t frames = clean.size() / frame;
  std::vector<double> energies(frames);
  for (std::size_t i = 0; i < frames; i++)
    energies[i] = energy({clean.data() + i * frame, frame});
  auto sorted = energies;
  std::sort(sorted.begin(), sorted.end());
  const double most = frames ? sorted.back() : 0;
  const double limit =
      std::clamp(frames ? sorted[frames / 10] * 10 : 0, most * std::pow(10, -3.5), most * std::pow(10, -2.5));
  std::vector<bool> loud(frames);
  std::size_t last = frames;
  for (std::size_t i = 0; i < frames; i++) {
    if (energies[i] <= limit) continue;
    if (last < i && i - last <= 10)
      std::fill(loud.begin() + static_cast<std::ptrdiff_t>(last),
                loud.begin() + static_cast<std::ptrdiff_t>(i), true);
    loud[i] = true;
    last = i;
  }
  return loud;
}

void add_noise(Samples& samples, double rms) {
  std::mt19937 random(7);
  std::normal_distribution<double> noise(0, rms);
  for (auto& sample : samples)
    sample = static_cast<std::int16_t>(std::clamp(sample + noise(random), -32768.0, 32767.0));
}

// All clips one after another, two seconds between them, the speech at `level` dBFS over noise `snr` dB below
// it (more than 90: digital silence).
Scene speech_scene(std::string group, const std::vector<Samples>& clips, double level, double snr) {
  Scene scene{.group = std::move(group), .samples = {}, .speech = {}, .segments = {}};
  const double target = 32768 * std::pow(10, level / 20);
  const auto pause = [&] {
    scene.samples.resize(scene.samples.size() + 100 * frame);
    scene.speech.resize(scene.speech.size() + 100);
  };
  pause();
  for (const Samples& clip : clips) {
    const auto truth = loud_frames(clip);
    const auto first = std::find(truth.begin(), truth.end(), true);
    if (first == truth.end()) continue;
    const auto last = std::find(truth.rbegin(), truth.rend(), true);
    scene.segments.push_back({scene.speech.size() + static_cast<std::size_t>(first - truth.begin()),
                              scene.speech.size() + static_cast<std::size_t>(truth.rend() - last) - 1});
    scene.speech.insert(scene.speech.end(), truth.begin(), truth.end());
    const double gain = target / std::sqrt(energy(clip));
    for (std::size_t i = 0; i < truth.size() * frame; i++)
      scene.samples.push_back(static_cast<std::int16_t>(std::clamp(clip[i] * gain, -32768.0, 32767.0)));
    pause();
  }
  if (snr < 90) add_noise(scene.samples, target * std::pow(10, -snr / 20));
  return scene;
}

enum class Colour { white, pink, brown };

Samples coloured(Colour colour, double seconds, double level) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  std::vector<double> raw(static_cast<std::size_t>(seconds * rate));
  double slow = 0, middle = 0, fast = 0, sum = 0;
  for (auto& value : raw) {
    const double white = normal(random);
    slow = 0.99765 * slow + white * 0.0990460;
    middle = 0.96300 * middle + white * 0.2965164;
    fast = 0.57000 * fast + white * 1.0526913;
    if (colour == Colour::white) value = white;
    if (colour == Colour::pink) value = slow + middle + fast + white * 0.1848;
    if (colour == Colour::brown) value = slow;
    sum += value * value;
  }
  const double gain = 32768 * std::pow(10, level / 20) / std::sqrt(sum / static_cast<double>(raw.size()));
  Samples out;
  for (const double value : raw)
    out.push_back(static_cast<std::int16_t>(std::clamp(value * gain, -32768.0, 32767.0)));
  return out;
}

// Two seconds on, two off: every start is a chance to be fooled.
Samples in_bursts(Samples samples) {
  for (std::size_t i = 0; i < samples.size(); i++)
    if (i / (2 * rate) % 2 == 0) samples[i] = 0;
  return samples;
}

Samples hum(double seconds, double level) {
  Samples out(static_cast<std::size_t>(seconds * rate));
  const double gain = 32768 * std::pow(10, level / 20);
  for (std::size_t i = 0; i < out.size(); i++) {
    const double t = static_cast<double>(i) / rate;
    const double value = std::sin(2 * pi * 50 * t) + 0.3 * std::sin(2 * pi * 100 * t) +
                         0.2 * std::sin(2 * pi * 150 * t) + 0.1 * std::sin(2 * pi * 250 * t);
    out[i] = static_cast<std::int16_t>(value * gain);
  }
  return out;
}

// Short noisy knocks at random times, 2..8 ms long, three a second: keys, taps, crackling.
Samples clicks(double seconds, double level) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::normal_distribution<double> normal;
  Samples out(static_cast<std::size_t>(seconds * rate));
  const double gain = 32768 * std::pow(10, level / 20);
  for (int n = 0; n < static_cast<int>(seconds * 3); n++) {
    const auto at = static_cast<std::size_t>(uniform(random) * static_cast<double>(out.size() - 400));
    const double decay = (0.002 + 0.006 * uniform(random)) * rate;
    for (std::size_t i = 0; i < 400; i++)
      out[at + i] = static_cast<std::int16_t>(
          std::clamp(gain * normal(random) * std::exp(-static_cast<double>(i) / decay), -32768.0, 32767.0));
  }
  return out;
}

void add_note(Samples& out, double start, double length, double pitch, double gain, bool plucked) {
  const auto first = static_cast<std::size_t>(start * rate);
  const auto count = static_cast<std::size_t>(length * rate);
  for (std::size_t i = 0; i < count && first + i < out.size(); i++) {
    const double t = static_cast<double>(i) / rate;
    double value = 0;
    for (int k = 1; k <= 6; k++)
      value += std::sin(2 * pi * pitch * k * t) / (k * k);
    const double attack = std::min(1.0, t / 0.01), release = std::min(1.0, (length - t) / 0.03);
    value *= attack * release * (plucked ? std::exp(-3 * t) : 1);
    out[first + i] = static_cast<std::int16_t>(std::clamp(out[first + i] + value * gain, -32768.0, 32767.0));
  }
}

double pitch_of(int semitones_over_a3) {
  return 220 * std::pow(2, semitones_over_a3 / 12.0);
}

Samples chords(double seconds, double gain) {
  Samples out(static_cast<std::size_t>(seconds * rate));
  const int roots[] = {0, 5, 7, 3};
  for (int bar = 0; bar < static_cast<int>(seconds); bar++)
    for (const int step : {0, 4, 7, 12})
      add_note(out, bar, 0.95, pitch_of(roots[bar % 4] + step), gain, false);
  return out;
}

Samples arpeggio(double seconds, double gain) {
  Samples out(static_cast<std::size_t>(seconds * rate));
  const int steps[] = {0, 4, 7, 12, 16, 12, 7, 4};
  for (int n = 0; n < static_cast<int>(seconds * 5); n++)
    add_note(out, n * 0.2, 0.6, pitch_of(steps[n % 8] + (n / 8 % 2 ? 5 : 0)), gain, true);
  return out;
}

Scene other(std::string group, Samples samples) {
  samples.resize(samples.size() / frame * frame);
  std::vector<bool> none(samples.size() / frame);
  return {
      .group = std::move(group), .samples = std::move(samples), .speech = std::move(none), .segments = {}};
}

std::vector<Samples> recordings(const std::string& shared_dir) {
  const std::string data = "/usr/share/pocketsphinx/test/data/", alsa = "/usr/share/sounds/alsa/";
  std::vector<Samples> clips;
  for (const char* number : {"0870", "0880", "0890", "0920", "0930"})
    clips.push_back(load(data + "librivox/sense_and_sensibility_01_austen_64kb-" + number + ".wav"));
  for (const char* name : {"001", "002", "003", "004", "005"})
    clips.push_back(load(data + "cards/" + name + ".wav"));
  for (const char* name : {"goforward", "numbers", "something"})
    clips.push_back(load(data + name + ".raw"));
  for (const char* name : {"Front_Center", "Front_Left", "Rear_Right", "Side_Left"})
    clips.push_back(load(alsa + name + ".wav"));
  clips.push_back(load(shared_dir + "/audio/marcelo_24k.wav"));
  return clips;
}

std::vector<Samples> engines() {
  std::vector<Samples> clips;
  const auto flite = server::make_flite_synthesizer();
  for (const char* text : {"What is the weather like today?", "Please turn on the light.", "Yes."}) {
    clips.push_back(flite->speak(text, 1, rate));
    clips.push_back(espeak("en-us", text));
    clips.push_back(espeak("en-gb+f3", text));
  }
  return clips;
}

} // namespace

std::vector<Scene> speech_scenes(const std::string& shared_dir) {
  const auto people = recordings(shared_dir), machines = engines();
  std::vector<Scene> scenes;
  scenes.push_back(speech_scene("people, -20 dBFS, silence between", people, -20, 99));
  scenes.push_back(speech_scene("people, -40 dBFS, silence between", people, -40, 99));
  for (const int snr : {30, 20, 10})
    scenes.push_back(
        speech_scene("people, white noise, SNR " + std::to_string(snr) + " dB", people, -23, snr));
  scenes.push_back(speech_scene("flite and espeak, -20 dBFS, silence between", machines, -20, 99));
  scenes.push_back(speech_scene("flite and espeak, white noise, SNR 20 dB", machines, -23, 20));
  return scenes;
}

std::vector<Scene> other_scenes() {
  std::vector<Scene> scenes;
  const Samples recorded = load("/usr/share/sounds/alsa/Noise.wav");
  Samples looped;
  while (!recorded.empty() && looped.size() < 30 * rate)
    looped.insert(looped.end(), recorded.begin(), recorded.end());
  scenes.push_back(other("alsa Noise.wav, going on", looped));
  scenes.push_back(other("alsa Noise.wav, bursts", in_bursts(looped)));
  const std::pair<Colour, const char*> colours[] = {
      {Colour::white, "white"}, {Colour::pink, "pink"}, {Colour::brown, "brown"}};
  for (const auto& [colour, name] : colours) {
    for (const int level : {-60, -40, -20}) {
      scenes.push_back(other(std::string(name) + " noise, going on", coloured(colour, 20, level)));
      scenes.push_back(other(std::string(name) + " noise, bursts", in_bursts(coloured(colour, 20, level))));
    }
  }
  for (const int level : {-50, -30, -15}) {
    scenes.push_back(other("hum 50 Hz, going on", hum(20, level)));
    scenes.push_back(other("hum 50 Hz, bursts", in_bursts(hum(20, level))));
  }
  for (const int level : {-30, -12, -3})
    scenes.push_back(other("clicks", clicks(20, level)));
  for (const int gain : {300, 3000}) {
    scenes.push_back(other("music: chords", chords(30, gain)));
    scenes.push_back(other("music: arpeggio", arpeggio(30, 2 * gain)));
  }
  return scenes;
}

} // namespace rt::bench

// Prints the table of docs/decisions/local-vad.md: what realtimesink's local detector hears in every scene.
//   onset_table [SHARED_DIR]
#include "audio/g711.h"
#include "audio/speech_onset.h"
#include "server/speech/speex_resampler.h"
#include "vad_scenes.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>
#include <string>

namespace {

using namespace rt;

struct Tally {
  std::size_t frames = 0, segments = 0, starts = 0;
  std::vector<double> delays_ms;
  double cpu_us = 0;
};

std::vector<std::uint8_t> encoded(const bench::Samples& scene, const audio::Format& format) {
  const auto resampler = server::make_speex_resampler(16000, format.rate);
  bench::Samples samples = resampler->convert(scene);
  const bench::Samples tail = resampler->flush();
  samples.insert(samples.end(), tail.begin(), tail.end());
  std::vector<std::uint8_t> bytes;
  for (const std::int16_t sample : samples) {
    if (format.encoding == audio::Encoding::g711_ulaw) {
      bytes.push_back(audio::ulaw_encode(sample));
    } else if (format.encoding == audio::Encoding::g711_alaw) {
      bytes.push_back(audio::alaw_encode(sample));
    } else {
      bytes.push_back(static_cast<std::uint8_t>(sample & 0xFF));
      bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint16_t>(sample) >> 8));
    }
  }
  return bytes;
}

// Ends of the frames in which speech began.
std::vector<std::size_t> listen(const std::vector<std::uint8_t>& bytes, const audio::Format& format,
                                Tally& tally) {
  const std::size_t size = format.bytes(format.samples_of_ms(20));
  audio::SpeechOnset onset;
  std::vector<std::size_t> began;
  const std::clock_t start = std::clock();
  for (std::size_t i = 0; (i + 1) * size <= bytes.size(); i++, tally.frames++)
    if (onset.push(format, std::span(bytes).subspan(i * size, size))) began.push_back(i + 1);
  tally.cpu_us += 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  return began;
}

void judge(const std::vector<std::size_t>& began, const bench::Scene& scene, Tally& tally) {
  constexpr std::size_t early = 25; // frames: a breath before the first word is no false start
  for (const auto& segment : scene.segments) {
    const auto in = [&](std::size_t at) { return at + early > segment.first && at <= segment.last + 1; };
    const auto at = std::find_if(began.begin(), began.end(), in);
    tally.segments++;
    if (at != began.end())
      tally.delays_ms.push_back(20 * (static_cast<double>(*at) - static_cast<double>(segment.first)));
  }
  for (const std::size_t at : began)
    tally.starts += std::none_of(scene.segments.begin(), scene.segments.end(), [&](const auto& segment) {
      return at + early > segment.first && at <= segment.last + 1;
    });
}

void print(const std::string& group, Tally tally) {
  const double minutes = static_cast<double>(tally.frames) * 0.02 / 60;
  std::printf("| %s | %.1f |", group.c_str(), static_cast<double>(tally.starts) / minutes);
  if (tally.segments) {
    std::sort(tally.delays_ms.begin(), tally.delays_ms.end());
    const auto at = [&](double part) {
      return tally
          .delays_ms[static_cast<std::size_t>(part * static_cast<double>(tally.delays_ms.size() - 1))];
    };
    std::printf(" %zu/%zu | %.0f, %.0f, %.0f |", tally.delays_ms.size(), tally.segments,
                tally.delays_ms.empty() ? 0 : at(0.5), tally.delays_ms.empty() ? 0 : at(0.9),
                tally.delays_ms.empty() ? 0 : at(1));
  } else {
    std::printf(" | |");
  }
  std::printf(" %.1f |\n", tally.cpu_us / static_cast<double>(tally.frames));
}

} // namespace

int main(int count, char** arguments) {
  auto scenes = bench::speech_scenes(count > 1 ? arguments[1] : "../shared");
  for (auto& scene : bench::other_scenes())
    scenes.push_back(std::move(scene));
  const std::pair<const char*, audio::Format> formats[] = {{"PCM, 24 kHz", audio::pcm16_24k},
                                                           {"G.711 u-law", audio::ulaw_8k}};
  for (const auto& [name, format] : formats) {
    std::vector<std::string> order;
    std::map<std::string, Tally> tallies;
    for (const auto& scene : scenes) {
      if (!tallies.contains(scene.group)) order.push_back(scene.group);
      Tally& tally = tallies[scene.group];
      judge(listen(encoded(scene.samples, format), format, tally), scene, tally);
    }
    std::printf("\n### %s\n| scene | false starts per minute | heard | delay ms: median, 90 %%, most "
                "| us per 20 ms |\n|---|---|---|---|---|\n",
                name);
    for (const auto& group : order)
      print(group, tallies[group]);
  }
}

// Prints the table of docs/decisions/vad.md: every candidate over every scene, through the server's own turn
// rule.
//   vad_table [SHARED_DIR [CANDIDATE]]
#include "server/turn_detector.h"
#include "vad_candidates.h"
#include "vad_scenes.h"

#include <chrono>
#include <cstdio>
#include <map>

namespace {

using namespace rt;
using Clock = std::chrono::steady_clock;

struct Tally {
  std::size_t frames = 0, right = 0, segments = 0, heard = 0, broken = 0, starts = 0;
  double delay_ms = 0;
  Clock::duration cpu{};
};

struct Run {
  std::vector<bool> speech;                // frames at or above the threshold
  std::vector<std::size_t> started, ended; // frames; started is dated back to the first of its frames
};

Run listen(server::SpeechDetector& detector, const bench::Samples& samples) {
  constexpr std::size_t size = server::SpeechDetector::frame_samples;
  server::TurnDetector turns;
  const server::TurnRules rules{.threshold = 0.5, .prefix_padding_ms = 300, .silence_duration_ms = 500};
  Run run;
  for (std::size_t i = 0; (i + 1) * size <= samples.size(); i++) {
    const double p =
        detector.probability(std::span<const std::int16_t, size>(samples.data() + i * size, size));
    run.speech.push_back(p >= rules.threshold);
    const auto change = turns.frame(p, rules);
    if (change == server::TurnDetector::Change::started)
      run.started.push_back(i + 1 - server::TurnDetector::frames_to_start);
    if (change == server::TurnDetector::Change::stopped) run.ended.push_back(i);
  }
  return run;
}

void judge(const Run& run, const bench::Scene& scene, Tally& tally) {
  constexpr std::size_t early = 25; // frames: a breath before the first word is no false start
  tally.frames += run.speech.size();
  for (std::size_t i = 0; i < run.speech.size(); i++)
    tally.right += run.speech[i] == scene.speech[i];
  for (const auto& segment : scene.segments) {
    tally.segments++;
    for (const std::size_t at : run.started) {
      if (at + early < segment.first || at > segment.last) continue;
      tally.heard++;
      tally.delay_ms += 20 * (static_cast<double>(at) - static_cast<double>(segment.first));
      break;
    }
    for (const std::size_t at : run.ended)
      tally.broken += at > segment.first && at < segment.last;
  }
  for (const std::size_t at : run.started) {
    bool wanted = false;
    for (const auto& segment : scene.segments)
      wanted |= at + early >= segment.first && at <= segment.last;
    tally.starts += !wanted;
  }
}

void print(const std::string& group, const Tally& tally) {
  const double minutes = static_cast<double>(tally.frames) * 0.02 / 60;
  std::printf("| %s | %.1f |", group.c_str(), static_cast<double>(tally.starts) / minutes);
  if (tally.segments)
    std::printf(" %zu/%zu | %zu | %.0f | %.1f |\n", tally.heard, tally.segments, tally.broken,
                tally.heard ? tally.delay_ms / static_cast<double>(tally.heard) : 0,
                100.0 * static_cast<double>(tally.right) / static_cast<double>(tally.frames));
  else
    std::printf(" | | | %.1f |\n",
                100.0 * static_cast<double>(tally.right) / static_cast<double>(tally.frames));
}

} // namespace

int main(int count, char** arguments) {
  auto scenes = bench::speech_scenes(count > 1 ? arguments[1] : "../shared");
  for (auto& scene : bench::other_scenes())
    scenes.push_back(std::move(scene));
  for (const auto& candidate : bench::candidates()) {
    if (count > 2 && candidate.name.find(arguments[2]) == std::string::npos) continue;
    std::vector<std::string> order;
    std::map<std::string, Tally> tallies;
    Tally all;
    for (const auto& scene : scenes) {
      const auto detector = candidate.make();
      const auto begin = Clock::now();
      const Run run = listen(*detector, scene.samples);
      all.cpu += Clock::now() - begin;
      if (!tallies.contains(scene.group)) order.push_back(scene.group);
      judge(run, scene, tallies[scene.group]);
      all.frames += run.speech.size();
    }
    std::printf("\n### %s (%.0f us per 20 ms)\n| scene | false starts per minute | heard | broken | delay ms "
                "| frames right %% |\n|---|---|---|---|---|---|\n",
                candidate.name.c_str(),
                std::chrono::duration<double, std::micro>(all.cpu).count() / static_cast<double>(all.frames));
    for (const auto& group : order)
      print(group, tallies[group]);
  }
}

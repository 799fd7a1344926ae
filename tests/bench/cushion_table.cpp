// What a cushion buys and costs: answers of servers that generate at different speeds and over networks that
// jitter are played on a clock that only counts, with cushions of different lengths. Prints the table of
// docs/decisions/cushion.md; with --check a small one, and whether what must hold does.
#include "audio/playout.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace rt::audio;

constexpr std::uint64_t ms = 1'000'000;
constexpr unsigned frame_ms = 20, delta_ms = 100, answer_ms = 8000;
constexpr unsigned cushions[] = {0, 50, 100, 200, 300, 500, 1000};

struct Server {
  const char* name;
  double speed;       // of real time
  unsigned jitter_ms; // each delta comes up to so much later, but none before the one before it
};
constexpr Server servers[] = {
    {"0.9 x", 0.9, 0},
    {"1.0 x", 1.0, 0},
    {"1.1 x", 1.1, 0},
    {"0.9 x, bursts 1 s", 0.9, 1000},
    {"1.0 x, jitter 50 ms", 1.0, 50},
    {"1.0 x, jitter 200 ms", 1.0, 200},
    {"1.0 x, bursts 1 s", 1.0, 1000},
    {"1.1 x, bursts 1 s", 1.1, 1000},
    {"2 x, jitter 200 ms", 2, 200},
    {"2 x, bursts 1 s", 2, 1000},
    {"5 x, bursts 1 s", 5, 1000},
};

struct Result {
  double gaps = 0, gap_ms = 0; // an answer
  double delay_ms = 0;         // from the first delta to the first sample that leaves
  double longer_ms = 0;        // from the first delta to the last sample, beyond the answer's length
  double used_ms = 0;          // most of the cushion, mean of the answers
  bool complete = true;        // every sample left, and none twice
};

// When each delta arrives, in ms.
std::vector<double> arrivals(const Server& server, std::mt19937& random) {
  std::uniform_real_distribution<double> late(0, server.jitter_ms);
  std::vector<double> times;
  for (unsigned i = 0; i < answer_ms / delta_ms; ++i) {
    const double generated = i * delta_ms / server.speed + (server.jitter_ms ? late(random) : 0);
    times.push_back(std::max(generated, times.empty() ? 0 : times.back()));
  }
  return times;
}

void play(const Server& server, unsigned cushion_ms, std::mt19937& random, Result& sum) {
  Playout playout;
  Playout::Options options;
  options.cushion_ns = cushion_ms * ms;
  playout.set_options(options);
  const ContentKey key{"response", "item", 0};
  const std::vector<double> times = arrivals(server, random);
  const std::vector<std::uint8_t> delta(pcm16_24k.bytes(pcm16_24k.samples_of_ms(delta_ms)), 0x11);
  std::vector<std::uint8_t> frame(pcm16_24k.bytes(pcm16_24k.samples_of_ms(frame_ms)));
  // The first delta falls anywhere between two frames.
  const double offset = std::uniform_real_distribution<double>(0, frame_ms)(random);
  std::size_t arrived = 0;
  std::vector<PlaybackMark> marks;
  for (std::uint64_t now = 0; marks.empty() || marks.back().kind != PlaybackMark::Kind::finished;
       now += frame_ms) {
    for (; arrived < times.size() && times[arrived] + offset <= static_cast<double>(now); ++arrived)
      playout.append(key, delta);
    if (arrived == times.size()) playout.content_done(key);
    playout.read(frame, now * ms);
    playout.advance((now + frame_ms) * ms, 0, marks);
  }
  const PlaybackMark& end = marks.back();
  const double first = times.front() + offset;
  sum.gaps += static_cast<double>(end.delivery.underruns);
  sum.gap_ms += static_cast<double>(end.delivery.gap_ns) / ms;
  sum.delay_ms += static_cast<double>(end.span.start) / ms - first;
  sum.longer_ms += static_cast<double>(end.span.end) / ms - first - answer_ms;
  sum.used_ms += static_cast<double>(end.delivery.cushion_used_ns) / ms;
  sum.complete &= end.heard_ms == answer_ms && playout.played_samples() == pcm16_24k.samples_of_ms(answer_ms);
}

Result mean(const Server& server, unsigned cushion_ms, unsigned answers) {
  Result sum;
  for (unsigned i = 0; i < answers; ++i) {
    std::mt19937 random(i + 1); // every cushion meets the same network
    play(server, cushion_ms, random, sum);
  }
  const double n = answers;
  return {sum.gaps / n, sum.gap_ms / n, sum.delay_ms / n, sum.longer_ms / n, sum.used_ms / n, sum.complete};
}

void print(unsigned answers) {
  std::printf("| server |");
  for (const unsigned cushion : cushions)
    std::printf(" %u ms |", cushion);
  std::printf("\n|---|");
  for (std::size_t i = 0; i < std::size(cushions); ++i)
    std::printf("---|");
  for (const Server& server : servers) {
    std::printf("\n| %s |", server.name);
    for (const unsigned cushion : cushions) {
      const Result r = mean(server, cushion, answers);
      std::printf(" %.1f, %.0f, %.0f, %.0f |", r.gaps, r.gap_ms, r.delay_ms, r.used_ms);
    }
  }
  std::printf("\n");
}

int failed(const char* what, const Server& server, unsigned cushion) {
  std::printf("not ok - %s: %s, cushion %u ms\n", what, server.name, cushion);
  return 1;
}

int check(unsigned answers) {
  int failures = 0;
  for (const Server& server : servers) {
    for (const unsigned cushion : cushions) {
      const Result r = mean(server, cushion, answers);
      if (!r.complete) failures += failed("samples were lost or came twice", server, cushion);
      // A gap is a pause, not a frame: no more of them than one in half a second of it, and few of all
      // frames.
      if (r.gaps > answer_ms / 500.0) failures += failed("the answer is chopped", server, cushion);
      // What the jitter cannot use up keeps the answer whole.
      const bool covers = server.speed >= 1 && cushion >= server.jitter_ms + delta_ms + frame_ms + 5;
      if (covers && r.gaps > 0)
        failures += failed("a cushion longer than the jitter ran dry", server, cushion);
      if (r.used_ms > cushion) failures += failed("more than the cushion was used", server, cushion);
    }
    const Result least = mean(server, cushions[0], answers);
    const Result most = mean(server, cushions[std::size(cushions) - 1], answers);
    if (most.gaps > least.gaps) failures += failed("a longer cushion made more gaps", server, 1000);
    if (most.delay_ms < least.delay_ms) failures += failed("a longer cushion cost nothing", server, 1000);
  }
  if (failures == 0) std::printf("ok - a cushion keeps what it promises\n");
  return failures ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--check") == 0) return check(5);
  print(argc > 1 ? static_cast<unsigned>(std::stoul(argv[1])) : 200);
  return 0;
}

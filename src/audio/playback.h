// What Playout tells of the audio that went through it. Times are nanoseconds of the reader's running time,
// samples are per channel (mono).
#pragma once

#include "audio/format.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

namespace rt::audio {

// One piece of spoken content: the unit that a server truncates.
struct ContentKey {
  std::string response_id, item_id;
  std::uint32_t content_index = 0;
  bool operator==(const ContentKey&) const = default;
};

// How the audio of one content came, against how it had to leave.
struct Delivery {
  std::uint64_t underruns = 0;
  std::uint64_t gap_ns = 0;          // silence between its first sample and the last that left
  std::uint64_t cushion_used_ns = 0; // the most that was missing of the cushion while more was to come
};

// When it left and is heard, latency and the delay behind the pipeline included.
struct HeardSpan {
  std::uint64_t pushed = 0;         // its first sample left
  std::uint64_t start = 0, end = 0; // heard from, until
};

// Where a reply was cut: the listener hears the first `heard` samples of it and no more.
struct Cut {
  ContentKey key;
  std::uint64_t heard = 0, received = 0;       // samples
  std::uint64_t heard_ms = 0, received_ms = 0; // rounded down
  bool complete = false;         // received in full, and all of it will be heard: nothing was lost
  std::optional<HeardSpan> span; // nothing: none of it left
  Delivery delivery;
  std::uint64_t position_ms = 0; // of the cut as the server counts: with the audio that was refused
};

struct PlaybackMark {
  enum class Kind { started, finished };
  Kind kind = Kind::started;
  ContentKey key;
  HeardSpan span;            // started: its end is the start
  std::uint64_t samples = 0; // finished: how many were heard
  std::uint64_t heard_ms = 0;
  Delivery delivery; // finished
  std::uint64_t time() const { return kind == Kind::started ? span.start : span.end; }
};

// Samples of one content that were read together.
struct PlayedSpan {
  ContentKey key;
  std::uint64_t first = 0, count = 0; // samples
  std::uint64_t pts = 0, end = 0;     // running time
};

// When a position of a content is heard, by what of it was read; the spans have `first` and `pts`, and there
// is one. As an end it belongs to the samples before it. Behind the last of them it is extrapolated, and what
// was left out in between has the time of what follows.
enum class Edge { start, end };
template<typename Spans>
std::uint64_t time_at(const Spans& spans, const Format& format, std::uint64_t position, Edge edge) {
  const auto* in = &spans.front();
  std::uint64_t next = ~std::uint64_t{0};
  for (const auto& span : spans)
    if (span.first < position || (edge == Edge::start && span.first == position))
      in = &span;
    else
      next = std::min(next, std::uint64_t{span.pts});
  return std::min(next, in->pts + format.ns_of_samples(position - std::min(position, in->first)));
}

// The fate of one frame that was read.
struct FrameInfo {
  std::uint64_t audio_samples = 0; // reply samples in it; 0: all silence
  bool starts_reply = false;       // its first reply sample follows silence
  bool resumes = false;            // it does so behind a hole in its own audio
  bool underrun = false;           // a reply went on but its audio had not come yet
};

} // namespace rt::audio

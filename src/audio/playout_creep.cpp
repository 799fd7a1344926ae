// Leaving out what a stream that never pauses has too much of.
#include "audio/fade.h"
#include "audio/playout.h"
#include "audio/sample.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace rt::audio {
namespace {

constexpr std::uint64_t window_ns = 1'000'000'000;
constexpr std::uint64_t least_kept_ns = 50'000'000; // also without a cushion
constexpr std::uint64_t pause_kept_ns = 60'000'000; // a pause is shortened, not taken away
constexpr std::uint64_t block_ns = 10'000'000;      // in which silence is looked for
constexpr int quiet_peak = 128;                     // -48 dBFS

bool is_quiet(Encoding encoding, std::size_t unit, std::span<const std::uint8_t> bytes) {
  for (std::size_t i = 0; i + unit <= bytes.size(); i += unit)
    if (std::abs(int{load_sample(encoding, bytes.data() + i)}) > quiet_peak) return false;
  return true;
}

} // namespace

// What waits without a break: the end of a sentence is none.
std::uint64_t Playout::stream_ahead() const {
  std::uint64_t samples = 0;
  for (const Content& content : contents_) {
    if (content.cut && unread(content) > 0) return 0;
    samples += unread(content);
    if (!content.done && !content.cut) break;
  }
  return samples;
}

// The next samples of the stream, without taking them; as many as there are.
void Playout::peek(std::uint64_t first, std::span<std::uint8_t>* out) const {
  std::size_t skip = format_.bytes(first), copied = 0;
  for (const Content& content : contents_) {
    std::size_t offset = content.chunk_offset;
    for (const std::vector<std::uint8_t>& chunk : content.chunks) {
      const std::size_t skipped = std::min(skip, chunk.size() - offset);
      skip -= skipped;
      const std::size_t count = std::min(out->size() - copied, chunk.size() - offset - skipped);
      std::memcpy(out->data() + copied, chunk.data() + offset + skipped, count);
      copied += count;
      offset = 0;
    }
    if (copied == out->size()) break;
  }
  *out = out->first(copied);
}

// How much of what is next is silence, in whole blocks and at most `limit`.
std::uint64_t Playout::silence_ahead(std::uint64_t limit) {
  const std::uint64_t block = format_.samples_of_ns(block_ns);
  std::uint64_t quiet = 0;
  for (; quiet + block <= limit; quiet += block) {
    scratch_.resize(format_.bytes(block));
    std::span<std::uint8_t> bytes(scratch_);
    peek(quiet, &bytes);
    if (bytes.size() < scratch_.size() || !is_quiet(format_.encoding, format_.bytes_per_sample(), bytes))
      break;
  }
  return quiet;
}

void Playout::leave_out(std::uint64_t samples, std::uint64_t pts) {
  waiting_ -= samples;
  left_out_ += samples;
  creep_.left_out(samples);
  for (Content& content : contents_) {
    const std::uint64_t here = std::min(samples, unread(content));
    if (here == 0) continue;
    samples -= here;
    skip(content, here);
    if (unread(content) > 0) continue;
    // Its end is gone by when what follows is heard.
    if (content.segments.empty()) content.first_pts = pts;
    content.segments.push_back({content.read, 0, pts});
    note_span(content, 0, pts);
  }
}

void Playout::skip(Content& content, std::uint64_t samples) {
  content.read += samples;
  for (std::size_t bytes = format_.bytes(samples); bytes > 0;) {
    std::vector<std::uint8_t>& chunk = content.chunks.front();
    const std::size_t count = std::min(bytes, chunk.size() - content.chunk_offset);
    bytes -= count;
    content.chunk_offset += count;
    if (content.chunk_offset < chunk.size()) break;
    recycle(std::move(chunk));
    content.chunks.pop_front();
    content.chunk_offset = 0;
  }
}

// Before a frame: the last sample has left already, so that what follows it is faded out under what is faded
// in, see cross_fade().
void Playout::catch_up(std::uint64_t frame, std::uint64_t pts) {
  const std::uint64_t ahead = stream_ahead();
  if (!playing_ || ahead < frame) return creep_.reset();
  const std::uint64_t keep = format_.samples_of_ns(std::max(options_.cushion_ns, least_kept_ns));
  const Creep::Excess excess =
      creep_.before_frame(ahead - frame, frame, keep, format_.samples_of_ns(window_ns));
  std::uint64_t samples = excess.any;
  if (samples == 0 && excess.silent > 0 && quiet_ >= format_.samples_of_ns(pause_kept_ns))
    samples = silence_ahead(excess.silent);
  if (samples == 0) return;
  crossing_.resize(format_.bytes(std::min(samples, format_.samples_of_ns(options_.fade_ns))));
  std::span<std::uint8_t> tail(crossing_);
  peek(0, &tail);
  fade_out(format_.encoding, tail);
  leave_out(samples, pts);
}

void Playout::cross_fade(std::span<std::uint8_t> frame) {
  const std::span<std::uint8_t> head = frame.first(std::min(crossing_.size(), frame.size()));
  fade_in(format_.encoding, head);
  for (std::size_t i = 0; i < head.size(); i += format_.bytes_per_sample()) {
    const int sum =
        load_sample(format_.encoding, head.data() + i) + load_sample(format_.encoding, crossing_.data() + i);
    store_sample(format_.encoding, head.data() + i,
                 static_cast<std::int16_t>(std::clamp(sum, -32768, 32767)));
  }
  crossing_.clear();
}

void Playout::note_quiet(std::span<const std::uint8_t> frame) {
  const bool quiet = is_quiet(format_.encoding, format_.bytes_per_sample(), frame);
  quiet_ = quiet ? quiet_ + format_.samples(frame.size()) : 0;
}

} // namespace rt::audio

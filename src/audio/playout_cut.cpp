// Where a reply ends before its end.
#include "audio/fade.h"
#include "audio/playout.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace rt::audio {

Cut Playout::cut_of(const Content& content, std::uint64_t heard) const {
  Cut cut;
  cut.key = content.key;
  cut.heard = heard;
  cut.received = content.received + refused_before(content, ~std::uint64_t{0});
  cut.heard_ms = content.format.ms_of_samples(heard);
  cut.received_ms = content.format.ms_of_samples(cut.received);
  const std::uint64_t position = heard + refused_before(content, heard);
  cut.position_ms = content.format.ms_of_samples(position);
  cut.complete = content.done && position == cut.received;
  cut.delivery = content.delivery;
  if (heard > 0 && !content.segments.empty())
    cut.span = HeardSpan{content.first_pts, content.first_pts + delay_, pts_of(content, heard) + delay_};
  return cut;
}

std::vector<Cut> Playout::cut() {
  std::vector<Cut> cuts;
  const std::uint64_t fade = format_.samples_of_ns(options_.fade_ns);
  for (Content& content : contents_) {
    if (content.cut) continue;
    const bool audible = content.read > 0 && unread(content) > 0;
    const std::uint64_t tail = audible && playing_ ? std::min(fade, unread(content)) : 0;
    cuts.push_back(cut_of(content, content.read + tail));
    if (cuts.back().complete && unread(content) == tail) continue; // plays to its own end
    keep_faded(content, tail);
  }
  if (waiting_ == 0) playing_ = false;
  drop_finished();
  return cuts;
}

void Playout::prepare_flush() {
  for (Content& content : contents_)
    content.to_be_flushed = true;
}

std::vector<Cut> Playout::cut_flushed(std::uint64_t now, std::uint64_t latency) {
  std::vector<Cut> cuts;
  for (Content& content : contents_) {
    if (!content.to_be_flushed) continue;
    content.heard = heard_by(content, now, latency);
    if (content.cut) {
      drop_waiting(content);
      content.read = content.received = content.heard;
      continue;
    }
    cuts.push_back(cut_of(content, content.heard));
    if (cuts.back().complete) continue; // advance() tells its end
    drop_waiting(content);
    content.cut = true;
    content.read = content.received = content.heard;
  }
  playing_ = false;
  drop_finished();
  return cuts;
}

std::vector<Cut> Playout::abandon(const std::optional<Stopped>& stopped) {
  std::vector<Cut> cuts;
  for (Content& content : contents_) {
    if (content.cut) continue;
    cuts.push_back(
        cut_of(content, stopped ? heard_by(content, stopped->now, stopped->latency) : content.read));
  }
  for (Content& content : contents_)
    drop_waiting(content);
  contents_.clear();
  playing_ = false;
  return cuts;
}

// What is left of a cut content: `samples` of its waiting audio, faded to silence.
void Playout::keep_faded(Content& content, std::uint64_t samples) {
  std::vector<std::uint8_t> tail(format_.bytes(samples));
  std::size_t copied = 0, offset = content.chunk_offset;
  for (std::size_t i = 0; i < content.chunks.size() && copied < tail.size(); ++i, offset = 0) {
    const std::vector<std::uint8_t>& chunk = content.chunks[i];
    const std::size_t count = std::min(tail.size() - copied, chunk.size() - offset);
    std::memcpy(tail.data() + copied, chunk.data() + offset, count);
    copied += count;
  }
  fade_out(format_.encoding, tail);
  drop_waiting(content);
  content.cut = true;
  content.received = content.read + samples;
  if (samples > 0) {
    content.chunks.push_back(std::move(tail));
    waiting_ += samples;
  }
}

} // namespace rt::audio

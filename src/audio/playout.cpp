#include "audio/playout.h"

#include "audio/fade.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace rt::audio {
namespace {

constexpr std::size_t spare_chunks_kept = 64;
// What is held back after a hole, see docs/decisions/cushion.md.
constexpr std::uint64_t least_refill_ns = 50'000'000, most_refill_ns = 1'000'000'000;
constexpr unsigned most_doublings = 5;
constexpr std::uint64_t holes_forgotten_ns = 5'000'000'000;

} // namespace

Playout::Playout() = default;

bool Playout::set_format(const Format& format) {
  if (format == format_) return true;
  const auto goes_on = [](const Content& content) { return !content.done && !content.cut; };
  if (waiting_ > 0 || std::any_of(contents_.begin(), contents_.end(), goes_on)) return false;
  playing_ = false;
  for (std::uint64_t* total : {&played_, &left_out_}) // they go on at the new rate
    *total = format.samples_of_ns(format_.ns_of_samples(*total));
  format_ = format;
  return true;
}

Playout::Content* Playout::find(const ContentKey& key) {
  // The newest is by far the likeliest.
  auto it =
      std::find_if(contents_.rbegin(), contents_.rend(), [&](const Content& c) { return c.key == key; });
  return it == contents_.rend() ? nullptr : &*it;
}

bool Playout::append(const ContentKey& key, std::span<const std::uint8_t> bytes) {
  Content* content = find(key);
  if (!content) {
    contents_.emplace_back();
    content = &contents_.back();
    content->key = key;
    content->format = format_;
  }
  if (content->cut || content->done) return true;

  const std::size_t unit = format_.bytes_per_sample();
  const std::size_t carried = content->half_sample.size();
  const std::size_t total = carried + bytes.size();
  const std::size_t whole = total / unit * unit;
  const std::uint64_t samples = format_.samples(whole);
  if (waiting_ + samples > format_.samples_of_ns(options_.max_backlog_ns)) {
    // What follows must not be read shifted by a byte.
    if (whole > 0)
      content->half_sample.assign(bytes.begin() + static_cast<std::ptrdiff_t>(whole - carried), bytes.end());
    note_refused(*content, samples);
    return false;
  }

  if (whole > 0) {
    std::vector<std::uint8_t> chunk;
    if (!spare_.empty()) {
      chunk = std::move(spare_.back());
      spare_.pop_back();
    }
    chunk.resize(whole);
    std::copy(content->half_sample.begin(), content->half_sample.end(), chunk.begin());
    std::memcpy(chunk.data() + carried, bytes.data(), whole - carried);
    content->chunks.push_back(std::move(chunk));
    content->half_sample.assign(bytes.begin() + static_cast<std::ptrdiff_t>(whole - carried), bytes.end());
    content->received += samples;
    waiting_ += samples;
  } else {
    content->half_sample.insert(content->half_sample.end(), bytes.begin(), bytes.end());
  }
  return true;
}

void Playout::note_refused(Content& content, std::uint64_t samples) {
  if (samples == 0) return;
  if (!content.refused.empty() && content.refused.back().at == content.received)
    content.refused.back().count += samples;
  else
    content.refused.push_back({content.received, samples});
}

std::uint64_t Playout::refused_before(const Content& content, std::uint64_t sample) {
  std::uint64_t samples = 0;
  for (const Hole& hole : content.refused)
    if (hole.at < sample) samples += hole.count;
  return samples;
}

void Playout::content_done(const ContentKey& key) {
  if (Content* content = find(key)) content->done = true;
}

void Playout::response_done(std::string_view response_id) {
  for (Content& content : contents_)
    if (content.key.response_id == response_id) content.done = true;
}

// The content whose turn it is: earlier ones come to their end first, so that two replies never mix.
Playout::Content* Playout::current() {
  for (Content& content : contents_)
    if (unread(content) > 0 || (!content.done && !content.cut)) return &content;
  return nullptr;
}

bool Playout::ready_to_play(const Content& first, std::uint64_t wanted) const {
  if (playing_) return true;
  if (unread(first) == 0) return false;
  if (first.done || first.cut) return true;
  return waiting_ >= held_back(first) && !runs_dry(first, wanted);
}

// Before it starts, or goes on after a hole. A server whose deltas come just in time or late would make a
// hole at each: every time twice as much is held back, for a few pauses and not a chopped voice.
std::uint64_t Playout::held_back(const Content& content) const {
  std::uint64_t ns = options_.cushion_ns;
  if (content.resumes) {
    ns = std::max(ns, least_refill_ns) << std::min(content.holes, most_doublings);
    ns = std::min(ns, std::max(options_.cushion_ns, most_refill_ns));
  }
  return format_.samples_of_ns(ns);
}

FrameInfo Playout::read(std::span<std::uint8_t> frame, std::uint64_t pts, bool breaks) {
  FrameInfo frame_info;
  std::size_t filled = 0;
  span_count_ = 0;
  if (continuous_) catch_up(format_.samples(frame.size()), pts);
  while (filled < frame.size()) {
    Content* content = current();
    if (!content) {
      playing_ = false;
      break;
    }
    if (!ready_to_play(*content, format_.samples(frame.size() - filled))) break;
    if (unread(*content) == 0) {
      note_underrun(*content, frame_info);
      break;
    }
    const bool from_silence = !playing_ || (breaks && filled == 0);
    if (!playing_) frame_info.starts_reply = true;
    playing_ = true;
    const std::span<std::uint8_t> room = frame.subspan(filled);
    const bool dry = runs_dry(*content, format_.samples(room.size()));
    const std::uint64_t before = format_.samples(filled);
    const std::uint64_t count = take(*content, room, pts + format_.ns_of_samples(before));
    const std::uint64_t fade = format_.samples_of_ns(options_.fade_ns);
    const std::span<std::uint8_t> head = room.first(format_.bytes(std::min(count, fade)));
    const bool resumes = std::exchange(content->resumes, false);
    if (resumes) content->whole_since = content->read;
    frame_info.resumes |= resumes;
    if (resumes || (from_silence && begins_hard(format_.encoding, head))) fade_in(format_.encoding, head);
    frame_info.audio_samples += count;
    filled += format_.bytes(count);
    note_cushion(*content);
    if (dry) {
      const std::uint64_t tail = std::min(count, fade);
      fade_out(format_.encoding, room.subspan(format_.bytes(count - tail), format_.bytes(tail)));
      note_underrun(*content, frame_info);
      break;
    }
    if (content->cut && unread(*content) == 0) playing_ = false; // what follows is another reply
  }
  if (!crossing_.empty()) cross_fade(frame.first(filled));
  std::memset(frame.data() + filled, format_.silence_byte(), frame.size() - filled);
  played_ += frame_info.audio_samples;
  if (continuous_) note_quiet(frame);
  return frame_info;
}

// Its audio goes on but has not come: what is left is the last chance to end it without a click, so a fade is
// held back. Then silence, and a new cushion before it resumes.
bool Playout::runs_dry(const Content& content, std::uint64_t wanted) const {
  if (content.done || content.cut) return false;
  return unread(content) < wanted + format_.samples_of_ns(options_.fade_ns);
}

void Playout::note_underrun(Content& content, FrameInfo& info) {
  ++underruns_;
  ++content.delivery.underruns;
  const bool long_ago = content.read - content.whole_since > format_.samples_of_ns(holes_forgotten_ns);
  content.holes = long_ago ? 1 : content.holes + 1;
  content.delivery.cushion_used_ns = options_.cushion_ns;
  info.underrun = true;
  content.resumes = true;
  playing_ = false;
}

void Playout::note_cushion(Content& content) const {
  if (content.done || content.cut) return; // nothing more is to come: it may run out
  const std::uint64_t cushion = format_.samples_of_ns(options_.cushion_ns);
  const std::uint64_t missing = format_.ns_of_samples(cushion - std::min(cushion, unread(content)));
  content.delivery.cushion_used_ns = std::max(content.delivery.cushion_used_ns, missing);
}

std::uint64_t Playout::take(Content& content, std::span<std::uint8_t> out, std::uint64_t pts) {
  std::size_t copied = 0;
  while (copied < out.size() && !content.chunks.empty()) {
    std::vector<std::uint8_t>& chunk = content.chunks.front();
    const std::size_t count = std::min(out.size() - copied, chunk.size() - content.chunk_offset);
    std::memcpy(out.data() + copied, chunk.data() + content.chunk_offset, count);
    copied += count;
    content.chunk_offset += count;
    if (content.chunk_offset == chunk.size()) {
      recycle(std::move(chunk));
      content.chunks.pop_front();
      content.chunk_offset = 0;
    }
  }
  const std::uint64_t samples = format_.samples(copied);
  note_span(content, samples, pts);
  note_segment(content, samples, pts);
  content.read += samples;
  waiting_ -= samples;
  return samples;
}

void Playout::note_span(const Content& content, std::uint64_t count, std::uint64_t pts) {
  if (span_count_ == spans_.size()) spans_.emplace_back();
  PlayedSpan& span = spans_[span_count_++];
  span.key = content.key;
  span.first = content.read;
  span.count = count;
  span.pts = pts;
  span.end = pts + format_.ns_of_samples(count);
}

void Playout::note_segment(Content& content, std::uint64_t count, std::uint64_t pts) {
  if (!content.segments.empty()) {
    Segment& last = content.segments.back();
    const std::uint64_t expected = last.pts + format_.ns_of_samples(last.count);
    const std::uint64_t tolerance = format_.ns_of_samples(1) + 1;
    const bool in_order = last.first + last.count == content.read;
    if (in_order && pts + tolerance >= expected && pts <= expected + tolerance) {
      last.count += count;
      return;
    }
    if (pts > expected + tolerance) content.delivery.gap_ns += pts - expected;
  } else {
    content.first_pts = pts;
  }
  content.segments.push_back({content.read, count, pts});
}

std::uint64_t Playout::heard_by(const Content& content, std::uint64_t now, std::uint64_t delay) {
  std::uint64_t heard = content.heard;
  for (const Segment& segment : content.segments) {
    const std::uint64_t due = segment.pts + delay;
    if (due > now) break;
    heard =
        std::max(heard, segment.first + std::min(segment.count, content.format.samples_of_ns(now - due) + 1));
  }
  return heard;
}

// A stream that never ends must not keep every break in it. What was heard last may be where it is cut.
void Playout::forget_heard(Content& content) {
  std::vector<Segment>& segments = content.segments;
  const auto going_on = std::find_if(segments.begin(), segments.end() - 1, [&](const Segment& segment) {
    return segment.first + segment.count >= content.heard;
  });
  segments.erase(segments.begin(), going_on);
}

// Of a sample that left or is the next to leave.
std::uint64_t Playout::pts_of(const Content& content, std::uint64_t sample) {
  return time_at(content.segments, content.format, sample, Edge::end);
}

void Playout::advance(std::uint64_t now, std::uint64_t delay, std::vector<PlaybackMark>& marks) {
  delay_ = delay;
  for (Content& content : contents_) {
    if (content.segments.empty()) continue;
    content.heard = heard_by(content, now, delay);
    const std::uint64_t start = content.first_pts + delay;
    if (content.heard > 0 && !content.start_marked) {
      content.start_marked = true;
      marks.push_back({PlaybackMark::Kind::started, content.key, {content.first_pts, start, start}});
    }
    if (content.done && !content.cut && content.heard == content.received && content.start_marked &&
        !content.finish_marked) {
      content.finish_marked = true;
      marks.push_back({PlaybackMark::Kind::finished,
                       content.key,
                       {content.first_pts, start, pts_of(content, content.heard) + delay},
                       content.heard,
                       content.format.ms_of_samples(content.heard),
                       content.delivery});
    }
    forget_heard(content);
  }
  drop_finished();
}

// Nothing more will be said about it.
bool Playout::over(const Content& content) {
  if (content.heard != content.received) return false;
  return content.cut || (content.done && (content.finish_marked || content.received == 0));
}

void Playout::drop_finished() {
  std::erase_if(contents_, over);
}

void Playout::drop_waiting(Content& content) {
  waiting_ -= unread(content);
  for (std::vector<std::uint8_t>& chunk : content.chunks)
    recycle(std::move(chunk));
  content.chunks.clear();
  content.chunk_offset = 0;
  content.half_sample.clear();
  content.received = content.read;
}

void Playout::recycle(std::vector<std::uint8_t> chunk) {
  if (spare_.size() < spare_chunks_kept) spare_.push_back(std::move(chunk));
}

bool Playout::idle() const {
  return waiting_ == 0 && std::all_of(contents_.begin(), contents_.end(), over);
}

} // namespace rt::audio

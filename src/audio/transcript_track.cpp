#include "audio/transcript_track.h"

#include <algorithm>
#include <utility>

namespace rt::audio {
namespace {

// Told replies may still be cut behind the reader, in what the sink has not rendered.
constexpr std::size_t told_kept = 8;
// A reply without an end (no text, or no audio) must not be kept for ever.
constexpr std::size_t replies_kept = 64;

} // namespace

TranscriptTrack::Reply* TranscriptTrack::find(const ContentKey& key) {
  const auto it =
      std::find_if(replies_.rbegin(), replies_.rend(), [&](const Reply& r) { return r.key == key; });
  return it == replies_.rend() ? nullptr : &*it;
}

TranscriptTrack::Reply& TranscriptTrack::reply(const Format& format, const ContentKey& key) {
  if (Reply* known = find(key)) return *known;
  replies_.push_back({key, SpokenText(format.rate)});
  return replies_.back();
}

void TranscriptTrack::text(const Format& format, const ContentKey& key, std::string_view delta) {
  Reply& r = reply(format, key);
  r.text.add(delta, r.received);
}

void TranscriptTrack::text_done(const Format& format, const ContentKey& key, std::string_view full) {
  Reply& r = reply(format, key);
  r.text.finish(full, r.received);
}

void TranscriptTrack::received(const Format& format, const ContentKey& key, std::uint64_t samples) {
  reply(format, key).received += samples;
}

void TranscriptTrack::audio_done(const ContentKey& key) {
  if (Reply* r = find(key)) r->audio_done = true;
}

void TranscriptTrack::response_done(std::string_view response_id) {
  for (Reply& r : replies_) {
    if (r.key.response_id != response_id) continue;
    r.audio_done = true;
    r.text.finish({}, r.received);
  }
}

void TranscriptTrack::played(const PlayedSpan& span) {
  Reply* r = find(span.key);
  if (!r) return;
  r->played = span.first + span.count;
  if (!r->spans.empty()) {
    // Frames that follow one another are one span, so that an hour's reply does not grow the list.
    PlayedSpan& last = r->spans.back();
    if (last.first + last.count == span.first && last.end + 1'000 >= span.pts &&
        last.end <= span.pts + 1'000) {
      last.count += span.count;
      last.end = span.end;
      return;
    }
  }
  r->spans.push_back(span);
}

bool TranscriptTrack::told_all(const Reply& reply) {
  return reply.ends_after || (reply.text.finished() && reply.audio_done && reply.told == reply.text.count());
}

bool TranscriptTrack::next_is_due(const Reply& reply) {
  if (reply.spans.empty() || reply.told >= reply.text.count()) return false;
  const std::uint64_t start = reply.text.start_of(reply.told, reply.received, reply.audio_done);
  // Text that came after all of its audio had left is told at the end of it.
  return start < reply.played || (reply.audio_done && reply.played == reply.received);
}

TimedWord TranscriptTrack::next_word(Reply& reply, const Format& format) {
  const SpokenWord word = reply.text.word(reply.told++, reply.received, reply.audio_done);
  const std::uint64_t pts = time_at(reply.spans, format, word.start, Edge::start);
  const std::uint64_t end = time_at(reply.spans, format, word.end, Edge::start);
  const bool last = reply.text.finished() && reply.told == reply.text.count();
  return {word.text, reply.key.item_id, pts, end > pts ? end - pts : 0, last};
}

// What is left to tell of a reply that was cut, and that it is over.
void TranscriptTrack::take_rest(Reply& reply, const Format& format, std::vector<TimedWord>& words) {
  if (std::exchange(reply.cut_told, true)) return;
  const bool any = reply.told < *reply.ends_after;
  while (reply.told < *reply.ends_after)
    words.push_back(next_word(reply, format));
  if (any)
    words.back().last = true;
  else if (reply.told > 0)
    words.push_back({"", reply.key.item_id, 0, 0, true});
}

void TranscriptTrack::take(const Format& format, std::vector<TimedWord>* words, std::uint64_t until) {
  for (Reply& r : replies_) {
    if (r.ends_after) {
      if (words) take_rest(r, format, *words);
      continue;
    }
    while (next_is_due(r)) {
      const std::uint64_t start = r.text.start_of(r.told, r.received, r.audio_done);
      if (time_at(r.spans, format, start, Edge::start) > until) break;
      if (words)
        words->push_back(next_word(r, format));
      else
        ++r.told;
    }
  }
  if (replies_.size() > told_kept) forget_finished();
}

void TranscriptTrack::forget_finished() {
  const auto told = static_cast<std::size_t>(std::count_if(replies_.begin(), replies_.end(), told_all));
  std::size_t spare = told > told_kept ? told - told_kept : 0;
  std::erase_if(replies_, [&](const Reply& r) { return spare > 0 && told_all(r) && spare--; });
  while (replies_.size() > replies_kept)
    replies_.pop_front();
}

std::optional<std::string> TranscriptTrack::cut(const Cut& cut) {
  Reply* r = find(cut.key);
  if (!r) return std::nullopt;
  if (!r->ends_after) r->ends_after = std::max(r->told, r->text.begun(cut.heard, r->received, r->audio_done));
  if (r->text.empty()) return std::nullopt;
  return r->text.first(*r->ends_after);
}

} // namespace rt::audio

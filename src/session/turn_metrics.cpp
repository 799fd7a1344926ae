#include "session/turn_metrics.h"

#include <algorithm>

namespace rt::session {
namespace {

using Time = TurnMetrics::Time;

// A span that ends before it begins was not measured but guessed wrong: of input that was not captured at
// the clock's pace, such as a file that is sent as fast as it can be.
std::optional<std::uint64_t> ms_between(Time begin, Time end) {
  if (!begin || !end || *end < *begin) return std::nullopt;
  return static_cast<std::uint64_t>(std::chrono::duration_cast<Milliseconds>(*end - *begin).count());
}

} // namespace

void TurnTotals::add(const TurnReport& report) {
  ++turns;
  gap_ms += report.delivery.gap_ns / 1'000'000;
  cushion_used_max_ms = std::max(cushion_used_max_ms, report.delivery.cushion_used_ns / 1'000'000);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (!report.spans[i]) continue;
    Span& span = spans[i];
    ++span.count;
    span.sum += *report.spans[i];
    span.min = std::min(span.min, *report.spans[i]);
    span.max = std::max(span.max, *report.spans[i]);
  }
}

TurnMetrics::Turn* TurnMetrics::find(std::string_view response_id) {
  // The newest is by far the likeliest.
  const auto it = std::find_if(turns_.rbegin(), turns_.rend(),
                               [&](const Turn& turn) { return turn.response_id == response_id; });
  return it == turns_.rend() ? nullptr : &*it;
}

void TurnMetrics::response_created(std::string_view response_id) {
  Turn turn;
  turn.response_id = response_id;
  turn.speech_end = speech_end_;
  turns_.push_back(std::move(turn));
}

void TurnMetrics::output(std::string_view response_id, Nanoseconds now) {
  Turn* turn = find(response_id);
  if (!turn || turn->delta) return;
  turn->delta = now;
  // A response that only calls tools answers nothing: the one that follows it does.
  speech_end_ = {};
}

void TurnMetrics::audio_taken(const audio::ContentKey& key) {
  Turn* turn = find(key.response_id);
  if (!turn) return;
  const auto known = [&](const Part& part) {
    return part.first == key.item_id && part.second == key.content_index;
  };
  if (std::find_if(turn->playing.rbegin(), turn->playing.rend(), known) == turn->playing.rend())
    turn->playing.emplace_back(key.item_id, key.content_index);
}

void TurnMetrics::playback_started(const audio::ContentKey& key, Time pushed, Time heard) {
  Turn* turn = find(key.response_id);
  if (!turn || turn->heard) return;
  turn->pushed = pushed;
  turn->heard = heard;
}

void TurnMetrics::over(Turn& turn, const audio::ContentKey& key, const audio::Delivery& delivery) {
  std::erase(turn.playing, Part(key.item_id, key.content_index));
  turn.delivery.underruns += delivery.underruns;
  turn.delivery.gap_ns += delivery.gap_ns;
  turn.delivery.cushion_used_ns = std::max(turn.delivery.cushion_used_ns, delivery.cushion_used_ns);
}

void TurnMetrics::playback_finished(const audio::ContentKey& key, const audio::Delivery& delivery) {
  if (Turn* turn = find(key.response_id)) over(*turn, key, delivery);
}

void TurnMetrics::cut(const audio::Cut& cut, Time pushed, Time heard) {
  Turn* turn = find(cut.key.response_id);
  if (!turn) return;
  if (cut.span) playback_started(cut.key, pushed, heard);
  over(*turn, cut.key, cut.delivery);
  // Items behind the one that was being heard go with it.
  if (!turn->interruption)
    turn->interruption = TurnReport::Interruption{cut.key.item_id, cut.heard_ms, cut.received_ms};
}

void TurnMetrics::playback_over() {
  for (Turn& turn : turns_)
    turn.playing.clear();
}

void TurnMetrics::response_done(std::string_view response_id) {
  if (Turn* turn = find(response_id)) turn->done = true;
}

std::optional<TurnReport> TurnMetrics::take(std::uint64_t dropped_ms, std::uint64_t filled_ms) {
  const auto it = std::find_if(turns_.begin(), turns_.end(),
                               [](const Turn& turn) { return turn.done && turn.playing.empty(); });
  if (it == turns_.end()) return std::nullopt;
  TurnReport report;
  report.response_id = it->response_id;
  report.speech_end = it->speech_end.told;
  const auto set = [&](TurnSpan span, Time begin, Time end) {
    report.spans[static_cast<std::size_t>(span)] = ms_between(begin, end);
  };
  set(TurnSpan::speech_to_delta, it->speech_end.time, it->delta);
  set(TurnSpan::delta_to_push, it->delta, it->pushed);
  set(TurnSpan::push_to_heard, it->pushed, it->heard);
  set(TurnSpan::speech_to_heard, it->speech_end.time, it->heard);
  report.delivery = it->delivery;
  report.interruption = it->interruption;
  report.dropped_ms = dropped_ms - std::min(dropped_ms, std::exchange(dropped_before_ms_, dropped_ms));
  report.filled_ms = filled_ms - std::min(filled_ms, std::exchange(filled_before_ms_, filled_ms));
  turns_.erase(it);
  return report;
}

} // namespace rt::session

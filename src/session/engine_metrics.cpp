// Where the times of a turn come from, and what is told of it. All spans are measured on the loop's clock:
// what is on the wire happens on it, and the times of a pipeline's clock (captured, pushed, heard) are
// carried over by a pair of both clocks that the element's streaming thread read last.
#include "session/engine.h"

namespace rt::session {

TurnMetrics::Time Engine::loop_time(Role role, std::uint64_t clock_time) {
  const auto pair = (*shared_->clocks.lock())[static_cast<std::size_t>(role)];
  if (!pair) return std::nullopt;
  return pair->to_loop(clock_time);
}

std::optional<ClockTime> Engine::input_time(std::optional<CaptureTime> captured) {
  if (!captured) return std::nullopt;
  return ClockTime{captured->clock(), captured->base, shared_->members.pipeline(Role::sink)};
}

ClockTime Engine::output_time(std::uint64_t running_time, std::uint64_t base) {
  return {running_time + base, base, shared_->members.pipeline(Role::src)};
}

void Engine::note_speech_end(std::uint64_t position_ms) {
  SpeechEnd end;
  end.told = input_time(timeline_.end_of_ms(position_ms));
  if (end.told) end.time = loop_time(Role::sink, end.told->ns);
  metrics_.speech_ended(end);
}

void Engine::report_turns() {
  const Uplink::Counters input = shared_->uplink.counters();
  constexpr std::uint64_t ns_per_ms = 1'000'000;
  while (const auto report = metrics_.take(input.dropped_ns / ns_per_ms, input.filled_ns / ns_per_ms))
    tell_turn(*report);
}

void Engine::tell_turn(const TurnReport& report) {
  std::uint64_t connect_ms = 0;
  {
    auto statistics = shared_->statistics.lock();
    statistics->turns.add(report);
    connect_ms = statistics->connect_ms;
  }
  Notice notice =
      Notice(NoticeKind::metrics).with("response-id", report.response_id).with("connect-ms", connect_ms);
  if (report.speech_end) notice = std::move(notice).with("speech-end", *report.speech_end);
  for (std::size_t i = 0; i < report.spans.size(); ++i)
    if (report.spans[i]) notice = std::move(notice).with(turn_span_fields[i], *report.spans[i]);
  notice = std::move(notice)
               .with("underruns", report.delivery.underruns)
               .with("gap-ms", report.delivery.gap_ns / 1'000'000)
               .with("cushion-used-ms", report.delivery.cushion_used_ns / 1'000'000)
               .with("interrupted", report.interruption.has_value())
               .with("input-dropped-ms", report.dropped_ms)
               .with("input-filled-ms", report.filled_ms);
  if (report.interruption)
    notice = std::move(notice)
                 .with("item-id", report.interruption->item_id)
                 .with("heard-ms", report.interruption->heard_ms)
                 .with("received-ms", report.interruption->received_ms);
  notify(notice);
}

// The application ended the output: what was to come counts as heard.
void Engine::output_ended(const std::vector<audio::Cut>& cuts) {
  output_lost(cuts);
  metrics_.playback_over();
  report_turns();
  drain_.advance();
}

} // namespace rt::session

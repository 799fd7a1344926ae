#include "gst/stats.h"

#include <array>

namespace rt::gst {
namespace {

using session::Stats;
using session::TurnSpan;
using session::TurnTotals;
using session::UsageTotals;
using Usage = decltype(UsageTotals::responses);
using Value = std::optional<std::uint64_t>;

template<auto Member>
constexpr StatsRow counter(const char* name) {
  return {name, [](const Stats& stats) -> Value { return stats.*Member; }};
}

template<auto Member>
constexpr StatsRow of_turns(const char* name) {
  return {name, [](const Stats& stats) -> Value { return stats.turns.*Member; }};
}

template<auto Member>
constexpr StatsRow of_responses(const char* name) {
  return {name, [](const Stats& stats) -> Value { return stats.usage.responses.*Member; }};
}

template<auto Member>
constexpr StatsRow of_transcripts(const char* name) {
  return {name, [](const Stats& stats) -> Value { return stats.usage.*Member; }};
}

// Of a span that was never measured there is none.
template<TurnSpan Span, std::uint64_t (*Of)(const TurnTotals::Span&)>
constexpr StatsRow of_span(const char* name) {
  return {name, [](const Stats& stats) -> Value {
            const TurnTotals::Span& span = stats.turns.spans[static_cast<std::size_t>(Span)];
            return span.count ? Value(Of(span)) : std::nullopt;
          }};
}

std::uint64_t min(const TurnTotals::Span& span) {
  return span.min;
}
std::uint64_t mean(const TurnTotals::Span& span) {
  return span.mean();
}
std::uint64_t max(const TurnTotals::Span& span) {
  return span.max;
}

constexpr std::array rows = {
    counter<&Stats::connections>("connections"),
    counter<&Stats::connect_ms>("connect-ms"),
    counter<&Stats::responses>("responses"),
    counter<&Stats::interruptions>("interruptions"),
    counter<&Stats::truncations>("truncations"),
    counter<&Stats::errors>("errors"),
    counter<&Stats::images_sent>("images-sent"),
    counter<&Stats::images_dropped>("images-dropped"),
    of_responses<&Usage::total>("total-tokens"),
    of_responses<&Usage::input>("input-tokens"),
    of_responses<&Usage::input_text>("input-text-tokens"),
    of_responses<&Usage::input_audio>("input-audio-tokens"),
    of_responses<&Usage::input_image>("input-image-tokens"),
    of_responses<&Usage::cached>("cached-tokens"),
    of_responses<&Usage::cached_text>("cached-text-tokens"),
    of_responses<&Usage::cached_audio>("cached-audio-tokens"),
    of_responses<&Usage::cached_image>("cached-image-tokens"),
    of_responses<&Usage::output>("output-tokens"),
    of_responses<&Usage::output_text>("output-text-tokens"),
    of_responses<&Usage::output_audio>("output-audio-tokens"),
    of_transcripts<&UsageTotals::transcription_input>("transcription-input-tokens"),
    of_transcripts<&UsageTotals::transcription_output>("transcription-output-tokens"),
    StatsRow{"transcription-ms", [](const Stats& stats) -> Value { return stats.usage.transcription_ms(); }},
    counter<&Stats::sent_ms>("sent-ms"),
    counter<&Stats::dropped_ms>("dropped-ms"),
    counter<&Stats::filled_ms>("filled-ms"),
    counter<&Stats::uplink_queued_ms>("uplink-queued-ms"),
    counter<&Stats::played_ms>("played-ms"),
    counter<&Stats::waiting_ms>("waiting-ms"),
    counter<&Stats::underruns>("underruns"),
    counter<&Stats::left_out_ms>("left-out-ms"),
    of_turns<&TurnTotals::turns>("turns"),
    of_turns<&TurnTotals::gap_ms>("gap-ms"),
    of_turns<&TurnTotals::cushion_used_max_ms>("cushion-used-ms-max"),
    of_span<TurnSpan::speech_to_delta, min>("speech-to-delta-ms-min"),
    of_span<TurnSpan::speech_to_delta, mean>("speech-to-delta-ms-mean"),
    of_span<TurnSpan::speech_to_delta, max>("speech-to-delta-ms-max"),
    of_span<TurnSpan::delta_to_push, min>("delta-to-push-ms-min"),
    of_span<TurnSpan::delta_to_push, mean>("delta-to-push-ms-mean"),
    of_span<TurnSpan::delta_to_push, max>("delta-to-push-ms-max"),
    of_span<TurnSpan::push_to_heard, min>("push-to-heard-ms-min"),
    of_span<TurnSpan::push_to_heard, mean>("push-to-heard-ms-mean"),
    of_span<TurnSpan::push_to_heard, max>("push-to-heard-ms-max"),
    of_span<TurnSpan::speech_to_heard, min>("speech-to-heard-ms-min"),
    of_span<TurnSpan::speech_to_heard, mean>("speech-to-heard-ms-mean"),
    of_span<TurnSpan::speech_to_heard, max>("speech-to-heard-ms-max"),
};

} // namespace

std::span<const StatsRow> stats_rows() {
  return rows;
}

GstStructure* stats_structure(const Stats& stats) {
  GstStructure* structure =
      gst_structure_new("application/x-realtime-stats", "session-id", G_TYPE_STRING, stats.session_id.c_str(),
                        "model", G_TYPE_STRING, stats.model.c_str(), nullptr);
  for (const StatsRow& row : rows)
    if (const auto value = row.value(stats))
      gst_structure_set(structure, row.name, G_TYPE_UINT64, *value, nullptr);
  return structure;
}

} // namespace rt::gst

// What is reported of a turn, on times that the test makes up.
#include "session/turn_metrics.h"

#include "texts.h"

#include <glib.h>

namespace {

using namespace rt;
using namespace rt::session;
using rt::session::test::assert_text;

using Ms = Milliseconds;
const audio::ContentKey first{"resp_1", "item_1", 0}, second{"resp_1", "item_2", 0};

std::optional<std::uint64_t> span(const TurnReport& report, TurnSpan which) {
  return report.spans[static_cast<std::size_t>(which)];
}

void assert_span(const TurnReport& report, TurnSpan which, std::optional<std::uint64_t> expected) {
  g_assert_true(span(report, which) == expected);
}

void speech_ended(TurnMetrics& metrics, unsigned at_ms) {
  metrics.speech_ended({Ms(at_ms), ClockTime{at_ms * std::uint64_t{1'000'000}}});
}

// The whole of an answer with one item: its speech ended at 1000 ms.
void answer(TurnMetrics& metrics, unsigned delta_ms, unsigned pushed_ms, unsigned heard_ms) {
  speech_ended(metrics, 1000);
  metrics.response_created("resp_1");
  metrics.output("resp_1", Ms(delta_ms));
  metrics.output("resp_1", Ms(delta_ms + 300)); // only the first counts
  metrics.audio_taken(first);
  metrics.playback_started(first, Ms(pushed_ms), Ms(heard_ms));
  metrics.response_done("resp_1");
}

void from_the_end_of_speech_to_the_first_sound() {
  TurnMetrics metrics;
  answer(metrics, 1250, 1400, 1600);
  g_assert_false(metrics.take(0, 0).has_value()); // not heard yet
  metrics.playback_finished(first, {1, 30'000'000, 70'000'000});
  const auto report = metrics.take(0, 0);
  g_assert_true(report.has_value());
  assert_text(report->response_id, "resp_1");
  g_assert_cmpuint(report->speech_end.value().ns, ==, 1'000'000'000);
  assert_span(*report, TurnSpan::speech_to_delta, 250);
  assert_span(*report, TurnSpan::delta_to_push, 150);
  assert_span(*report, TurnSpan::push_to_heard, 200);
  assert_span(*report, TurnSpan::speech_to_heard, 600);
  g_assert_cmpuint(report->delivery.underruns, ==, 1);
  g_assert_cmpuint(report->delivery.gap_ns, ==, 30'000'000);
  g_assert_cmpuint(report->delivery.cushion_used_ns, ==, 70'000'000);
  g_assert_false(report->interruption.has_value());
  g_assert_false(metrics.take(0, 0).has_value()); // once
}

void until_the_last_item_was_heard() {
  TurnMetrics metrics;
  answer(metrics, 1250, 1400, 1600);
  metrics.audio_taken(second);
  metrics.audio_taken(second);
  metrics.playback_finished(first, {1, 10, 50});
  g_assert_false(metrics.take(0, 0).has_value());
  metrics.playback_started(second, Ms(3000), Ms(3200));
  metrics.playback_finished(second, {2, 20, 40});
  const auto report = metrics.take(0, 0);
  assert_span(*report, TurnSpan::speech_to_heard, 600);
  g_assert_cmpuint(report->delivery.underruns, ==, 3);
  g_assert_cmpuint(report->delivery.gap_ns, ==, 30);
  g_assert_cmpuint(report->delivery.cushion_used_ns, ==, 50);
}

// The item that was being heard, not those behind it that nobody heard.
void where_it_was_interrupted() {
  TurnMetrics metrics;
  answer(metrics, 1250, 1400, 1600);
  metrics.audio_taken(second);
  metrics.cut({first, 0, 0, 700, 2000, false, audio::HeardSpan{}, {1, 5, 6}}, Ms(1400), Ms(1600));
  metrics.cut({second, 0, 0, 0, 900, false, std::nullopt, {}}, Ms(1), Ms(1));
  const auto report = metrics.take(0, 0);
  g_assert_true(report->interruption.has_value());
  assert_text(report->interruption->item_id, "item_1");
  g_assert_cmpuint(report->interruption->heard_ms, ==, 700);
  g_assert_cmpuint(report->interruption->received_ms, ==, 2000);
  g_assert_cmpuint(report->delivery.underruns, ==, 1);
  assert_span(*report, TurnSpan::speech_to_heard, 600);
}

// The cut comes before the listener hears the first of what left: it tells when that will be.
void cut_on_its_way_to_the_listener() {
  TurnMetrics metrics;
  speech_ended(metrics, 1000);
  metrics.response_created("resp_1");
  metrics.output("resp_1", Ms(1100));
  metrics.audio_taken(first);
  metrics.response_done("resp_1");
  metrics.cut({first, 0, 0, 40, 500, false, audio::HeardSpan{}, {}}, Ms(1200), Ms(1500));
  const auto report = metrics.take(0, 0);
  assert_span(*report, TurnSpan::push_to_heard, 300);
  assert_span(*report, TurnSpan::speech_to_heard, 500);
}

void cut_before_anything_left() {
  TurnMetrics metrics;
  speech_ended(metrics, 1000);
  metrics.response_created("resp_1");
  metrics.output("resp_1", Ms(1100));
  metrics.audio_taken(first);
  metrics.response_done("resp_1");
  metrics.cut({first, 0, 0, 0, 500, false, std::nullopt, {}}, Ms(0), Ms(0));
  const auto report = metrics.take(0, 0);
  assert_span(*report, TurnSpan::speech_to_delta, 100);
  assert_span(*report, TurnSpan::delta_to_push, std::nullopt);
  assert_span(*report, TurnSpan::speech_to_heard, std::nullopt);
  g_assert_true(report->interruption.has_value());
}

void without_audio() {
  TurnMetrics metrics;
  speech_ended(metrics, 1000);
  metrics.response_created("resp_1");
  metrics.output("resp_1", Ms(1300)); // text
  g_assert_false(metrics.take(0, 0).has_value());
  metrics.response_done("resp_1");
  const auto report = metrics.take(0, 0);
  assert_span(*report, TurnSpan::speech_to_delta, 300);
  assert_span(*report, TurnSpan::delta_to_push, std::nullopt);
}

// A response that only calls tools leaves the question to the one that follows.
void a_tool_call_in_between() {
  TurnMetrics metrics;
  speech_ended(metrics, 1000);
  metrics.response_created("resp_tool");
  metrics.response_done("resp_tool");
  assert_span(*metrics.take(0, 0), TurnSpan::speech_to_delta, std::nullopt);
  metrics.response_created("resp_1");
  metrics.output("resp_1", Ms(4000));
  metrics.response_done("resp_1");
  assert_span(*metrics.take(0, 0), TurnSpan::speech_to_delta, 3000);
  // Answered: what follows unasked answers nothing.
  metrics.response_created("resp_2");
  metrics.output("resp_2", Ms(9000));
  metrics.response_done("resp_2");
  const auto report = metrics.take(0, 0);
  assert_span(*report, TurnSpan::speech_to_delta, std::nullopt);
  g_assert_false(report->speech_end.has_value());
}

void speech_that_is_not_answered_is_forgotten() {
  TurnMetrics metrics;
  speech_ended(metrics, 1000);
  metrics.speech_ended({});
  metrics.response_created("resp_1");
  metrics.output("resp_1", Ms(1500));
  metrics.response_done("resp_1");
  assert_span(*metrics.take(0, 0), TurnSpan::speech_to_delta, std::nullopt);
}

// Input that runs ahead of the clock, and elements without a clock.
void what_cannot_be_measured_is_left_out() {
  TurnMetrics metrics;
  answer(metrics, 900, 950, 1100);
  metrics.playback_finished(first, {});
  auto report = metrics.take(0, 0);
  assert_span(*report, TurnSpan::speech_to_delta, std::nullopt);
  assert_span(*report, TurnSpan::delta_to_push, 50);
  assert_span(*report, TurnSpan::speech_to_heard, 100);

  metrics.speech_ended({std::nullopt, ClockTime{7}});
  metrics.response_created("resp_1");
  metrics.output("resp_1", Ms(1000));
  metrics.audio_taken(first);
  metrics.playback_started(first, std::nullopt, std::nullopt);
  metrics.playback_finished(first, {});
  metrics.response_done("resp_1");
  report = metrics.take(0, 0);
  for (const auto& value : report->spans)
    g_assert_false(value.has_value());
  g_assert_cmpuint(report->speech_end.value().ns, ==, 7);
}

void input_since_the_turn_before() {
  TurnMetrics metrics;
  for (const auto& [dropped, filled] : {std::pair{40u, 100u}, std::pair{40u, 160u}, std::pair{90u, 160u}}) {
    metrics.response_created("resp_1");
    metrics.response_done("resp_1");
    const auto report = metrics.take(dropped, filled);
    g_assert_cmpuint(report->dropped_ms, ==, dropped == 40 ? (filled == 100 ? 40 : 0) : 50);
    g_assert_cmpuint(report->filled_ms, ==, filled == 100 ? 100 : dropped == 40 ? 60 : 0);
  }
}

void nobody_hears_the_rest() {
  TurnMetrics metrics;
  answer(metrics, 1250, 1400, 1600);
  metrics.playback_over();
  assert_span(*metrics.take(0, 0), TurnSpan::speech_to_heard, 600);
}

void of_responses_that_are_none_of_its() {
  TurnMetrics metrics;
  metrics.output("resp_x", Ms(1));
  metrics.audio_taken({"resp_x", "item", 0});
  metrics.playback_started({"resp_x", "item", 0}, Ms(1), Ms(2));
  metrics.cut({{"resp_x", "item", 0}, 0, 0, 0, 0, false, std::nullopt, {}}, Ms(1), Ms(1));
  metrics.playback_finished({"resp_x", "item", 0}, {});
  metrics.response_done("resp_x");
  g_assert_false(metrics.take(0, 0).has_value());
}

void totals() {
  TurnTotals totals;
  TurnReport report;
  report.spans[0] = 300;
  report.delivery = {1, 40'000'000, 60'000'000};
  totals.add(report);
  report.spans[0] = 100;
  report.delivery = {0, 0, 20'000'000};
  totals.add(report);
  report.spans[0] = 203;
  totals.add(report);
  totals.add({});
  g_assert_cmpuint(totals.turns, ==, 4);
  g_assert_cmpuint(totals.spans[0].count, ==, 3);
  g_assert_cmpuint(totals.spans[0].min, ==, 100);
  g_assert_cmpuint(totals.spans[0].mean(), ==, 201);
  g_assert_cmpuint(totals.spans[0].max, ==, 300);
  g_assert_cmpuint(totals.spans[1].count, ==, 0);
  g_assert_cmpuint(totals.spans[1].mean(), ==, 0);
  g_assert_cmpuint(totals.gap_ms, ==, 40);
  g_assert_cmpuint(totals.cushion_used_max_ms, ==, 60);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/turn-metrics/spans", from_the_end_of_speech_to_the_first_sound);
  g_test_add_func("/turn-metrics/items", until_the_last_item_was_heard);
  g_test_add_func("/turn-metrics/interrupted", where_it_was_interrupted);
  g_test_add_func("/turn-metrics/interrupted/on-its-way", cut_on_its_way_to_the_listener);
  g_test_add_func("/turn-metrics/interrupted/unheard", cut_before_anything_left);
  g_test_add_func("/turn-metrics/without-audio", without_audio);
  g_test_add_func("/turn-metrics/tool-call", a_tool_call_in_between);
  g_test_add_func("/turn-metrics/not-answered", speech_that_is_not_answered_is_forgotten);
  g_test_add_func("/turn-metrics/not-measured", what_cannot_be_measured_is_left_out);
  g_test_add_func("/turn-metrics/input", input_since_the_turn_before);
  g_test_add_func("/turn-metrics/playback-over", nobody_hears_the_rest);
  g_test_add_func("/turn-metrics/others", of_responses_that_are_none_of_its);
  g_test_add_func("/turn-metrics/totals", totals);
  return g_test_run();
}

// What is lost of what was asked for reaches the bus: each once, and no flood.
#include "support/element_harness.h"

#include "gst/warning_limit.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;
using namespace rt::protocol;
using rt::gst::WarningLimit;
using rt::session::Warning;

namespace {

std::size_t warnings_with(ElementHarness& h, const std::string& part) {
  const auto texts = h.texts_of(GST_MESSAGE_WARNING);
  return static_cast<std::size_t>(std::count_if(
      texts.begin(), texts.end(), [&](const auto& text) { return text.find(part) != std::string::npos; }));
}

void emit(GstElement* element, const char* name) {
  gboolean accepted = FALSE;
  g_signal_emit_by_name(element, name, &accepted);
}

void emit(GstElement* element, const char* name, const char* argument) {
  gboolean accepted = FALSE;
  g_signal_emit_by_name(element, name, argument, &accepted);
}

} // namespace

GST_START_TEST(each_action_that_a_session_lacks) {
  ElementHarness h;
  h.server.session().type = SessionType::transcription;
  GstElement* sink = h.add_sink({{"session-type", "transcription"}});
  gst_element_set_state(sink, GST_STATE_PLAYING);
  h.connect();
  for (int i = 0; i < 2; ++i) {
    emit(sink, "send-text", "Hello");
    emit(sink, "create-response", nullptr);
    h.run();
  }
  fail_unless_equals_int(warnings_with(h, "No conversation.item.create is sent"), 1);
  fail_unless_equals_int(warnings_with(h, "No response.create is sent"), 1);
}
GST_END_TEST

GST_START_TEST(each_event_that_a_provider_lacks) {
  ElementHarness h;
  h.use_one_pipeline();
  h.transport.set_dialect(Dialect::beta);
  GstElement* sink = h.add_sink({{"provider", "speaches"}, {"model", "m"}});
  GstElement* src = h.add_src();
  gst_element_set_state(sink, GST_STATE_PLAYING);
  h.play_src();
  h.wait_for_frame();
  h.connect();
  h.server.say(h.server.begin_response(), "item_1", ramp(48000));
  h.run();
  h.crank(10);
  emit(src, "interrupt");
  h.run();
  fail_unless_equals_int(warnings_with(h, "No response.cancel is sent"), 1);
  fail_unless_equals_int(warnings_with(h, "No conversation.item.truncate is sent"), 1);
}
GST_END_TEST

GST_START_TEST(each_property_that_cannot_change) {
  ElementHarness h;
  GstElement* src = h.add_src({{"temperature", "0.9"}, {"provider", "openai"}, {"tracing", "auto"}});
  h.play_src();
  h.wait_for_frame();
  h.connect();
  fail_unless_equals_int(warnings_with(h, "'temperature'"), 1);
  h.reply(ramp(2400));
  g_object_set(src, "voice", "ash", nullptr);
  h.run();
  g_object_set(src, "tracing", "{}", nullptr);
  h.run();
  g_object_set(src, "instructions", "Be brief.", nullptr);
  h.run();
  fail_unless_equals_int(warnings_with(h, "'voice'"), 1);
  fail_unless_equals_int(warnings_with(h, "'tracing'"), 1);
  fail_unless_equals_int(warnings_with(h, "'temperature'"), 1);
  // Another run is told again.
  gst_element_set_state(src, GST_STATE_READY);
  h.play_src();
  h.wait_for_frame();
  h.connect();
  fail_unless_equals_int(warnings_with(h, "'temperature'"), 2);
}
GST_END_TEST

GST_START_TEST(repetitions_are_counted) {
  WarningLimit limit;
  const auto pass = [&](std::string text, gint64 now) {
    return limit.pass({Warning::Kind::uplink_dropped, std::move(text)}, now);
  };
  fail_unless(pass("20 ms were dropped", 1) == 0u);
  fail_unless(!pass("40 ms were dropped", 2));
  fail_unless(!pass("400 ms were dropped", WarningLimit::interval_us));
  fail_unless(pass("40 ms were dropped", WarningLimit::interval_us + 1) == 2u);
  fail_unless(limit.pass({Warning::Kind::retrying, "20 ms were dropped"}, 3) == 0u); // another kind
}
GST_END_TEST

GST_START_TEST(a_flood_is_held_back) {
  WarningLimit limit;
  unsigned posted = 0;
  for (unsigned i = 0; i < 1000; ++i) {
    const std::string text(i, 'x');
    if (limit.pass({Warning::Kind::request_refused, text}, i)) ++posted;
  }
  fail_unless_equals_int(posted, WarningLimit::most_of_a_kind);
  const auto kept_back = limit.pass({Warning::Kind::request_refused, "y"}, 2 * WarningLimit::interval_us);
  fail_unless(kept_back == 1000u - posted);
}
GST_END_TEST

static Suite* warnings_suite() {
  Suite* suite = suite_create("warnings");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, each_action_that_a_session_lacks);
  tcase_add_test(tcase, each_event_that_a_provider_lacks);
  tcase_add_test(tcase, each_property_that_cannot_change);
  tcase_add_test(tcase, repetitions_are_counted);
  tcase_add_test(tcase, a_flood_is_held_back);
  return suite;
}

GST_CHECK_MAIN(warnings)

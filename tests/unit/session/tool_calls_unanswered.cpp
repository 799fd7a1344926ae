// Tool calls that take long, or end without the output that was waited for.
#include "recording_listener.h"
#include "tool_calls_fixture.h"

#include <algorithm>

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

using Fixture = ToolCallsFixture;

const Notice& cancelled_notice(const Fixture& f) {
  for (const Notice& notice : f.wire.notices)
    if (notice.kind == NoticeKind::tool_call_cancelled) return notice;
  g_error("no call was cancelled");
}

void times_out() {
  Fixture f;
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.responses.on_done(f.response("resp_1"));
  f.wire.loop.advance(std::chrono::milliseconds(29'999));
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.wire.loop.advance(Milliseconds(1));
  const auto sent = f.wire.take();
  g_assert_cmpuint(sent.size(), ==, 2);
  g_assert_true(contains(output_of(sent[0]).output, "did not answer"));
  g_assert_true(is<ResponseCreate>(sent[1]));
  g_assert_cmpuint(f.wire.warnings.size(), ==, 1);
  g_assert_true(f.wire.warnings[0].kind == Warning::Kind::tool_timed_out);
  g_assert_cmpuint(f.wire.over.size(), ==, 1);
  assert_text(f.wire.over[0], "call_1");
  f.answer("call_1", "late");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
}

// It concerns the calls that wait already.
void the_timeout_changes() {
  Fixture f(0);
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.call("call_2");
  f.responses.on_done(f.response("resp_1"));
  f.answer("call_2", "two");
  f.wire.loop.advance(std::chrono::seconds(20));
  f.tools.set_timeout(std::chrono::seconds(30));
  f.wire.loop.advance(std::chrono::seconds(4));
  f.tools.set_timeout(std::chrono::seconds(25));
  f.wire.loop.advance(std::chrono::milliseconds(999));
  g_assert_cmpuint(f.wire.warnings.size(), ==, 0);
  f.wire.loop.advance(Milliseconds(1));
  g_assert_cmpuint(f.wire.warnings.size(), ==, 1);
  f.call("call_3", "resp_3");
  f.wire.loop.advance(std::chrono::seconds(20));
  f.tools.set_timeout(std::chrono::seconds(10)); // it is late already
  f.wire.loop.run_until_idle();
  g_assert_cmpuint(f.wire.warnings.size(), ==, 2);
  f.call("call_4", "resp_4");
  f.tools.set_timeout(Nanoseconds(0));
  f.responses.set_timeout(Nanoseconds(0));
  g_assert_cmpuint(f.wire.loop.timers(), ==, 0);
}

void answered_in_time() {
  Fixture f;
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.responses.on_done(f.response("resp_1"));
  f.answer("call_1", "one");
  f.responses.on_created(f.response("resp_2"));
  f.responses.on_done(f.response("resp_2"));
  f.wire.loop.advance(std::chrono::seconds(100));
  g_assert_cmpuint(f.wire.warnings.size(), ==, 0);
}

void never_times_out() {
  Fixture f(0);
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.responses.on_done(f.response("resp_1"));
  f.wire.loop.advance(std::chrono::hours(1));
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  g_assert_cmpuint(f.wire.warnings.size(), ==, 0); // nor is the response that ended reported
}

void time_out_is_told() {
  Fixture f;
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.responses.on_done(f.response("resp_1"));
  f.wire.loop.advance(std::chrono::seconds(30));
  const Notice& notice = cancelled_notice(f);
  assert_text(text_of(notice, "call-id"), "call_1");
  assert_text(text_of(notice, "name"), "weather");
  assert_text(text_of(notice, "response-id"), "resp_1");
  assert_text(text_of(notice, "reason"), "timed-out");
}

// The application does not want the answer any more; the model is told, and says nothing.
void cancelled_with_the_response() {
  Fixture f;
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.call("call_2");
  f.answer("call_1", "one");
  f.tools.cancel_all("cancelled");
  f.tools.cancel_all("cancelled");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.responses.on_done(f.response("resp_1"));
  const auto sent = f.wire.take();
  g_assert_cmpuint(sent.size(), ==, 2);
  assert_text(output_of(sent[0]).output, "one");
  g_assert_true(contains(output_of(sent[1]).output, "cancelled"));
  assert_text(text_of(cancelled_notice(f), "call-id"), "call_2");
  assert_text(text_of(cancelled_notice(f), "reason"), "cancelled");
  g_assert_cmpuint(f.wire.over.size(), ==, 1);
  g_assert_true(f.responses.quiet());
  g_assert_cmpuint(f.wire.loop.timers(), ==, 0);
}

void its_item_was_deleted() {
  Fixture f;
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.call("call_2");
  f.responses.on_done(f.response("resp_1"));
  f.answer("call_1", "one");
  f.tools.item_deleted("item_other");
  f.tools.item_deleted("");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.tools.item_deleted("item_call_2");
  assert_text(text_of(cancelled_notice(f), "reason"), "deleted");
  const auto sent = f.wire.take();
  g_assert_cmpuint(sent.size(), ==, 2); // what waited for it goes out
  assert_text(output_of(sent[0]).output, "one");
  f.answer("call_2", "late");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
}

void its_output_was_refused() {
  Fixture f;
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.responses.on_done(f.response("resp_1"));
  f.answer("call_1", "one", false);
  const std::string id = f.wire.take().at(0).event_id;
  g_assert_false(f.tools.on_error({"", "invalid_tool_call_id", "", "", "gst_77"}));
  g_assert_false(f.tools.on_error({"", "invalid_tool_call_id", "", "", ""}));
  g_assert_true(f.tools.on_error({"", "invalid_tool_call_id", "", "", id}));
  assert_text(text_of(cancelled_notice(f), "reason"), "refused");
  g_assert_false(f.tools.on_error({"", "invalid_tool_call_id", "", "", id}));
}

// It was told to be cancelled: that is its end.
void what_the_model_is_told_instead_was_refused() {
  for (const bool timed_out : {true, false}) {
    Fixture f;
    f.responses.on_created(f.response("resp_1"));
    f.call("call_1");
    f.responses.on_done(f.response("resp_1"));
    if (timed_out)
      f.wire.loop.advance(std::chrono::seconds(30));
    else
      f.tools.cancel_all("cancelled");
    g_assert_cmpuint(f.wire.notices.size(), ==, 2);
    g_assert_true(f.tools.on_error({"", "invalid_tool_call_id", "", "", f.wire.take().at(0).event_id}));
    g_assert_cmpuint(f.wire.notices.size(), ==, 2);
  }
}

void the_session_was_lost() {
  Fixture f;
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.tools.lose_all();
  assert_text(text_of(cancelled_notice(f), "reason"), "lost");
  g_assert_true(f.tools.quiet());
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
}

// Its end never came: the output does not wait for good.
void the_parent_was_given_up() {
  Fixture f;
  f.tools.set_timeout(Nanoseconds(0));
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.answer("call_1", "one");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.wire.loop.advance(std::chrono::seconds(300));
  const auto sent = f.wire.take();
  g_assert_cmpuint(sent.size(), ==, 2);
  assert_text(output_of(sent[0]).output, "one");
}

void a_word_while_a_tool_runs() {
  Fixture f;
  f.tools.set_filler_delay(std::chrono::seconds(1));
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.wire.loop.advance(std::chrono::seconds(5)); // the response itself still goes on
  f.line_busy = true;
  f.responses.on_done(f.response("resp_1"));
  f.wire.loop.advance(std::chrono::seconds(3));
  g_assert_cmpuint(f.fillers, ==, 0);
  f.line_busy = false;
  f.wire.loop.advance(std::chrono::seconds(10));
  f.tools.response_over("resp_1"); // it was given up, and ends after all
  f.wire.loop.advance(std::chrono::seconds(10));
  g_assert_cmpuint(f.fillers, ==, 1); // once
}

void no_word_for_a_quick_tool() {
  for (const bool deleted : {false, true}) {
    Fixture f;
    f.tools.set_filler_delay(std::chrono::seconds(1));
    f.responses.on_created(f.response("resp_1"));
    f.call("call_1");
    f.responses.on_done(f.response("resp_1"));
    f.wire.loop.advance(Milliseconds(900));
    if (deleted)
      f.tools.item_deleted("item_call_1");
    else
      f.answer("call_1", "one");
    f.wire.loop.advance(std::chrono::seconds(5));
    g_assert_cmpuint(f.fillers, ==, 0);
  }
}

// From never to a second, and to more of it: a tool that runs already is meant, too.
void the_time_to_a_word_changes() {
  Fixture f;
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.responses.on_done(f.response("resp_1"));
  f.wire.loop.advance(std::chrono::seconds(5));
  f.tools.set_filler_delay(std::chrono::seconds(1));
  f.wire.loop.advance(Milliseconds(900));
  f.tools.set_filler_delay(std::chrono::seconds(2));
  f.wire.loop.advance(Milliseconds(1900));
  g_assert_cmpuint(f.fillers, ==, 0);
  f.wire.loop.advance(Milliseconds(200));
  g_assert_cmpuint(f.fillers, ==, 1);
  f.tools.set_filler_delay(std::chrono::seconds(1));
  f.wire.loop.advance(std::chrono::seconds(5));
  g_assert_cmpuint(f.fillers, ==, 1); // once
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/tool-calls/timeout", times_out);
  g_test_add_func("/tool-calls/timeout/changes", the_timeout_changes);
  g_test_add_func("/tool-calls/in-time", answered_in_time);
  g_test_add_func("/tool-calls/never", never_times_out);
  g_test_add_func("/tool-calls/timeout/told", time_out_is_told);
  g_test_add_func("/tool-calls/cancelled/response", cancelled_with_the_response);
  g_test_add_func("/tool-calls/cancelled/deleted", its_item_was_deleted);
  g_test_add_func("/tool-calls/cancelled/refused", its_output_was_refused);
  g_test_add_func("/tool-calls/cancelled/once", what_the_model_is_told_instead_was_refused);
  g_test_add_func("/tool-calls/cancelled/lost", the_session_was_lost);
  g_test_add_func("/tool-calls/parent/given-up", the_parent_was_given_up);
  g_test_add_func("/tool-calls/filler", a_word_while_a_tool_runs);
  g_test_add_func("/tool-calls/filler/quick", no_word_for_a_quick_tool);
  g_test_add_func("/tool-calls/filler/changes", the_time_to_a_word_changes);
  return g_test_run();
}

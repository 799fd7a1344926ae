// Tool calls: their outputs wait for the response that asked and for each other, then one response follows.
#include "session/tool_calls.h"
#include "fake_wire.h"
#include "texts.h"

#include <algorithm>

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

struct Fixture {
  FakeWire wire;
  Responses responses{wire};
  unsigned fillers = 0;
  bool line_busy = false;
  ToolCalls tools{wire, responses, [this] {
                    if (!line_busy) ++fillers;
                    return !line_busy;
                  }};

  explicit Fixture(unsigned tool_seconds = 30) {
    responses.set_timeout(std::chrono::seconds(300));
    tools.set_timeout(std::chrono::seconds(tool_seconds));
    wire.on_response_over = [this](const std::string& id) { tools.response_over(id); };
  }
  static Response response(const std::string& id) {
    Response r;
    r.id = id;
    r.conversation_id = "conv_1";
    return r;
  }
  static Item item(const std::string& call_id, const std::string& arguments = R"({"city":"Ulm"})") {
    Item call;
    call.type = Item::Type::function_call;
    call.id = "item_" + call_id;
    call.call_id = call_id;
    call.name = "weather";
    call.arguments = arguments;
    return call;
  }
  void answer(const std::string& call_id, const std::string& output, bool respond = true) {
    tools.output(call_id, output, respond);
  }
  void call(const std::string& call_id, const std::string& response_id = "resp_1") {
    tools.announce(response_id, item(call_id));
  }
};

const Item& output_of(const FakeWire::Sent& sent) {
  const auto* create = std::get_if<ItemCreate>(&sent.body);
  g_assert_nonnull(create);
  g_assert_true(create->item.type == Item::Type::function_call_output);
  return create->item;
}

void announced_once() {
  Fixture f;
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.call("call_1");
  g_assert_cmpuint(f.wire.notices.size(), ==, 1);
  const Notice& notice = f.wire.notices[0];
  g_assert_true(notice.kind == NoticeKind::tool_call);
  g_assert_cmpuint(notice.fields.size(), ==, 6);
  g_assert_true(f.tools.knows("call_1"));
  g_assert_false(f.tools.knows("call_2"));
}

void waits_for_the_parent() {
  Fixture f;
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.answer("call_1", "{\"sky\":\"blue\"}");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.responses.on_done(f.response("resp_1"));
  const auto sent = f.wire.take();
  g_assert_cmpuint(sent.size(), ==, 2);
  assert_text(output_of(sent[0]).call_id, "call_1");
  assert_text(output_of(sent[0]).output, "{\"sky\":\"blue\"}");
  g_assert_true(is<ResponseCreate>(sent[1]));
}

void waits_for_each_other() {
  Fixture f;
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.call("call_2");
  f.responses.on_done(f.response("resp_1"));
  f.answer("call_2", "two");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  g_assert_false(f.tools.quiet());
  g_assert_true(contains(f.tools.what_is_open(), "call_1"));
  f.answer("call_1", "one");
  const auto sent = f.wire.take();
  g_assert_cmpuint(sent.size(), ==, 3); // both, then one response
  assert_text(output_of(sent[0]).output, "one");
  assert_text(output_of(sent[1]).output, "two");
  g_assert_true(is<ResponseCreate>(sent[2]));
}

// Calls of different responses do not hold each other back, but their answers come one by one.
void of_two_responses() {
  Fixture f;
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1", "resp_1");
  f.responses.on_done(f.response("resp_1"));
  f.responses.on_created(f.response("resp_2"));
  f.call("call_2", "resp_2");
  f.answer("call_1", "one");
  assert_text(output_of(f.wire.take().at(0)).output, "one"); // its response waits for resp_2
  f.answer("call_2", "two");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.responses.on_done(f.response("resp_2"));
  const auto sent = f.wire.take();
  g_assert_cmpuint(sent.size(), ==, 2);
  assert_text(output_of(sent[0]).output, "two");
  g_assert_true(is<ResponseCreate>(sent[1]));
}

void unknown_or_second_output() {
  Fixture f;
  f.answer("call_9", "?");
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.responses.on_done(f.response("resp_1"));
  f.answer("call_1", "one");
  f.wire.take();
  f.answer("call_1", "again");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
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

const Notice& cancelled_notice(const Fixture& f) {
  for (const Notice& notice : f.wire.notices)
    if (notice.kind == NoticeKind::tool_call_cancelled) return notice;
  g_error("no call was cancelled");
}

std::string text_of(const Notice& notice, std::string_view name) {
  for (const auto& [key, value] : notice.fields)
    if (key == name) return std::get<std::string>(value);
  return "";
}

const Notice::Fields* args_of(const Notice& notice) {
  for (const auto& [key, value] : notice.fields)
    if (key == "args") return &std::get<Notice::Fields>(value);
  return nullptr;
}

void without_a_response() {
  Fixture f;
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.answer("call_1", "one", false);
  f.responses.on_done(f.response("resp_1"));
  assert_text(output_of(f.wire.take().at(0)).output, "one");
  g_assert_true(f.responses.quiet());

  // Another call of the same response asks for one.
  Fixture g;
  g.responses.on_created(g.response("resp_1"));
  g.call("call_1");
  g.call("call_2");
  g.responses.on_done(g.response("resp_1"));
  g.answer("call_1", "one", true);
  g.answer("call_2", "two", false);
  const auto sent = g.wire.take();
  g_assert_cmpuint(sent.size(), ==, 3);
  g_assert_true(is<ResponseCreate>(sent[2]));
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

// When the server has taken every output, a response that it begins by itself answers them.
void taken_outputs_need_no_second_answer() {
  for (const bool both : {true, false}) {
    Fixture f;
    f.responses.on_created(f.response("resp_1"));
    f.call("call_1");
    f.call("call_2");
    f.responses.on_done(f.response("resp_1"));
    f.responses.expect(); // the caller spoke meanwhile
    f.answer("call_1", "one");
    f.answer("call_2", "two");
    g_assert_cmpuint(f.wire.take().size(), ==, 2);
    f.tools.output_taken("call_1");
    if (both) f.tools.output_taken("call_2");
    f.responses.on_created(f.response("resp_turn"));
    f.responses.on_done(f.response("resp_turn"));
    g_assert_cmpuint(f.wire.sent.size(), ==, both ? 0 : 1);
  }
}

// The server does not tell that it took them; that it begins what was asked for behind them says so.
void taken_without_a_word() {
  Fixture f;
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.responses.on_done(f.response("resp_1"));
  g_assert_true(f.tools.all_taken());
  f.answer("call_1", "one");
  g_assert_false(f.tools.all_taken());
  f.responses.on_created(f.response("resp_2"));
  g_assert_true(f.tools.all_taken());
  f.call("call_2", "resp_2");
  f.answer("call_2", "two");
  f.responses.expect();
  f.responses.on_done(f.response("resp_2"));
  f.responses.on_created(f.response("resp_turn")); // it may not have read it
  g_assert_false(f.tools.all_taken());
  f.responses.on_done(f.response("resp_turn"));
  f.responses.on_created(f.response("resp_3"));
  g_assert_true(f.tools.all_taken());
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

void flat_arguments_are_fields() {
  Fixture f;
  f.tools.announce(
      "resp_1", f.item("call_1", R"({"city":"Ulm","days":3,"big":1e3,"part":0.5,"now":true,"zone":null})"));
  const Notice::Fields* args = args_of(f.wire.notices.at(0));
  g_assert_nonnull(args);
  g_assert_cmpuint(args->size(), ==, 5);
  assert_text(std::get<std::string>((*args)[0].second), "Ulm");
  g_assert_cmpint(std::get<std::int64_t>((*args)[1].second), ==, 3);
  g_assert_cmpint(std::get<std::int64_t>((*args)[2].second), ==, 1000);
  g_assert_cmpfloat(std::get<double>((*args)[3].second), ==, 0.5);
  g_assert_true(std::get<bool>((*args)[4].second));
}

void other_arguments_are_not() {
  Fixture f;
  const char* const texts[] = {R"({"at":{"x":1}})",
                               R"({"list":[1]})",
                               R"({"two words":1})",
                               R"({"":1})",
                               R"({"1st":1})",
                               "[1]",
                               "no JSON",
                               ""};
  unsigned count = 0;
  for (const char* text : texts) {
    f.tools.announce("resp_1", f.item("call_" + std::to_string(count), text));
    g_assert_null(args_of(f.wire.notices.at(count++)));
  }
}

// The conversation has no such call: its output would be refused there, and an answer asked for that nobody
// wanted.
void of_an_out_of_band_response() {
  Fixture f;
  f.tools.set_filler_delay(std::chrono::seconds(1));
  ResponseOptions options;
  options.conversation = "none";
  options.metadata = Json{R"({"topic":"mood"})"};
  f.responses.create(options);
  Response aside;
  aside.id = "resp_1";
  f.wire.take();
  f.responses.on_created(aside);
  f.call("call_1");
  const Notice& notice = f.wire.notices.at(0);
  g_assert_true(notice.kind == NoticeKind::tool_call);
  assert_text(text_of(notice, "metadata"), R"({"topic":"mood"})");
  g_assert_true(
      std::ranges::count(notice.fields, "out-of-band", [](const auto& field) { return field.first; }) == 1);
  g_assert_true(f.tools.quiet()); // nobody waits for it
  f.responses.on_done(aside);
  f.answer("call_1", "sunny");
  f.wire.loop.advance(std::chrono::minutes(5));
  f.tools.cancel_all("cancelled");
  f.tools.lose_all();
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  g_assert_cmpuint(f.wire.warnings.size(), ==, 0);
  g_assert_cmpuint(f.wire.notices.size(), ==, 1);
  g_assert_cmpuint(f.fillers, ==, 0);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/tool-calls/announced-once", announced_once);
  g_test_add_func("/tool-calls/parent", waits_for_the_parent);
  g_test_add_func("/tool-calls/each-other", waits_for_each_other);
  g_test_add_func("/tool-calls/two-responses", of_two_responses);
  g_test_add_func("/tool-calls/unknown", unknown_or_second_output);
  g_test_add_func("/tool-calls/timeout", times_out);
  g_test_add_func("/tool-calls/timeout/changes", the_timeout_changes);
  g_test_add_func("/tool-calls/in-time", answered_in_time);
  g_test_add_func("/tool-calls/never", never_times_out);
  g_test_add_func("/tool-calls/silent", without_a_response);
  g_test_add_func("/tool-calls/timeout/told", time_out_is_told);
  g_test_add_func("/tool-calls/cancelled/response", cancelled_with_the_response);
  g_test_add_func("/tool-calls/cancelled/deleted", its_item_was_deleted);
  g_test_add_func("/tool-calls/cancelled/refused", its_output_was_refused);
  g_test_add_func("/tool-calls/cancelled/once", what_the_model_is_told_instead_was_refused);
  g_test_add_func("/tool-calls/cancelled/lost", the_session_was_lost);
  g_test_add_func("/tool-calls/parent/given-up", the_parent_was_given_up);
  g_test_add_func("/tool-calls/taken", taken_outputs_need_no_second_answer);
  g_test_add_func("/tool-calls/taken/untold", taken_without_a_word);
  g_test_add_func("/tool-calls/filler", a_word_while_a_tool_runs);
  g_test_add_func("/tool-calls/filler/quick", no_word_for_a_quick_tool);
  g_test_add_func("/tool-calls/filler/changes", the_time_to_a_word_changes);
  g_test_add_func("/tool-calls/out-of-band", of_an_out_of_band_response);
  g_test_add_func("/tool-calls/args", flat_arguments_are_fields);
  g_test_add_func("/tool-calls/args/none", other_arguments_are_not);
  return g_test_run();
}

// Tool calls: their outputs wait for the response that asked and for each other, then one response follows.
#include "recording_listener.h"
#include "tool_calls_fixture.h"

#include <algorithm>

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

using Fixture = ToolCallsFixture;

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
  g_test_add_func("/tool-calls/silent", without_a_response);
  g_test_add_func("/tool-calls/taken", taken_outputs_need_no_second_answer);
  g_test_add_func("/tool-calls/taken/untold", taken_without_a_word);
  g_test_add_func("/tool-calls/out-of-band", of_an_out_of_band_response);
  g_test_add_func("/tool-calls/args", flat_arguments_are_fields);
  g_test_add_func("/tool-calls/args/none", other_arguments_are_not);
  return g_test_run();
}

// Tool calls: their outputs wait for the response that asked and for each other, then one response follows.
#include "fake_wire.h"
#include "session/responses.h"
#include "texts.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

struct Fixture {
  FakeWire wire;
  Responses responses{wire};

  explicit Fixture(unsigned tool_seconds = 30) {
    responses.set_timeouts({std::chrono::seconds(300), std::chrono::seconds(tool_seconds)});
  }
  static Response response(const std::string& id) {
    Response r;
    r.id = id;
    r.conversation_id = "conv_1";
    return r;
  }
  void call(const std::string& call_id, const std::string& response_id = "resp_1") {
    responses.on_tool_call(response_id, "item_" + call_id, call_id, "weather", "{\"city\":\"Ulm\"}");
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
  g_assert_cmpuint(notice.fields.size(), ==, 5);
  g_assert_true(f.responses.knows_tool("call_1"));
  g_assert_false(f.responses.knows_tool("call_2"));
}

void waits_for_the_parent() {
  Fixture f;
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.responses.tool_output("call_1", "{\"sky\":\"blue\"}");
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
  f.responses.tool_output("call_2", "two");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  g_assert_false(f.responses.quiet());
  g_assert_true(contains(f.responses.what_is_open(), "call_1"));
  f.responses.tool_output("call_1", "one");
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
  f.responses.tool_output("call_1", "one");
  assert_text(output_of(f.wire.take().at(0)).output, "one"); // its response waits for resp_2
  f.responses.tool_output("call_2", "two");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.responses.on_done(f.response("resp_2"));
  const auto sent = f.wire.take();
  g_assert_cmpuint(sent.size(), ==, 2);
  assert_text(output_of(sent[0]).output, "two");
  g_assert_true(is<ResponseCreate>(sent[1]));
}

void unknown_or_second_output() {
  Fixture f;
  f.responses.tool_output("call_9", "?");
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.responses.on_done(f.response("resp_1"));
  f.responses.tool_output("call_1", "one");
  f.wire.take();
  f.responses.tool_output("call_1", "again");
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
  f.responses.tool_output("call_1", "late");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
}

void answered_in_time() {
  Fixture f;
  f.responses.on_created(f.response("resp_1"));
  f.call("call_1");
  f.responses.on_done(f.response("resp_1"));
  f.responses.tool_output("call_1", "one");
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

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/responses/tools/announced-once", announced_once);
  g_test_add_func("/responses/tools/parent", waits_for_the_parent);
  g_test_add_func("/responses/tools/each-other", waits_for_each_other);
  g_test_add_func("/responses/tools/two-responses", of_two_responses);
  g_test_add_func("/responses/tools/unknown", unknown_or_second_output);
  g_test_add_func("/responses/tools/timeout", times_out);
  g_test_add_func("/responses/tools/in-time", answered_in_time);
  g_test_add_func("/responses/tools/never", never_times_out);
  return g_test_run();
}

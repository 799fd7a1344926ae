// The response that is asked for after the outputs of tools.
#include "responses_fixture.h"

#include "session/own_metadata.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

using Fixture = ResponsesFixture;

void one_follow_up() {
  Fixture f;
  f.created("resp_1");
  f.responses.follow_up();
  f.responses.follow_up();
  f.done("resp_1");
  f.wire.take_one<ResponseCreate>();
  f.responses.follow_up(); // of outputs that came since
  f.created("resp_2");
  f.done("resp_2");
  f.wire.take_one<ResponseCreate>();
}

// A response that began when the server had the outputs is the answer to them.
void follow_up_answered_by_another() {
  for (const bool known : {true, false}) {
    Fixture f;
    f.created("resp_1");
    f.responses.follow_up();
    f.responses.expect();
    f.done("resp_1");
    if (known) f.responses.outputs_known();
    f.created("resp_turn");
    f.done("resp_turn");
    g_assert_cmpuint(f.wire.sent.size(), ==, known ? 0 : 1);
  }
}

// The caller interrupts the response that called: what follows waits for what he says.
void follow_up_waits_for_the_callers_turn() {
  for (const bool known : {true, false}) {
    Fixture f;
    f.created("resp_1");
    f.responses.caller_speaks();
    f.responses.expect_no_more();
    f.done("resp_1");
    f.responses.follow_up();
    if (known) f.responses.outputs_known();
    f.pass(20);
    f.responses.caller_stopped();
    g_assert_cmpuint(f.wire.sent.size(), ==, 0);
    f.responses.expect();
    f.responses.turn_over();
    f.created("resp_turn");
    g_assert_cmpuint(f.wire.sent.size(), ==, 0);
    f.done("resp_turn");
    g_assert_cmpuint(f.wire.sent.size(), ==, known ? 0 : 1);
  }
}

// Nobody answers the turn, or nobody tells of its commit.
void follow_up_after_a_turn_without_an_answer() {
  for (const bool told : {true, false}) {
    Fixture f;
    f.responses.caller_speaks();
    f.responses.follow_up();
    f.responses.caller_stopped();
    g_assert_cmpuint(f.wire.sent.size(), ==, 0);
    if (told)
      f.responses.turn_over();
    else
      f.pass(2);
    f.wire.take_one<ResponseCreate>();
    g_assert_cmpuint(f.wire.warnings.size(), ==, 0);
  }
}

// It was asked for now, whoever speaks, and tells the outputs as well.
void what_is_asked_for_while_the_caller_speaks() {
  Fixture f;
  f.responses.caller_speaks();
  f.responses.follow_up();
  f.responses.outputs_known();
  f.responses.create(f.say("Stop, please."));
  assert_text(*f.wire.take_one<ResponseCreate>().options.instructions, "Stop, please.");
  f.created("resp_1");
  f.done("resp_1");
  f.responses.turn_over();
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
}

void follow_up_is_not_answered_without_its_context() {
  Fixture f;
  ResponseOptions options;
  options.input = Json{"[]"};
  f.responses.create(options);
  f.wire.take();
  f.responses.follow_up();
  f.responses.outputs_known();
  f.created("resp_1");
  f.done("resp_1");
  f.wire.take_one<ResponseCreate>();
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/responses/follow-up/one", one_follow_up);
  g_test_add_func("/responses/follow-up/answered", follow_up_answered_by_another);
  g_test_add_func("/responses/follow-up/turn", follow_up_waits_for_the_callers_turn);
  g_test_add_func("/responses/follow-up/turn/unanswered", follow_up_after_a_turn_without_an_answer);
  g_test_add_func("/responses/follow-up/turn/asked-for", what_is_asked_for_while_the_caller_speaks);
  g_test_add_func("/responses/follow-up/other-context", follow_up_is_not_answered_without_its_context);
  return g_test_run();
}

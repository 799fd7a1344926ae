// One response.create at a time, cancelling what does not exist yet, and what becomes of unheard items.
#include "responses_fixture.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

using Fixture = ResponsesFixture;

void one_at_a_time() {
  Fixture f;
  f.responses.create(f.say("first"));
  f.responses.create(f.say("second"));
  assert_text(*f.wire.take_one<ResponseCreate>().options.instructions, "first");
  f.created("resp_1");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  g_assert_false(f.responses.quiet());
  f.done("resp_1");
  assert_text(*f.wire.take_one<ResponseCreate>().options.instructions, "second");
  f.created("resp_2");
  f.done("resp_2");
  g_assert_true(f.responses.quiet());
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
}

void waits_for_the_answer_to_a_turn() {
  Fixture f;
  f.responses.expect();
  f.responses.create({});
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.created("resp_1"); // the server's own
  f.done("resp_1");
  f.wire.take_one<ResponseCreate>();
}

// Ours was under way when the server began its own.
void refused_while_another_is_active() {
  Fixture f;
  f.responses.create(f.say("mine"));
  const std::string id = f.asked();
  f.responses.expect();
  f.created("resp_1");
  g_assert_true(f.refused(id, active_already) == Fixture::Refused::put_back);
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.done("resp_1");
  assert_text(*f.wire.take_one<ResponseCreate>().options.instructions, "mine");
}

// The refusal comes before the news of the response that caused it.
void refused_before_the_other_is_known() {
  Fixture f;
  f.responses.create(f.say("mine"));
  g_assert_true(f.refused(f.asked(), active_already) == Fixture::Refused::put_back);
  f.responses.create(f.say("second"));
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.created("resp_1");
  f.done("resp_1");
  assert_text(*f.wire.take_one<ResponseCreate>().options.instructions, "mine");
}

void refused_for_another_reason() {
  Fixture f;
  f.responses.create(f.say("bad"));
  f.responses.create(f.say("good"));
  const std::string id = f.asked();
  g_assert_true(f.refused("gst_77", "invalid_value") == Fixture::Refused::nothing);
  g_assert_true(f.refused("", "invalid_value") == Fixture::Refused::nothing);
  g_assert_true(f.refused(id, "invalid_value") == Fixture::Refused::lost);
  assert_text(*f.wire.take_one<ResponseCreate>().options.instructions, "good");
}

void cancel_nothing() {
  Fixture f;
  g_assert_false(f.responses.cancel(Responses::Cancel::words_and_calls));
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
}

void cancel_open_by_id() {
  Fixture f;
  f.created("resp_1");
  f.created("resp_2");
  g_assert_true(f.responses.cancel(Responses::Cancel::words_and_calls));
  const auto sent = f.wire.take();
  g_assert_cmpuint(sent.size(), ==, 2);
  assert_text(*std::get<ResponseCancel>(sent[0].body).response_id, "resp_1");
  assert_text(*std::get<ResponseCancel>(sent[1].body).response_id, "resp_2");
}

void cancel_without_ids() {
  Fixture f;
  f.responses.set_cancels_by_id(false);
  f.created("resp_1");
  f.responses.cancel(Responses::Cancel::words_and_calls);
  g_assert_false(f.wire.take_one<ResponseCancel>().response_id.has_value());
}

void cancel_before_created() {
  Fixture f;
  f.responses.create({});
  f.responses.create(f.say("queued: never sent"));
  f.wire.take();
  g_assert_true(f.responses.cancel(Responses::Cancel::words_and_calls));
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.created("resp_1");
  assert_text(*f.wire.take_one<ResponseCancel>().response_id, "resp_1");
  g_assert_true(f.responses.discarded("resp_1"));
  f.done("resp_1");
  g_assert_true(f.responses.quiet());
  // The next one is not hit by it.
  f.responses.create({});
  f.wire.take();
  f.created("resp_2");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  g_assert_false(f.responses.discarded("resp_2"));
}

// The server's own and ours are both under way: both are cancelled when they come.
void cancel_two_before_created() {
  Fixture f;
  f.responses.create({});
  f.wire.take();
  f.responses.expect();
  g_assert_true(f.responses.cancel(Responses::Cancel::words_and_calls));
  f.responses.expect(); // a turn after the cancel is not meant
  f.created("resp_1");
  assert_text(*f.wire.take_one<ResponseCancel>().response_id, "resp_1");
  f.done("resp_1");
  f.created("resp_2");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.done("resp_2");
  f.created("resp_3");
  assert_text(*f.wire.take_one<ResponseCancel>().response_id, "resp_3");
}

// What was cancelled is not asked for again because it was refused.
void cancelled_and_refused() {
  Fixture f;
  f.responses.create({});
  const std::string id = f.asked();
  f.created("resp_other", true); // takes the place of the answer to our request
  f.responses.expect();
  f.responses.cancel(Responses::Cancel::words_and_calls);
  f.wire.take();
  f.refused(id, active_already);
  f.done("resp_other");
  for (const auto& sent : f.wire.take())
    g_assert_false(is<ResponseCreate>(sent));

  Fixture g;
  g.responses.create({});
  const std::string second = g.asked();
  g.responses.cancel(Responses::Cancel::words_and_calls);
  g.refused(second, active_already);
  g.created("resp_1");
  g.done("resp_1");
  for (const auto& sent : g.wire.take())
    g_assert_false(is<ResponseCreate>(sent));
}

void out_of_band() {
  Fixture f;
  f.created("resp_0"); // by a server that names the conversation
  f.done("resp_0");
  f.responses.create({});
  f.wire.take();
  f.responses.create(f.beside()); // at once
  f.wire.take_one<ResponseCreate>();
  f.created("resp_aside", false);
  g_assert_true(f.responses.out_of_band("resp_aside"));
  f.created("resp_1");
  g_assert_false(f.responses.out_of_band("resp_1"));
  // It neither holds others back nor is cancelled with them.
  f.done("resp_1");
  f.responses.create({});
  f.wire.take_one<ResponseCreate>();
  f.created("resp_2");
  f.responses.cancel(Responses::Cancel::words_and_calls);
  assert_text(*f.wire.take_one<ResponseCancel>().response_id, "resp_2");
  f.done("resp_2");
  g_assert_false(f.responses.quiet());
  f.done("resp_aside");
  g_assert_true(f.responses.quiet());
}

void out_of_band_refused() {
  Fixture f;
  f.responses.create(f.beside());
  g_assert_true(f.refused(f.asked(), "invalid_value") == Fixture::Refused::lost);
  g_assert_true(f.responses.quiet());
}

// Some servers never name the conversation: that alone makes no response out of band.
void no_conversation_id() {
  Fixture f;
  f.responses.create({});
  f.wire.take();
  f.created("resp_1", false);
  g_assert_false(f.responses.out_of_band("resp_1"));
  f.done("resp_1");
  g_assert_true(f.responses.quiet());
}

void unheard_items_are_deleted_at_the_end() {
  Fixture f;
  f.created("resp_1");
  f.responses.note_audio("resp_1", "item_heard");
  f.responses.discard_open();
  g_assert_true(f.responses.discarded("resp_1"));
  f.responses.note_unheard("resp_1", "item_heard"); // cut where it was heard, not deleted
  f.responses.note_unheard("resp_1", "item_late");
  f.responses.note_unheard("resp_1", "item_late");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.done("resp_1");
  assert_text(f.wire.take_one<ItemDelete>().item_id, "item_late");
  g_assert_false(f.responses.discarded("resp_1"));
}

void later_responses_are_not_discarded() {
  Fixture f;
  f.created("resp_1");
  f.responses.discard_open();
  f.created("resp_2");
  g_assert_true(f.responses.discarded("resp_1"));
  g_assert_false(f.responses.discarded("resp_2"));
}

void silence_is_reported_once() {
  Fixture f;
  f.responses.create({});
  f.wire.loop.advance(std::chrono::seconds(20));
  f.created("resp_1");
  f.wire.loop.advance(std::chrono::seconds(20));
  g_assert_true(f.responses.on_event("resp_1"));
  f.wire.loop.advance(std::chrono::milliseconds(29'999));
  g_assert_cmpuint(f.wire.warnings.size(), ==, 0);
  f.wire.loop.advance(Milliseconds(1));
  g_assert_cmpuint(f.wire.warnings.size(), ==, 1);
  g_assert_true(f.wire.warnings[0].kind == Warning::Kind::response_timed_out);
  g_assert_true(contains(f.wire.warnings[0].text, "resp_1"));
  f.wire.loop.advance(std::chrono::seconds(300));
  g_assert_cmpuint(f.wire.warnings.size(), ==, 1);
  // It holds nobody back any more.
  f.wire.take();
  f.responses.create({});
  f.wire.take_one<ResponseCreate>();
}

void an_expected_answer_is_given_up() {
  Fixture f;
  f.responses.expect();
  f.responses.create({});
  f.wire.loop.advance(std::chrono::seconds(30));
  g_assert_cmpuint(f.wire.warnings.size(), ==, 1);
  f.wire.take_one<ResponseCreate>();
}

void no_timeout_no_report() {
  Fixture f;
  f.responses.set_timeout(Nanoseconds(0));
  f.responses.create({});
  g_assert_cmpuint(f.wire.loop.timers(), ==, 0);
}

// It concerns what is open already.
void the_timeout_changes() {
  Fixture f;
  f.responses.set_timeout(std::chrono::seconds(0));
  f.created("resp_1");
  f.wire.loop.advance(std::chrono::seconds(40));
  f.responses.set_timeout(std::chrono::seconds(60));
  f.wire.loop.advance(std::chrono::seconds(10));
  g_assert_cmpuint(f.wire.warnings.size(), ==, 0);
  f.responses.set_timeout(std::chrono::seconds(55));
  f.wire.loop.advance(std::chrono::milliseconds(4999));
  g_assert_cmpuint(f.wire.warnings.size(), ==, 0);
  f.wire.loop.advance(Milliseconds(1));
  g_assert_cmpuint(f.wire.warnings.size(), ==, 1);
  f.created("resp_2");
  f.wire.loop.advance(std::chrono::seconds(20));
  f.responses.set_timeout(std::chrono::seconds(5)); // it is late already
  f.wire.loop.run_until_idle();
  g_assert_cmpuint(f.wire.warnings.size(), ==, 2);
  f.created("resp_3");
  f.responses.set_timeout(std::chrono::seconds(0));
  g_assert_cmpuint(f.wire.loop.timers(), ==, 0);
}

void nothing_runs_after_reset() {
  Fixture f;
  f.responses.create({});
  f.created("resp_1");
  f.responses.reset();
  g_assert_cmpuint(f.wire.loop.timers(), ==, 0);
  g_assert_true(f.responses.quiet());
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/responses/sequence/one-at-a-time", one_at_a_time);
  g_test_add_func("/responses/sequence/turn", waits_for_the_answer_to_a_turn);
  g_test_add_func("/responses/sequence/already-active", refused_while_another_is_active);
  g_test_add_func("/responses/sequence/already-active-early", refused_before_the_other_is_known);
  g_test_add_func("/responses/sequence/refused", refused_for_another_reason);
  g_test_add_func("/responses/cancel/nothing", cancel_nothing);
  g_test_add_func("/responses/cancel/by-id", cancel_open_by_id);
  g_test_add_func("/responses/cancel/without-ids", cancel_without_ids);
  g_test_add_func("/responses/cancel/before-created", cancel_before_created);
  g_test_add_func("/responses/cancel/two-before-created", cancel_two_before_created);
  g_test_add_func("/responses/cancel/refused", cancelled_and_refused);
  g_test_add_func("/responses/out-of-band", out_of_band);
  g_test_add_func("/responses/out-of-band/refused", out_of_band_refused);
  g_test_add_func("/responses/out-of-band/no-conversation-id", no_conversation_id);
  g_test_add_func("/responses/unheard-items", unheard_items_are_deleted_at_the_end);
  g_test_add_func("/responses/discard", later_responses_are_not_discarded);
  g_test_add_func("/responses/timeout/reported-once", silence_is_reported_once);
  g_test_add_func("/responses/timeout/expected", an_expected_answer_is_given_up);
  g_test_add_func("/responses/timeout/none", no_timeout_no_report);
  g_test_add_func("/responses/timeout/changes", the_timeout_changes);
  g_test_add_func("/responses/reset", nothing_runs_after_reset);
  return g_test_run();
}

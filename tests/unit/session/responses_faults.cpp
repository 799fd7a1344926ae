// Races and servers that leave something out: nothing that was asked for is lost, and nothing blocks for
// good.
#include "responses_fixture.h"

#include "session/own_metadata.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

using Fixture = ResponsesFixture;

void beginning_untold() {
  Fixture f;
  f.responses.create(f.say("first"));
  f.responses.create(f.say("second"));
  f.wire.take();
  g_assert_true(f.responses.on_event("resp_1")); // audio of it, say
  g_assert_true(f.responses.open("resp_1"));
  f.done("resp_1");
  assert_text(*f.wire.take_one<ResponseCreate>().options.instructions, "second");
  f.done("resp_2"); // nothing of it but its end
  g_assert_true(f.responses.quiet());
}

void cancelled_and_beginning_untold() {
  Fixture f;
  f.responses.create({});
  f.wire.take();
  f.responses.cancel(Responses::Cancel::words_and_calls);
  g_assert_true(f.responses.on_event("resp_1"));
  assert_text(*f.wire.take_one<ResponseCancel>().response_id, "resp_1");
  g_assert_true(f.responses.discarded("resp_1"));

  Fixture g;
  g.responses.create({});
  g.wire.take();
  g.responses.cancel(Responses::Cancel::words_and_calls);
  g.done("resp_1"); // no use in cancelling it
  g_assert_cmpuint(g.wire.sent.size(), ==, 0);
  g_assert_true(g.responses.quiet());
}

void nothing_after_the_end() {
  Fixture f;
  f.created("resp_1");
  f.done("resp_1");
  g_assert_false(f.responses.on_event("resp_1"));
  g_assert_false(f.responses.ending(f.response("resp_1")));
  f.created("resp_1");
  g_assert_false(f.responses.open("resp_1"));
  g_assert_true(f.responses.quiet());
  g_assert_true(f.responses.on_event("")); // a server that does not say of which
}

void refused_without_naming_the_request() {
  Fixture f;
  f.responses.create(f.say("mine"));
  f.wire.take();
  f.created("resp_0"); // taken for ours
  g_assert_true(f.refused("", active_already) == Fixture::Refused::nothing);

  Fixture g;
  g.responses.create(g.say("mine"));
  g.wire.take();
  g_assert_true(g.refused("", active_already) == Fixture::Refused::put_back);
  g.created("resp_1");
  g.done("resp_1");
  assert_text(*g.wire.take_one<ResponseCreate>().options.instructions, "mine");
}

void refused_in_words_only() {
  Fixture f;
  f.responses.create(f.say("mine"));
  const std::string id = f.asked();
  g_assert_true(f.refused(id, "", "Conversation already has an active response in progress") ==
                Fixture::Refused::put_back);
  f.created("resp_1");
  f.done("resp_1");
  assert_text(*f.wire.take_one<ResponseCreate>().options.instructions, "mine");
}

// The server began one that no turn announced; it was taken for ours until the refusal said otherwise.
void taken_for_the_answer() {
  Fixture f;
  f.responses.create(f.say("mine"));
  const std::string id = f.asked();
  f.created("resp_server");
  g_assert_true(f.refused(id, active_already) == Fixture::Refused::put_back);
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.done("resp_server");
  assert_text(*f.wire.take_one<ResponseCreate>().options.instructions, "mine");
}

void taken_for_the_answer_and_over() {
  Fixture f;
  f.responses.create(f.say("mine"));
  const std::string id = f.asked();
  f.created("resp_other");
  f.done("resp_other");
  g_assert_true(f.refused(id, active_already) == Fixture::Refused::put_back);
  f.created("resp_active");
  f.done("resp_active");
  assert_text(*f.wire.take_one<ResponseCreate>().options.instructions, "mine");
}

// The other way round: ours was taken for the answer to a turn, and that one never comes.
void taken_for_the_answer_to_a_turn() {
  Fixture f;
  f.responses.create(f.say("first"));
  f.wire.take();
  f.responses.expect();
  f.created("resp_mine");
  f.done("resp_mine");
  f.responses.create(f.say("second"));
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.pass(2);
  assert_text(*f.wire.take_one<ResponseCreate>().options.instructions, "second");
  g_assert_cmpuint(f.wire.warnings.size(), ==, 0); // nothing was lost
}

// The refusal of what was given up by then takes longer than the doubt.
void refused_after_the_doubt() {
  for (const bool cancelled : {true, false}) {
    Fixture f;
    f.responses.create(f.say("mine"));
    const std::string id = f.asked();
    f.responses.expect();
    f.created("resp_turn");
    if (cancelled) f.responses.cancel(Responses::Cancel::words);
    f.wire.take();
    f.done("resp_turn");
    f.pass(3);
    g_assert_true(f.responses.quiet());
    g_assert_true(f.refused(id, active_already) ==
                  (cancelled ? Fixture::Refused::unwanted : Fixture::Refused::put_back));
    f.created("resp_active");
    f.done("resp_active");
    g_assert_cmpuint(f.wire.sent.size(), ==, cancelled ? 0 : 1);
  }
}

void doubt_without_a_timeout() {
  Fixture f;
  f.responses.set_timeout(Nanoseconds(0));
  f.responses.create(f.say("first"));
  f.wire.take();
  f.responses.expect();
  f.created("resp_mine");
  f.done("resp_mine");
  f.pass(2);
  g_assert_true(f.responses.quiet());
}

// The response that was given up is alive after all, says the refusal.
void refused_for_one_that_was_given_up() {
  Fixture f;
  f.created("resp_1");
  f.pass(30);
  g_assert_cmpuint(f.wire.warnings.size(), ==, 1);
  f.responses.create(f.say("mine"));
  g_assert_true(f.refused(f.asked(), active_already) == Fixture::Refused::put_back);
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.pass(30); // still no word
  g_assert_cmpuint(f.wire.warnings.size(), ==, 2);
  g_assert_true(f.refused(f.asked(), active_already) == Fixture::Refused::put_back);
  f.done("resp_1");
  assert_text(*f.wire.take_one<ResponseCreate>().options.instructions, "mine");
}

void given_up_is_told_and_revives() {
  Fixture f;
  std::vector<std::string> over;
  f.wire.on_response_over = [&](const std::string& id) { over.push_back(id); };
  f.created("resp_1");
  f.pass(30);
  g_assert_cmpuint(over.size(), ==, 1);
  g_assert_false(f.responses.open("resp_1"));
  g_assert_true(f.responses.on_event("resp_1"));
  g_assert_true(f.responses.busy());
  f.pass(30);
  g_assert_cmpuint(f.wire.warnings.size(), ==, 2);
}

// Life of one is no life of another.
void each_has_its_own_silence() {
  Fixture f;
  f.created("resp_1");
  f.responses.create(f.beside());
  f.created("resp_aside", false);
  for (unsigned i = 0; i < 3; ++i) {
    f.pass(10);
    f.responses.on_event("resp_aside");
  }
  g_assert_cmpuint(f.wire.warnings.size(), ==, 1);
  g_assert_true(contains(f.wire.warnings[0].text, "resp_1"));
  g_assert_false(contains(f.wire.warnings[0].text, "resp_aside"));
}

void one_answer_to_several_turns() {
  Fixture f;
  f.responses.expect();
  f.responses.expect();
  f.created("resp_1");
  f.done("resp_1");
  f.responses.create(f.say("mine"));
  f.wire.take_one<ResponseCreate>();
}

void speech_ends_the_waiting_for_an_answer() {
  Fixture f;
  f.responses.expect();
  f.responses.expect_no_more();
  f.responses.create(f.say("mine"));
  f.wire.take_one<ResponseCreate>();
}

// It sends what waited for that answer.
void speech_frees_what_waited_for_an_answer() {
  Fixture f;
  f.responses.expect();
  f.responses.create(f.say("mine"));
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.responses.expect_no_more();
  f.wire.take_one<ResponseCreate>();
}

void one_that_cannot_be_sent_holds_nobody_back() {
  Fixture f;
  f.responses.expect();
  f.responses.create(f.say("first"));
  f.responses.create(f.say("second"));
  f.created("resp_turn");
  f.wire.refuse_one = true;
  f.done("resp_turn");
  assert_text(*f.wire.take_one<ResponseCreate>().options.instructions, "second");
}

// Twice, after the first sound of it, or after its end.
void a_beginning_is_news_once() {
  Fixture f;
  g_assert_true(f.responses.on_created(f.response("resp_1")));
  g_assert_false(f.responses.on_created(f.response("resp_1")));
  f.done("resp_1");
  g_assert_false(f.responses.on_created(f.response("resp_1")));
  f.responses.on_event("resp_2");
  g_assert_true(f.responses.on_created(f.response("resp_2")));
  g_assert_false(f.responses.on_created(f.response("resp_2")));
}

void cancel_is_sent_once() {
  Fixture f;
  f.created("resp_1");
  f.responses.cancel(Responses::Cancel::words_and_calls);
  f.responses.cancel(Responses::Cancel::words_and_calls);
  f.wire.take_one<ResponseCancel>();
}

// The end of the response that it found over was never told.
void cancelled_and_not_active() {
  Fixture f;
  f.created("resp_1");
  f.responses.create(f.say("next"));
  f.responses.cancel(Responses::Cancel::words_and_calls);
  const std::string id = f.wire.take().at(0).event_id;
  g_assert_true(f.refused(id, "response_cancel_not_active") == Fixture::Refused::nothing);
  g_assert_true(f.responses.quiet());
  g_assert_cmpuint(f.wire.sent.size(), ==, 0); // what was queued is cancelled, too
}

void out_of_band_by_its_mark() {
  Fixture f;
  ResponseOptions options = f.beside();
  options.metadata = Json{R"({"topic":"mood"})"};
  f.responses.create(options);
  const auto sent = f.wire.take_one<ResponseCreate>();
  assert_text(without_mark(sent.options.metadata)->text, R"({"topic":"mood"})");
  // A turn's answer, of a server that names no conversation.
  Response turn = f.response("resp_turn", false);
  turn.metadata = Json{"{}"};
  f.responses.on_created(turn);
  g_assert_false(f.responses.out_of_band("resp_turn"));
  Response aside = f.response("resp_aside", true);
  aside.metadata = sent.options.metadata;
  f.responses.on_created(aside);
  g_assert_true(f.responses.out_of_band("resp_aside"));
}

// Of a server that neither names conversations nor returns metadata.
void out_of_band_in_order() {
  Fixture f;
  f.responses.create(f.beside());
  f.responses.expect();
  f.created("resp_turn", false);
  g_assert_false(f.responses.out_of_band("resp_turn"));
  f.created("resp_aside", false);
  g_assert_true(f.responses.out_of_band("resp_aside"));
}

void no_room_for_a_mark() {
  std::string full = "{";
  for (int i = 0; i < 16; ++i)
    full += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":\"v\"";
  const std::optional<Json> metadata = Json{full + "}"};
  g_assert_true(with_mark(metadata, "1") == metadata);
  g_assert_true(mark_in(with_mark(std::nullopt, "7")) == "7");
  g_assert_false(without_mark(with_mark(std::nullopt, "7")).has_value());
  g_assert_true(mark_in(Json{"no JSON"}).empty());
}

// Said to the listener of the conversation, so it stops with it.
void an_aside_goes_with_the_conversation() {
  Fixture f;
  f.responses.create_aside(f.say("One moment."), "tool-filler");
  assert_text(*f.wire.take_one<ResponseCreate>().options.conversation, "none");
  f.responses.create({}); // it holds nobody back
  f.wire.take_one<ResponseCreate>();
  g_assert_true(f.responses.cancel(Responses::Cancel::words_and_calls));
  f.created("resp_aside", false);
  assert_text(*f.wire.take_one<ResponseCancel>().response_id, "resp_aside");

  Fixture g;
  g.responses.create_aside(g.say("One moment."), "tool-filler");
  g.created("resp_aside", false);
  g.responses.create(g.beside());
  g.created("resp_other", false);
  g.responses.discard_open();
  g_assert_true(g.responses.discarded("resp_aside"));
  g_assert_false(g.responses.discarded("resp_other"));
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/responses/untold/beginning", beginning_untold);
  g_test_add_func("/responses/untold/cancelled", cancelled_and_beginning_untold);
  g_test_add_func("/responses/over", nothing_after_the_end);
  g_test_add_func("/responses/refused/no-event-id", refused_without_naming_the_request);
  g_test_add_func("/responses/refused/no-code", refused_in_words_only);
  g_test_add_func("/responses/refused/another-was-taken-for-it", taken_for_the_answer);
  g_test_add_func("/responses/refused/another-was-taken-for-it/over", taken_for_the_answer_and_over);
  g_test_add_func("/responses/refused/given-up", refused_for_one_that_was_given_up);
  g_test_add_func("/responses/doubt/turn", taken_for_the_answer_to_a_turn);
  g_test_add_func("/responses/doubt/refused-late", refused_after_the_doubt);
  g_test_add_func("/responses/doubt/no-timeout", doubt_without_a_timeout);
  g_test_add_func("/responses/given-up/revives", given_up_is_told_and_revives);
  g_test_add_func("/responses/given-up/each", each_has_its_own_silence);
  g_test_add_func("/responses/turns/one-answer", one_answer_to_several_turns);
  g_test_add_func("/responses/turns/speech", speech_ends_the_waiting_for_an_answer);
  g_test_add_func("/responses/turns/speech/queue", speech_frees_what_waited_for_an_answer);
  g_test_add_func("/responses/not-sent", one_that_cannot_be_sent_holds_nobody_back);
  g_test_add_func("/responses/beginning-told", a_beginning_is_news_once);
  g_test_add_func("/responses/cancel/once", cancel_is_sent_once);
  g_test_add_func("/responses/cancel/not-active", cancelled_and_not_active);
  g_test_add_func("/responses/out-of-band/mark", out_of_band_by_its_mark);
  g_test_add_func("/responses/out-of-band/in-order", out_of_band_in_order);
  g_test_add_func("/responses/out-of-band/no-room", no_room_for_a_mark);
  g_test_add_func("/responses/out-of-band/aside", an_aside_goes_with_the_conversation);
  return g_test_run();
}

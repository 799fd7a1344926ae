// Which response is whose: by our mark in the metadata where the server returns it, whatever else is under
// way.
#include "responses_fixture.h"

#include "session/own_metadata.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

using Cancel = Responses::Cancel;

// Of a server that returns the metadata that it was sent.
struct Fixture : ResponsesFixture {
  std::optional<Json> sent_mark() { return wire.take_one<ResponseCreate>().options.metadata; }
  void marked(const std::string& id, const std::optional<Json>& metadata, bool in_conversation = true) {
    Response r = response(id, in_conversation);
    r.metadata = metadata;
    responses.on_created(r);
  }
};

// Ours was cancelled and comes late, behind the commit of a turn, whose answer is wanted.
void ours_comes_behind_a_turn() {
  Fixture f;
  f.responses.create(f.say("mine"));
  const auto mine = f.sent_mark();
  f.responses.cancel(Cancel::words_and_calls);
  f.responses.expect();
  f.marked("resp_mine", mine);
  assert_text(*f.wire.take_one<ResponseCancel>().response_id, "resp_mine");
  g_assert_true(f.responses.discarded("resp_mine"));
  f.done("resp_mine");
  f.created("resp_turn");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  g_assert_false(f.responses.discarded("resp_turn"));
  f.done("resp_turn");
  g_assert_true(f.responses.quiet());
}

// The server's own came first: it is known not to be ours, and leaves ours neither doubtful nor cancelled.
void unmarked_is_the_servers() {
  Fixture f;
  f.responses.create(f.say("first"));
  f.marked("resp_1", f.sent_mark());
  f.done("resp_1");
  f.responses.create(f.say("second"));
  const auto second = f.sent_mark();
  f.created("resp_server");
  f.done("resp_server");
  f.pass(3);
  f.responses.create(f.say("third"));
  g_assert_cmpuint(f.wire.sent.size(), ==, 0); // the second is still to come
  f.responses.cancel(Cancel::words);
  f.marked("resp_2", second);
  assert_text(*f.wire.take_one<ResponseCancel>().response_id, "resp_2");
}

// Until the server has returned a mark, one without is taken for ours; the mark then says better.
void another_was_taken_for_it() {
  Fixture f;
  f.responses.create(f.say("mine"));
  const auto mine = f.sent_mark();
  f.responses.cancel(Cancel::words);
  f.created("resp_other");
  f.wire.take();
  f.done("resp_other");
  f.marked("resp_mine", mine);
  assert_text(*f.wire.take_one<ResponseCancel>().response_id, "resp_mine");
}

// It was active when the turn was to be answered, which some servers then never do.
void a_turn_behind_ours_is_not_waited_for() {
  Fixture f;
  f.responses.create(f.say("mine"));
  const auto mine = f.sent_mark();
  f.responses.expect();
  f.marked("resp_mine", mine);
  f.done("resp_mine");
  f.responses.create(f.say("next"));
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
  f.pass(2);
  assert_text(*f.wire.take_one<ResponseCreate>().options.instructions, "next");
  g_assert_cmpuint(f.wire.warnings.size(), ==, 0);
}

void it_was_given_up() {
  Fixture f;
  f.responses.create(f.say("mine"));
  const auto mine = f.sent_mark();
  f.responses.cancel(Cancel::words);
  f.pass(30);
  g_assert_cmpuint(f.wire.warnings.size(), ==, 1);
  f.responses.expect();
  f.marked("resp_mine", mine);
  assert_text(*f.wire.take_one<ResponseCancel>().response_id, "resp_mine");
  f.done("resp_mine");
  f.created("resp_turn");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0);
}

void the_applications_metadata_stays() {
  Fixture f;
  ResponseOptions options;
  options.metadata = Json{R"({"topic":"mood"})"};
  f.responses.create(options);
  const auto sent = f.sent_mark();
  g_assert_false(mark_in(sent).empty());
  assert_text(without_mark(sent)->text, R"({"topic":"mood"})");
  f.created("resp_1"); // a server that returns nothing
  assert_text(f.responses.metadata("resp_1")->text, R"({"topic":"mood"})");
}

// Then order decides.
void without_a_mark() {
  std::string full = "{";
  for (int i = 0; i < 16; ++i)
    full += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":\"v\"";
  Fixture f;
  f.responses.create(f.say("first"));
  f.marked("resp_1", f.sent_mark());
  f.done("resp_1");
  ResponseOptions options;
  options.metadata = Json{full + "}"};
  f.responses.create(options);
  assert_text(f.sent_mark()->text, options.metadata->text);
  f.marked("resp_2", options.metadata);
  f.done("resp_2");
  g_assert_true(f.responses.quiet());

  Fixture g;
  g.responses.set_takes_metadata(false);
  g.responses.create(g.say("mine"));
  g_assert_false(g.sent_mark().has_value());
  g.created("resp_1");
  g.done("resp_1");
  g_assert_true(g.responses.quiet());
}

// It was given up: that makes it none of the conversation, of which another is to come.
void out_of_band_and_late() {
  Fixture f;
  f.responses.create(f.beside());
  const auto beside = f.sent_mark();
  f.pass(30);
  g_assert_cmpuint(f.wire.warnings.size(), ==, 1);
  f.responses.create(f.say("mine"));
  const auto mine = f.sent_mark();
  f.responses.expect();
  f.marked("resp_beside", beside, false);
  g_assert_true(f.responses.out_of_band("resp_beside"));
  f.responses.discard_open();
  f.responses.note_unheard("resp_beside", "item_1");
  f.done("resp_beside");
  g_assert_cmpuint(f.wire.sent.size(), ==, 0); // nothing of it is in the conversation
  f.created("resp_turn");
  f.done("resp_turn");
  f.marked("resp_mine", mine);
  f.done("resp_mine");
  g_assert_true(f.responses.quiet());
}

void a_late_filler_is_not_wanted() {
  Fixture f;
  f.responses.create_aside(f.say("One moment."), "tool-filler");
  const auto aside = f.sent_mark();
  f.pass(30);
  f.marked("resp_aside", aside, false);
  assert_text(*f.wire.take_one<ResponseCancel>().response_id, "resp_aside");
  g_assert_true(f.responses.discarded("resp_aside"));
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/responses/marks/behind-a-turn", ours_comes_behind_a_turn);
  g_test_add_func("/responses/marks/unmarked", unmarked_is_the_servers);
  g_test_add_func("/responses/marks/another-was-taken-for-it", another_was_taken_for_it);
  g_test_add_func("/responses/marks/turn-behind", a_turn_behind_ours_is_not_waited_for);
  g_test_add_func("/responses/marks/given-up", it_was_given_up);
  g_test_add_func("/responses/marks/metadata", the_applications_metadata_stays);
  g_test_add_func("/responses/marks/none", without_a_mark);
  g_test_add_func("/responses/marks/out-of-band/late", out_of_band_and_late);
  g_test_add_func("/responses/marks/out-of-band/late-filler", a_late_filler_is_not_wanted);
  return g_test_run();
}

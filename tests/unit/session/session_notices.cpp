// What is told about a conversation.
#include "conversation.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

void transcripts() {
  Conversation c;
  c.start();
  const ContentRef at{"resp_1", "item_1", 0, 0};
  c.transport.deliver(OutputTranscriptDelta{at, "Good "});
  c.transport.deliver(OutputTranscriptDelta{at, "day."});
  c.transport.deliver(OutputTranscriptDone{at, "Good day."});
  InputTranscriptCompleted growing{"item_user", 0, "Ha", 0};
  growing.more_follows = true;
  c.transport.deliver(growing);
  c.transport.deliver(InputTranscriptDelta{"item_user", 0, "Hi"});
  c.transport.deliver(InputTranscriptCompleted{"item_user", 0, "Hi!", 0});
  const auto assistant = c.src.ear->notices(NoticeKind::transcript);
  g_assert_cmpuint(assistant.size(), ==, 2); // the last one waits for its audio, see session_transcripts.cpp
  assert_text(text_of(assistant[1], "text"), "Good day.");
  assert_text(text_of(assistant[1], "delta"), "day.");
  g_assert_false(field<bool>(assistant[1], "final"));
  const auto user = c.sink.ear->notices(NoticeKind::transcript); // the sink tells what the user said
  g_assert_cmpuint(user.size(), ==, 3);
  assert_text(text_of(user[0], "text"), "Ha");
  g_assert_false(field<bool>(user[0], "final"));
  assert_text(text_of(user[1], "text"), "Hi");
  assert_text(text_of(user[2], "role"), "user");
  assert_text(text_of(user[2], "text"), "Hi!");
  g_assert_true(field<bool>(user[2], "final"));
}

// An answer beside the conversation is told apart, with what the application wrote on it.
void out_of_band_is_told() {
  Conversation c({.responds = false});
  c.start();
  c.take();
  Response response = c.begin_aside();
  response.status = ResponseStatus::completed;
  c.transport.deliver(ResponseDone{response});
  c.server.end_response(c.server.begin_response());
  c.run();
  for (const auto kind : {NoticeKind::response_started, NoticeKind::response_done}) {
    const auto notices = c.src.ear->notices(kind);
    g_assert_cmpuint(notices.size(), ==, 2);
    g_assert_true(field<bool>(notices[0], "out-of-band"));
    assert_text(text_of(notices[0], "metadata"), R"({"topic":"mood"})");
    g_assert_false(has_field(notices[1], "out-of-band"));
    g_assert_false(has_field(notices[1], "metadata"));
  }
}

// Words that come after the end of their answer belong to nothing.
void nothing_is_told_after_the_end() {
  Conversation c;
  c.start();
  const std::string id = c.reply("item_1", 100);
  c.listen(200);
  const std::vector<std::uint8_t> late(4800, 1);
  c.server.say(id, "item_1", late);
  c.transport.deliver(OutputTranscriptDelta{{id, "item_1", 0, 0}, "late words"});
  c.server.end_response(id);
  c.run();
  g_assert_cmpuint(c.listen(200), ==, 0);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::transcript).size(), ==, 0);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::response_done).size(), ==, 1);
  c.reply("item_2", 100); // and it blocks no other
  g_assert_cmpuint(c.listen(200), ==, 2400);
}

// An answer that stops for good holds back the next one only for so long.
void what_was_given_up_blocks_nothing() {
  Conversation c;
  c.set([](Settings& s) { s.response_timeout_ms = 5000; });
  c.start();
  c.reply("item_1", 100, false);
  c.listen(200);
  c.pass(5000);
  c.session->create_response(std::nullopt);
  c.reply("item_2", 100);
  g_assert_cmpuint(c.listen(300), ==, 2400);
}

void playback_is_told() {
  Conversation c;
  c.start();
  c.reply("item_1", 100);
  c.listen(200);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::playback_started).size(), ==, 1);
  const auto finished = c.src.ear->notices(NoticeKind::playback_finished);
  g_assert_cmpuint(finished.size(), ==, 1);
  g_assert_cmpuint(field<std::uint64_t>(finished[0], "heard-ms"), ==, 100);
  g_assert_cmpuint(c.session->stats().played_ms, ==, 100);
  g_assert_cmpuint(c.session->stats().responses, ==, 1);
}

// Every field that is told stands in the table.
void fields_are_those_of_the_table() {
  Conversation c;
  c.start();
  c.reply("item_0", 100);
  c.listen(200); // heard, and a turn's metrics
  c.speak(100);
  const std::string id = c.reply("item_1", 500);
  c.transport.deliver(OutputTranscriptDone{{id, "item_1", 0, 0}, "Good day."});
  c.listen(100);
  c.transport.deliver(SpeechStarted{0, "item_user"});
  c.transport.deliver(InputTranscriptCompleted{"item_user", 0, "Hi!", 0});
  c.transport.deliver(RateLimits{{{"requests", 100, 99, 1.5}, {"tokens", 1000, 900, 0.5}}});
  c.run();
  const auto check = [](const std::vector<Notice>& all) {
    for (const Notice& notice : all)
      for (const auto& [name, value] : notice.fields)
        g_assert_true(
            contains("," + std::string(info(notice.kind).fields) + ",", "," + std::string(name) + ","));
  };
  check(c.src.ear->heard().notices);
  check(c.sink.ear->heard().notices);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::rate_limits).size(), ==, 1);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::metrics).size(), >=, 1);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/notices/transcripts", transcripts);
  g_test_add_func("/session/notices/out-of-band", out_of_band_is_told);
  g_test_add_func("/session/notices/after-the-end", nothing_is_told_after_the_end);
  g_test_add_func("/session/notices/given-up", what_was_given_up_blocks_nothing);
  g_test_add_func("/session/notices/playback", playback_is_told);
  g_test_add_func("/session/notices/fields", fields_are_those_of_the_table);
  return g_test_run();
}

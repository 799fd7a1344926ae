// The words of an answer as they are told: early while they come, and once for good, when it is known what
// was heard of them, whatever ends the answer.
#include "conversation.h"

#include "audio/base64.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

struct Answer {
  Conversation& c;
  std::string response = c.server.begin_response();

  static ContentRef part(const std::string& response, unsigned index, const char* item) {
    return {response, item, 0, index};
  }
  void text(const std::string& words, unsigned index = 0, const char* item = "item_1") {
    c.transport.deliver(OutputTranscriptDelta{part(response, index, item), words});
    c.run();
  }
  void text_done(const std::string& words, unsigned index = 0, const char* item = "item_1") {
    c.transport.deliver(OutputTranscriptDone{part(response, index, item), words});
    c.run();
  }
  void audio(std::uint64_t milliseconds, unsigned index = 0, const char* item = "item_1") {
    const std::vector<std::uint8_t> bytes(milliseconds * 48, 0x21);
    std::string base64;
    audio::base64_append(base64, bytes);
    c.transport.deliver(OutputAudioDelta{part(response, index, item), base64});
    c.run();
  }
  void audio_done(unsigned index = 0, const char* item = "item_1") {
    c.transport.deliver(OutputAudioDone{part(response, index, item)});
    c.run();
  }
  void end(ResponseStatus status = ResponseStatus::completed) {
    c.server.end_response(response, status);
    c.run();
  }
  // 4 words and a second of audio: 50 ms a letter or so.
  void say_all() {
    text("one two three four");
    audio(1000);
    audio_done();
    text_done("one two three four");
    end();
  }
};

void barge_in(Conversation& c) {
  c.transport.deliver(SpeechStarted{0, "item_user"});
  c.run();
}

std::string ms_of(const Notice& notice, const char* name) {
  return has_field(notice, name) ? std::to_string(field<ClockTime>(notice, name).ns / ms) : "-";
}

// One line a transcript: ~ early, = for good, / for good and cut short; its times behind @.
std::string told(Conversation& c, bool for_good_only = true) {
  std::string all;
  for (const Notice& notice : c.src.ear->notices(NoticeKind::transcript)) {
    const bool last = field<bool>(notice, "final"), cut = has_field(notice, "truncated");
    g_assert_true(last || !cut);
    if (!last && for_good_only) continue;
    g_assert_true(last != has_field(notice, "delta"));
    all += (last ? cut ? "/" : "=" : "~") + text_of(notice, "text");
    if (const std::string start = ms_of(notice, "start"); start != "-")
      all += "@" + start + "-" + ms_of(notice, "end");
    all += "|";
  }
  return all;
}

void waits_until_it_was_heard() {
  Conversation c;
  c.start();
  c.latency = 100 * ms;
  Answer answer{c};
  answer.text("Good ");
  answer.audio(100);
  answer.text("day.");
  answer.audio_done();
  answer.text_done("Good day.");
  answer.end();
  assert_text(told(c, false), "~Good |~Good day.|"); // nothing new at the end of the text
  c.listen(180);
  assert_text(told(c), "");
  c.listen(100);
  assert_text(told(c), "=Good day.@100-200|");
  c.listen(1000);
  assert_text(told(c), "=Good day.@100-200|");
}

// Those who act on the end of the playback know the words by then.
void comes_before_the_end_of_the_playback() {
  Conversation c;
  c.start();
  Answer{c}.say_all();
  c.listen(1200);
  std::string order;
  for (const Notice& notice : c.src.ear->heard().notices)
    if (notice.kind == NoticeKind::playback_finished)
      order += "finished ";
    else if (notice.kind == NoticeKind::transcript && field<bool>(notice, "final"))
      order += "words ";
  assert_text(order, "words finished ");
}

void the_whole_text_is_told_early() {
  Conversation c;
  c.start();
  Answer answer{c};
  answer.audio(100);
  answer.text("Good day");
  answer.text_done("Good day.");
  assert_text(told(c, false), "~Good day|~Good day.|");
  assert_text(text_of(c.src.ear->notices(NoticeKind::transcript).at(1), "delta"), "");
  answer.end();
  c.listen(200);
  assert_text(told(c), "=Good day.@0-100|");
}

void text_after_the_audio_was_heard() {
  Conversation c;
  c.start();
  Answer answer{c};
  answer.audio(100);
  answer.audio_done();
  c.listen(200);
  answer.text("Good ");
  answer.text_done("Good day.");
  assert_text(told(c, false), "~Good |=Good day.@0-100|");
  answer.end();
  assert_text(told(c), "=Good day.@0-100|");
}

// Also when the caller speaks in between: all of it was heard.
void text_after_the_audio_was_heard_and_interrupted() {
  for (const std::uint64_t heard_ms : {200, 90}) { // 90: the last has left, and is not heard yet
    Conversation c;
    c.start();
    c.latency = 40 * ms;
    Answer answer{c};
    answer.audio(80);
    answer.audio_done();
    c.listen(heard_ms);
    barge_in(c);
    answer.text("Good ");
    answer.text_done("Good day.");
    c.listen(200);
    assert_text(told(c), "=Good day.@40-120|");
  }
}

void text_that_is_never_done() {
  for (const auto status : {ResponseStatus::completed, ResponseStatus::cancelled, ResponseStatus::incomplete,
                            ResponseStatus::failed}) {
    Conversation c;
    c.start();
    Answer answer{c};
    answer.text("Good day");
    answer.audio(100);
    answer.end(status);
    assert_text(told(c), "");
    c.listen(200);
    assert_text(told(c), "=Good day@0-100|");
    Answer heard_before{c};
    heard_before.text("And");
    heard_before.audio(100);
    heard_before.audio_done();
    c.listen(200);
    assert_text(told(c), "=Good day@0-100|");
    heard_before.end(status);
    assert_text(told(c), "=Good day@0-100|=And@200-300|");
  }
}

// Whatever says that none comes.
void without_audio() {
  Conversation c;
  c.start();
  Answer answer{c};
  answer.text("One");
  answer.audio_done();
  answer.text_done("One.");
  assert_text(told(c), "=One.|");
  answer.text(" And late");
  answer.text_done("One. And late");
  answer.text_done("Two.", 1);
  assert_text(told(c, false), "~One|=One.|~Two.|");
  c.transport.deliver(ContentPartDone{Answer::part(answer.response, 1, "item_1"), {}});
  assert_text(told(c), "=One.|=Two.|");
  answer.text_done("Three.", 0, "item_2");
  answer.text("Four", 1, "item_2");
  answer.end();
  assert_text(told(c), "=One.|=Two.|=Three.|=Four|");
}

void written_answers() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  const ContentRef at{id, "item_1", 0, 0};
  c.transport.deliver(OutputTextDelta{at, "Good "});
  c.transport.deliver(OutputTextDone{at, "Good day."});
  assert_text(told(c, false), "~Good |=Good day.|");
  c.transport.deliver(OutputTextDelta{{id, "item_2", 0, 0}, "And "});
  barge_in(c); // it was read as far as it had come
  c.transport.deliver(OutputTextDelta{{id, "item_2", 0, 0}, "more"});
  c.server.end_response(id, ResponseStatus::cancelled);
  assert_text(told(c), "=Good day.|/And |");
}

void without_a_src() {
  Conversation c;
  c.start(true, false);
  c.src.ear = c.sink.ear;
  Answer answer{c};
  answer.text("Good ");
  answer.audio(100);
  answer.text_done("Good day.");
  assert_text(told(c, false), "~Good |=Good day.|");
  answer.text("And", 1);
  answer.end();
  assert_text(told(c), "=Good day.|=And|");
}

// The words that had begun when it was cut.
void cut_while_it_is_heard() {
  Conversation c;
  c.start();
  Answer answer{c};
  answer.text("one two three four");
  answer.audio(1000);
  c.listen(400);
  barge_in(c);
  assert_text(told(c), "/one two@0-405|");
  answer.text(" five");
  answer.text_done("one two three four five");
  answer.audio_done();
  answer.end(ResponseStatus::cancelled);
  c.listen(400);
  assert_text(told(c), "/one two@0-405|");
}

// Complete or not: nobody heard any of it, and its item is deleted.
void cut_before_it_is_heard() {
  for (const bool complete : {true, false}) {
    Conversation c;
    c.start();
    Answer answer{c};
    if (complete) {
      answer.say_all();
    } else {
      answer.text("one");
      answer.audio(50);
    }
    c.take();
    barge_in(c);
    g_assert_cmpuint(c.take_only<ItemDelete>().size(), ==, 1);
    assert_text(told(c), "/|");
    if (!complete) answer.end(ResponseStatus::cancelled);
    c.listen(400);
    assert_text(told(c), "/|");
  }
}

// Its words came ahead of its audio, and none of that came before the caller spoke.
void cut_before_its_audio_came() {
  Conversation c;
  c.start();
  Answer answer{c};
  answer.text("one two");
  barge_in(c);
  assert_text(told(c, false), "~one two|/|");
  answer.audio(100);
  answer.text_done("one two");
  answer.end(ResponseStatus::cancelled);
  assert_text(told(c), "/|");
}

void parts_of_an_item() {
  for (const bool cut : {true, false}) {
    Conversation c;
    c.start();
    Answer answer{c};
    for (const unsigned part : {0U, 1U, 2U}) {
      answer.text("part " + std::to_string(part), part);
      answer.audio(200, part);
      answer.audio_done(part);
      answer.text_done("part " + std::to_string(part), part);
    }
    answer.end();
    c.listen(300);
    if (cut) barge_in(c);
    c.listen(600);
    assert_text(told(c),
                cut ? "=part 0@0-200|/part@200-305|/|" : "=part 0@0-200|=part 1@200-400|=part 2@400-600|");
    const auto all = c.src.ear->notices(NoticeKind::transcript);
    g_assert_cmpuint(field<std::uint64_t>(all.back(), "content-index"), ==, 2);
    g_assert_cmpuint(field<std::uint64_t>(all.at(all.size() - 2), "content-index"), ==, 1);
  }
}

void two_interruptions_in_a_row() {
  Conversation c;
  c.start();
  Answer answer{c};
  answer.text("one two three four");
  answer.audio(1000);
  c.listen(400);
  barge_in(c);
  c.listen(20);
  barge_in(c);
  c.session->interrupt();
  c.run();
  answer.end(ResponseStatus::cancelled);
  assert_text(told(c), "/one two@0-405|");
}

void the_src_leaves() {
  for (const bool everything_left : {true, false}) {
    Conversation c;
    c.start();
    c.latency = 100 * ms;
    Answer{c}.say_all();
    Answer next{c};
    next.text("five");
    c.listen(everything_left ? 1000 : 400);
    c.close(c.src);
    c.leave(c.src);
    c.src.ear = c.sink.ear; // now it tells
    c.run();
    next.audio(100);
    next.text_done("five");
    next.end();
    assert_text(told(c), everything_left ? "=one two three four@100-1100|/|" : "/one two@100-500|/|");
  }
}

void paused() {
  Conversation c;
  c.start();
  Answer{c}.say_all();
  c.listen(400);
  c.play(c.src, false);
  c.pass(60'000);
  assert_text(told(c), "");
  c.play(c.src);
  c.listen(700);
  assert_text(told(c), "=one two three four@0-61000|"); // it went on after the pause
}

// The last of it has left, and what it ends with is told before the session is.
void the_session_ends() {
  enum class End { closed, failed, lost };
  for (const End end : {End::closed, End::failed, End::lost}) {
    Conversation c;
    c.start(false);
    Answer{c}.say_all();
    Answer next{c};
    next.text("five");
    next.audio(100);
    Answer last{c};
    last.text("six");
    c.listen(400);
    switch (end) {
    case End::failed:
      c.transport.deliver(ErrorEvent{{"invalid_request_error", "insufficient_quota", "No money", "", ""}});
      break;
    case End::lost:
      c.transport.end({ErrorKind::closed_by_server, "gone"});
      break;
    default:
      c.close(c.src);
    }
    c.run();
    assert_text(told(c), "/one two@0-400|/|/|");
    g_assert_true(c.session->failed() == (end != End::closed));
  }
}

// What is left when the stream ends is told before.
void the_input_ends() {
  for (const bool in_time : {true, false}) {
    Conversation c;
    c.set([](Settings& s) { s.drain_timeout_ms = 300; });
    c.start();
    c.push(200);
    Answer{c}.say_all();
    c.begin_drain();
    while (!c.drained()) {
      assert_text(told(c), "");
      if (in_time)
        c.listen(20);
      else
        c.pass(100);
    }
    assert_text(told(c), in_time ? "=one two three four@0-1000|" : "/|");
  }
}

// The reader has told what was heard, and the loop has not taken it up yet: the drain waits for that.
void heard_and_not_told_yet() {
  Conversation c;
  c.start();
  c.push(200);
  Answer{c}.say_all();
  c.begin_drain();
  c.listen(980);
  std::vector<std::uint8_t> frame(960);
  c.session->downlink().read(frame, 980 * ms);
  auto marks = c.session->downlink().advance(1100 * ms, 0);
  g_assert_true(c.session->downlink().idle());
  c.transport.deliver(RateLimits{}); // each event may be what the drain waits for
  c.run();
  g_assert_false(c.drained());
  c.session->report_playback(std::move(marks), 0);
  c.run();
  g_assert_true(c.drained());
  assert_text(told(c), "=one two three four@0-1000|");
}

// An application that ends realtimesrc's stream itself.
void the_output_ends() {
  Conversation c;
  c.start();
  Answer{c}.say_all();
  c.listen(400);
  c.session->output_ended();
  c.run();
  assert_text(told(c), "/one two@0-400|");
}

// Words without audio go to the text readers, whether a src waited for the audio or not.
void text_readers_learn_of_every_end() {
  for (const bool with_src : {false, true}) {
    Conversation c;
    const auto reader = c.session->read_text([] {});
    c.start(true, with_src);
    Answer answer{c};
    answer.text("One two");
    answer.end(ResponseStatus::incomplete);
    std::string words;
    while (const auto piece = reader->pop())
      words += piece->text + (piece->last ? "." : " ");
    assert_text(words, "One two.");
  }
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/transcripts/heard", waits_until_it_was_heard);
  g_test_add_func("/session/transcripts/before-playback-finished", comes_before_the_end_of_the_playback);
  g_test_add_func("/session/transcripts/early", the_whole_text_is_told_early);
  g_test_add_func("/session/transcripts/late-text", text_after_the_audio_was_heard);
  g_test_add_func("/session/transcripts/late-text-interrupted",
                  text_after_the_audio_was_heard_and_interrupted);
  g_test_add_func("/session/transcripts/never-done", text_that_is_never_done);
  g_test_add_func("/session/transcripts/no-audio", without_audio);
  g_test_add_func("/session/transcripts/written", written_answers);
  g_test_add_func("/session/transcripts/no-src", without_a_src);
  g_test_add_func("/session/transcripts/cut", cut_while_it_is_heard);
  g_test_add_func("/session/transcripts/cut-at-0", cut_before_it_is_heard);
  g_test_add_func("/session/transcripts/cut-without-audio", cut_before_its_audio_came);
  g_test_add_func("/session/transcripts/parts", parts_of_an_item);
  g_test_add_func("/session/transcripts/cut-twice", two_interruptions_in_a_row);
  g_test_add_func("/session/transcripts/src-leaves", the_src_leaves);
  g_test_add_func("/session/transcripts/paused", paused);
  g_test_add_func("/session/transcripts/session-ends", the_session_ends);
  g_test_add_func("/session/transcripts/drain", the_input_ends);
  g_test_add_func("/session/transcripts/drain-waits", heard_and_not_told_yet);
  g_test_add_func("/session/transcripts/output-ends", the_output_ends);
  g_test_add_func("/session/transcripts/text-readers", text_readers_learn_of_every_end);
  return g_test_run();
}

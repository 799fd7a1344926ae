// Barge-in: the reply stops, the server learns where, and nothing of it comes later.
#include "conversation.h"

#include "audio/base64.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

void speech_started(Conversation& c) {
  c.transport.deliver(SpeechStarted{0, "item_user"});
  c.run();
}

// Of so many samples.
std::string base64(std::size_t samples) {
  const std::vector<std::uint8_t> bytes(samples * 2, 1);
  std::string text;
  audio::base64_append(text, bytes);
  return text;
}

void turn_setting(Conversation& c, TriState interrupt) {
  c.set([&](Settings& s) { s.vad_interrupt_response = interrupt; });
}

void truncates_what_was_heard() {
  Conversation c;
  c.start();
  c.reply("item_1", 2000);
  c.take();
  g_assert_cmpuint(c.listen(500), ==, 12000);
  speech_started(c);
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 1);
  const ItemTruncate truncate = only<ItemTruncate>(events).at(0);
  assert_text(truncate.item_id, "item_1");
  g_assert_cmpuint(truncate.content_index, ==, 0);
  g_assert_cmpuint(truncate.audio_end_ms, ==, 505); // with the fade
  g_assert_cmpuint(c.listen(100), ==, 120);
  const auto notices = c.src.ear->notices(NoticeKind::interrupted);
  g_assert_cmpuint(notices.size(), ==, 1);
  g_assert_cmpuint(field<std::uint64_t>(notices[0], "heard-ms"), ==, 505);
  g_assert_cmpuint(field<std::uint64_t>(notices[0], "received-ms"), ==, 2000);
  g_assert_cmpuint(c.session->stats().interruptions, ==, 1);
  g_assert_cmpuint(c.session->stats().truncations, ==, 1);
}

// What was refused in the middle is a part of the server's item.
void refused_audio_is_in_the_item() {
  Conversation c;
  c.start();
  audio::Playout::Options options;
  options.max_backlog_ns = 200 * ms;
  c.session->downlink().set_options(options);
  const std::string id = c.reply("item_1", 200, false);
  const std::vector<std::uint8_t> audio(200 * 48, 1);
  c.server.say(id, "item_1", audio); // lost
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::playback_refused).size(), ==, 1);
  c.listen(100);
  c.server.say(id, "item_1", std::span(audio).first(100 * 48));
  c.listen(140);
  c.take();
  speech_started(c);
  g_assert_cmpuint(c.take_only<ItemTruncate>().at(0).audio_end_ms, ==, 445);
  const Notice cut = c.src.ear->notices(NoticeKind::interrupted).at(0);
  g_assert_cmpuint(field<std::uint64_t>(cut, "heard-ms"), ==, 245);
  g_assert_cmpuint(field<std::uint64_t>(cut, "received-ms"), ==, 500);
}

void deletes_what_nobody_heard() {
  Conversation c;
  c.start();
  c.reply("item_1", 2000);
  c.take();
  speech_started(c);
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 1);
  assert_text(only<ItemDelete>(events).at(0).item_id, "item_1");
}

void nothing_for_what_was_played() {
  Conversation c;
  c.start();
  c.reply("item_1", 500);
  c.listen(600);
  c.take();
  speech_started(c);
  g_assert_cmpuint(c.take().size(), ==, 0);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::interrupted).size(), ==, 0);
  g_assert_cmpuint(c.session->stats().interruptions, ==, 0);
}

void later_items_too() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  const std::vector<std::uint8_t> second(48000, 1);
  for (const char* item : {"item_1", "item_2", "item_3"}) {
    c.server.say(id, item, second);
    c.server.end_item(id, item);
  }
  c.take();
  c.listen(1500);
  speech_started(c);
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 2); // the first was heard in full
  assert_text(only<ItemTruncate>(events).at(0).item_id, "item_2");
  g_assert_cmpuint(only<ItemTruncate>(events)[0].audio_end_ms, ==, 505);
  assert_text(only<ItemDelete>(events).at(0).item_id, "item_3");
}

// A deleted item has no parts left to truncate.
void parts_of_a_deleted_item() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  const std::string audio = base64(2400);
  for (const unsigned part : {0U, 1U})
    c.transport.deliver(OutputAudioDelta{{id, "item_1", 0, part}, audio});
  c.run();
  c.take();
  speech_started(c);
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 1);
  assert_text(only<ItemDelete>(events).at(0).item_id, "item_1");
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::interrupted).size(), ==, 2);
}

// Of a part that was heard in part, the later ones are cut to nothing.
void later_parts_of_an_item() {
  Conversation c;
  c.start();
  const std::string id = c.server.begin_response();
  const std::string audio = base64(2400);
  for (const unsigned part : {0U, 1U})
    c.transport.deliver(OutputAudioDelta{{id, "item_1", 0, part}, audio});
  c.run();
  c.take();
  c.listen(40);
  speech_started(c);
  const auto truncates = c.take_only<ItemTruncate>();
  g_assert_cmpuint(truncates.size(), ==, 2);
  g_assert_cmpuint(truncates[0].content_index, ==, 0);
  g_assert_cmpuint(truncates[0].audio_end_ms, ==, 45);
  g_assert_cmpuint(truncates[1].content_index, ==, 1);
  g_assert_cmpuint(truncates[1].audio_end_ms, ==, 0);
}

// The server goes on for a moment: what comes late is not heard, and does not undo the truncation.
void late_audio_is_dropped() {
  Conversation c;
  c.start();
  const std::string id = c.reply("item_1", 1000, false);
  c.listen(200);
  speech_started(c);
  c.take();
  const std::vector<std::uint8_t> late(48000, 1);
  c.server.say(id, "item_1", late);
  c.server.say(id, "item_2", late);
  c.transport.deliver(OutputTranscriptDelta{{id, "item_1", 0, 0}, "late words"});
  c.run();
  g_assert_cmpuint(c.listen(40), ==, 120); // the fade
  g_assert_cmpuint(c.listen(1000), ==, 0);
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::transcript).size(), ==, 0);
  c.server.end_response(id, ResponseStatus::cancelled);
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(only<ItemTruncate>(events).size(), ==, 0);
  g_assert_cmpuint(only<ItemDelete>(events).size(), ==, 1); // nobody heard of the second
  assert_text(only<ItemDelete>(events)[0].item_id, "item_2");
  // The next reply is heard.
  c.reply("item_3", 200);
  g_assert_cmpuint(c.listen(300), ==, 4800);
}

void only_when_the_server_interrupts() {
  for (const bool interrupts : {true, false}) {
    Conversation c;
    turn_setting(c, interrupts ? TriState::yes : TriState::no);
    c.start();
    c.reply("item_1", 1000);
    c.listen(200);
    c.take();
    speech_started(c);
    g_assert_cmpuint(c.take().size(), ==, interrupts ? 1 : 0);
    g_assert_cmpuint(c.listen(400), ==, interrupts ? 120 : 9600);
    g_assert_cmpuint(c.sink.ear->notices(NoticeKind::speech_started).size(), ==, 1);
  }
}

void by_hand() {
  Conversation c;
  turn_setting(c, TriState::no);
  c.start();
  const std::string id = c.reply("item_1", 1000, false);
  c.take();
  c.listen(200);
  g_assert_true(c.session->interrupt().accepted);
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 2); // cancelled first, then cut
  assert_text(*std::get<ResponseCancel>(events[0].body).response_id, id);
  g_assert_cmpuint(std::get<ItemTruncate>(events[1].body).audio_end_ms, ==, 205);
  g_assert_cmpuint(c.listen(100), ==, 120);
}

void by_hand_without_anything() {
  Conversation c;
  c.start();
  c.take();
  g_assert_true(c.session->interrupt().accepted);
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
}

// The flush is realtimesrc's: it alone knows what reached the listener.
void with_a_flush() {
  Conversation c;
  c.start();
  c.session->set_flush_on_interrupt(true);
  c.latency = 200 * ms;
  const std::string id = c.reply("item_1", 2000, false);
  c.listen(500);
  c.take();
  const unsigned wakes = c.src.ear->heard().wakes;
  speech_started(c);
  g_assert_true(c.session->downlink().flush_requested());
  g_assert_cmpuint(c.src.ear->heard().wakes, ==, wakes + 1);
  g_assert_cmpuint(c.take().size(), ==, 0);
  const std::vector<std::uint8_t> late(4800, 1);
  c.server.say(id, "item_1", late); // before the flush was made
  c.session->report_cuts(c.session->downlink().cut_flushed(500 * ms, c.latency));
  c.run();
  g_assert_false(c.session->downlink().flush_requested());
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 1);
  g_assert_cmpuint(only<ItemTruncate>(events).at(0).audio_end_ms, ==, 300);
  c.server.end_response(id, ResponseStatus::cancelled);
  c.run();
  g_assert_cmpuint(c.take_only<ItemDelete>().size(), ==, 0);
}

void never_flushes_while_idle() {
  Conversation c;
  c.start();
  c.session->set_flush_on_interrupt(true);
  speech_started(c);
  g_assert_false(c.session->downlink().flush_requested());
}

// Without a running clock nothing can be flushed: the backlog goes all the same.
void flush_in_paused() {
  Conversation c;
  c.start();
  c.session->set_flush_on_interrupt(true);
  c.reply("item_1", 1000);
  c.listen(100);
  c.play(c.src, false);
  c.take();
  speech_started(c);
  g_assert_false(c.session->downlink().flush_requested());
  g_assert_cmpuint(c.take_only<ItemTruncate>().size(), ==, 1);
}

// The streaming thread was busy, and the next reply has begun when it flushes.
void a_flush_spares_the_next_reply() {
  Conversation c;
  c.start();
  c.session->set_flush_on_interrupt(true);
  c.reply("item_1", 2000);
  c.listen(500);
  speech_started(c);
  c.take();
  c.reply("item_2", 200);
  c.session->report_cuts(c.session->downlink().cut_flushed(500 * ms, 0));
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(only<ItemDelete>(events).size(), ==, 0);
  assert_text(only<ItemTruncate>(events).at(0).item_id, "item_1");
  g_assert_cmpuint(c.listen(300), ==, 4800);
}

void src_leaving_interrupts() {
  Conversation c;
  c.start();
  const std::string id = c.reply("item_1", 2000, false);
  c.listen(300);
  c.take();
  c.close(c.src);
  c.run();
  const auto events = c.take();
  g_assert_true(std::holds_alternative<ResponseCancel>(events.at(0).body)); // nobody would hear the rest
  assert_text(*only<ResponseCancel>(events).at(0).response_id, id);
  const auto truncates = only<ItemTruncate>(events);
  g_assert_cmpuint(truncates.size(), ==, 1);
  g_assert_cmpuint(truncates[0].audio_end_ms, ==, 300); // no fade was read
}

// Its whole pipeline stops: what the sink still held is not heard.
void src_leaving_with_its_sink() {
  Conversation c;
  c.start();
  c.latency = 200 * ms;
  c.reply("item_1", 2000, false);
  c.listen(300);
  c.take();
  c.session->downlink().downstream_stopped(300 * ms, 200 * ms);
  c.close(c.src);
  c.run();
  g_assert_cmpuint(c.take_only<ItemTruncate>().at(0).audio_end_ms, ==, 100);
  // The next time it leaves alone.
  c.open(c.src);
  c.session->set_output_format(c.output_format);
  c.play(c.src);
  c.run();
  c.reply("item_2", 2000, false);
  c.listen(300);
  c.take();
  c.close(c.src);
  c.run();
  g_assert_cmpuint(c.take_only<ItemTruncate>().at(0).audio_end_ms, ==, 300);
}

// Whatever the server tells of the end of an item: the next one follows without a hole.
void the_end_of_an_item_is_told_in_several_ways() {
  for (const bool part : {true, false}) {
    Conversation c;
    c.start();
    const std::string id = c.server.begin_response();
    const std::vector<std::uint8_t> audio(4800, 0); // 100 ms
    c.server.say(id, "item_1", audio);
    if (part)
      c.transport.deliver(ContentPartDone{{id, "item_1", 0, 0}, {}});
    else
      c.transport.deliver(OutputItemDone{id, 0, {.id = "item_1", .content = {ContentPart{}}}});
    c.server.say(id, "item_2", audio);
    c.run();
    g_assert_cmpuint(c.listen(160), ==, 160 * 24);
    g_assert_cmpuint(c.session->stats().underruns, ==, 0);
  }
}

// The server begins an answer before it knows that realtimesrc's caps have changed.
void an_answer_in_the_format_of_before() {
  for (const bool told : {false, true}) { // of the response, beside the session's
    Conversation c;
    c.start();
    std::string id = "early";
    if (told) {
      Response response;
      response.id = id;
      response.conversation_id = "conv";
      response.output_format = audio::pcm16_24k;
      c.transport.deliver(ResponseCreated{response});
    } else {
      id = c.server.begin_response();
    }
    c.output_format = audio::ulaw_8k;
    c.session->set_output_format(c.output_format);
    c.run();
    c.take();
    const std::vector<std::uint8_t> second(48000, 1);
    c.server.say(id, "item_1", second);
    c.server.say(id, "item_1", second);
    c.run();
    g_assert_cmpuint(c.listen(100), ==, 0);
    const auto warnings = c.src.ear->warnings(Warning::Kind::playback_refused);
    g_assert_cmpuint(warnings.size(), ==, 1);
    g_assert_true(warnings[0].find("PCM of 24000 Hz") != std::string::npos);
    g_assert_true(warnings[0].find("G.711 u-law") != std::string::npos);
    c.transport.deliver(ResponseDone{{.id = id, .status = ResponseStatus::completed}});
    c.run();
    assert_text(c.take_only<ItemDelete>().at(0).item_id, "item_1"); // nobody heard it
    const std::string next = c.server.begin_response();
    c.server.say(next, "item_2", std::vector<std::uint8_t>(8000, 0x21));
    c.run();
    g_assert_cmpuint(c.listen(20), ==, 160);
  }
}

// One answer may be asked for in another format than the session's.
void an_answer_in_a_format_of_its_own() {
  Conversation c;
  c.start();
  c.transport.deliver(
      ResponseCreated{{.id = "own", .conversation_id = "conv", .output_format = audio::ulaw_8k}});
  c.server.say("own", "item_1", std::vector<std::uint8_t>(8000, 0x21));
  c.run();
  g_assert_cmpuint(c.listen(100), ==, 0);
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::playback_refused).size(), ==, 1);
}

void out_of_band_is_not_in_the_conversation() {
  Conversation c;
  c.start();
  g_assert_true(c.session->create_response(R"({"conversation":"none"})").accepted);
  c.transport.when_sent(nullptr); // answered by hand
  c.run();
  Response aside;
  aside.id = "resp_aside";
  c.transport.deliver(ResponseCreated{aside});
  const std::vector<std::uint8_t> second(48000, 1);
  c.server.say("resp_aside", "item_aside", second);
  c.listen(200);
  c.take();
  speech_started(c);
  g_assert_cmpuint(c.take().size(), ==, 0); // its item cannot be truncated
  g_assert_cmpuint(c.listen(100), ==, 120); // but it is silent
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/interruption/truncates", truncates_what_was_heard);
  g_test_add_func("/session/interruption/deletes", deletes_what_nobody_heard);
  g_test_add_func("/session/interruption/refused", refused_audio_is_in_the_item);
  g_test_add_func("/session/interruption/played", nothing_for_what_was_played);
  g_test_add_func("/session/interruption/later-items", later_items_too);
  g_test_add_func("/session/interruption/parts-of-a-deleted-item", parts_of_a_deleted_item);
  g_test_add_func("/session/interruption/later-parts", later_parts_of_an_item);
  g_test_add_func("/session/interruption/late-audio", late_audio_is_dropped);
  g_test_add_func("/session/interruption/server-does-not", only_when_the_server_interrupts);
  g_test_add_func("/session/interruption/by-hand", by_hand);
  g_test_add_func("/session/interruption/by-hand/idle", by_hand_without_anything);
  g_test_add_func("/session/interruption/flush", with_a_flush);
  g_test_add_func("/session/interruption/flush/idle", never_flushes_while_idle);
  g_test_add_func("/session/interruption/flush/paused", flush_in_paused);
  g_test_add_func("/session/interruption/flush/next-reply", a_flush_spares_the_next_reply);
  g_test_add_func("/session/interruption/src-leaves", src_leaving_interrupts);
  g_test_add_func("/session/interruption/src-leaves/with-its-sink", src_leaving_with_its_sink);
  g_test_add_func("/session/interruption/end-of-an-item", the_end_of_an_item_is_told_in_several_ways);
  g_test_add_func("/session/interruption/format-of-before", an_answer_in_the_format_of_before);
  g_test_add_func("/session/interruption/format-of-its-own", an_answer_in_a_format_of_its_own);
  g_test_add_func("/session/interruption/out-of-band", out_of_band_is_not_in_the_conversation);
  return g_test_run();
}

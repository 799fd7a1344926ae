// The ways to hold a conversation: by button, by text, by ear alone, two at a time, and the
// application's hand on the stream.
#include "talk.h"

#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;

GST_START_TEST(push_to_talk) {
  ServerFixture server(ramp_of(200));
  Pipeline pipeline(Caller::element() + "realtimesink name=sink turn-detection=none uri=" + server.uri() +
                    "  realtimesrc ! fakesink name=out sync=true");
  pipeline.play();
  pipeline.wait_for_element("realtime/session-updated");
  Caller caller(pipeline.element("caller"));
  caller.speak(400);
  server.wait_for_sent(true, "input_audio_buffer.append", 20);
  const auto sink = pipeline.element("sink");
  fail_unless(act(sink.get(), "commit"));
  fail_unless(act(sink.get(), "create-response", static_cast<const char*>(nullptr)));
  pipeline.wait_for_element("realtime/playback-finished");
  expect_ramp(pipeline, 200);
  fail_unless_equals_int(pipeline.seen("realtime/turn-committed").size(), 1);
  fail_unless_equals_int(server.sent(false, "error").size(), 0);
}
GST_END_TEST

GST_START_TEST(text_is_answered_by_speech) {
  ServerFixture server(ramp_of(200));
  Pipeline pipeline("realtimesrc name=src uri=" + server.uri() + " ! fakesink name=out sync=true");
  pipeline.play();
  fail_unless(act(pipeline.element("src").get(), "send-text", "How are you?"));
  pipeline.wait_for_element("realtime/playback-finished");
  expect_ramp(pipeline, 200);
}
GST_END_TEST

GST_START_TEST(a_sink_alone_writes_down_and_gets_text) {
  ServerFixture server(ramp_of(200));
  Pipeline pipeline("audiotestsrc num-buffers=25 samplesperbuffer=480 ! audio/x-raw,rate=24000 ! "
                    "realtimesink input-transcription-model=any uri=" +
                    server.uri());
  pipeline.play();
  const auto of = [](const char* role) {
    return [role](GstMessage* m) {
      gboolean final = FALSE;
      return is_element_message(m, "realtime/transcript") && field(m, "role") == role &&
             gst_structure_get_boolean(gst_message_get_structure(m), "final", &final) && final;
    };
  };
  std::string user, assistant;
  pipeline.wait_for(
      [&](GstMessage* m) {
        if (of("user")(m)) user = field(m, "text");
        if (of("assistant")(m)) assistant = field(m, "text");
        return !user.empty() && !assistant.empty();
      },
      "both transcripts");
  fail_unless(user == "one");
  fail_unless(assistant.find("one") != std::string::npos);
  pipeline.wait_for_eos();
  fail_unless_equals_int(server.sent(false, "response.output_audio.delta").size(), 0);
}
GST_END_TEST

GST_START_TEST(a_greeting_is_said_unasked) {
  ServerFixture server(ramp_of(200));
  Pipeline pipeline(Caller::element() + "realtimesink  realtimesrc greeting=Hello uri=" + server.uri() +
                    " ! fakesink name=out sync=true");
  pipeline.play();
  pipeline.wait_for_element("realtime/playback-finished");
  expect_ramp(pipeline, 200);
  fail_unless(server.sent(true, "response.create").at(0).find("Hello") != std::string::npos);
}
GST_END_TEST

// A real JPEG and a real PNG, seen by a server that reads them.
GST_START_TEST(a_picture_is_seen) {
  for (const char* encoder : {"jpegenc", "pngenc"}) {
    ServerFixture server(server::Scenario{});
    const auto camera = GRef<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(
        gst_parse_launch((std::string("videotestsrc num-buffers=1 ! video/x-raw,width=320,height=200 ! ") +
                          encoder + " ! appsink name=frame sync=false")
                             .c_str(),
                         nullptr))));
    const auto frame = GRef<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(camera.get()), "frame"));
    gst_element_set_state(camera.get(), GST_STATE_PLAYING);
    GstSample* sample = nullptr;
    g_signal_emit_by_name(frame.get(), "pull-sample", &sample);
    fail_unless(sample != nullptr);
    Pipeline pipeline("realtimesrc name=src output-modality=text uri=" + server.uri() +
                      " ! fakesink name=out");
    pipeline.play();
    const auto src = pipeline.element("src");
    fail_unless(act(src.get(), "send-image", sample));
    fail_unless(act(src.get(), "send-text", "what is it"));
    gst_sample_unref(sample);
    gst_element_set_state(camera.get(), GST_STATE_NULL);
    pipeline.wait_for(
        [](GstMessage* m) {
          return is_element_message(m, "realtime/transcript") &&
                 field(m, "text").find("I see an image of 320 by 200 pixels.") != std::string::npos;
        },
        "what the server saw");
    fail_unless(!act(src.get(), "send-image", static_cast<GstSample*>(nullptr)));
  }
}
GST_END_TEST

// Each element in a pipeline of its own; what tells the conversations apart is their name.
GST_START_TEST(two_conversations_in_one_process) {
  ServerFixture one(ramp_of(200)), other(ramp_of(300));
  Pipeline first_out("realtimesrc session=first ! fakesink name=out sync=true");
  Pipeline second_out("realtimesrc session=second ! fakesink name=out sync=true");
  const std::string spoken = "audiotestsrc num-buffers=25 samplesperbuffer=480 ! audio/x-raw,rate=24000 ! ";
  Pipeline first_in(spoken + "realtimesink session=first uri=" + one.uri());
  Pipeline second_in(spoken + "realtimesink session=second uri=" + other.uri());
  for (Pipeline* each : {&first_in, &second_in, &first_out, &second_out})
    each->set_state(GST_STATE_READY);
  for (Pipeline* each : {&first_in, &second_in, &first_out, &second_out})
    each->play();
  for (Pipeline* each : {&first_in, &second_in, &first_out, &second_out})
    each->wait_for_eos();
  expect_ramp(first_out, 200);
  expect_ramp(second_out, 300);
  for (Pipeline* each : {&first_in, &second_in, &first_out, &second_out})
    for (const char* told_once : {"realtime/speech-started", "realtime/response-done"})
      fail_unless_equals_int(each->seen(told_once).size(), 1);
}
GST_END_TEST

GST_START_TEST(a_second_sink_is_refused) {
  ServerFixture server(ramp_of(200));
  Pipeline first(Caller::element() + "realtimesink session=taken uri=" + server.uri());
  Pipeline second(Caller::element() + "realtimesink session=taken");
  first.play();
  fail_unless(gst_element_set_state(second.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE);
  const auto message = second.wait_for_error();
  GError* raw = nullptr;
  gst_message_parse_error(message.get(), &raw, nullptr);
  const GErrorPtr error(raw);
  fail_unless(g_error_matches(error.get(), GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY));
  fail_unless(std::string(error->message).find("session") != std::string::npos);
  first.wait_for_element("realtime/session-updated"); // and is not disturbed
}
GST_END_TEST

GST_START_TEST(the_application_ends_the_stream_at_once) {
  ServerFixture server(ramp_of(60000));
  Pipeline pipeline(Caller::element() + "realtimesink uri=" + server.uri() +
                    "  realtimesrc name=src ! fakesink name=out sync=true");
  pipeline.play();
  fail_unless(act(pipeline.element("src").get(), "send-text", "Tell me."));
  pipeline.wait_for_element("realtime/playback-started");
  fail_unless(
      !gst_element_seek_simple(pipeline.element("src").get(), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0));
  fail_unless(gst_element_send_event(pipeline.get(), gst_event_new_eos()));
  pipeline.wait_for_eos();
}
GST_END_TEST

// What was not sent is dropped, an open turn is cleared, the answers are left alone.
GST_START_TEST(a_flush_clears_the_input_and_nothing_else) {
  ServerFixture server(ramp_of(200));
  Pipeline pipeline(Caller::element() + "realtimesink name=sink silence-fill-delay=600000 uri=" +
                    server.uri() + "  realtimesrc ! fakesink name=out sync=true");
  pipeline.play();
  pipeline.wait_for_element("realtime/session-updated");
  Caller caller(pipeline.element("caller"));
  caller.speak(400);
  pipeline.wait_for_element("realtime/speech-started");
  const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(pipeline.element("sink").get(), "sink"));
  fail_unless(gst_pad_send_event(pad.get(), gst_event_new_flush_start()));
  fail_unless(gst_pad_send_event(pad.get(), gst_event_new_flush_stop(FALSE)));
  server.wait_for_sent(true, "input_audio_buffer.clear");
  fail_unless_equals_int(pipeline.seen("realtime/response-started").size(), 0);
  fail_unless_equals_int(server.sent(false, "error").size(), 0);
}
GST_END_TEST

GST_START_TEST(a_pause_in_a_reply_loses_nothing) {
  ServerFixture server(ramp_of(1000));
  Pipeline pipeline("realtimesrc name=src uri=" + server.uri() + " ! fakesink name=out sync=true");
  pipeline.play();
  fail_unless(act(pipeline.element("src").get(), "send-text", "Tell me."));
  pipeline.wait_for_element("realtime/playback-started");
  pipeline.set_state(GST_STATE_PAUSED);
  // The server goes on meanwhile.
  if (pipeline.seen("realtime/response-done").empty()) pipeline.wait_for_element("realtime/response-done");
  gst_element_get_state(pipeline.get(), nullptr, nullptr, GST_CLOCK_TIME_NONE);
  pipeline.play();
  pipeline.wait_for_element("realtime/playback-finished");
  expect_ramp(pipeline, 1000);
  const auto frames = pipeline.captured();
  for (std::size_t i = 1; i < frames.size(); ++i) {
    fail_unless_equals_uint64(frames[i].pts, frames[i - 1].pts + frames[i - 1].duration);
    fail_unless(!frames[i].discont);
  }
}
GST_END_TEST

static Suite* turns_suite() {
  Suite* suite = suite_create("turns");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_test(tcase, push_to_talk);
  tcase_add_test(tcase, text_is_answered_by_speech);
  tcase_add_test(tcase, a_sink_alone_writes_down_and_gets_text);
  tcase_add_test(tcase, a_greeting_is_said_unasked);
  tcase_add_test(tcase, a_picture_is_seen);
  tcase_add_test(tcase, two_conversations_in_one_process);
  tcase_add_test(tcase, a_second_sink_is_refused);
  tcase_add_test(tcase, the_application_ends_the_stream_at_once);
  tcase_add_test(tcase, a_flush_clears_the_input_and_nothing_else);
  tcase_add_test(tcase, a_pause_in_a_reply_loses_nothing);
  return suite;
}

GST_CHECK_MAIN(turns)

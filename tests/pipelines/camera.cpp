// A camera in the conversation, against the development server: what it shows is seen, and what it showed
// before is gone.
#include "talk.h"

#include <algorithm>
#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;

namespace {

constexpr const char* camera = "videotestsrc is-live=true ! video/x-raw,width=%,height=200,framerate=30/1 ! ";
constexpr const char* question = "audiotestsrc is-live=false freq=440 num-buffers=50 samplesperbuffer=480 ! "
                                 "audio/x-raw,format=S16LE,rate=24000,channels=1 ! ";

std::string of_width(const std::string& width) {
  std::string text = camera;
  return text.replace(text.find('%'), 1, width);
}

std::string wait_for_answer(Pipeline& pipeline) {
  std::string said;
  pipeline.wait_for(
      [&](GstMessage* m) {
        if (!is_element_message(m, "realtime/transcript") || field(m, "role") != "assistant") return false;
        gboolean final = FALSE;
        gst_structure_get_boolean(gst_message_get_structure(m), "final", &final);
        said = field(m, "text");
        return final != FALSE;
      },
      "an answer");
  return said;
}

void ask(const Pipeline& pipeline, const char* text) {
  fail_unless(act(pipeline.element("eye").get(), "send-text", text));
}

void no_errors(ServerFixture& server) {
  const auto errors = server.sent(false, "error");
  fail_unless(errors.empty(), "%s", errors.empty() ? "" : errors[0].c_str());
}

} // namespace

GST_START_TEST(what_the_camera_shows_is_seen) {
  for (const char* encoder : {"jpegenc", "pngenc"}) {
    ServerFixture server(server::Scenario{});
    Pipeline pipeline(of_width("320") + encoder + " ! realtimeimagesink name=eye output-modality=text uri=" +
                      server.uri() + "  realtimesrc ! fakesink name=out");
    pipeline.play();
    server.wait_for_sent(false, "conversation.item.done");
    ask(pipeline, "what is it");
    const std::string said = wait_for_answer(pipeline);
    fail_unless(said == "I see an image of 320 by 200 pixels. You said: what is it.", "%s", said.c_str());
    no_errors(server);
  }
}
GST_END_TEST

// Beside a voice, at a quick rate: the pictures do not pile up, neither here nor there.
GST_START_TEST(the_conversation_keeps_the_newest) {
  ServerFixture server(ramp_scenario(std::chrono::milliseconds(200)));
  Pipeline pipeline(of_width("320") +
                    "jpegenc ! realtimeimagesink name=eye max-rate=15/1 uri=" + server.uri() + "  " +
                    question + "realtimesink  realtimesrc ! fakesink name=out sync=true");
  pipeline.play();
  server.wait_for_sent(false, "conversation.item.deleted", 5);
  pipeline.wait_for_element("realtime/playback-finished");
  no_errors(server);
  // As a client asks for it, there is one picture.
  const auto shown = server.sent(true, "conversation.item.create").size();
  const auto gone = server.sent(true, "conversation.item.delete").size();
  fail_unless(shown > 5 && gone <= shown && gone + 2 >= shown, "%zu shown, %zu gone", shown, gone);
  fail_unless(server.sent(true, "response.create").empty()); // nobody is asked to answer a picture
}
GST_END_TEST

// In pipelines of their own, by the session's name.
GST_START_TEST(two_cameras_in_other_pipelines) {
  ServerFixture server(server::Scenario{});
  Pipeline door(of_width("320") +
                "jpegenc ! realtimeimagesink session=house output-modality=text uri=" + server.uri());
  Pipeline gate(of_width("160") + "pngenc ! realtimeimagesink name=eye session=house max-rate=1/60");
  door.play();
  gate.play();
  for (const char* kind : {"data:image/png", "data:image/jpeg"}) {
    std::size_t count = 1;
    const auto has = [&](const std::string& text) { return text.find(kind) != std::string::npos; };
    while (std::ranges::none_of(server.wait_for_sent(true, "conversation.item.create", count), has))
      ++count;
  }
  ask(gate, "hello");
  const std::string said = wait_for_answer(gate);
  fail_unless(said.starts_with("I see an image of "), "%s", said.c_str());
  no_errors(server);
}
GST_END_TEST

static Suite* camera_suite() {
  Suite* suite = suite_create("camera");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_test(tcase, what_the_camera_shows_is_seen);
  tcase_add_test(tcase, the_conversation_keeps_the_newest);
  tcase_add_test(tcase, two_cameras_in_other_pipelines);
  return suite;
}

GST_CHECK_MAIN(camera)

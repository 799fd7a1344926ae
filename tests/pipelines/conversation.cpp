// A whole conversation through the elements against the development server.
#include "talk.h"

#include "audio/base64.h"
#include "session/notice.h"

#include <algorithm>
#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;

namespace {

constexpr const char* spoken = "audiotestsrc is-live=false freq=440 num-buffers=50 samplesperbuffer=480 ! "
                               "audio/x-raw,format=S16LE,rate=24000,channels=1 ! ";

gboolean check_field(GQuark field, const GValue*, gpointer data) {
  const auto& info = *static_cast<const session::NoticeInfo*>(data);
  const std::string list = "," + std::string(info.fields) + ",", name = g_quark_to_string(field);
  fail_unless(list.find("," + name + ",") != std::string::npos, "field %s is not in the table", name.c_str());
  return TRUE;
}

// What reaches the bus is what the table, and so the documentation, says.
void every_field_is_in_the_table(const Pipeline& pipeline) {
  unsigned seen = 0;
  for (const session::NoticeInfo& info : session::notices())
    for (const GstStructure* message : pipeline.seen(("realtime/" + std::string(info.name)).c_str())) {
      gst_structure_foreach(message, check_field, const_cast<session::NoticeInfo*>(&info));
      ++seen;
    }
  fail_unless(seen > 5);
}

} // namespace

GST_START_TEST(a_spoken_question_is_answered_and_the_pipeline_ends) {
  ServerFixture server(ramp_scenario(std::chrono::milliseconds(1000)));
  Pipeline pipeline(std::string(spoken) + "realtimesink input-transcription-model=any uri=" + server.uri() +
                    "  realtimesrc ! fakesink name=out sync=true");
  pipeline.play();
  pipeline.wait_for_eos();

  const auto samples = without_silence(pipeline);
  std::vector<std::int16_t> expected;
  for (std::uint64_t i = 0; i < 24000; ++i)
    expected.push_back(server::ramp_sample(i));
  fail_unless_equals_int(samples.size(), expected.size());
  fail_unless(samples == expected, "the reply differs from what the server sent");
  for (const char* name : {"realtime/session-created", "realtime/speech-started", "realtime/speech-stopped",
                           "realtime/response-started", "realtime/response-done", "realtime/playback-started",
                           "realtime/playback-finished"})
    fail_unless_equals_int(pipeline.seen(name).size(), 1);

  const GstStructure* created = pipeline.seen("realtime/session-created")[0];
  fail_unless(gst_structure_has_field_typed(created, "session-id", G_TYPE_STRING));
  fail_unless(gst_structure_has_field_typed(created, "expires-at", G_TYPE_UINT64));
  guint64 started = 0, finished = 0, heard_ms = 0;
  fail_unless(gst_structure_get_uint64(pipeline.seen("realtime/playback-started")[0], "time", &started));
  const GstStructure* end = pipeline.seen("realtime/playback-finished")[0];
  fail_unless(gst_structure_get_uint64(end, "time", &finished));
  fail_unless(gst_structure_get_uint64(end, "heard-ms", &heard_ms));
  fail_unless_equals_int(heard_ms, 1000);
  fail_unless_equals_uint64((finished - started) / GST_MSECOND, 1000);
  every_field_is_in_the_table(pipeline);
}
GST_END_TEST

static Suite* conversation_suite() {
  Suite* suite = suite_create("conversation");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 120);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_test(tcase, a_spoken_question_is_answered_and_the_pipeline_ends);
  return suite;
}

GST_CHECK_MAIN(conversation)

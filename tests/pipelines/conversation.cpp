// A whole conversation through the elements against the development server.
#include "support/pipeline.h"

#include "audio/base64.h"
#include "server/sound.h"
#include "support/elements.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;

namespace {

constexpr const char* spoken = "audiotestsrc is-live=false freq=440 num-buffers=50 samplesperbuffer=480 ! "
                               "audio/x-raw,format=S16LE,rate=24000,channels=1 ! ";

std::vector<std::int16_t> without_silence(std::vector<std::int16_t> samples) {
  std::erase(samples, std::int16_t{0});
  return samples;
}

} // namespace

GST_START_TEST(a_spoken_question_is_answered_and_the_pipeline_ends) {
  ServerFixture server(ramp_scenario(std::chrono::milliseconds(1000)));
  Pipeline pipeline(std::string(spoken) + "realtimesink input-transcription-model=any uri=" + server.uri() +
                    "  realtimesrc ! fakesink name=out sync=true");
  pipeline.play();
  pipeline.wait_for_eos();

  const auto samples = without_silence(pipeline.captured_samples());
  std::vector<std::int16_t> expected;
  for (std::uint64_t i = 0; i < 24000; ++i)
    expected.push_back(server::ramp_sample(i));
  fail_unless_equals_int(samples.size(), expected.size());
  fail_unless(samples == expected, "the reply differs from what the server sent");
  for (const char* name : {"realtime/session-created", "realtime/speech-started", "realtime/speech-stopped",
                           "realtime/response-started", "realtime/response-done", "realtime/playback-started",
                           "realtime/playback-finished"})
    fail_unless_equals_int(pipeline.seen(name).size(), 1);
}
GST_END_TEST

static Suite* conversation_suite() {
  Suite* suite = suite_create("conversation");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 120);
  tcase_add_checked_fixture(tcase, register_elements, nullptr);
  tcase_add_test(tcase, a_spoken_question_is_answered_and_the_pipeline_ends);
  return suite;
}

GST_CHECK_MAIN(conversation)

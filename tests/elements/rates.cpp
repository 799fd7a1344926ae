// Servers that take or give another rate than 24 kHz: what goes in is sent as it is, what comes is heard as
// it is, frame by frame, and positions stay milliseconds.
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <string>

using namespace rt;
using namespace rt::test;

namespace {

struct Row {
  unsigned in, out;
};
constexpr Row rows[] = {{8000, 48000},  {16000, 44100}, {22050, 32000},
                        {44100, 16000}, {48000, 8000},  {32000, 22050}};

std::string caps_of(unsigned rate) {
  return "audio/x-raw, format=S16LE, layout=interleaved, channels=1, rate=" + std::to_string(rate);
}

} // namespace

GST_START_TEST(audio_keeps_the_rate_of_the_caps) {
  const Row& row = rows[__i__];
  ElementHarness h;
  h.transport.set_dialect(protocol::Dialect::hybrid);
  GstElement* sink = h.add_sink({{"provider", "xai"}});
  h.add_src({{"provider", "xai"}}, caps_of(row.out).c_str());
  gst_element_set_state(sink, GST_STATE_PLAYING);
  h.play_src();
  h.send_start(caps_of(row.in).c_str());
  h.wait_for_frame(); // both have their caps
  h.connect();
  const auto asked = h.updates();
  fail_unless(!asked.empty(), "%s",
              h.texts_of(GST_MESSAGE_ERROR).empty() ? "" : h.texts_of(GST_MESSAGE_ERROR)[0].c_str());
  fail_unless(asked[0].input_format == (audio::Format{audio::Encoding::pcm16, row.in}));
  fail_unless(asked[0].output_format == (audio::Format{audio::Encoding::pcm16, row.out}));

  for (unsigned frame = 0; frame < 10; ++frame)
    fail_unless_equals_int(h.push_ramp(frame * row.in / 50, row.in / 50, frame * 20 * ms), GST_FLOW_OK);
  h.run();
  fail_unless(h.sent_audio() == ramp(row.in / 5));

  const auto speech = ramp(row.out / 5);
  h.reply(speech);
  std::vector<std::uint8_t> heard;
  for (unsigned frame = 0; heard.size() < speech.size() && frame < 50; ++frame) {
    const auto buffer = h.crank();
    fail_unless_equals_uint64(GST_BUFFER_DURATION(buffer.get()), 20 * ms);
    fail_unless_equals_int(gst_buffer_get_size(buffer.get()), row.out / 50 * 2);
    if (is_gap(buffer)) continue;
    const auto bytes = bytes_of(buffer);
    heard.insert(heard.end(), bytes.begin(), bytes.end());
  }
  fail_unless(heard == speech);
  h.crank();
  h.run();
  fail_unless_equals_uint64(uint64_field(h.find("realtime/playback-finished"), "heard-ms"), 200);
  fail_unless(h.texts_of(GST_MESSAGE_ERROR).empty());
}
GST_END_TEST

static Suite* rates_suite() {
  Suite* suite = suite_create("rates");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_loop_test(tcase, audio_keeps_the_rate_of_the_caps, 0, G_N_ELEMENTS(rows));
  return suite;
}

GST_CHECK_MAIN(rates)

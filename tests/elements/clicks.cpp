// No click where an answer begins, is cut, is lowered or has a hole, behind the elements that stand between
// realtimesrc and a sound card or a telephone line: what leaves it, flags and all, goes through them.
#include "support/element_harness.h"
#include "support/tone.h"
#include "support/voice.h"

#include "audio/fade.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <functional>

using namespace rt;
using namespace rt::test;
using namespace rt::protocol;

namespace {

struct Chain {
  const char* name;
  const char* src_caps; // of realtimesrc
  audio::Format format; // the same
  const char* elements;
  audio::Format heard; // behind them
};

constexpr audio::Format pcm16_48k{audio::Encoding::pcm16, 48000};

const Chain chains[] = {
    {"24 kHz to 48 kHz", pcm_caps, audio::pcm16_24k,
     "audioconvert ! audioresample ! capsfilter caps=audio/x-raw,format=S16LE,rate=48000", pcm16_48k},
    {"24 kHz to u-law", pcm_caps, audio::pcm16_24k,
     "audioconvert ! audioresample ! capsfilter caps=audio/x-raw,format=S16LE,rate=8000 ! mulawenc",
     audio::ulaw_8k},
    {"u-law to 48 kHz", ulaw_caps, audio::ulaw_8k,
     "mulawdec ! audioconvert ! audioresample ! capsfilter caps=audio/x-raw,format=S16LE,rate=48000",
     pcm16_48k},
};

std::vector<std::int16_t> through(const Chain& chain, const std::vector<GRef<GstBuffer>>& buffers) {
  GstHarness* h = gst_harness_new_parse(chain.elements);
  fail_unless(h != nullptr, "not installed: %s", chain.elements);
  gst_harness_set_src_caps_str(h, chain.src_caps);
  std::vector<std::int16_t> samples;
  const auto collect = [&] {
    while (GstBuffer* raw = gst_harness_try_pull(h)) {
      const auto more = linear(chain.heard, bytes_of(GRef<GstBuffer>::adopt(raw)));
      samples.insert(samples.end(), more.begin(), more.end());
    }
  };
  for (const auto& buffer : buffers) {
    fail_unless_equals_int(gst_harness_push(h, gst_buffer_copy(buffer.get())), GST_FLOW_OK);
    collect();
  }
  // No EOS: what the resampler still holds is not the end of anything.
  gst_harness_teardown(h);
  return samples;
}

// realtimesrc between a server that sends a tone and those elements.
struct Line {
  Line(const Chain& of, const char* gap_mode, std::uint64_t lead) : chain(of), received(lead), began(lead) {
    src = h.add_src({{"cushion", "40"}, {"gap-mode", gap_mode}}, of.src_caps);
    gst_element_set_state(h.add_sink({{"local-vad", "true"}}), GST_STATE_PLAYING);
    h.play_src();
    h.wait_for_frame();
    h.send_start(of.src_caps);
    h.connect();
    response = h.server.begin_response();
  }
  void receive(std::uint64_t length_ms, std::uint64_t more_samples = 0) {
    const std::uint64_t count = chain.format.samples_of_ms(length_ms) + more_samples;
    auto bytes = tone(chain.format, received, count);
    // Speech swells, mostly.
    const std::size_t swell = chain.format.bytes(chain.format.samples_of_ms(10));
    if (received == began && swells) audio::fade_in(chain.format.encoding, std::span(bytes).first(swell));
    received += count;
    h.server.say(response, "item", bytes);
    h.run();
  }
  void hear(unsigned frames) {
    for (unsigned i = 0; i < frames; ++i) {
      fail_unless(gst_test_clock_crank(h.test_clock()));
      h.wait_for_frame();
      while (GstBuffer* buffer = gst_harness_try_pull(h.downstream()))
        buffers.push_back(GRef<GstBuffer>::adopt(buffer));
      h.run();
    }
  }
  void server_hears_speech() {
    h.transport.deliver(SpeechStarted{0, "input"});
    h.run();
  }
  void somebody_speaks() {
    const auto spoken = voice(chain.format.rate, 200);
    h.push(encoded(chain.format, spoken), 0);
  }

  const Chain& chain;
  ElementHarness h;
  GstElement* src = nullptr;
  std::uint64_t received, began;
  bool swells = true;
  std::string response;
  std::vector<GRef<GstBuffer>> buffers;
};

// What the tone has by itself behind the same elements.
int own_roughness(const Chain& chain) {
  Line line(chain, "silence", 0);
  line.receive(1000);
  line.hear(40);
  auto samples = through(chain, line.buffers);
  const auto edge = static_cast<std::ptrdiff_t>(chain.heard.samples_of_ms(60));
  return roughness(
      std::span(samples).subspan(static_cast<std::size_t>(edge)).first(chain.heard.samples_of_ms(500)));
}

// At several phases of the tone, in every gap-mode.
void no_click(const std::function<void(Line&)>& act) {
  for (const Chain& chain : chains) {
    const int own = own_roughness(chain);
    for (const char* gap_mode : {"silence", "gap-event", "none"})
      for (std::uint64_t lead = 0; lead < chain.format.rate / 440; lead += chain.format.rate / 440 / 5) {
        Line line(chain, gap_mode, lead);
        act(line);
        const auto samples = through(chain, line.buffers);
        fail_unless(roughness(samples) <= own * 3 / 2, "%s, gap-mode %s, lead %u: %d instead of %d",
                    chain.name, gap_mode, static_cast<unsigned>(lead), roughness(samples), own);
        const auto loud = [](std::int16_t sample) { return std::abs(sample) > 10000; };
        fail_unless(std::any_of(samples.begin(), samples.end(), loud), "%s: nothing is heard", chain.name);
      }
  }
}

} // namespace

GST_START_TEST(where_an_answer_begins) {
  no_click([](Line& line) {
    line.hear(3);
    line.receive(400);
    line.hear(10);
  });
}
GST_END_TEST

GST_START_TEST(where_it_begins_at_full_level) {
  no_click([](Line& line) {
    line.swells = false;
    line.hear(3);
    line.receive(400);
    line.hear(10);
  });
}
GST_END_TEST

GST_START_TEST(where_it_is_cut) {
  no_click([](Line& line) {
    line.hear(3);
    line.receive(400);
    line.hear(6);
    line.server_hears_speech();
    line.hear(4);
  });
}
GST_END_TEST

GST_START_TEST(where_its_audio_has_not_come) {
  no_click([](Line& line) {
    line.hear(1);
    line.receive(100, 11 + line.began);
    line.hear(9);
    line.receive(200);
    line.hear(5);
  });
}
GST_END_TEST

GST_START_TEST(where_it_is_lowered_and_comes_back) {
  no_click([](Line& line) {
    line.receive(1500);
    line.hear(5);
    line.somebody_speaks();
    line.hear(45);
  });
}
GST_END_TEST

// The measure finds one: the same cut without a fade.
GST_START_TEST(a_hard_edge_is_found) {
  for (const Chain& chain : chains) {
    Line line(chain, "silence", 0);
    line.receive(400);
    line.hear(6);
    // At the loudest sample of a period in the middle of a frame.
    auto frame = GRef<GstBuffer>::adopt(gst_buffer_copy_deep(line.buffers.back().get()));
    const auto samples = linear(chain.format, bytes_of(frame));
    const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
    const auto peak = std::max_element(middle, middle + chain.format.rate / 440);
    const auto edge = chain.format.bytes(static_cast<std::uint64_t>(peak - samples.begin()));
    gst_buffer_memset(frame.get(), edge, chain.format.silence_byte(),
                      gst_buffer_get_size(frame.get()) - edge);
    line.buffers.back() = std::move(frame);
    fail_unless(roughness(through(chain, line.buffers)) > own_roughness(chain) * 3 / 2, "%s", chain.name);
  }
}
GST_END_TEST

static Suite* clicks_suite() {
  Suite* suite = suite_create("clicks");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, where_an_answer_begins);
  tcase_add_test(tcase, where_it_begins_at_full_level);
  tcase_add_test(tcase, where_it_is_cut);
  tcase_add_test(tcase, where_its_audio_has_not_come);
  tcase_add_test(tcase, where_it_is_lowered_and_comes_back);
  tcase_add_test(tcase, a_hard_edge_is_found);
  return suite;
}

GST_CHECK_MAIN(clicks)

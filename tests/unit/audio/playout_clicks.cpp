// Wherever a reply is cut, starts, or has a hole in it, nobody hears a click: the second difference of what
// leaves stays near that of the speech itself. A hard edge, which the last test makes, has many times as
// much.
#include "playout_helpers.h"

#include "audio/fade.h"
#include "support/tone.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace {

using namespace rt::audio;
using namespace rt::audio::test;
using rt::test::roughness, rt::test::roughness_of_tone, rt::test::tone, rt::test::tone_sample;

struct Listener {
  explicit Listener(const Format& format) : reader(playout, format.samples_of_ms(20)) {
    playout.set_format(format);
    set_cushion(playout, 40);
  }
  void receive(std::uint64_t count) {
    std::vector<std::uint8_t> bytes = tone(playout.format(), received, count);
    // Speech swells; a tone that is there at once would be the click.
    const std::size_t swell = playout.format().bytes(playout.format().samples_of_ms(10));
    if (received == 0)
      fade_in(playout.format().encoding, std::span(bytes).first(std::min(swell, bytes.size())));
    playout.append(key("item_1"), bytes);
    received += count;
  }
  void hear(unsigned frames) {
    const std::vector<std::int16_t> more = reader.read(frames);
    heard.insert(heard.end(), more.begin(), more.end());
  }
  Playout playout;
  Reader reader;
  std::uint64_t received = 0;
  std::vector<std::int16_t> heard;
};

void for_each_format(const std::function<void(const Format&, int)>& check) {
  for (const Format& format : {pcm16_24k, ulaw_8k, alaw_8k})
    check(format, roughness_of_tone(format));
}

// At every phase of the tone, as a frame's edge may meet any.
void cuts() {
  for_each_format([](const Format& format, int own) {
    for (std::uint64_t lead = 1; lead < format.rate / 440; ++lead) {
      Listener listener(format);
      listener.receive(lead + format.samples_of_ms(200));
      std::vector<std::uint8_t> before(format.bytes(lead));
      listener.playout.read(before, 0);
      listener.hear(3);
      listener.playout.cut();
      listener.hear(2);
      g_assert_cmpint(roughness(listener.heard), <=, own * 3 / 2);
    }
  });
}

void start() {
  for_each_format([](const Format& format, int own) {
    Listener listener(format);
    listener.hear(2);
    listener.receive(format.samples_of_ms(100));
    listener.hear(3);
    g_assert_cmpuint(listener.reader.info.audio_samples, >, 0);
    g_assert_cmpint(roughness(listener.heard), <=, own * 3 / 2);
  });
}

// Holes of every place in the frame, and of every phase.
void holes() {
  for_each_format([](const Format& format, int own) {
    for (std::uint64_t extra = 0; extra < format.samples_of_ms(26); extra += 7) {
      Listener listener(format);
      listener.receive(format.samples_of_ms(100) + extra);
      listener.hear(9);
      g_assert_cmpuint(listener.playout.underruns(), ==, 1);
      listener.receive(format.samples_of_ms(100));
      listener.hear(3);
      g_assert_cmpuint(listener.reader.info.audio_samples, >, 0);
      g_assert_cmpint(roughness(listener.heard), <=, own * 3 / 2);
    }
  });
}

// A server as quick as the listener: no hole, so not one sample is changed.
void no_hole() {
  Listener listener(pcm16_24k);
  listener.receive(960);
  for (unsigned i = 0; i < 100; ++i) {
    listener.hear(1);
    listener.receive(480);
  }
  g_assert_cmpuint(listener.playout.underruns(), ==, 0);
  for (std::size_t i = 0; i < listener.heard.size(); ++i)
    if (i >= 240) g_assert_cmpint(listener.heard[i], ==, tone_sample(24000, i));
}

void a_hard_edge_is_found() {
  for_each_format([](const Format& format, int own) {
    std::vector<std::int16_t> edge;
    for (std::uint64_t i = 0; i < format.rate / 440 * 5 / 4; ++i)
      edge.push_back(tone_sample(format.rate, i));
    edge.resize(edge.size() * 2);
    g_assert_cmpint(roughness(edge), >, own * 3);
  });
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/playout/clicks/cut", cuts);
  g_test_add_func("/playout/clicks/start", start);
  g_test_add_func("/playout/clicks/holes", holes);
  g_test_add_func("/playout/clicks/no-hole", no_hole);
  g_test_add_func("/playout/clicks/hard-edge", a_hard_edge_is_found);
  return g_test_run();
}

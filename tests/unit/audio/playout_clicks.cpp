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
    // Speech swells.
    const std::size_t swell = playout.format().bytes(playout.format().samples_of_ms(10));
    if (received == 0 && swells)
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
  bool swells = true;
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

// A voice that is there at once, at every phase.
void hard_start() {
  for_each_format([](const Format& format, int own) {
    for (std::uint64_t lead = 0; lead < format.rate / 440; ++lead) {
      Listener listener(format);
      listener.swells = false;
      listener.hear(2);
      listener.received = lead;
      listener.receive(format.samples_of_ms(100));
      listener.playout.content_done(key("item_1"));
      listener.hear(3);
      g_assert_cmpint(roughness(listener.heard), <=, own * 3 / 2);
      for (std::size_t i = format.samples_of_ms(5); i < format.samples_of_ms(60); ++i) { // not longer
        const auto sent = linear(format, tone(format, lead + i, 1).data());
        g_assert_cmpint(listener.heard[format.samples_of_ms(40) + i], ==, sent);
      }
    }
  });
}

// What begins as quietly as a room is left as it came, also behind a break; so are all parts of one answer.
void quiet_start() {
  for_each_format([](const Format& format, int) {
    Listener listener(format);
    std::vector<std::int16_t> sent;
    for (std::uint64_t i = 0; i < format.samples_of_ms(60); ++i)
      sent.push_back(linear(format, tone(format, i, 1).data()));
    const std::uint64_t gentle = format.samples_of_ms(30);
    for (std::uint64_t i = 0; i < gentle; ++i)
      sent[i] = static_cast<std::int16_t>(sent[i] * static_cast<int>(i) / static_cast<int>(20 * gentle));
    const std::vector<std::uint8_t> bytes = rt::test::encoded(format, sent);
    listener.playout.append(key("item_1"), std::span(bytes).first(format.bytes(format.samples_of_ms(40))));
    listener.playout.content_done(key("item_1"));
    listener.playout.append(key("item_2"), std::span(bytes).subspan(format.bytes(format.samples_of_ms(40))));
    listener.playout.content_done(key("item_2"));
    std::vector<std::uint8_t> heard(bytes.size());
    listener.playout.read(std::span(heard).first(format.bytes(format.samples_of_ms(20))), 0);
    listener.playout.read(std::span(heard).subspan(format.bytes(format.samples_of_ms(20))), 20'000'000);
    g_assert_true(heard == bytes);
  });
}

// Downstream was late, or flushed: what follows begins behind silence.
void behind_a_break() {
  for_each_format([](const Format& format, int own) {
    for (std::uint64_t lead = 0; lead < format.rate / 440; ++lead) {
      Listener listener(format);
      listener.receive(lead + format.samples_of_ms(200));
      listener.playout.content_done(key("item_1"));
      std::vector<std::uint8_t> before(format.bytes(lead + format.samples_of_ms(40)));
      listener.playout.read(before, 0);
      std::vector<std::uint8_t> frame(format.bytes(format.samples_of_ms(20)));
      listener.playout.read(frame, 900'000'000, true);
      std::vector<std::int16_t> heard(10);
      for (std::size_t i = 0; i < frame.size(); i += format.bytes_per_sample())
        heard.push_back(linear(format, frame.data() + i));
      g_assert_cmpint(roughness(heard), <=, own * 3 / 2);
    }
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
  g_test_add_func("/playout/clicks/start/hard", hard_start);
  g_test_add_func("/playout/clicks/start/quiet", quiet_start);
  g_test_add_func("/playout/clicks/start/break", behind_a_break);
  g_test_add_func("/playout/clicks/holes", holes);
  g_test_add_func("/playout/clicks/no-hole", no_hole);
  g_test_add_func("/playout/clicks/hard-edge", a_hard_edge_is_found);
  return g_test_run();
}

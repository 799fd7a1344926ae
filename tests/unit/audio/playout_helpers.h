// Reply audio whose every sample tells its own position, and a reader with a sample counter for a clock.
#pragma once

#include "audio/g711.h"
#include "audio/playout.h"

#include <glib.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace rt::audio::test {

// Never 0, so that silence is told from speech; the same within every 20000 samples.
inline std::int16_t sample_at(std::uint64_t position) {
  return static_cast<std::int16_t>(100 + position % 20000);
}

inline std::vector<std::uint8_t> pcm(std::uint64_t first, std::uint64_t count) {
  std::vector<std::uint8_t> bytes;
  for (std::uint64_t i = first; i < first + count; ++i) {
    const auto sample = static_cast<std::uint16_t>(sample_at(i));
    bytes.push_back(static_cast<std::uint8_t>(sample & 0xFF));
    bytes.push_back(static_cast<std::uint8_t>(sample >> 8));
  }
  return bytes;
}

inline std::int16_t linear(const Format& format, const std::uint8_t* p) {
  switch (format.encoding) {
  case Encoding::pcm16:
    return static_cast<std::int16_t>(p[0] | p[1] << 8);
  case Encoding::g711_ulaw:
    return ulaw_decode(*p);
  case Encoding::g711_alaw:
    return alaw_decode(*p);
  }
  return 0;
}

struct Reader {
  explicit Reader(Playout& source, std::uint64_t frame = 480) : playout(source), frame_samples(frame) {}

  // The next frame, after everything before it.
  std::vector<std::int16_t> read() {
    const Format& format = playout.format();
    std::vector<std::uint8_t> frame(format.bytes(frame_samples));
    const std::uint64_t pts = format.ns_of_samples(position);
    info = playout.read(frame, pts);
    position += frame_samples;
    std::vector<std::int16_t> samples;
    for (std::size_t i = 0; i < frame.size(); i += format.bytes_per_sample())
      samples.push_back(linear(format, frame.data() + i));
    return samples;
  }
  std::vector<std::int16_t> read(unsigned frames) {
    std::vector<std::int16_t> all;
    for (unsigned i = 0; i < frames; ++i) {
      const std::vector<std::int16_t> samples = read();
      all.insert(all.end(), samples.begin(), samples.end());
    }
    return all;
  }
  std::uint64_t now() const { return playout.format().ns_of_samples(position); }
  std::vector<PlaybackMark> advance(std::uint64_t at, std::uint64_t delay = 0) {
    std::vector<PlaybackMark> marks;
    playout.advance(at, delay, marks);
    return marks;
  }

  Playout& playout;
  std::uint64_t frame_samples;
  std::uint64_t position = 0;
  FrameInfo info;
};

inline void set_cushion(Playout& playout, std::uint64_t ms) {
  Playout::Options options;
  options.cushion_ns = ms * 1'000'000;
  playout.set_options(options);
}

inline void assert_speech(const std::vector<std::int16_t>& samples, std::size_t at, std::uint64_t first,
                          std::size_t count) {
  g_assert_cmpuint(at + count, <=, samples.size());
  for (std::size_t i = 0; i < count; ++i)
    g_assert_cmpint(samples[at + i], ==, sample_at(first + i));
}

inline void assert_silence(const std::vector<std::int16_t>& samples, std::size_t at) {
  for (std::size_t i = at; i < samples.size(); ++i)
    g_assert_cmpint(samples[i], ==, 0);
}

inline ContentKey key(const std::string& item, const std::string& response = "resp_1", unsigned index = 0) {
  return {response, item, index};
}

} // namespace rt::audio::test

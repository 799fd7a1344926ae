// Audio formats of the wire and the arithmetic between bytes, samples and time. All are mono.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rt::audio {

enum class Encoding { pcm16, g711_ulaw, g711_alaw }; // pcm16: signed 16 bit little endian

struct Format {
  Encoding encoding = Encoding::pcm16;
  std::uint32_t rate = 24000; // Hz; G.711 is 8000 by definition

  bool operator==(const Format&) const = default;

  constexpr std::size_t bytes_per_sample() const { return encoding == Encoding::pcm16 ? 2 : 1; }
  constexpr std::uint64_t samples(std::size_t bytes) const { return bytes / bytes_per_sample(); }
  constexpr std::size_t bytes(std::uint64_t samples) const { return samples * bytes_per_sample(); }
  // Rounded down; exact for whole milliseconds at every supported rate.
  constexpr std::uint64_t samples_of_ns(std::uint64_t ns) const {
    return ns / 1'000'000'000 * rate + ns % 1'000'000'000 * rate / 1'000'000'000;
  }
  constexpr std::uint64_t samples_of_ms(std::uint64_t ms) const { return ms * rate / 1000; }
  constexpr std::uint64_t ns_of_samples(std::uint64_t samples) const {
    return samples / rate * 1'000'000'000 + samples % rate * 1'000'000'000 / rate;
  }
  constexpr std::uint64_t ms_of_samples(std::uint64_t samples) const { return samples * 1000 / rate; }
  // The byte that silence is made of (pcm16: both bytes 0).
  constexpr std::uint8_t silence_byte() const {
    return encoding == Encoding::g711_ulaw ? 0xFF : encoding == Encoding::g711_alaw ? 0xD5 : 0x00;
  }
};

inline constexpr Format pcm16_24k{Encoding::pcm16, 24000};
inline constexpr Format ulaw_8k{Encoding::g711_ulaw, 8000};
inline constexpr Format alaw_8k{Encoding::g711_alaw, 8000};

} // namespace rt::audio

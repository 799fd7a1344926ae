#include "audio/g711.h"

#include "audio/format.h"

#include <glib.h>

#include <array>
#include <cstdlib>

namespace {

using namespace rt::audio;

struct Law {
  std::int16_t (*decode)(std::uint8_t);
  std::uint8_t (*encode)(std::int16_t);
};
constexpr Law ulaw{ulaw_decode, ulaw_encode};
constexpr Law alaw{alaw_decode, alaw_encode};

std::uint8_t code_at(int code) {
  return static_cast<std::uint8_t>(code);
}
std::int16_t sample_at(int sample) {
  return static_cast<std::int16_t>(sample);
}

struct Known {
  int code;
  int sample;
};

// Values from the recommendation's tables on the 16-bit scale: both ends, around zero, and one step in the
// middle.
void known_values() {
  for (const auto& [code, sample] : std::array<Known, 9>{{{0x00, -32124},
                                                          {0x80, 32124},
                                                          {0x01, -31100},
                                                          {0xFF, 0},
                                                          {0x7F, 0},
                                                          {0xFE, 8},
                                                          {0x7E, -8},
                                                          {0xE7, 260},
                                                          {0xC0, 1884}}})
    g_assert_cmpint(ulaw_decode(code_at(code)), ==, sample);
  for (const auto& [code, sample] : std::array<Known, 6>{
           {{0xD5, 8}, {0x55, -8}, {0xAA, 32256}, {0x2A, -32256}, {0xD4, 24}, {0xAB, 31232}}})
    g_assert_cmpint(alaw_decode(code_at(code)), ==, sample);
}

void silence_is_the_format_s_silence() {
  g_assert_cmpint(ulaw_decode(ulaw_8k.silence_byte()), ==, 0);
  g_assert_cmpint(ulaw_encode(0), ==, ulaw_8k.silence_byte());
  g_assert_cmpint(alaw_encode(0), ==, alaw_8k.silence_byte());
}

void every_code_survives_a_round_trip() {
  for (int code = 0; code < 256; ++code) {
    g_assert_cmpint(alaw_encode(alaw_decode(code_at(code))), ==, code);
    const int again = ulaw_encode(ulaw_decode(code_at(code)));
    if (code == 0x7F) // minus zero
      g_assert_cmpint(again, ==, 0xFF);
    else
      g_assert_cmpint(again, ==, code);
  }
}

// The recommendation's intervals, not the nearest value: at a segment's edge the two differ.
void ulaw_errs_by_half_a_step_at_most() {
  constexpr int largest = 32635; // beyond it the law clips
  for (int sample = -largest; sample <= largest; ++sample) {
    const std::uint8_t code = ulaw_encode(sample_at(sample));
    const int segment = ~code >> 4 & 7;
    g_assert_cmpint(std::abs(ulaw_decode(code) - sample), <=, 4 << segment);
  }
  g_assert_cmpint(ulaw_encode(32767), ==, 0x80);
  g_assert_cmpint(ulaw_encode(-32768), ==, 0x00);
}

void alaw_errs_by_half_a_step_at_most() {
  for (int sample = -32768; sample <= 32767; ++sample) {
    const std::uint8_t code = alaw_encode(sample_at(sample));
    const int segment = (code ^ 0x55) >> 4 & 7;
    g_assert_cmpint(std::abs(alaw_decode(code) - sample), <=, segment < 2 ? 8 : 8 << (segment - 1));
  }
}

void louder_never_becomes_quieter() {
  for (const Law& law : {ulaw, alaw})
    for (int sample = -32768; sample < 32767; ++sample)
      g_assert_cmpint(law.decode(law.encode(sample_at(sample))), <=,
                      law.decode(law.encode(sample_at(sample + 1))));
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/audio/g711/known-values", known_values);
  g_test_add_func("/audio/g711/silence", silence_is_the_format_s_silence);
  g_test_add_func("/audio/g711/round-trip", every_code_survives_a_round_trip);
  g_test_add_func("/audio/g711/ulaw-error", ulaw_errs_by_half_a_step_at_most);
  g_test_add_func("/audio/g711/alaw-error", alaw_errs_by_half_a_step_at_most);
  g_test_add_func("/audio/g711/monotone", louder_never_becomes_quieter);
  return g_test_run();
}

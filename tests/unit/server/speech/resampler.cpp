#include "clips.h"

#include "server/speech/speex_resampler.h"

#include <glib.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace {

using rt::server::make_speex_resampler;
using rt::test::Samples;
using rt::test::tone;

struct Rates {
  std::uint32_t from, to;
};
constexpr Rates all_rates[] = {{24000, 16000}, {16000, 24000}, {8000, 16000}, {16000, 8000},
                               {24000, 8000},  {48000, 16000}, {22050, 16000}};

Samples convert(rt::server::Resampler& resampler, const Samples& in, std::size_t chunk) {
  Samples out;
  for (std::size_t i = 0; i < in.size(); i += chunk)
    rt::test::append(out, resampler.convert(std::span(in).subspan(i, std::min(chunk, in.size() - i))));
  rt::test::append(out, resampler.flush());
  return out;
}

void test_length_is_exact() {
  for (const auto& [from, to] : all_rates) {
    for (const std::size_t size : {0, 1, 2, 3, 100, 479, 480, 4801, 24000, 100003}) {
      const auto resampler = make_speex_resampler(from, to);
      const Samples out = convert(*resampler, Samples(size, 1000), 480);
      g_assert_cmpuint(out.size(), ==, (size * to + from / 2) / from);
    }
  }
}

void test_chunks_do_not_matter() {
  for (const auto& [from, to] : all_rates) {
    const Samples in = tone(0.7, 440, 8000, from);
    const auto resampler = make_speex_resampler(from, to);
    const Samples whole = convert(*resampler, in, in.size());
    for (const std::size_t chunk : {1, 7, 480, 5000})
      g_assert_true(convert(*resampler, in, chunk) == whole); // the same one again: flush() starts anew
  }
}

// The output is the same tone at the same time: no delay, no gain, hardly any noise.
void test_tone_stays_in_place() {
  for (const auto& [from, to] : all_rates) {
    const auto resampler = make_speex_resampler(from, to);
    const Samples out = convert(*resampler, tone(1, 1000, 10000, from), 480);
    const Samples wanted = tone(1, 1000, 10000, to);
    double signal = 0, noise = 0;
    for (std::size_t i = to / 10; i < wanted.size() - to / 10; i++) { // the tone's abrupt ends ring
      const double error = out[i] - wanted[i];
      signal += wanted[i] * wanted[i];
      noise += error * error;
    }
    g_assert_cmpfloat(10 * std::log10(signal / (noise + 1)), >, 60);
  }
}

// What the lower rate cannot carry must vanish, not come back as another pitch.
void test_no_aliases() {
  const auto resampler = make_speex_resampler(24000, 16000);
  const Samples out = convert(*resampler, tone(1, 9500, 10000, 24000), 480);
  double energy = 0;
  for (std::size_t i = 1600; i < 14400; i++)
    energy += out[i] * out[i];
  g_assert_cmpfloat(std::sqrt(energy / 12800), <, 10);
}

void test_equal_rates_pass_through() {
  const auto resampler = make_speex_resampler(16000, 16000);
  const Samples in = rt::test::white_noise(0.1, 5000);
  g_assert_true(convert(*resampler, in, 33) == in);
}

void test_loud_does_not_wrap() {
  Samples square(24000);
  for (std::size_t i = 0; i < square.size(); i++)
    square[i] = i / 40 % 2 ? 32767 : -32768;
  const auto resampler = make_speex_resampler(24000, 16000);
  const Samples out = convert(*resampler, square, 480);
  for (std::size_t i = 1000; i < 15000; i++) {
    const double phase = std::fmod(static_cast<double>(i) * 1.5, 40);
    if (phase < 5 || phase > 35) continue; // an edge
    const bool high = static_cast<std::size_t>(static_cast<double>(i) * 1.5) / 40 % 2;
    g_assert_true(high == (out[i] > 0));
  }
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/resampler/length-is-exact", test_length_is_exact);
  g_test_add_func("/resampler/chunks-do-not-matter", test_chunks_do_not_matter);
  g_test_add_func("/resampler/tone-stays-in-place", test_tone_stays_in_place);
  g_test_add_func("/resampler/no-aliases", test_no_aliases);
  g_test_add_func("/resampler/equal-rates", test_equal_rates_pass_through);
  g_test_add_func("/resampler/loud-does-not-wrap", test_loud_does_not_wrap);
  return g_test_run();
}

// Recordings of Debian packages and made-up sounds for the tests of the server's ears and mouth. All 16 kHz.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rt::test {

using Samples = std::vector<std::int16_t>;

struct Clip {
  const char* file; // below the package pocketsphinx-testdata's folder
  const char* words;
};
extern const Clip go_forward;
extern const std::vector<Clip> librivox;

// False, with the test marked as skipped, when the package that `path` belongs to is not installed.
bool installed(const std::string& path);
std::string path_of(const Clip& clip);
Samples load(const std::string& path); // 16 bit mono: WAV of any rate, or raw 16 kHz

Samples silence(double seconds);
Samples white_noise(double seconds, double rms);
Samples brown_noise(double seconds, double rms);
Samples tone(double seconds, double hz, double peak, std::uint32_t rate = 16000);
void append(Samples& to, const Samples& more);

std::vector<std::string> words_of(std::string_view text);
// How many of the wanted words were heard, in their order.
std::size_t heard_in_order(const std::vector<std::string>& wanted, const std::vector<std::string>& heard);

} // namespace rt::test

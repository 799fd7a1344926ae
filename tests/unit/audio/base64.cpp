#include "audio/base64.h"

#include <glib.h>

#include <memory>
#include <string>
#include <vector>

namespace {

using rt::audio::base64_append;
using rt::audio::base64_decode;
using rt::audio::base64_decoded_bound;
using rt::audio::base64_encoded_size;
using Bytes = std::vector<std::uint8_t>;

std::string encode(const Bytes& bytes) {
  std::string text;
  base64_append(text, bytes);
  return text;
}

// Decodes into a heap block of exactly the promised size, so that a sanitizer sees one byte too many.
std::optional<Bytes> decode(std::string_view text) {
  const auto out = std::make_unique<std::uint8_t[]>(base64_decoded_bound(text.size()));
  const auto size = base64_decode(text, out.get());
  if (!size) return std::nullopt;
  return Bytes(out.get(), out.get() + *size);
}

Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

Bytes random_bytes(std::size_t size) {
  Bytes bytes(size);
  for (auto& byte : bytes)
    byte = static_cast<std::uint8_t>(g_test_rand_int_range(0, 256));
  return bytes;
}

void the_standard_s_vectors() {
  constexpr std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [plain, coded] : vectors) {
    g_assert_true(encode(bytes_of(plain)) == coded);
    g_assert_true(decode(coded) == bytes_of(plain));
  }
}

void every_character_has_its_value() {
  Bytes all;
  for (unsigned first = 0; first < 64; ++first) {
    const unsigned second = 63 - first;
    const unsigned bits = first << 18 | second << 12 | second << 6 | first;
    for (int shift : {16, 8, 0})
      all.push_back(static_cast<std::uint8_t>(bits >> shift));
  }
  const std::string coded = encode(all);
  g_assert_true(coded.starts_with("A//AB++B"));
  g_assert_true(decode(coded) == all);
}

void encoding_appends() {
  std::string text = "kept:";
  base64_append(text, bytes_of("foo"));
  base64_append(text, {});
  g_assert_cmpstr(text.c_str(), ==, "kept:Zm9v");
}

void random_data_agrees_with_glib() {
  for (int round = 0; round < 2000; ++round) {
    const Bytes bytes = random_bytes(static_cast<std::size_t>(g_test_rand_int_range(0, 700)));
    g_autofree gchar* expected = g_base64_encode(bytes.data(), bytes.size());
    const std::string coded = encode(bytes);
    g_assert_cmpstr(coded.c_str(), ==, bytes.empty() ? "" : expected);
    g_assert_cmpuint(coded.size(), ==, base64_encoded_size(bytes.size()));
    g_assert_true(decode(coded) == bytes);
  }
}

void missing_padding_is_tolerated() {
  g_assert_true(decode("Zg") == bytes_of("f"));
  g_assert_true(decode("Zm8") == bytes_of("fo"));
  g_assert_true(decode("Zm9vYg") == bytes_of("foob"));
}

void what_is_not_base64_is_refused() {
  for (std::string_view text : {"A",        "Zm9vY",
                                "=",        "==",
                                "===",      "====",
                                "Zg=",      "Z===",
                                "Zg===",    "Zm8==",
                                "Zg==Zg==", "Zm8=Zm8=",
                                "Z=g=",     "Zm9v\n",
                                "Zm9 v",    " Zm9v",
                                "Zm9v=",    "Zm9v====",
                                "Zm-_",     "Zm9.",
                                "Zm9\x80",  "\xff\xff\xff\xff"})
    g_assert_false(decode(text).has_value());
  g_assert_false(decode(std::string_view("Zm\0v", 4)).has_value());
}

// One foreign character anywhere, whatever else there is.
void an_invalid_character_is_found_at_every_place() {
  for (int round = 0; round < 2000; ++round) {
    std::string coded = encode(random_bytes(static_cast<std::size_t>(g_test_rand_int_range(1, 200))));
    const auto data_end = coded.find('=');
    const auto last = static_cast<gint32>(data_end == std::string::npos ? coded.size() : data_end);
    char foreign;
    do {
      foreign = static_cast<char>(g_test_rand_int_range(0, 256));
    } while (g_ascii_isalnum(foreign) || foreign == '+' || foreign == '/' || foreign == '=');
    coded[static_cast<std::size_t>(g_test_rand_int_range(0, last))] = foreign;
    g_assert_false(decode(coded).has_value());
  }
}

// Random text: what is accepted must decode as GLib decodes it, and writes no more than the bound (see
// decode).
void random_text_is_refused_or_agrees_with_glib() {
  constexpr std::string_view letters = "AZaz09+/==\n-";
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text(static_cast<std::size_t>(g_test_rand_int_range(0, 12)), '\0');
    for (char& c : text)
      c = letters[static_cast<std::size_t>(g_test_rand_int_range(0, static_cast<gint32>(letters.size())))];
    const auto decoded = decode(text);
    if (!decoded) continue;
    ++accepted;
    while (text.size() % 4 != 0)
      text.push_back('=');
    gsize size = 0;
    g_autofree guchar* expected = g_base64_decode(text.c_str(), &size);
    g_assert_cmpmem(decoded->data(), decoded->size(), expected, size);
  }
  g_assert_cmpint(accepted, >, 100);
}

// A figure for the reader, not a judgement: run with -m perf.
void speed_beside_glib() {
  constexpr int rounds = 20000;
  const Bytes bytes = random_bytes(4800);
  std::string text;
  g_test_timer_start();
  for (int i = 0; i < rounds; ++i) {
    text.clear();
    base64_append(text, bytes);
  }
  const double encode_time = g_test_timer_elapsed();
  Bytes out(base64_decoded_bound(text.size()));
  g_test_timer_start();
  for (int i = 0; i < rounds; ++i)
    g_assert_true(base64_decode(text, out.data()).has_value());
  const double decode_time = g_test_timer_elapsed();
  g_test_timer_start();
  for (int i = 0; i < rounds; ++i)
    g_free(g_base64_encode(bytes.data(), bytes.size()));
  const double glib_encode_time = g_test_timer_elapsed();
  g_test_timer_start();
  for (int i = 0; i < rounds; ++i) {
    gsize size = 0;
    g_free(g_base64_decode(text.c_str(), &size));
  }
  const double glib_decode_time = g_test_timer_elapsed();
  constexpr double us = 1e6 / rounds;
  g_test_message("4800 bytes, us: encode %.2f (GLib %.2f), decode %.2f (GLib %.2f)", encode_time * us,
                 glib_encode_time * us, decode_time * us, glib_decode_time * us);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/audio/base64/vectors", the_standard_s_vectors);
  g_test_add_func("/audio/base64/every-character", every_character_has_its_value);
  g_test_add_func("/audio/base64/appends", encoding_appends);
  g_test_add_func("/audio/base64/random-data", random_data_agrees_with_glib);
  g_test_add_func("/audio/base64/missing-padding", missing_padding_is_tolerated);
  g_test_add_func("/audio/base64/refused", what_is_not_base64_is_refused);
  g_test_add_func("/audio/base64/invalid-character", an_invalid_character_is_found_at_every_place);
  g_test_add_func("/audio/base64/random-text", random_text_is_refused_or_agrees_with_glib);
  if (g_test_perf()) g_test_add_func("/audio/base64/speed", speed_beside_glib);
  return g_test_run();
}

#include "protocol/codec.h"

#include "samples.h"
#include "support.h"

#include "audio/base64.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

// Counts what the code under test allocates.
static std::size_t allocations = 0;
void* operator new(std::size_t size) {
  ++allocations;
  if (void* block = std::malloc(size ? size : 1)) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  std::free(block);
}

namespace {

using namespace rt::protocol;

constexpr std::string_view delta =
    R"({"type":"response.output_audio.delta","event_id":"e","response_id":"r","item_id":"i","output_index":1,)"
    R"("content_index":2,"delta":"AAEC"})";

void append_is_what_the_codec_writes() {
  std::string out = "left over";
  for (const std::size_t size : {0u, 1u, 2u, 3u, 960u}) {
    const std::vector<std::uint8_t> audio(size, 0xA5);
    for (const Dialect dialect : {Dialect::ga, Dialect::beta, Dialect::translation, Dialect::hybrid}) {
      encode_append(out, audio, {dialect});
      const auto event = Codec::of(dialect).decode_client(out);
      g_assert_true(event.ok());
      equal(Codec::of(dialect).encode(event.value()), out);
    }
  }
}

void append_as_wav() {
  std::string out;
  for (const std::size_t size : {0u, 2u, 4u, 6u, 640u}) {
    std::vector<std::uint8_t> samples(size);
    for (std::size_t i = 0; i < size; ++i)
      samples[i] = static_cast<std::uint8_t>(i);
    encode_append(out, samples, {Dialect::beta, true}, {rt::audio::Encoding::pcm16, 16000});
    const auto event = Codec::of(Dialect::beta).decode_client(out);
    const std::string text = std::get<InputAudioAppend>(event->body).audio;
    std::vector<std::uint8_t> file(rt::audio::base64_decoded_bound(text.size()));
    file.resize(rt::audio::base64_decode(text, file.data()).value());
    g_assert_cmpuint(file.size(), ==, 44 + size);
    const auto number = [&](std::size_t at) {
      return file[at] + 256U * file[at + 1] + 65536U * file[at + 2] + 16777216U * file[at + 3];
    };
    g_assert_true(std::memcmp(file.data(), "RIFF", 4) == 0 && std::memcmp(&file[8], "WAVEfmt ", 8) == 0);
    g_assert_cmpuint(number(4), ==, 36 + size);
    g_assert_cmpuint(number(20), ==, 0x10001); // PCM, mono
    g_assert_cmpuint(number(24), ==, 16000);
    g_assert_cmpuint(number(28), ==, 32000);
    g_assert_cmpuint(number(40), ==, size);
    g_assert_true(std::equal(samples.begin(), samples.end(), file.begin() + 44));
  }
}

void append_reuses_its_storage() {
  std::string out;
  const std::vector<std::uint8_t> audio(960, 1);
  encode_append(out, audio);
  const std::size_t before = allocations;
  for (int i = 0; i < 10; ++i)
    encode_append(out, audio);
  g_assert_cmpuint(allocations, ==, before);
}

void scans_without_allocating() {
  AudioDeltaView view;
  const std::size_t before = allocations;
  const bool ok = scan_audio_delta(delta, view);
  g_assert_cmpuint(allocations, ==, before);
  g_assert_true(ok);
  equal(view.response_id, "r");
  equal(view.item_id, "i");
  equal(view.base64, "AAEC");
  g_assert_cmpuint(view.output_index, ==, 1);
  g_assert_cmpuint(view.content_index, ==, 2);
}

void takes_what_servers_send() {
  for (
      const char* text :
      {R"({"delta":"AA==","content_index":0,"output_index":0,"item_id":"i","response_id":"r","type":"response.audio.delta"})",
       "  { \"type\" : \"response.output_audio.delta\" ,\n\t\"response_id\" : \"r\", \"item_id\":\"i\" , "
       "\"delta\" : \"\" } \r\n",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"AA==","obfuscation":"xyz","n":null,"f":-1.25,"t":true,"u":false})"}) {
    AudioDeltaView view;
    g_assert_true(scan_audio_delta(text, view));
    equal(view.response_id, "r");
  }
}

void takes_streams_without_ids() {
  AudioDeltaView view;
  g_assert_true(scan_audio_delta(
      R"({"event_id":"e","type":"session.output_audio.delta","delta":"AAEC","sample_rate":16000,"channels":1,"elapsed_ms":null})",
      view));
  g_assert_true(view.stream);
  equal(view.base64, "AAEC");
  g_assert_cmpuint(view.sample_rate, ==, 16000);
  g_assert_true(scan_audio_delta(delta, view));
  g_assert_false(view.stream);
}

void leaves_the_rest_to_the_decoder() {
  for (
      const char* text :
      {"",
       "{}",
       "[]",
       "nonsense",
       R"("type")",
       R"({"type":"response.output_audio.done","response_id":"r","item_id":"i"})",
       R"({"type":"response.done","response_id":"r","item_id":"i","delta":"AA=="})",
       R"({"response_id":"r","item_id":"i","delta":"AA=="})",
       R"({"type":"response.output_audio.delta","item_id":"i","delta":"AA=="})",
       R"({"type":"response.output_audio.delta","response_id":"","item_id":"i","delta":"AA=="})",
       R"({"type":"response.output_audio.delta","response_id":"r","delta":"AA=="})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i"})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"AA\/="})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"AA==","x":"\n"})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"AA==","delta":"BB=="})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"AA==","d\u0065lta":"B"})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"ä","delta":"AA=="})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"AA==","x":{}})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"AA==","x":[1]})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":null})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"A","output_index":-1})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"A","output_index":1.0})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"A","output_index":01})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"A","output_index":4294967296})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"A","output_index":null})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"A","x":1e5})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"A","x":nul})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"A","x":nullx})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"A",})",
       R"({"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"A"}x)"}) {
    AudioDeltaView view;
    if (scan_audio_delta(text, view)) g_error("took %s", text);
  }
}

void every_prefix_is_refused() {
  AudioDeltaView view;
  for (std::size_t size = 0; size < delta.size(); ++size)
    g_assert_false(scan_audio_delta(std::string(delta.substr(0, size)), view));
}

// Whatever the scanner accepts, the decoder reads the same from it.
void agrees_with_the_decoder() {
  unsigned accepted = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text(delta);
    for (int n = g_test_rand_int_range(1, 4); n > 0; --n) {
      const auto at = static_cast<std::size_t>(g_test_rand_int_range(0, static_cast<int>(text.size())));
      static constexpr std::string_view bytes = "{}[]:,\"\\ 01.-etn\n\xc3"
                                                "Adr";
      const char byte =
          bytes[static_cast<std::size_t>(g_test_rand_int_range(0, static_cast<int>(bytes.size())))];
      if (g_test_rand_bit())
        text[at] = byte;
      else
        text.insert(at, 1, byte);
    }
    AudioDeltaView view;
    if (!scan_audio_delta(text, view)) continue;
    ++accepted;
    const auto event = decode_server(text);
    if (!event) g_error("only the scanner takes %s", text.c_str());
    const auto* audio = std::get_if<OutputAudioDelta>(&event->body);
    if (!audio) g_error("to the decoder another event: %s", text.c_str());
    equal(view.base64, audio->audio);
    equal(view.response_id, audio->at.response_id);
    equal(view.item_id, audio->at.item_id);
    g_assert_cmpuint(view.output_index, ==, audio->at.output_index);
    g_assert_cmpuint(view.content_index, ==, audio->at.content_index);
  }
  g_assert_cmpuint(accepted, >, 100);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/fast/append", append_is_what_the_codec_writes);
  g_test_add_func("/fast/append-wav", append_as_wav);
  g_test_add_func("/fast/append-storage", append_reuses_its_storage);
  g_test_add_func("/fast/scan", scans_without_allocating);
  g_test_add_func("/fast/stream", takes_streams_without_ids);
  g_test_add_func("/fast/takes", takes_what_servers_send);
  g_test_add_func("/fast/leaves", leaves_the_rest_to_the_decoder);
  g_test_add_func("/fast/prefixes", every_prefix_is_refused);
  g_test_add_func("/fast/agrees", agrees_with_the_decoder);
  return g_test_run();
}

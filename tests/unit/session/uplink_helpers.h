// What comes out of an uplink, as values.
#pragma once

#include "audio/base64.h"
#include "session/uplink.h"
#include "support/fake_transport.h"

#include <glib.h>

#include <cstdint>
#include <string>
#include <vector>

namespace rt::session::test {

constexpr std::uint64_t ms = 1'000'000;

inline std::vector<std::uint8_t> bytes_of_append(const std::string& text) {
  const protocol::ClientEvent event = rt::test::decode_client(text);
  const auto* append = std::get_if<protocol::InputAudioAppend>(&event.body);
  g_assert_nonnull(append);
  std::vector<std::uint8_t> bytes(audio::base64_decoded_bound(append->audio.size()));
  const auto size = audio::base64_decode(append->audio, bytes.data());
  g_assert_true(size.has_value());
  bytes.resize(*size);
  return bytes;
}

// Takes everything; marks run.
inline std::vector<Uplink::Entry> take_all(Uplink& uplink) {
  std::vector<Uplink::Entry> entries;
  for (Uplink::Entry entry; uplink.pop(entry, true); entry = {}) {
    if (entry.action) entry.action();
    entries.push_back(std::move(entry));
  }
  return entries;
}

inline std::vector<std::uint8_t> audio_of(const std::vector<Uplink::Entry>& entries) {
  std::vector<std::uint8_t> all;
  for (const Uplink::Entry& entry : entries) {
    if (!entry.is_audio) continue;
    const std::vector<std::uint8_t> bytes = bytes_of_append(entry.text);
    g_assert_cmpuint(entry.samples, ==, entry.format.samples(bytes.size()));
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

// `count` bytes that start at `first` and never are 0.
inline std::vector<std::uint8_t> speech(std::size_t first, std::size_t count) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = first; i < first + count; ++i)
    bytes.push_back(static_cast<std::uint8_t>(1 + i % 251));
  return bytes;
}

constexpr std::size_t pcm_bytes(std::uint64_t milliseconds) {
  return milliseconds * 48;
}

} // namespace rt::session::test

// ITU-T G.711 companding, for fades and silence in a stream that is otherwise passed through untouched, and
// for the server's ears and mouth.
#pragma once

#include <cstdint>
#include <span>

namespace rt::audio {

std::int16_t ulaw_decode(std::uint8_t code);
std::uint8_t ulaw_encode(std::int16_t sample);
std::int16_t alaw_decode(std::uint8_t code);
std::uint8_t alaw_encode(std::int16_t sample);

} // namespace rt::audio

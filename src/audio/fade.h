// Short ramps from and to silence, in place, on whole samples of any encoding: where audio must end or begin
// in its middle, nobody hears a click.
#pragma once

#include "audio/format.h"

#include <cstdint>
#include <span>

namespace rt::audio {

// Whether it would click behind silence. A voice that swells, or the noise of a room, does not.
bool begins_hard(Encoding encoding, std::span<const std::uint8_t> bytes);
void fade_in(Encoding encoding, std::span<std::uint8_t> bytes);
void fade_out(Encoding encoding, std::span<std::uint8_t> bytes);

} // namespace rt::audio

// Short ramps from and to silence, in place, on whole samples of any encoding: where audio must end or begin
// in its middle, nobody hears a click.
#pragma once

#include "audio/format.h"

#include <cstdint>
#include <span>

namespace rt::audio {

void fade_in(Encoding encoding, std::span<std::uint8_t> bytes);
void fade_out(Encoding encoding, std::span<std::uint8_t> bytes);

} // namespace rt::audio

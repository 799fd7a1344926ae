// Text made fit for flite: an English, 8 bit, one-utterance-at-a-time engine.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rt::server {

// The text in ASCII, cut into sentences or shorter pieces of at most `piece` characters. What cannot be said
// (control characters, other scripts) is left out; so is all that follows `limit` characters.
std::vector<std::string> speakable_pieces(std::string_view text, std::size_t piece, std::size_t limit);

} // namespace rt::server

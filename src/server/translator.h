// A stand-in for a translator: word by word from a small lexicon. What is not in it is said as it was.
#pragma once

#include <string>
#include <string_view>

namespace rt::server {

// English into `language`, a code such as es or es-MX. Punctuation and a capital first letter stay; into a
// language without a column nothing changes.
std::string translated(std::string_view text, std::string_view language);

} // namespace rt::server

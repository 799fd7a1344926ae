#include "server/speech/speakable.h"

#include "base/gptr.h"

#include <algorithm>

namespace rt::server {
namespace {

bool is_graph(char c) {
  return g_ascii_isgraph(c);
}

bool sayable(std::string_view piece) {
  return std::any_of(piece.begin(), piece.end(), [](char c) { return g_ascii_isalnum(c); });
}

// One character: transliterated where the C locale knows how (é, curly quotes, dashes), a blank where not.
void append_ascii(std::string& out, gunichar c) {
  if (c < 0x80) {
    out += is_graph(static_cast<char>(c)) ? static_cast<char>(c) : ' ';
    return;
  }
  char utf8[7] = {};
  g_unichar_to_utf8(c, utf8);
  const GCharPtr ascii(g_str_to_ascii(utf8, "C"));
  const std::string_view text = ascii.get();
  out += text == "?" ? " " : text;
}

std::string to_ascii(std::string_view text, std::size_t limit) {
  const GCharPtr valid(g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())));
  std::string out;
  for (const char* p = valid.get(); *p && out.size() < limit; p = g_utf8_next_char(p))
    append_ascii(out, g_utf8_get_char(p));
  return out;
}

// "Mr.", "Dr.", "St.", "e.g.": what is so short does not end a sentence.
bool ends_sentence(std::string_view text, std::size_t at) {
  constexpr std::size_t longest_abbreviation = 3;
  if (text[at] == '!' || text[at] == '?') return true;
  if (text[at] != '.') return false;
  const std::size_t blank = text.substr(0, at).find_last_of(' ');
  return at - (blank == std::string_view::npos ? 0 : blank + 1) > longest_abbreviation;
}

// How many characters of `text` the next piece takes: up to a sentence's end, else to a comma, else to a
// blank.
std::size_t piece_length(std::string_view text, std::size_t most) {
  std::size_t comma = 0, blank = 0;
  for (std::size_t i = 0; i < std::min(text.size(), most); i++) {
    const bool ends_token = i + 1 == text.size() || text[i + 1] == ' ';
    if (ends_token && ends_sentence(text, i)) return i + 1;
    if (ends_token && std::string_view(",;:").find(text[i]) != std::string_view::npos) comma = i + 1;
    if (text[i] == ' ') blank = i + 1;
  }
  if (text.size() <= most) return text.size();
  return comma ? comma : blank ? blank : most;
}

} // namespace

std::vector<std::string> speakable_pieces(std::string_view text, std::size_t piece, std::size_t limit) {
  const std::string ascii = to_ascii(text, limit);
  std::vector<std::string> pieces;
  for (std::string_view rest = ascii; !rest.empty();) {
    const std::size_t length = piece_length(rest, piece);
    const std::string_view next = rest.substr(0, length);
    rest.remove_prefix(length);
    const std::size_t first = next.find_first_not_of(' ');
    if (first == std::string_view::npos || !sayable(next)) continue;
    pieces.emplace_back(next.substr(first, next.find_last_not_of(' ') + 1 - first));
  }
  return pieces;
}

} // namespace rt::server

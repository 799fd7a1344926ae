#include "server/words.h"

#include <glib.h>

#include <algorithm>
#include <array>

namespace rt::server {

namespace {

constexpr std::array<std::string_view, 53> fillers{
    "a",    "an",   "and",      "are",   "be",    "can",  "could", "current", "do",   "does", "find",
    "for",  "from", "function", "get",   "give",  "hi",   "how",   "i",       "in",   "is",   "it",
    "like", "me",   "my",       "now",   "of",    "on",   "or",    "please",  "set",  "show", "tell",
    "that", "the",  "then",     "there", "thi",   "this", "to",    "use",     "user", "wa",   "want",
    "we",   "what", "when",     "where", "which", "will", "with",  "would",   "you"};
constexpr std::array<std::string_view, 9> prepositions{"in",   "for",  "at",    "to", "of",
                                                       "near", "from", "about", "on"};

bool in_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || g_ascii_isalnum(c) || c == '\'' || c == '_' || c == '-';
}

std::string plain_of(std::string_view text) {
  std::string plain = lower(text);
  const bool plural = plain.size() > 3 && plain.ends_with('s') && !plain.ends_with("ss");
  if (plural) plain.pop_back();
  return plain;
}

} // namespace

std::string lower(std::string_view text) {
  std::string result(text);
  for (auto& c : result)
    c = g_ascii_tolower(c);
  return result;
}

std::vector<Word> split_words(std::string_view text) {
  std::vector<Word> words;
  for (std::size_t i = 0; i < text.size();) {
    if (in_word(text[i])) {
      auto end = i;
      while (end < text.size() && in_word(text[end]))
        ++end;
      words.push_back({std::string(text.substr(i, end - i)), plain_of(text.substr(i, end - i))});
      i = end;
    } else {
      if (text[i] != ' ' && !words.empty()) words.back().ends_phrase = true;
      ++i;
    }
  }
  return words;
}

std::vector<std::string> name_words(std::string_view name) {
  std::string spaced;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool hump = i > 0 && g_ascii_isupper(name[i]) && g_ascii_islower(name[i - 1]);
    if (hump) spaced += ' ';
    spaced += g_ascii_isalnum(name[i]) ? name[i] : ' ';
  }
  std::vector<std::string> words;
  for (const auto& word : split_words(spaced))
    words.push_back(word.plain);
  return words;
}

bool is_filler(std::string_view plain) {
  return std::find(fillers.begin(), fillers.end(), plain) != fillers.end();
}

bool is_preposition(std::string_view plain) {
  return std::find(prepositions.begin(), prepositions.end(), plain) != prepositions.end();
}

} // namespace rt::server

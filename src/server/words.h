// Sentences as words, for matching.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rt::server {

struct Word {
  std::string text;         // as written, without the punctuation around it
  std::string plain;        // lower case, without a plural s
  bool ends_phrase = false; // punctuation followed
};

std::vector<Word> split_words(std::string_view text);
// Names such as getWeather, get_weather and get-weather as plain words.
std::vector<std::string> name_words(std::string_view name);
// Says nothing about what a sentence is about.
bool is_filler(std::string_view plain);
bool is_preposition(std::string_view plain);
std::string lower(std::string_view text);

} // namespace rt::server

#include "audio/spoken_text.h"

#include <algorithm>

namespace rt::audio {
namespace {

// Letters a second of quick speech: only for text whose audio has not come yet.
constexpr std::uint64_t letters_per_second = 15;

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Bytes of the UTF-8 character that begins with `lead`; a stray byte counts as one.
std::size_t character_size(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

// Scripts written without spaces (Han, kana): each character counts as a word, so that a sentence is not one.
bool stands_alone(std::string_view character) {
  if (character.size() == 4) return true;
  return character.size() == 3 && static_cast<unsigned char>(character[0]) >= 0xE3 &&
         static_cast<unsigned char>(character[0]) <= 0xE9;
}

// Their punctuation (U+3000 to U+303F, U+FF00 to U+FF7F) goes with what it follows.
bool sticks(std::string_view character) {
  if (character.size() != 3) return false;
  const auto first = static_cast<unsigned char>(character[0]);
  const auto second = static_cast<unsigned char>(character[1]);
  return (first == 0xE3 && second == 0x80) || (first == 0xEF && (second == 0xBC || second == 0xBD));
}

// The character of `text` at `offset`, as far as it is there.
std::string_view character_at(std::string_view text, std::size_t offset) {
  return text.substr(offset, character_size(text[offset]));
}

} // namespace

void SpokenText::add(std::string_view delta, std::uint64_t received) {
  if (delta.empty() || finished_) return;
  if (anchors_.empty()) {
    trails_ = received > rate_; // more than a second ahead: the audio of this very text
    anchors_.push_back({0, 0});
  }
  const std::size_t before = text_.size();
  text_ += delta;
  const std::size_t offset = trails_ ? text_.size() : before;
  // Of texts that came together only the first says where they begin.
  if (received > anchors_.back().position) {
    if (offset > anchors_.back().offset)
      anchors_.push_back({offset, received});
    else if (!trails_ && anchors_.size() > 1)
      anchors_.back().position = received;
  }
  find_words();
}

void SpokenText::finish(std::string_view text, std::uint64_t received) {
  if (finished_) return;
  if (text_.empty()) add(text, received);
  finished_ = true;
}

void SpokenText::find_words() {
  // The last word may have been cut by the end of a delta.
  if (!words_.empty() && words_.back().offset + words_.back().size == scanned_) {
    scanned_ = words_.back().offset;
    words_.pop_back();
  }
  while (scanned_ < text_.size()) {
    while (scanned_ < text_.size() && is_space(text_[scanned_]))
      ++scanned_;
    const std::size_t start = scanned_;
    bool alone = false;
    while (scanned_ < text_.size() && !is_space(text_[scanned_])) {
      const std::string_view character = character_at(text_, scanned_);
      if (scanned_ > start && !sticks(character) && (alone || stands_alone(character))) break;
      alone = stands_alone(character);
      scanned_ += character.size();
    }
    if (scanned_ > start) words_.push_back({start, scanned_ - start});
  }
}

std::uint64_t SpokenText::end_position(std::uint64_t received, bool audio_done) const {
  if (audio_done || anchors_.empty()) return received;
  const Anchor& last = anchors_.back();
  const std::uint64_t letters = text_.size() - last.offset;
  return std::max(received, last.position + letters * rate_ / letters_per_second);
}

std::uint64_t SpokenText::position_of(std::size_t offset, std::uint64_t end) const {
  const auto after = std::upper_bound(anchors_.begin(), anchors_.end(), offset,
                                      [](std::size_t o, const Anchor& a) { return o < a.offset; });
  const Anchor from = *(after - 1);
  const Anchor to = after == anchors_.end() ? Anchor{text_.size(), std::max(end, from.position)} : *after;
  if (to.offset == from.offset) return from.position;
  return from.position + (to.position - from.position) * (offset - from.offset) / (to.offset - from.offset);
}

std::size_t SpokenText::count() const {
  const bool last_may_grow =
      !finished_ && !words_.empty() && words_.back().offset + words_.back().size == text_.size();
  return words_.size() - (last_may_grow ? 1 : 0);
}

std::uint64_t SpokenText::start_of(std::size_t index, std::uint64_t received, bool audio_done) const {
  return position_of(words_[index].offset, end_position(received, audio_done));
}

SpokenWord SpokenText::word(std::size_t index, std::uint64_t received, bool audio_done) const {
  const Word& w = words_[index];
  const std::uint64_t end = end_position(received, audio_done);
  return {text_.substr(w.offset, w.size), position_of(w.offset, end), position_of(w.offset + w.size, end)};
}

std::size_t SpokenText::begun(std::uint64_t samples, std::uint64_t received, bool audio_done) const {
  const std::uint64_t end = end_position(received, audio_done);
  std::size_t count = 0;
  while (count < words_.size() && position_of(words_[count].offset, end) < samples)
    ++count;
  return count;
}

std::string SpokenText::first(std::size_t words) const {
  return words == 0 ? "" : text_.substr(0, words_[words - 1].offset + words_[words - 1].size);
}

} // namespace rt::audio

// The transcript of one spoken content over its audio: which samples each word accompanies. A server sends
// the words beside the audio, mostly a little ahead of it, without times: a piece of text belongs to the
// audio that comes between it and the next piece, and the words of a piece share that audio by their length.
// Pure.
//
// Positions are samples from the start of the content.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rt::audio {

struct SpokenWord {
  std::string text; // without the space around it
  std::uint64_t start = 0, end = 0;
};

class SpokenText {
 public:
  explicit SpokenText(std::uint32_t rate) : rate_(rate) {}

  // `received` samples of the audio had come before this text.
  void add(std::string_view delta, std::uint64_t received);
  // No more text comes. What was added is kept unless nothing was: then `text` is the transcript.
  void finish(std::string_view text, std::uint64_t received);
  bool finished() const { return finished_; }
  bool empty() const { return text_.empty(); }

  // How many words are complete.
  std::size_t count() const;
  // One of them. `received` is all the audio when `audio_done`; until then the length of what is to come is
  // estimated from the text.
  SpokenWord word(std::size_t index, std::uint64_t received, bool audio_done) const;
  std::uint64_t start_of(std::size_t index, std::uint64_t received, bool audio_done) const;
  // How many words have begun within the first `samples` of the audio, the last known one included.
  std::size_t begun(std::uint64_t samples, std::uint64_t received, bool audio_done) const;
  std::string first(std::size_t words) const;

 private:
  struct Anchor {
    std::size_t offset;     // bytes of text before it
    std::uint64_t position; // samples of audio before it
  };
  struct Word {
    std::size_t offset, size; // bytes
  };
  void find_words();
  std::uint64_t end_position(std::uint64_t received, bool audio_done) const;
  std::uint64_t position_of(std::size_t offset, std::uint64_t end) const;

  std::uint32_t rate_;
  std::string text_;
  std::vector<Anchor> anchors_;
  std::vector<Word> words_;                // the last may still grow until finished
  std::size_t scanned_ = 0;                // bytes of text_ that are in words_ or between them
  bool finished_ = false, trails_ = false; // trails_: text comes after its audio
};

} // namespace rt::audio

#include "session/text_readers.h"

#include "audio/spoken_text.h"

#include <utility>

namespace rt::session {
namespace {

// Hours of speech. A reader that stands in PAUSED for longer loses the oldest.
constexpr std::size_t most_pieces = 65536;
// Spread in milliseconds: an hour-long transcript stays exact to one.
constexpr std::uint32_t positions_per_second = 1000;

} // namespace

std::optional<TextPiece> TextReader::pop() {
  auto pieces = pieces_.lock();
  if (pieces->empty()) return std::nullopt;
  TextPiece piece = std::move(pieces->front());
  pieces->pop_front();
  return piece;
}

bool TextReader::empty() {
  return pieces_.lock()->empty();
}

void TextReader::clear() {
  pieces_.lock()->clear();
}

void TextReader::push(const std::vector<TextPiece>& pieces) {
  {
    auto queue = pieces_.lock();
    queue->insert(queue->end(), pieces.begin(), pieces.end());
    while (queue->size() > most_pieces)
      queue->pop_front();
  }
  if (wake_) wake_();
}

std::shared_ptr<TextReader> TextReaders::open(std::function<void()> wake) {
  auto reader = std::make_shared<TextReader>(std::move(wake));
  auto readers = readers_.lock();
  std::erase_if(*readers, [](const auto& each) { return each.expired(); });
  readers->push_back(reader);
  return reader;
}

std::vector<std::shared_ptr<TextReader>> TextReaders::readers() {
  std::vector<std::shared_ptr<TextReader>> alive;
  auto readers = readers_.lock();
  for (const auto& each : *readers)
    if (auto reader = each.lock()) alive.push_back(std::move(reader));
  return alive;
}

bool TextReaders::wanted() {
  auto readers = readers_.lock();
  for (const auto& each : *readers)
    if (!each.expired()) return true;
  return false;
}

void TextReaders::publish(const std::vector<TextPiece>& pieces) {
  if (pieces.empty()) return;
  for (const auto& reader : readers())
    reader->push(pieces);
}

std::vector<TextPiece> spread(Speaker speaker, const std::string& item_id, const std::string& text,
                              std::optional<ClockTime> time, std::uint64_t duration) {
  constexpr std::uint64_t ns = 1'000'000'000 / positions_per_second;
  audio::SpokenText spoken(positions_per_second);
  spoken.finish(text, 0);
  std::vector<TextPiece> pieces;
  for (std::size_t i = 0; i < spoken.count(); ++i) {
    const audio::SpokenWord word = spoken.word(i, duration / ns, duration > 0);
    TextPiece piece{speaker, word.text, item_id, std::nullopt, (word.end - word.start) * ns, false};
    if (time) piece.time = ClockTime{time->ns + word.start * ns, time->base, time->pipeline};
    pieces.push_back(std::move(piece));
  }
  if (!pieces.empty()) pieces.back().last = true;
  return pieces;
}

} // namespace rt::session

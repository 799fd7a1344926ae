// What the model says, as text: to the application, and as timed words to those who read them.
#include "protocol/item_json.h"
#include "session/engine.h"

#include <utility>

namespace rt::session {

using namespace protocol;

namespace {

std::string part_key(const std::string& item_id, std::uint32_t content_index) {
  return item_id + '/' + std::to_string(content_index);
}

Notice transcript_of(const audio::ContentKey& key) {
  return Notice(NoticeKind::transcript)
      .with("role", "assistant")
      .with("item-id", key.item_id)
      .with("response-id", key.response_id)
      .with("content-index", std::uint64_t{key.content_index});
}

} // namespace

bool Engine::assistant_text(const ContentRef& at, const std::string& delta) {
  if (!responses_.on_event(at.response_id) || responses_.discarded(at.response_id)) return false;
  std::string& text = assistant_[part_key(at.item_id, at.content_index)];
  text += delta;
  notify(transcript_of({at.response_id, at.item_id, at.content_index})
             .with("text", text)
             .with("delta", delta)
             .with("final", false));
  return true;
}

bool Engine::assistant_text_done(const ContentRef& at, const std::string& text, bool spoken) {
  assistant_.erase(part_key(at.item_id, at.content_index));
  if (!responses_.on_event(at.response_id) || responses_.discarded(at.response_id)) return false;
  const audio::ContentKey key{at.response_id, at.item_id, at.content_index};
  Notice notice = transcript_of(key).with("text", text).with("final", true);
  if (spoken)
    if (const auto heard = transcripts_.said(key, text))
      notice = std::move(notice).with("start", heard->start).with("end", heard->end);
  notify(notice);
  return true;
}

// The answer was heard to its end: its transcript once more, with its times.
void Engine::transcript_heard(const audio::PlaybackMark& mark, std::uint64_t base) {
  const HeardTranscripts::Heard heard{output_time(mark.span.start, base), output_time(mark.span.end, base)};
  if (const auto text = transcripts_.heard(mark.key, heard))
    notify(transcript_of(mark.key)
               .with("text", *text)
               .with("final", true)
               .with("start", heard.start)
               .with("end", heard.end));
}

// Told to the text readers at once: there is no audio whose time it would have.
void Engine::untimed_text(const ContentRef& at, const std::string& delta, bool done) {
  constexpr std::uint32_t positions_per_second = 1000;
  constexpr std::uint64_t ns = 1'000'000;
  const std::string key = part_key(at.item_id, at.content_index);
  UntimedText& content =
      untimed_.try_emplace(key, UntimedText{audio::SpokenText(positions_per_second)}).first->second;
  if (done)
    content.text.finish(delta, 0);
  else
    content.text.add(delta, 0);
  std::vector<TextPiece> pieces;
  for (; content.told < content.text.count(); ++content.told) {
    audio::SpokenWord word = content.text.word(content.told, 0, false);
    const std::uint64_t duration = (word.end - word.start) * ns;
    pieces.push_back({Speaker::assistant, std::move(word.text), at.item_id, std::nullopt, duration, false});
  }
  if (done && !pieces.empty()) pieces.back().last = true;
  if (done) untimed_.erase(key);
  shared_->text.publish(pieces);
}

void Engine::handle(const OutputTranscriptDelta& e) {
  if (!assistant_text(e.at, e.delta)) return;
  if (shared_->members.open(Role::src))
    shared_->downlink.text({e.at.response_id, e.at.item_id, e.at.content_index}, e.delta);
  else
    untimed_text(e.at, e.delta, false);
}

void Engine::handle(const OutputTranscriptDone& e) {
  if (!assistant_text_done(e.at, e.transcript, shared_->members.open(Role::src))) return;
  if (shared_->members.open(Role::src))
    shared_->downlink.text_done({e.at.response_id, e.at.item_id, e.at.content_index}, e.transcript);
  else
    untimed_text(e.at, e.transcript, true);
}

void Engine::handle(const OutputTextDelta& e) {
  if (!responses_.discarded(e.at.response_id)) metrics_.output(e.at.response_id, executor_->now());
  if (assistant_text(e.at, e.delta)) untimed_text(e.at, e.delta, false);
}

void Engine::handle(const OutputTextDone& e) {
  if (assistant_text_done(e.at, e.text, false)) untimed_text(e.at, e.text, true);
}

// An item that the application asked for. Its audio and pictures are too large for a message.
void Engine::handle(const ItemRetrieved& e) {
  Item item = e.item;
  std::string text;
  for (ContentPart& part : item.content) {
    part.audio.reset();
    part.image_url.reset();
    const std::string words = part.text ? *part.text : part.transcript.value_or("");
    if (!words.empty()) text += (text.empty() ? "" : " ") + words;
  }
  notify(Notice(NoticeKind::item)
             .with("item-id", item.id)
             .with("text", text)
             .with("json", to_text(item_json(Dialect::ga, Side::server, item))));
}

// The last transcript of an interrupted item is what was heard of it, also after the server's whole one.
void Engine::transcript_cut(const audio::Cut& cut, std::uint64_t base) {
  const auto heard = shared_->downlink.cut_text(cut);
  assistant_.erase(part_key(cut.key.item_id, cut.key.content_index));
  transcripts_.forget(cut.key);
  if (!heard) return;
  Notice notice = transcript_of(cut.key).with("text", *heard).with("final", true).with("truncated", true);
  if (cut.span)
    notice = std::move(notice)
                 .with("start", output_time(cut.span->start, base))
                 .with("end", output_time(cut.span->end, base));
  notify(notice);
}

} // namespace rt::session

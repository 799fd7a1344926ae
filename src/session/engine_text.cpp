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

audio::ContentKey key_of(const ContentRef& at) {
  return {at.response_id, at.item_id, at.content_index};
}

Notice transcript_of(const audio::ContentKey& key) {
  return Notice(NoticeKind::transcript)
      .with("role", "assistant")
      .with("item-id", key.item_id)
      .with("response-id", key.response_id)
      .with("content-index", std::uint64_t{key.content_index});
}

} // namespace

bool Engine::words_wanted(const ContentRef& at) {
  if (!responses_.on_event(at.response_id)) return false;
  return !responses_.discarded(at.response_id) || transcripts_.to_be_heard(key_of(at));
}

bool Engine::assistant_text(const ContentRef& at, const std::string& delta, bool spoken) {
  if (!words_wanted(at)) return false;
  const std::string* text = transcripts_.add(key_of(at), delta, spoken);
  if (!text) return false;
  notify(transcript_of(key_of(at)).with("text", *text).with("delta", delta).with("final", false));
  return true;
}

void Engine::assistant_text_done(const audio::ContentKey& key, const std::string& text, bool spoken) {
  if (const auto news = transcripts_.all_said(key, text, spoken))
    notify(transcript_of(key).with("text", *news).with("delta", "").with("final", false));
  tell_last_transcripts();
}

void Engine::tell_last_transcripts() {
  for (const AnswerTranscripts::Last& last : transcripts_.take()) {
    Notice notice = transcript_of(last.key).with("text", last.text).with("final", true);
    if (last.truncated) notice = std::move(notice).with("truncated", true);
    if (last.heard) notice = std::move(notice).with("start", last.heard->start).with("end", last.heard->end);
    notify(notice);
    const bool begun = untimed_.contains(part_key(last.key.item_id, last.key.content_index));
    const bool without_audio = !last.heard && !last.truncated;
    if (without_audio || !last.spoken || begun) untimed_text(last.key, last.text, true);
  }
}

// Told to the text readers at once: there is no audio whose time it would have.
void Engine::untimed_text(const audio::ContentKey& at, const std::string& delta, bool done) {
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
  const bool spoken = shared_->members.open(Role::src);
  if (!assistant_text(e.at, e.delta, spoken)) return;
  if (spoken)
    shared_->downlink.text(key_of(e.at), e.delta);
  else
    untimed_text(key_of(e.at), e.delta, false);
}

void Engine::handle(const OutputTranscriptDone& e) {
  if (!words_wanted(e.at)) return;
  const bool spoken = shared_->members.open(Role::src);
  if (spoken) shared_->downlink.text_done(key_of(e.at), e.transcript);
  assistant_text_done(key_of(e.at), e.transcript, spoken);
}

void Engine::handle(const OutputTextDelta& e) {
  if (!responses_.discarded(e.at.response_id)) metrics_.output(e.at.response_id, executor_->now());
  if (assistant_text(e.at, e.delta, false)) untimed_text(key_of(e.at), e.delta, false);
}

void Engine::handle(const OutputTextDone& e) {
  if (words_wanted(e.at)) assistant_text_done(key_of(e.at), e.text, false);
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

AnswerTranscripts::Heard Engine::heard_span(const audio::HeardSpan& span, std::uint64_t base) {
  return {output_time(span.start, base), output_time(span.end, base)};
}

void Engine::transcript_cut(const audio::Cut& cut, std::uint64_t base) {
  const std::string text = shared_->downlink.cut_text(cut).value_or("");
  std::optional<AnswerTranscripts::Heard> heard;
  if (cut.span) heard = heard_span(*cut.span, base);
  transcripts_.cut(cut.key, text, heard);
  tell_last_transcripts();
}

// Nobody reads on: what left counts as heard, and it is not the server's business.
void Engine::output_lost(const std::vector<audio::Cut>& cuts) {
  const std::uint64_t base = shared_->downlink.clock_base();
  for (const audio::Cut& cut : cuts)
    if (cut.complete && cut.span)
      transcripts_.heard(cut.key, heard_span(*cut.span, base));
    else
      transcript_cut(cut, base);
  tell_last_transcripts();
}

} // namespace rt::session

#include "session/answer_transcripts.h"

#include <algorithm>
#include <utility>

namespace rt::session {

AnswerTranscripts::Entry* AnswerTranscripts::find(const Key& key) {
  // The newest is by far the likeliest.
  const auto it =
      std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& entry) { return entry.key == key; });
  return it == entries_.rend() ? nullptr : &*it;
}

AnswerTranscripts::Entry& AnswerTranscripts::at(const Key& key) {
  if (Entry* known = find(key)) return *known;
  forget_told();
  entries_.push_back({key});
  return entries_.back();
}

void AnswerTranscripts::forget_told() {
  if (entries_.size() < kept) return;
  const auto told = std::ranges::find_if(entries_, &Entry::told);
  if (told != entries_.end()) entries_.erase(told);
}

// A part without a word has no transcript.
void AnswerTranscripts::tell(Entry& entry, std::string text, bool truncated) {
  entry.told = true;
  if (!entry.text.empty())
    ready_.push_back({entry.key, std::move(text), entry.spoken, truncated, entry.heard});
  entry.text.clear();
}

void AnswerTranscripts::tell_if_complete(Entry& entry) {
  if (!entry.told && entry.complete()) tell(entry, entry.text, false);
}

const std::string* AnswerTranscripts::add(const Key& key, std::string_view delta, bool spoken) {
  Entry& entry = at(key);
  if (entry.told) return nullptr;
  entry.spoken |= spoken;
  entry.text += delta;
  return &entry.text;
}

std::optional<std::string> AnswerTranscripts::all_said(const Key& key, const std::string& text, bool spoken) {
  Entry& entry = at(key);
  if (entry.told) return std::nullopt;
  entry.spoken |= spoken;
  entry.text_over = true;
  entry.audio_over |= !spoken;
  const bool news = !text.empty() && text != entry.text;
  if (news) entry.text = text;
  tell_if_complete(entry);
  if (entry.told || !news) return std::nullopt;
  return text;
}

void AnswerTranscripts::audio_taken(const Key& key) {
  Entry& entry = at(key);
  entry.audio = entry.spoken = true;
}

void AnswerTranscripts::audio_over(const Key& key) {
  Entry* entry = find(key);
  if (!entry) return;
  entry->audio_over = true;
  tell_if_complete(*entry);
}

void AnswerTranscripts::response_over(std::string_view response_id) {
  for (Entry& entry : entries_) {
    if (entry.key.response_id != response_id) continue;
    entry.text_over = entry.audio_over = true;
    tell_if_complete(entry);
  }
}

void AnswerTranscripts::heard(const Key& key, const Heard& heard) {
  Entry* entry = find(key);
  if (!entry || entry->told) return;
  entry->heard = heard;
  tell_if_complete(*entry);
}

void AnswerTranscripts::will_be_heard(const Key& key) {
  if (Entry* entry = find(key)) entry->goes_on = true;
}

void AnswerTranscripts::cut(const Key& key, const std::string& heard_text,
                            const std::optional<Heard>& heard) {
  Entry* entry = find(key);
  if (!entry || entry->told) return;
  entry->heard = heard;
  tell(*entry, heard_text, true);
}

void AnswerTranscripts::drop(const std::function<bool(const std::string& response_id)>& unwanted) {
  for (Entry& entry : entries_)
    if (!entry.told && !entry.audio && unwanted(entry.key.response_id))
      tell(entry, entry.spoken ? "" : entry.text, true);
}

void AnswerTranscripts::drop_all() {
  drop([](const std::string&) { return true; });
  for (Entry& entry : entries_) {
    entry.text_over = true;
    tell_if_complete(entry);
  }
}

std::vector<AnswerTranscripts::Last> AnswerTranscripts::take() {
  return std::exchange(ready_, {});
}

bool AnswerTranscripts::to_be_heard(const Key& key) const {
  return std::ranges::any_of(entries_, [&](const Entry& entry) {
    return entry.key == key && !entry.told && (entry.goes_on || entry.heard);
  });
}

bool AnswerTranscripts::waiting() const {
  return std::ranges::any_of(entries_,
                             [](const Entry& entry) { return entry.audio && !entry.heard && !entry.told; });
}

} // namespace rt::session

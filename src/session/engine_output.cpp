// What the server says aloud: its audio on the way to the listener.
#include "session/engine.h"

#include "audio/base64.h"

#include <string>

namespace rt::session {

using namespace protocol;

namespace {

std::string name_of(const audio::Format& format) {
  switch (format.encoding) {
  case audio::Encoding::g711_ulaw:
    return "G.711 u-law";
  case audio::Encoding::g711_alaw:
    return "G.711 A-law";
  case audio::Encoding::pcm16:
    break;
  }
  return "PCM of " + std::to_string(format.rate) + " Hz";
}

} // namespace

void Engine::audio_delta(std::string_view response_id, std::string_view item_id, std::uint32_t content_index,
                         std::string_view base64) {
  if (!responses_.on_event(response_id)) return;
  if (responses_.discarded(response_id)) {
    if (connection_.provider().can.deletes_items) responses_.note_unheard(response_id, item_id);
    return;
  }
  metrics_.output(response_id, executor_->now());
  spoke_ = true;
  if (!shared_->members.open(Role::src)) return; // nobody listens: 0 ms are heard
  decoded_.resize(audio::base64_decoded_bound(base64.size()));
  const auto size = audio::base64_decode(base64, decoded_.data());
  if (!size) return notify(bad_audio());
  // Assigned, not made: a delta allocates nothing once its item is known.
  delta_key_.response_id.assign(response_id);
  delta_key_.item_id.assign(item_id);
  delta_key_.content_index = content_index;
  const audio::Format format = spoken_format(response_id);
  const Downlink::Appended taken = shared_->downlink.append(delta_key_, {decoded_.data(), *size}, format);
  if (taken.lost == Downlink::Lost::other_format) return refuse_format(response_id, item_id, format);
  responses_.note_audio(response_id, item_id);
  if (taken.lost == Downlink::Lost::no_room) warn(backlog_full());
  if (taken.samples == 0) return;
  metrics_.audio_taken(delta_key_);
  transcripts_.audio_taken(delta_key_);
}

// In what the server speaks as of now: `told` of one response, else of the session.
audio::Format Engine::format_in_force(const std::optional<audio::Format>& told) {
  const bool acknowledges = connection_.provider().can.acknowledges_updates;
  auto format = acknowledges ? configuration_.output_format() : configuration_.asked().output_format;
  if (told && (!format || told->encoding != format->encoding)) format = told; // a flat one tells no rate
  if (!format) format = shared_->downlink.format();
  return format.value_or(audio::pcm16_24k);
}

// As it was when the response began, whatever was asked for since.
const audio::Format& Engine::spoken_format(std::string_view response_id) {
  const auto it = spoken_in_.find(response_id);
  if (it != spoken_in_.end()) return it->second;
  return spoken_in_.emplace(response_id, format_in_force(std::nullopt)).first->second;
}

// realtimesrc's caps changed, and the server did not know yet: read in the new format it would be noise.
void Engine::refuse_format(std::string_view response_id, std::string_view item_id,
                           const audio::Format& spoken) {
  responses_.discard(response_id);
  if (connection_.provider().can.deletes_items) responses_.note_unheard(response_id, item_id);
  const auto expected = shared_->downlink.format();
  warn({Warning::Kind::playback_refused,
        "An answer in " + name_of(spoken) + " is not heard: realtimesrc's caps are " +
            (expected ? name_of(*expected) : "gone") + " now; change them while nobody speaks"});
}

Notice Engine::bad_audio() {
  return Notice(NoticeKind::error)
      .with("type", "protocol")
      .with("message", "Audio that is not base64 was dropped");
}

Warning Engine::backlog_full() {
  return {Warning::Kind::playback_refused,
          "More reply audio waits than 'max-backlog' allows; the newest is dropped"};
}

void Engine::handle(const OutputAudioDelta& e) {
  audio_delta(e.at.response_id, e.at.item_id, e.at.content_index, e.audio);
}

void Engine::audio_over(const ContentRef& at) {
  responses_.on_event(at.response_id);
  const audio::ContentKey key{at.response_id, at.item_id, at.content_index};
  shared_->downlink.content_done(key);
  transcripts_.audio_over(key);
  tell_last_transcripts();
}

void Engine::handle(const OutputAudioDone& e) {
  audio_over(e.at);
}

// Says the same where a server does not tell that the audio is done.
void Engine::handle(const ContentPartDone& e) {
  audio_over(e.at);
}

} // namespace rt::session

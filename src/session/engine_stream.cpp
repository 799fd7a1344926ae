// A session without turns: one continuous track of audio and one of words for each side. Sound and words of
// the output are filed under the line that stands, so that messages and captions have something to name.
#include "session/engine.h"

#include "audio/base64.h"

#include <utility>

namespace rt::session {

using namespace protocol;

namespace {

// The server hears frames of this length.
constexpr std::uint32_t frame_ms = 200;

Notice words(const char* role, const std::string& id, const std::string& text) {
  return Notice(NoticeKind::transcript).with("role", role).with("item-id", id).with("text", text);
}

} // namespace

std::uint32_t least_chunk_ms(SessionType type) {
  return type == SessionType::translation ? frame_ms : 0;
}

void Engine::stream_audio(std::string_view base64, std::uint32_t rate) {
  if (!shared_->downlink.format() || !shared_->members.open(Role::src)) return; // nobody listens
  decoded_.resize(audio::base64_decoded_bound(base64.size()));
  const auto size = audio::base64_decode(base64, decoded_.data());
  if (!size) return notify(bad_audio());
  delta_key_.response_id.clear();
  delta_key_.item_id.assign(said_.id());
  delta_key_.content_index = 0;
  const audio::Format format{audio::Encoding::pcm16, rate};
  const Downlink::Appended taken = shared_->downlink.append(delta_key_, {decoded_.data(), *size}, format);
  if (taken.lost == Downlink::Lost::other_format)
    return warn_once(Warning::Kind::setting_differs, "The server speaks at " + std::to_string(rate) +
                                                         " Hz, which realtimesrc does not expect");
  if (taken.lost == Downlink::Lost::no_room) return warn(backlog_full());
  if (taken.samples > 0) transcripts_.audio_taken(delta_key_);
}

void Engine::handle(const StreamAudioDelta& e) {
  stream_audio(e.audio, e.sample_rate);
}

void Engine::handle(const StreamOutputText& e) {
  said_.add(e.delta); // may finish the line before
  if (said_.text().empty()) return;
  const bool spoken = shared_->members.open(Role::src);
  if (!assistant_text({"", said_.id(), 0, 0}, e.delta, spoken)) return;
  if (spoken)
    shared_->downlink.text({"", said_.id(), 0}, e.delta);
  else
    untimed_text({"", said_.id(), 0}, e.delta, false);
}

void Engine::line_said(const std::string& id, const std::string& text) {
  const audio::ContentKey key{"", id, 0};
  const bool spoken = shared_->members.open(Role::src);
  if (spoken) {
    shared_->downlink.text_done(key, text);
    shared_->downlink.content_done(key);
  }
  transcripts_.audio_over(key);
  assistant_text_done(key, text, spoken);
}

void Engine::handle(const StreamInputText& e) {
  heard_.add(e.delta);
  if (heard_.text().empty()) return;
  Notice notice = words("user", heard_.id(), heard_.text()).with("delta", e.delta).with("final", false);
  notice.direction = Direction::uplink;
  notify(notice);
}

void Engine::line_heard(const std::string& id, const std::string& text) {
  shared_->text.publish(spread(Speaker::user, id, text, std::nullopt, 0));
  Notice notice = words("user", id, text).with("final", true);
  notice.direction = Direction::uplink;
  notify(notice);
}

// The server has said all there was to say; it closes the connection next.
void Engine::handle(const SessionClosed&) {
  if (!configuration_.streams()) return;
  heard_.finish();
  const std::string last = said_.id();
  said_.finish();
  shared_->downlink.content_done({"", last, 0}); // sound without a word as well
  stream_over_ = true;
  drain_.round_trip_answered();
}

// Nothing of it is left to lose: what was heard stays, and new input needs a new session.
bool Engine::ended_as_asked() {
  if (!stream_over_ || !close_asked_) return false;
  phase_ = Phase::over;
  connection_.stop();
  shared_->uplink.close();
  shared_->status.lock()->life = SharedState::Life::over;
  drain_.advance();
  return true;
}

} // namespace rt::session

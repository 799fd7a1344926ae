#include "server/translation.h"

#include "audio/base64.h"
#include "server/translator.h"

#include <algorithm>

namespace rt::server {

using namespace protocol;

namespace {

constexpr audio::Format format = audio::pcm16_24k; // there is no other
constexpr std::size_t frame_samples = format.samples_of_ms(Translation::frame_ms);
// A pause that ends a phrase; who speaks on without one is translated in pieces.
constexpr TurnRules phrase_rules{.threshold = 0.5, .prefix_padding_ms = 300, .silence_duration_ms = 400};
constexpr std::uint64_t longest_phrase_ms = 8000;

SessionInfo initial_session(Outbox& out, const ClientSession::Options& options) {
  SessionInfo info;
  info.id = out.next_id("sess");
  info.model = options.model;
  info.type = SessionType::translation;
  info.expires_at = options.expires_at;
  info.config = default_config(info.type, *options.manner);
  return info;
}

// "go on" -> "go", " on"; all but the session's first with the space before it.
std::vector<std::string> deltas_of(std::string_view text, bool& any_before) {
  std::vector<std::string> deltas;
  for (std::size_t from = text.find_first_not_of(' '); from < text.size();
       from = text.find_first_not_of(' ', from)) {
    const auto to = std::min(text.find(' ', from), text.size());
    deltas.push_back((std::exchange(any_before, true) ? " " : "") +
                     std::string(text.substr(from, to - from)));
    from = to;
  }
  return deltas;
}

std::string encoded(const std::vector<std::int16_t>& samples) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(format.bytes(samples.size()));
  for (const auto sample : samples) {
    bytes.push_back(static_cast<std::uint8_t>(sample & 0xFF));
    bytes.push_back(static_cast<std::uint8_t>(sample >> 8 & 0xFF));
  }
  std::string text;
  audio::base64_append(text, bytes);
  return text;
}

} // namespace

Translation::Translation(SpeechService& speech, const Scenario& scenario, ScenarioProgress& progress,
                         const Options& options, Outbox::Send send)
    : ClientSession(options, std::move(send)), speech_(speech), scenario_(scenario), progress_(progress),
      session_(initial_session(out_, options), *options.manner),
      input_(speech, choose_detector(speech, scenario), *this) {
  input_.configure(format, phrase_rules);
}

void Translation::start() {
  out_.send(SessionCreated{session_.info()});
}

void Translation::handle(const ClientEvent& event) {
  if (closing_) return out_.refuse(event.event_id, "invalid_value", "The session is being closed.");
  if (const auto* update = std::get_if<SessionUpdate>(&event.body)) return on(*update, event.event_id);
  if (const auto* append = std::get_if<InputAudioAppend>(&event.body)) return on(*append, event.event_id);
  if (std::holds_alternative<SessionClose>(event.body)) return close();
  out_.refuse(event.event_id, "invalid_value", "A translation session has no turns, items or responses.",
              "type");
}

void Translation::on(const SessionUpdate& update, const std::string& event_id) {
  if (const auto bad = session_.apply(update))
    return out_.refuse(event_id, bad->code, bad->message, bad->param);
  out_.send(SessionUpdated{session_.info()});
}

void Translation::on(const InputAudioAppend& event, const std::string& event_id) {
  const auto bytes = decode_audio(event.audio);
  if (!bytes) return out_.refuse(event_id, "invalid_value", bad_audio, "audio");
  // Frame by frame, so that what is heard in one can be said in the next.
  const std::span<const std::uint8_t> all(*bytes);
  for (std::size_t at = 0; at < all.size(); at += format.bytes(frame_samples)) {
    input_.append(all.subspan(at, std::min(format.bytes(frame_samples), all.size() - at)));
    while (input_.written_ms() >= elapsed_ms() + frame_ms)
      send_piece(frame_samples);
  }
}

void Translation::on_started(std::uint64_t start_ms) {
  auto phrase = std::make_shared<Phrase>();
  phrase->start_ms = start_ms;
  if (scenario_.ears != Scenario::Ears::off) {
    phrase->utterance = speech_.listen([this, weak = std::weak_ptr(phrase)](std::string text) {
      if (const auto alive = weak.lock()) understood(*alive, std::move(text));
    });
  }
  phrases_.push_back(phrase);
  open_ = std::move(phrase);
}

void Translation::on_samples(std::vector<std::int16_t> samples) {
  if (!open_) return;
  if (open_->utterance) open_->utterance->feed(std::move(samples));
  if (input_.written_ms() - open_->start_ms >= longest_phrase_ms) end_phrase();
}

void Translation::on_stopped(std::uint64_t) {
  end_phrase();
}

void Translation::end_phrase() {
  const auto phrase = std::exchange(open_, nullptr);
  if (!phrase) return;
  input_.clear();
  phrase->utterance ? phrase->utterance->finish() : understood(*phrase, {});
}

void Translation::understood(Phrase& phrase, std::string text) {
  auto& used = progress_.transcripts_used;
  if (used < scenario_.transcripts.size()) text = scenario_.transcripts[used++];
  phrase.heard = std::move(text);
  go_on();
}

void Translation::close() {
  closing_ = true;
  end_phrase();
  go_on();
}

void Translation::translate(const std::shared_ptr<Phrase>& phrase) {
  phrase->translating = true;
  const auto& config = session_.config();
  if (config.transcription && *config.transcription != Transcription{}) {
    for (auto& delta : deltas_of(*phrase->heard, heard_before_))
      out_.send(StreamInputText{std::move(delta), elapsed_ms()});
  }
  const auto text = translated(*phrase->heard, config.target_language.value_or(""));
  const auto& sound = scenario_.default_sound;
  if (text.empty()) return say({}, text);
  if (sound && sound->kind != Sound::Kind::speech) return say(make_sound(*sound, format.rate), text);
  phrase->voice = speech_.speak(text, 1, format.rate, [this, text](const std::vector<std::int16_t>& samples) {
    say(samples, text);
    go_on();
  });
}

// The phrase in front.
void Translation::say(const std::vector<std::int16_t>& samples, const std::string& text) {
  track_.add(samples, deltas_of(text, said_before_));
  phrases_.pop_front();
}

void Translation::send_piece(std::size_t samples) {
  auto piece = track_.take(samples);
  ++frames_;
  for (auto& word : piece.words)
    out_.send(StreamOutputText{std::move(word), elapsed_ms()});
  out_.send(StreamAudioDelta{encoded(piece.samples), format.rate, elapsed_ms()});
}

// Phrases are said in the order in which they were spoken, one voice at a time.
void Translation::go_on() {
  while (!phrases_.empty() && phrases_.front()->heard && !phrases_.front()->translating) {
    const auto phrase = phrases_.front(); // it may be gone before its translation returns
    translate(phrase);
  }
  if (!closing_ || !phrases_.empty() || std::exchange(closed_, true)) return;
  const auto input_left = format.samples_of_ms(input_.written_ms() - elapsed_ms());
  auto rest = std::max<std::size_t>(input_left, track_.left());
  while (rest > 0) {
    const auto size = std::min(rest, frame_samples);
    send_piece(size);
    rest -= size;
  }
  out_.send(SessionClosed{});
}

} // namespace rt::server

#include "server/input_turns.h"

#include "server/transcription.h"

namespace rt::server {

using namespace protocol;

namespace {

// Semantic detection waits for the end of a thought; here eagerness only chooses how long a pause is.
std::uint64_t pause_of(TurnDetection::Eagerness eagerness) {
  switch (eagerness) {
  case TurnDetection::Eagerness::low:
    return 1200;
  case TurnDetection::Eagerness::high:
    return 300;
  default:
    return 600;
  }
}

std::optional<TurnRules> rules_of(const TurnDetection& wanted) {
  if (wanted.mode == TurnDetection::Mode::none) return std::nullopt;
  TurnRules rules;
  if (wanted.mode == TurnDetection::Mode::semantic_vad) {
    rules.silence_duration_ms = pause_of(wanted.eagerness.value_or(TurnDetection::Eagerness::automatic));
    return rules;
  }
  rules.threshold = wanted.threshold.value_or(rules.threshold);
  rules.prefix_padding_ms = wanted.prefix_padding_ms.value_or(rules.prefix_padding_ms);
  rules.silence_duration_ms = wanted.silence_duration_ms.value_or(rules.silence_duration_ms);
  return rules;
}

Item spoken_item(const std::string& id, const char* status) {
  Item item;
  item.id = id;
  item.role = Item::Role::user;
  item.status = status;
  auto& part = item.content.emplace_back();
  part.type = ContentPart::Type::input_audio;
  part.transcript = ""; // there are clients that stumble over a part without one
  return item;
}

} // namespace

InputTurns::InputTurns(Context& context, Listener& listener)
    : context_(context), listener_(listener),
      audio_(context.speech, choose_detector(context.speech, context.scenario), *this) {
  configure();
}

void InputTurns::configure() {
  const auto& config = context_.session.config();
  const bool was_speaking = audio_.speaking();
  audio_.configure(config.input_format.value_or(audio::pcm16_24k),
                   rules_of(config.turn_detection.value_or(TurnDetection{})));
  if (was_speaking && !audio_.speaking()) item_id_.clear();
}

void InputTurns::append(const InputAudioAppend& event, std::string_view event_id) {
  const auto bytes = decode_audio(event.audio);
  if (!bytes) return context_.out.refuse(event_id, "invalid_value", bad_audio, "audio");
  if (!audio_.append(*bytes)) {
    context_.out.refuse(event_id, "input_audio_buffer_full",
                        "The input audio buffer is full: commit or clear it before appending more.", "audio");
  }
}

void InputTurns::commit(std::string_view event_id) {
  const auto ms = audio_.buffered_ms();
  if (ms < min_commit_ms) {
    context_.out.refuse(event_id, "input_audio_buffer_commit_empty",
                        "Error committing input audio buffer: buffer too small. Expected at least " +
                            std::to_string(min_commit_ms) + "ms of audio, but buffer only has " +
                            std::to_string(ms) + "ms of audio.");
    return;
  }
  settle(make_item(audio_.take()));
}

void InputTurns::clear() {
  audio_.clear();
  utterance_.reset();
  item_id_.clear();
  context_.out.send(InputAudioCleared{});
}

void InputTurns::time_out(std::uint64_t since_ms) {
  utterance_.reset();
  item_id_ = context_.out.next_id("item");
  context_.out.send(IdleTimeout{since_ms, audio_.written_ms(), item_id_});
  settle(make_item(audio_.take()));
}

void InputTurns::on_started(std::uint64_t start_ms) {
  item_id_ = context_.out.next_id("item");
  utterance_.reset();
  context_.out.send(SpeechStarted{start_ms, item_id_});
  if (context_.manner.item_with_speech) {
    announced_ = item_id_;
    context_.out.send(ItemAdded{spoken_item(item_id_, "in_progress"), context_.items.last_id()});
  }
  listener_.on_speech_started();
}

void InputTurns::on_samples(std::vector<std::int16_t> samples) {
  if (context_.scenario.ears == Scenario::Ears::off) return;
  if (!utterance_) open_utterance();
  if (utterance_) utterance_->feed(std::move(samples));
}

void InputTurns::on_stopped(std::uint64_t end_ms) {
  context_.out.send(SpeechStopped{end_ms, item_id_});
  const auto item_id = make_item(audio_.take());
  if (context_.manner.transcript_first) {
    ended_.insert(item_id);
  } else {
    listener_.on_turn_ended();
  }
  settle(item_id); // after the response's first event, as most servers order them
}

void InputTurns::open_utterance() {
  hearing_ = std::make_shared<Hearing>();
  SpeechService::Progress so_far;
  // A script says what is understood, and says it at the end.
  if (streams_words(context_) && context_.scenario.transcripts.empty())
    so_far = [this, hearing = hearing_](const std::string& text) { hear_so_far(*hearing, text); };
  utterance_ = context_.speech.listen(
      [this, hearing = hearing_](std::string text) {
        heard(hearing->item_id, std::move(text), hearing->told);
      },
      std::move(so_far));
}

// The item has a name before it is there.
void InputTurns::hear_so_far(Hearing& hearing, const std::string& text) {
  if (hearing.item_id.empty() && item_id_.empty()) item_id_ = context_.out.next_id("item");
  send_words(context_, hearing.item_id.empty() ? item_id_ : hearing.item_id, 0, text, hearing.told);
}

std::string InputTurns::make_item(InputAudio::Committed audio) {
  auto id = item_id_.empty() ? context_.out.next_id("item") : std::exchange(item_id_, {});
  const auto previous = context_.items.last_id();
  context_.out.send(InputAudioCommitted{id, previous});

  StoredItem stored;
  stored.item = spoken_item(id, "completed");
  stored.format = audio_.format();
  stored.audio_samples = stored.format.samples(audio.bytes.size());
  stored.audio = std::move(audio.bytes);
  stored.unheard = true;
  const auto item = stored.item;
  context_.items.insert(std::move(stored), std::nullopt);
  if (std::exchange(announced_, {}) != id) context_.out.send(ItemAdded{item, previous});
  context_.out.send(ItemDone{item, previous});

  if (utterance_) {
    hearing_->item_id = id;
    auto& utterance = finishing_[id] = std::move(utterance_);
    utterance->finish();
  }
  return id;
}

void InputTurns::settle(const std::string& item_id) {
  if (!finishing_.contains(item_id)) heard(item_id, {});
}

void InputTurns::recognise(StoredItem& stored) {
  stored.unheard = true;
  const auto id = stored.item.id;
  if (context_.scenario.ears == Scenario::Ears::off || stored.audio.empty()) return settle(id);
  auto item = std::make_shared<std::string>(id);
  auto utterance = context_.speech.listen([this, item](std::string text) { heard(*item, std::move(text)); });
  if (!utterance) return settle(id);
  std::vector<std::int16_t> samples;
  for (std::size_t i = 0; i + 1 < stored.audio.size(); i += 2) {
    samples.push_back(static_cast<std::int16_t>(stored.audio[i] | stored.audio[i + 1] << 8));
  }
  if (auto resampler = context_.speech.make_resampler(stored.format.rate, SpeechDetector::rate)) {
    samples = resampler->convert(samples);
  }
  auto& kept = finishing_[id] = std::move(utterance);
  kept->feed(std::move(samples));
  kept->finish();
}

void InputTurns::heard(const std::string& item_id, std::string text, std::string told) {
  const auto keep_alive = finishing_.extract(item_id);
  auto* stored = context_.items.find(item_id);
  if (!stored || !stored->unheard) return;
  auto& used = context_.progress.transcripts_used;
  if (used < context_.scenario.transcripts.size()) text = context_.scenario.transcripts[used++];
  stored->unheard = false;
  stored->heard = std::move(text);
  send_transcript(context_, *stored, std::move(told));
  if (ended_.erase(item_id) > 0) listener_.on_turn_ended();
  listener_.on_heard();
}

} // namespace rt::server

#include "server/transcription.h"

#include "protocol/json_value.h"
#include "server/words.h"

#include <algorithm>
#include <iterator>

namespace rt::server {

using namespace protocol;

namespace {

constexpr TranscriptionModel models[] = {
    {.name = "whisper-1"},
    {.name = "gpt-4o-transcribe", .counts_tokens = true},
    {.name = "gpt-4o-mini-transcribe", .counts_tokens = true},
    {.name = "gpt-4o-transcribe-diarize", .counts_tokens = true, .tells_speakers = true},
    {.name = "gpt-transcribe", .tells_languages = true},
    {.name = "gpt-live-transcribe", .finds_turns = false, .tells_languages = true},
    {.name = "gpt-realtime-whisper", .finds_turns = false, .takes_prompt = false}};

constexpr std::string_view heard_language = "en"; // the one that the recogniser knows
constexpr std::string_view logprobs_asked = "item.input_audio_transcription.logprobs";

constexpr const char* growing_transcript = "conversation.item.input_audio_transcription.updated";

bool wants_logprobs(const SessionConfig& config) {
  const auto include = config.include ? read_json(config.include->text) : std::nullopt;
  if (!include) return false;
  return std::ranges::any_of(include->elements(),
                             [](const JsonValue& each) { return each.text() == logprobs_asked; });
}

// The recogniser is always sure.
JsonValue logprob_of(std::string_view token) {
  JsonValue bytes = JsonValue::array();
  for (const char byte : token)
    bytes.push(static_cast<unsigned>(static_cast<unsigned char>(byte)));
  JsonValue out = JsonValue::object();
  out.set("token", token).set("logprob", 0).set("bytes", std::move(bytes));
  return out;
}

// "go forward" -> "go", " forward": they add up to the transcript.
std::vector<std::string_view> tokens_of(std::string_view text) {
  std::vector<std::string_view> tokens;
  for (std::size_t from = 0; from < text.size();) {
    const auto to = std::min(text.find(' ', from + 1), text.size());
    tokens.push_back(text.substr(from, to - from));
    from = to;
  }
  return tokens;
}

std::optional<Json> json_list(const std::vector<JsonValue>& entries) {
  JsonValue list = JsonValue::array();
  for (const auto& each : entries)
    list.push(each);
  return Json{to_text(list)};
}

Usage usage_of(const StoredItem& stored) {
  constexpr std::uint64_t ms_per_token = 100;
  Usage usage;
  usage.input = usage.input_audio = stored.audio_ms() / ms_per_token;
  usage.output = split_words(stored.heard).size();
  usage.total = usage.input + usage.output;
  return usage;
}

// All of it so far each time, until the last is final.
void send_growing(Context& context, StoredItem& stored, std::uint32_t index) {
  std::string so_far;
  for (const auto token : tokens_of(stored.heard)) {
    so_far += token;
    if (so_far.size() == stored.heard.size()) break;
    JsonValue updated = JsonValue::object();
    updated.set("type", growing_transcript).set("event_id", context.out.next_id("event"));
    updated.set("item_id", stored.item.id).set("transcript", so_far).set("content_index", index);
    context.out.send(UnknownServerEvent{growing_transcript, Json{to_text(updated)}});
    InputTranscriptCompleted partial{stored.item.id, index, so_far};
    partial.more_follows = true;
    context.out.send(std::move(partial));
  }
  stored.item.content[index].transcript = stored.heard;
  context.out.send(InputTranscriptCompleted{stored.item.id, index, stored.heard});
}

std::uint32_t audio_part_of(const Item& item) {
  const auto part = std::ranges::find(item.content, ContentPart::Type::input_audio, &ContentPart::type);
  return static_cast<std::uint32_t>(part - item.content.begin());
}

} // namespace

const TranscriptionModel& transcription_model(const std::optional<Transcription>& wanted) {
  const std::string name = wanted ? wanted->model.value_or("") : "";
  const auto found = std::ranges::find_if(models, [&](const TranscriptionModel& row) {
    return name == row.name || name.starts_with(std::string(row.name) + "-2"); // a dated version
  });
  return found == std::end(models) ? models[0] : *found;
}

bool streams_words(const Context& context) {
  if (context.session.info().type != SessionType::transcription) return false;
  return !transcription_model(context.session.config().transcription).finds_turns;
}

void send_words(Context& context, const std::string& item_id, std::uint32_t index, std::string_view text,
                std::string& told) {
  // What was sent cannot be taken back: the whole corrects it.
  if (!text.starts_with(told)) return;
  if (!told.empty() && text.size() > told.size() && text[told.size()] != ' ') return;
  const bool with_logprobs = wants_logprobs(context.session.config());
  for (const auto token : tokens_of(text.substr(told.size()))) {
    InputTranscriptDelta delta{item_id, index, std::string(token)};
    if (with_logprobs) delta.logprobs = json_list({logprob_of(token)});
    context.out.send(std::move(delta));
    told += token;
  }
}

void send_transcript(Context& context, StoredItem& stored, std::string told) {
  const auto& config = context.session.config();
  if (!config.transcription || *config.transcription == Transcription{}) return;
  const auto index = audio_part_of(stored.item);
  if (const auto& failure = context.scenario.transcription_error) {
    context.out.send(InputTranscriptFailed{
        stored.item.id, index, {failure->type, failure->code, failure->message, "", ""}});
    return;
  }
  if (context.manner.transcript_first) return send_growing(context, stored, index);
  const auto& model = transcription_model(config.transcription);
  stored.item.content[index].transcript = stored.heard;
  send_words(context, stored.item.id, index, stored.heard, told);
  const double seconds = static_cast<double>(stored.audio_ms()) / 1000;
  if (model.tells_speakers && !stored.heard.empty()) {
    context.out.send(InputTranscriptSegment{stored.item.id, index, context.out.next_id("seg"), "A",
                                            stored.heard, 0, seconds});
  }
  InputTranscriptCompleted completed{stored.item.id, index, stored.heard, seconds};
  if (model.counts_tokens) completed.tokens = usage_of(stored);
  if (model.tells_languages) completed.languages = {std::string(heard_language)};
  if (wants_logprobs(config)) {
    std::vector<JsonValue> logprobs;
    for (const auto token : tokens_of(stored.heard))
      logprobs.push_back(logprob_of(token));
    completed.logprobs = json_list(logprobs);
  }
  context.out.send(std::move(completed));
}

} // namespace rt::server

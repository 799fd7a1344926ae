#include "session/usage.h"

#include <cmath>
#include <utility>

namespace rt::session {

using namespace protocol;

Notice with_usage(Notice notice, const Usage& usage) {
  return std::move(notice)
      .with("total-tokens", usage.total)
      .with("input-tokens", usage.input)
      .with("output-tokens", usage.output)
      .with("input-text-tokens", usage.input_text)
      .with("input-audio-tokens", usage.input_audio)
      .with("input-image-tokens", usage.input_image)
      .with("cached-tokens", usage.cached)
      .with("cached-text-tokens", usage.cached_text)
      .with("cached-audio-tokens", usage.cached_audio)
      .with("cached-image-tokens", usage.cached_image)
      .with("output-text-tokens", usage.output_text)
      .with("output-audio-tokens", usage.output_audio);
}

void UsageTotals::add(const Usage& response) {
  static constexpr std::uint64_t Usage::*counts[] = {
      &Usage::total,        &Usage::input,        &Usage::output,      &Usage::input_text,
      &Usage::input_audio,  &Usage::input_image,  &Usage::cached,      &Usage::cached_text,
      &Usage::cached_audio, &Usage::cached_image, &Usage::output_text, &Usage::output_audio};
  for (const auto count : counts)
    responses.*count += response.*count;
}

void UsageTotals::add(const InputTranscriptCompleted& transcript) {
  transcription_seconds += transcript.seconds;
  if (!transcript.tokens) return;
  transcription_input += transcript.tokens->input;
  transcription_output += transcript.tokens->output;
}

std::uint64_t UsageTotals::transcription_ms() const {
  return static_cast<std::uint64_t>(std::llround(transcription_seconds * 1000));
}

} // namespace rt::session

// The rows. Facts only: which members and events there are, not what they say.
#include "server/manner.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace rt::server {

using protocol::Dialect;

namespace {

using Op = Edit::Op;

template<std::size_t A, std::size_t B>
constexpr std::array<Edit, A + B> joined(const Edit (&a)[A], const Edit (&b)[B]) {
  std::array<Edit, A + B> rows;
  std::copy(std::begin(b), std::end(b), std::copy(std::begin(a), std::end(a), rows.begin()));
  return rows;
}

// ---- OpenAI and Azure ----

constexpr std::string_view padding = R"("00000000")"; // hides how long a delta is
constexpr Edit openai_sent[] = {
    {"session.*", Op::fill, "session.audio.input.transcription", "null"},
    {"session.*", Op::fill, "session.audio.input.transcription.language", "null"},
    {"session.*", Op::fill, "session.audio.input.transcription.prompt", "null"},
    {"session.*", Op::fill, "session.audio.input.noise_reduction", "null"},
    {"session.*", Op::fill, "session.audio.input.turn_detection.idle_timeout_ms", "null"},
    {"session.*", Op::fill, "session.include", "null"},
    {"session.*", Op::fill, "session.prompt", "null"},
    {"session.*", Op::fill, "session.tracing", "null"},
    {"conversation.item.*", Op::drop, "item.object"},
    {"conversation.item.*", Op::swap, "item.content[].transcript", "null", R"("")"},
    {"response.output_item.*", Op::drop, "item.object"},
    {"response.done", Op::drop, "response.output[].object"},
    {"response.output_text.delta", Op::set, "obfuscation", padding},
    {"response.output_audio_transcript.delta", Op::set, "obfuscation", padding},
    {"response.function_call_arguments.delta", Op::set, "obfuscation", padding},
    {"conversation.item.input_audio_transcription.delta", Op::set, "obfuscation", padding},
};
constexpr Edit azure_own[] = {{"response.content_part.*", Op::copy, "part", "content"}};
constexpr auto azure_sent = joined(openai_sent, azure_own);

// ---- Azure Voice Live ----

constexpr Edit voice_live_received[] = {
    {"session.update", Op::move, "session.voice.name", "session.voice"},
    {"session.update", Op::drop, "session.input_audio_sampling_rate"},
};
constexpr std::string_view session_only = "session.*", created = "session.created";
constexpr Edit voice_live_sent[] = {
    {created, Op::set, "session.modalities", R"(["audio"])"},
    {created, Op::set, "session.output_audio_format", "null"},
    {session_only, Op::move, "session.voice", "session.voice.name"},
    {session_only, Op::set, "session.voice.type", R"("openai")"},
    {session_only, Op::fill, "session.input_audio_transcription", "null"},
    {session_only, Op::fill, "session.input_audio_transcription.language", "null"},
    {session_only, Op::fill, "session.input_audio_transcription.prompt", "null"},
    {session_only, Op::fill, "session.input_audio_transcription.custom_speech", "null"},
    {session_only, Op::fill, "session.input_audio_transcription.phrase_list", "null"},
    {session_only, Op::fill, "session.input_audio_noise_reduction", "null"},
    {session_only, Op::fill, "session.input_audio_echo_cancellation", "null"},
    {session_only, Op::fill, "session.turn_detection.idle_timeout_ms", "null"},
    {session_only, Op::fill, "session.turn_detection.speech_duration_ms", "null"},
    {session_only, Op::fill, "session.turn_detection.end_of_utterance_detection", "null"},
    {session_only, Op::fill, "session.turn_detection.auto_truncate", "false"},
    {session_only, Op::fill, "session.turn_detection.appended_text_after_truncation", "null"},
    {session_only, Op::set, "session.input_audio_sampling_rate", "24000"},
    {session_only, Op::fill, "session.animation", "null"},
    {session_only, Op::fill, "session.avatar", "null"},
    {session_only, Op::fill, "session.include", "null"},
    {session_only, Op::fill, "session.output_audio_timestamp_types", "null"},
    {session_only, Op::fill, "session.truncation_strategy", "null"},
    {session_only, Op::drop, "session.speed"},
    {session_only, Op::drop, "session.temperature"},
    {"conversation.item.*", Op::swap, "item.content[].transcript", "null", R"("")"},
    {"conversation.item.input_audio_transcription.completed", Op::drop, "usage"},
    {"response.*", Op::move, "response.voice", "response.voice.name"},
    {"response.created", Op::set, "response.voice.type", R"("openai")"},
    {"response.done", Op::set, "response.voice.type", R"("openai")"},
    {"response.created", Op::fill, "response.temperature", "null"},
    {"response.done", Op::fill, "response.temperature", "null"},
    {"response.done", Op::set, "response.usage.output_token_details.reasoning_tokens", "0"},
};

// ---- xAI ----

constexpr Edit xai_received[] = {
    {"session.update", Op::set, "session.type", R"("realtime")"},
    {"session.update", Op::swap, "session.turn_detection", "null", R"({"type":null})"},
    {"session.update", Op::move, "session.turn_detection", "session.audio.input.turn_detection"},
    {"session.update", Op::move, "session.voice", "session.audio.output.voice"},
    {"response.create", Op::move, "response.modalities", "response.output_modalities"},
    {"conversation.item.create", Op::swap, "item.content[].type", R"("output_text")", R"("text")"},
};
constexpr std::string_view added = "conversation.item.added", updated = "session.updated",
                           done = "response.done", audio_delta = "response.output_audio.delta",
                           transcript_done = "conversation.item.input_audio_transcription.completed";
constexpr Edit xai_sent[] = {
    // Events and items.
    {"conversation.*", Op::fill, "previous_item_id", "null"},
    {.event = added, .op = Op::set, .path = "previous_item_id", .value = "null", .item = "function_call"},
    {.event = added,
     .op = Op::set,
     .path = "previous_item_id",
     .value = "null",
     .item = "function_call_output"},
    {.event = added,
     .op = Op::fill,
     .path = "item.status",
     .value = R"("completed")",
     .item = "function_call_output"},
    {"input_audio_buffer.*", Op::fill, "previous_item_id", "null"},
    {"ping", Op::fill, "previous_item_id", "null"},
    {updated, Op::fill, "previous_item_id", "null"},
    {"response.content_part.added", Op::fill, "previous_item_id", R"("0")"},
    {"response.*", Op::fill, "previous_item_id", "null"},
    {added, Op::fill, "item.role", R"("tool")"},
    {"response.output_item.*", Op::fill, "item.role", R"("user")"},
    {done, Op::fill, "response.output[].role", R"("user")"},
    {"response.output_item.*", Op::drop, "item.content"},
    {done, Op::swap, "response.output[].content[].type", R"("audio")", R"("output_audio")"},
    {"response.content_part.done", Op::drop, "part"},
    {"response.*", Op::replace, "output_index", "0"},
    {"response.function_call_arguments.delta", Op::drop, "output_index"},
    {transcript_done, Op::drop, "usage"},
    {transcript_done, Op::fill, "status", R"("completed")"},
    // Timing that nobody needs.
    {audio_delta, Op::set, "audio_duration_ms", "100"},
    {audio_delta, Op::set, "latency", R"("0.1")"},
    {audio_delta, Op::set, "ts", "0"},
    {audio_delta, Op::copy, "response_id", "rid"},
    {"response.output_audio_transcript.delta", Op::copy, "response_id", "rid"},
    {"response.output_audio_transcript.delta", Op::set, "start_time", "0"},
    // The response.
    {"response.created", Op::set, "response.usage", "{}"},
    {done, Op::move, "response.usage", "usage"},
    {done, Op::set, "response.usage", "{}"},
    {done, Op::copy, "response.id", "response_id"},
    {done, Op::drop, "usage.input_token_details.image_tokens"},
    {done, Op::drop, "usage.input_token_details.cached_tokens"},
    {done, Op::drop, "usage.input_token_details.cached_tokens_details"},
    {done, Op::set, "usage.input_token_details.grok_tokens", "0"},
    {done, Op::set, "usage.output_token_details.grok_tokens", "0"},
    {done, Op::set, "usage.output_audio_seconds", "0"},
    {done, Op::set, "usage.billable_audio_seconds", "0"},
    {"response.*", Op::replace, "response.status_details", R"("unimplemented")"},
    {"response.*", Op::drop, "response.audio"},
    {"response.*", Op::drop, "response.conversation_id"},
    {"response.*", Op::drop, "response.max_output_tokens"},
    {"response.*", Op::drop, "response.metadata"},
    {"response.*", Op::drop, "response.output_modalities"},
    // The session: half of it where beta has it.
    {session_only, Op::move, "session.output_modalities", "session.modalities"},
    {session_only, Op::move, "session.audio.input.turn_detection", "session.turn_detection"},
    {session_only, Op::swap, "session.turn_detection", R"({"type":null})", "null"},
    {session_only, Op::drop, "session.turn_detection.threshold"},
    {session_only, Op::drop, "session.turn_detection.prefix_padding_ms"},
    {session_only, Op::drop, "session.turn_detection.silence_duration_ms"},
    {session_only, Op::drop, "session.type"},
    {session_only, Op::drop, "session.expires_at"},
    {session_only, Op::drop, "session.truncation"},
    {created, Op::move, "session.audio.output.voice", "session.voice"},
    {created, Op::drop, "session.audio"},
    {created, Op::drop, "session.tool_choice"},
    {created, Op::drop, "session.max_output_tokens"},
    {updated, Op::drop, "session.id"},
    {updated, Op::drop, "session.object"},
    {updated, Op::drop, "session.audio.output.voice"},
    {updated, Op::drop, "session.audio.output.speed"},
    {updated, Op::move, "session.max_output_tokens", "session.max_response_output_tokens"},
    {updated, Op::swap, "session.tools", "", "[]"},
    {updated, Op::nest, "session.tools[]", "function"},
    {updated, Op::copy, "session.audio.input.transcription", "session.input_audio_transcription"},
    {updated, Op::set, "session.audio.input.transport", R"("json")"},
    {updated, Op::set, "session.audio.output.transport", R"("json")"},
    {updated, Op::set, "session.input_audio_format", R"("not specified")"},
    {updated, Op::set, "session.output_audio_format", R"("not specified")"},
    {updated, Op::set, "session.temperature", "-1"},
    {updated, Op::set, "session.keep_context", "false"},
    {updated, Op::set, "session.enable_noise_suppression", "true"},
    {updated, Op::set, "session.enable_phonetic_spelling", "false"},
};

constexpr Manner plain;
constexpr Manner table[] = {
    {.name = "openai",
     .dialect = Dialect::ga,
     .refuses_beta = true,
     .tells_conversation = false,
     .tells_limits = false,
     .sent = openai_sent},
    {.name = "azure",
     .path = "/openai/v1/realtime",
     .translates = false,
     .dialect = Dialect::ga,
     .tells_conversation = false,
     .tells_limits = false,
     .sent = azure_sent},
    {.name = "azure-voice-live",
     .path = "/voice-live/realtime",
     .translates = false,
     .transcribes = false,
     .dialect = Dialect::beta,
     .any_voice = true,
     .new_turns = TurnRules{.threshold = 0.5, .prefix_padding_ms = 400, .silence_duration_ms = 500},
     .tells_conversation = false,
     .tells_limits = false,
     .done_items = Manner::DoneItems::spoken,
     .received = voice_live_received,
     .sent = voice_live_sent},
    {.name = "xai",
     .translates = false,
     .transcribes = false,
     .dialect = Dialect::ga,
     .voice = "ara",
     .any_voice = true,
     .instructions = "",
     .finds_turns = false,
     .pings = true,
     .tells_limits = false,
     .done_items = Manner::DoneItems::none,
     .item_with_speech = true,
     .transcript_first = true,
     .audio_done_last = true,
     .received = xai_received,
     .sent = xai_sent},
};

} // namespace

std::span<const Manner> manners() {
  return table;
}

const Manner& plain_manner() {
  return plain;
}

} // namespace rt::server

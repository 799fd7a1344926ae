#include "gst/session_properties.h"

#include "gst/enums.h"

#include <array>
#include <climits>

namespace rt::gst {
namespace {

using session::Settings;
using enum Mutability;

constexpr Range milliseconds{0, 3'600'000};

std::optional<std::string> bad_tools(const Settings& s) {
  return session::why_invalid_tools(s.tools);
}
std::optional<std::string> bad_items(const Settings& s) {
  return session::why_invalid_items(s.initial_items);
}
std::optional<std::string> bad_session_config(const Settings& s) {
  return session::why_invalid_object(s.session_config);
}
std::optional<std::string> bad_uri(const Settings& s) {
  return session::why_invalid_uri(s.uri);
}
std::optional<std::string> bad_tool_choice(const Settings& s) {
  return session::why_invalid_tool_choice(s.tool_choice);
}
std::optional<std::string> bad_effort(const Settings& s) {
  return session::why_invalid_effort(s.reasoning_effort);
}
std::optional<std::string> bad_truncation(const Settings& s) {
  return session::why_invalid_truncation(s.truncation);
}
std::optional<std::string> bad_prompt(const Settings& s) {
  return session::why_invalid_prompt(s.prompt);
}
std::optional<std::string> bad_tracing(const Settings& s) {
  return session::why_invalid_tracing(s.tracing);
}
std::optional<std::string> bad_patterns(const Settings& s) {
  return session::why_invalid_patterns(s.forward_events);
}
// Ranges with a hole between "not sent" and the smallest value that can be sent.
std::optional<std::string> bad_speed(const Settings& s) {
  if (s.speed == -1 || s.speed >= 0.25) return std::nullopt;
  return "must be -1 (not sent) or 0.25 to 1.5";
}
std::optional<std::string> bad_idle_timeout(const Settings& s) {
  if (s.vad_idle_timeout_ms == -1 || s.vad_idle_timeout_ms >= 5000) return std::nullopt;
  return "must be -1 (none) or 5000 to 30000";
}
std::optional<std::string> bad_temperature(const Settings& s) {
  if (s.temperature == -1 || s.temperature >= 0) return std::nullopt;
  return "must be -1 (not sent) or 0 to 2";
}

constexpr std::array table = {
    property<&Settings::uri, Access::uri_without_key>(
        "uri",
        "Address of the Realtime server, ws:// or wss://; NULL: the provider's. Reads back with keys as ***",
        next_connection, {}, bad_uri),
    property<&Settings::provider>(
        "provider", "Kind of server; auto: by a known host, else read from its first event", next_connection),
    property<&Settings::model>("model", "Model to ask for; NULL: the provider's default", next_connection),
    property<&Settings::api_key, Access::write_only>(
        "api-key",
        "Key for the server; NULL: the provider's environment variable (OPENAI_API_KEY). Never readable",
        next_connection),
    property<&Settings::extra_headers>(
        "extra-headers", "More HTTP header lines for the handshake; values that are secret read back as ***",
        next_connection),
    property<&Settings::session_type>("session-type", "What the session is for", next_connection),
    property<&Settings::voice>("voice", "Voice of the answers; NULL: the server's. Fixed once it has spoken",
                               playing),
    property<&Settings::instructions>("instructions",
                                      "What the model is told to be and do; NULL: the server's", playing),
    property<&Settings::speed>("speed", "Pace of the speech, 0.25 to 1.5 times normal; -1: not sent", playing,
                               {-1, 1.5}, bad_speed),
    property<&Settings::output_modality>("output-modality", "Whether answers are spoken or written", playing),
    property<&Settings::turn_detection>("turn-detection", "How the end of a caller's turn is found", playing),
    property<&Settings::vad_threshold>("vad-threshold", "server-vad: how sure of speech, 0 to 1", playing,
                                       {0, 1}),
    property<&Settings::vad_prefix_padding_ms>(
        "vad-prefix-padding", "server-vad: audio kept before speech, ms", playing, milliseconds),
    property<&Settings::vad_silence_duration_ms>(
        "vad-silence-duration", "server-vad: silence that ends a turn, ms", playing, milliseconds),
    property<&Settings::vad_eagerness>("vad-eagerness", "semantic-vad: how soon to answer", playing),
    property<&Settings::vad_create_response>("vad-create-response",
                                             "Whether the end of a turn starts an answer", playing),
    property<&Settings::vad_interrupt_response>("vad-interrupt-response",
                                                "Whether speech interrupts an answer", playing),
    property<&Settings::vad_idle_timeout_ms>(
        "vad-idle-timeout",
        "server-vad: silence after an answer that prompts the model, ms, 5000 to 30000; -1: none", playing,
        {-1, 30000}, bad_idle_timeout),
    property<&Settings::input_transcription_model>(
        "input-transcription-model", "Model that writes down the caller's words; NULL: none", playing),
    property<&Settings::input_transcription_language>(
        "input-transcription-language", "Language of the caller, ISO-639-1; NULL: not sent", playing),
    property<&Settings::input_transcription_prompt>("input-transcription-prompt",
                                                    "Hint for the transcription; NULL: not sent", playing),
    property<&Settings::noise_reduction>("noise-reduction", "Noise reduction by the server", playing),
    property<&Settings::tools>(
        "tools", "Functions and MCP servers the model may call: a JSON array, or @FILE; NULL: not sent",
        playing, {}, bad_tools),
    property<&Settings::tool_choice>(
        "tool-choice", "auto, none, required, a function's name, or a JSON object; NULL: not sent", playing,
        {}, bad_tool_choice),
    property<&Settings::parallel_tool_calls>("parallel-tool-calls",
                                             "Whether the model may call several at once", playing),
    property<&Settings::tool_timeout_ms>(
        "tool-timeout", "Time for a tool's output, ms; then the model is told that none came. 0: no limit",
        playing, milliseconds),
    property<&Settings::tool_filler>(
        "tool-filler",
        "What the model is told to say once while a tool runs, \"Say: One moment, please.\"; NULL: nothing",
        playing),
    property<&Settings::tool_filler_delay_ms>("tool-filler-delay",
                                              "How long a tool runs before 'tool-filler' is said, ms",
                                              playing, {1, 3'600'000}),
    property<&Settings::mcp_approval>(
        "mcp-approval", "What becomes of the server's requests to call a tool of an MCP server", playing),
    property<&Settings::max_output_tokens>("max-output-tokens",
                                           "Longest answer, tokens, 1 to 4096; 0: no limit; -1: not sent",
                                           playing, {-1, 4096}),
    property<&Settings::temperature>("temperature",
                                     "Sampling temperature, 0 to 2, beta dialect only; -1: not sent", playing,
                                     {-1, 2}, bad_temperature),
    property<&Settings::reasoning_effort>(
        "reasoning-effort", "How much the model thinks: minimal, low, medium, high or xhigh; NULL: not sent",
        playing, {}, bad_effort),
    property<&Settings::truncation>(
        "truncation",
        "What is forgotten of a long conversation: auto, disabled, or a JSON object; NULL: not sent", playing,
        {}, bad_truncation),
    property<&Settings::prompt>("prompt", "Stored prompt: its id, or a JSON object; NULL: not sent", playing,
                                {}, bad_prompt),
    property<&Settings::tracing>("tracing", "Traces at the server: auto, or a JSON object; NULL: not sent",
                                 playing, {}, bad_tracing),
    property<&Settings::target_language>(
        "target-language", "Language that a translation speaks, ISO-639-1; NULL: the server's", playing),
    property<&Settings::session_config>(
        "session-config", "JSON object laid over the session's settings: for any field without a property",
        playing, {}, bad_session_config),
    property<&Settings::initial_items>(
        "initial-items", "Conversation so far: a JSON array of items, or @FILE, sent once configured",
        next_connection, {}, bad_items),
    property<&Settings::greeting>(
        "greeting", "The model speaks first, told this; \"\": without a word to it; NULL: it waits",
        next_connection),
    property<&Settings::connect_timeout_ms>("connect-timeout",
                                            "From the look-up of the host to the server's first event, ms",
                                            next_connection, {1, 3'600'000}),
    property<&Settings::keepalive_interval_ms>("keepalive-interval", "Between PING frames, ms; 0: none",
                                               next_connection, milliseconds),
    property<&Settings::retries>("retries",
                                 "Attempts after a failed first one, before the session exists; -1: endless",
                                 next_connection, {-1, INT_MAX}),
    property<&Settings::retry_backoff_factor>(
        "retry-backoff-factor", "Seconds before the first new attempt; doubled for each further one",
        next_connection, {0, 3600}),
    property<&Settings::retry_backoff_max>("retry-backoff-max", "Longest time between attempts, s",
                                           next_connection, {0, 86400}),
    property<&Settings::response_timeout_ms>(
        "response-timeout",
        "Silence of the server about an awaited or open answer that is reported, ms; 0: never", playing,
        milliseconds),
    property<&Settings::drain_timeout_ms>(
        "drain-timeout", "At the end of the input: time for the last answer to be heard, ms; 0: do not wait",
        playing, milliseconds),
    property<&Settings::drain_quiet_ms>(
        "drain-quiet",
        "At the end of the input, for servers that acknowledge nothing: silence to wait for, ms", playing,
        milliseconds),
    property<&Settings::forward_events>("forward-events",
                                        "Which events of the server come as bus messages, without their "
                                        "audio: patterns separated by commas, as "
                                        "in response.*,-*.delta; NULL: none",
                                        playing, {}, bad_patterns),
    property<&Settings::tls_database>("tls-database", "Trusted certificate authorities; NULL: the system's",
                                      next_connection),
    property<&Settings::tls_interaction>("tls-interaction", "Asked for a client certificate's password",
                                         next_connection),
    property<&Settings::ssl_strict>("ssl-strict", "Whether the server's certificate must be valid",
                                    next_connection),
    property<&Settings::proxy, Access::uri_without_key>(
        "proxy", "Proxy to go through, as a URI; NULL: the system's. Reads back with keys as ***",
        next_connection),
};

} // namespace

std::span<const Property<Settings>> session_properties() {
  return table;
}

} // namespace rt::gst

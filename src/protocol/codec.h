// Events to text and back. Encoding depends on the dialect; decoding of server events accepts both at once,
// since servers mix them; decoding of client events is for our server and reports what is wrong with them.
#pragma once

#include "base/result.h"
#include "protocol/client_event.h"
#include "protocol/server_event.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rt::protocol {

// `hybrid` has GA's events and formats, but beta's places for the rest of a session. `translation` is a
// protocol without turns: of the values below it has only the session's, the input audio and those of
// server_stream_event.h.
enum class Dialect { ga, beta, translation, hybrid };

// One dialect's text form. Stateless and immutable: any thread.
class Codec {
 public:
  static const Codec& of(Dialect dialect);
  virtual ~Codec() = default;
  virtual Dialect dialect() const = 0;
  // Invalid text in a Json field is left out: callers check it first with the functions below.
  // Empty where the dialect has no such event.
  virtual std::string encode(const ClientEvent& event) const = 0;
  // Empty where the dialect has no such event.
  virtual std::string encode(const ServerEvent& event) const = 0;
  // Error kind request_failed with `code` and, in `debug`, the parameter's path, as a server would report it:
  // invalid_json, missing_required_parameter, unknown_parameter, invalid_value, invalid_type, unknown_event.
  virtual Result<ClientEvent> decode_client(std::string_view text) const = 0;
};

// The event_id of a client event that could not be decoded, for the `error` that answers it.
std::optional<std::string> event_id_of(std::string_view text);

// Never fails on a JSON object with a string `type`: unknown events pass through, fields that are absent,
// null or of the wrong type keep their defaults, an event whose required ids are unusable becomes
// UnknownServerEvent. Anything else is an Error of kind not_realtime.
Result<ServerEvent> decode_server(std::string_view text);

// The dialect that a `session.created` speaks: flat formats or modalities are beta, `session.type` or nested
// audio is GA, the type `translation` is itself.
std::optional<Dialect> dialect_of(const SessionInfo& session);
// What it says it is; nothing where it does not say.
std::optional<SessionType> stated_type(const SessionInfo& session);

// A server event for people to read: without what it holds of audio.
struct PlainEvent {
  std::string type, json;
};
PlainEvent without_audio(std::string_view text);

// ---- hot path: no json-glib, no allocation beyond `out`'s own growth ----

// How input audio goes out.
struct AppendForm {
  Dialect dialect = Dialect::ga;
  bool wav = false; // as a WAV file
  bool operator==(const AppendForm&) const = default;
};
// Replaces `out` with one event that appends `audio` to the input.
void encode_append(std::string& out, std::span<const std::uint8_t> audio, const AppendForm& form = {},
                   const audio::Format& format = audio::pcm16_24k);

// Views into the text of an output audio delta, in any dialect. One without turns has no ids.
struct AudioDeltaView {
  std::string_view type, response_id, item_id;
  std::uint32_t output_index = 0, content_index = 0;
  std::string_view base64;
  bool stream = false;               // of a protocol without turns
  std::uint32_t sample_rate = 24000; // of a stream
};
// False on anything unexpected (another type, escapes, duplicate keys, nesting): then use decode_server().
bool scan_audio_delta(std::string_view text, AudioDeltaView& out);

// ---- JSON that users write in properties and signals ----

// Error kind invalid_settings whose message says what is wrong and where; the caller prepends the property's
// name.
Result<Json> parse_json_object(std::string_view text);
Result<Json> parse_json_array(std::string_view text);
Result<std::vector<Item>> parse_items(std::string_view text);
Result<ResponseOptions> parse_response_options(std::string_view text);
// `text` is auto, none, required, a function's name, or a JSON object.
Result<Json> parse_tool_choice(std::string_view text);
// A JSON object with a string `type`.
Result<RawClientEvent> parse_raw_event(std::string_view text);
// A string as a JSON string literal, quotes included.
std::string json_quote(std::string_view text);
// The function names in a `tools` array, for checking tool_choice.
std::vector<std::string> tool_names(const Json& tools);

// ---- differences ----

// Only the fields of `wanted` that differ from `current`. A field present only in `current` is not cleared.
SessionConfig changed_fields(const SessionConfig& current, const SessionConfig& wanted);
// Names (as on the wire) and both values of the fields of `asked` that `effective` contradicts.
struct ConfigDifference {
  std::string field, asked, effective;
};
std::vector<ConfigDifference> differences(const SessionConfig& asked, const SessionConfig& effective);

} // namespace rt::protocol

// What is known about each kind of server, as rows of one table (provider_table.cpp).
#pragma once

#include "protocol/codec.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rt::protocol {

// The values of property `provider`; the order is the enum's public value.
enum class ProviderId {
  automatic,
  openai,
  openai_beta,
  azure,
  azure_preview,
  azure_voice_live,
  xai,
  qwen,
  glm,
  stepfun,
  localai,
  hf_speech_to_speech,
  speaches,
  inworld,
  custom
};

// Where the key goes in the handshake.
enum class KeyStyle { bearer, basic, api_key };

// What servers of the kind can do; an event that needs more is not sent.
struct Abilities {
  bool acknowledges_updates = true; // answers session.update
  bool truncates = true;            // conversation.item.truncate
  bool deletes_items = true;        // conversation.item.delete
  bool retrieves_items = true;      // conversation.item.retrieve
  bool clears_input = true;         // input_audio_buffer.clear
  bool cancels = true;              // response.cancel
  bool cancels_by_id = true;        // ... with a response_id
  bool manual_turns = true;         // input_audio_buffer.commit
  bool semantic_vad = true;
  bool text_output = true; // answers without audio
  bool images = true;      // input_image parts
  bool response_tools = true;
  bool response_metadata = true; // of one response; sent unasked only where it is known to be taken
  bool mcp = true;               // calls the tools of MCP servers itself
  bool noise_reduction = true;
  bool speed = true;
  bool transcription_sessions = true;
  bool resumes = false; // a lost session can be taken up again
};

// Where it departs from its dialect.
struct Quirks {
  bool both_modalities = false;     // asks for audio as audio and text
  bool nested_tools = false;        // {"type":"function","function":{...}}
  bool input_rate_field = false;    // input_audio_sampling_rate beside the flat format
  bool wav_append = false;          // every piece of input audio is a WAV file
  bool model_in_session = false;    // not in the address
  bool tools_reset_turns = false;   // turn_detection must be said again with the tools
  bool conversation_first = false;  // conversation.created may be all that introduces it
  bool named_transcription = false; // a transcription session's address has the model, too
  const char* pcm_input = nullptr;  // what the flat formats are called
  const char* pcm_output = nullptr;
  const char* no_turns = nullptr;       // JSON of turn_detection where null is not it
  const char* session_fields = nullptr; // JSON object that every update must have
};

struct Provider {
  ProviderId id;
  const char* name; // property nick, kebab-case
  const char* description;
  bool verified; // tried with recorded traffic of it, or with a server that runs
  // address
  const char* default_uri;      // without query; null: `uri` must be set
  const char* default_path;     // of a uri without one; null: none is added
  const char* translation_path; // null: no translation sessions
  const char* model_parameter;  // in the query
  const char* query;            // added unless there: name=value
  const char *default_model, *transcription_model, *translation_model; // null: none unless set
  bool needs_model;
  // key
  const char* key_variable; // environment variable with the API key; null: none
  KeyStyle key_style;
  bool beta_header; // send OpenAI-Beta: realtime=v1
  // wire
  std::optional<Dialect> dialect;                           // absent: read from session.created
  std::span<const std::uint32_t> input_rates, output_rates; // of PCM, the preferred first
  bool g711;
  Abilities can;
  Quirks quirks;
};

std::span<const Provider> providers();
const Provider& provider(ProviderId id);
// For `automatic`: the row of a known address, else the row `automatic` itself.
const Provider& provider_for_uri(ProviderId id, std::string_view uri);

// The address to dial: `uri` or the provider's, with `model` (or the provider's) in the query unless one is
// there already. Error kind invalid_uri or invalid_settings.
Result<std::string> connect_uri(const Provider& provider, std::string_view uri, std::string_view model,
                                SessionType type = SessionType::conversation);
// The same with every secret in the query replaced by `***`, for messages and logs.
std::string mask_uri(std::string_view uri);

// The codec for one of its servers, quirks included.
const Codec& codec_for(const Provider& provider, Dialect dialect);
AppendForm append_form(const Provider& provider, SessionType type);
// What a session object of it means: a flat format does not say the rate.
void complete(const Provider& provider, SessionInfo& session);

} // namespace rt::protocol

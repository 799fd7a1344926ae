// What is known about each kind of server, as rows of one table.
#pragma once

#include "protocol/codec.h"

#include <span>
#include <string>
#include <string_view>

namespace rt::protocol {

// The values of property `provider`; the order is the enum's public value.
enum class ProviderId { automatic, openai, openai_beta };

struct Provider {
  ProviderId id;
  const char* name; // property nick, kebab-case
  const char* description;
  const char* default_uri;        // without query; null: `uri` must be set
  const char* default_model;      // null: no `model` in the query unless set
  const char* key_variable;       // environment variable with the API key
  std::optional<Dialect> dialect; // absent: read from session.created
  bool beta_header;               // send OpenAI-Beta: realtime=v1
  bool acknowledges_updates;      // answers session.update
  bool truncates;                 // understands conversation.item.truncate
  bool cancels_by_id;             // response.cancel takes response_id
  const char* host;               // a uri with this host means this row; null: none does
};

std::span<const Provider> providers();
const Provider& provider(ProviderId id);
// For `automatic`: the row of a known host, else the row `automatic` itself.
const Provider& provider_for_uri(ProviderId id, std::string_view uri);

// The address to dial: `uri` or the provider's, with `model` (or the provider's) in the query unless one is
// there already. Error kind invalid_uri or invalid_settings.
Result<std::string> connect_uri(const Provider& provider, std::string_view uri, std::string_view model,
                                SessionType type = SessionType::conversation);
// The same with every secret in the query replaced by `***`, for messages and logs.
std::string mask_uri(std::string_view uri);

} // namespace rt::protocol

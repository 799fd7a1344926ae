#include "server/handshake.h"

#include "base/gptr.h"
#include "server/words.h"

#include <vector>

namespace rt::server {

using protocol::Dialect;
using protocol::SessionType;

namespace {

// Where the client names none.
constexpr const char* default_model = "gpt-realtime";
constexpr const char* default_translator = "gpt-realtime-translate";

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    auto part = text.substr(0, end);
    while (part.starts_with(' '))
      part.remove_prefix(1);
    while (part.ends_with(' '))
      part.remove_suffix(1);
    parts.emplace_back(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string unescaped(const std::string& text) {
  const GCharPtr plain(g_uri_unescape_string(text.c_str(), nullptr));
  return plain ? plain.get() : text;
}

// The rest of `text` after `prefix`, or "".
std::string after(const std::string& text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : "";
}

struct Query {
  std::string model, intent;
};

Query read_query(std::string_view text) {
  Query query;
  for (const auto& pair : split(text, '&')) {
    if (const auto model = after(pair, "model="); !model.empty()) query.model = unescaped(model);
    if (const auto intent = after(pair, "intent="); !intent.empty()) query.intent = unescaped(intent);
  }
  return query;
}

void choose_translation(const Query& query, Wanted& wanted) {
  wanted.type = SessionType::translation;
  wanted.model = query.model.empty() ? default_translator : query.model;
  if (wanted.dialect == Dialect::beta)
    wanted.refusal = Refusal{"invalid_value", "Translation has no beta.", "OpenAI-Beta"};
  if (!query.intent.empty())
    wanted.refusal = Refusal{"invalid_value", "A translation's address has no intent.", "intent"};
  wanted.dialect = Dialect::translation;
}

void choose_type(const Manner& manner, const Query& query, Wanted& wanted) {
  if (query.intent == "transcription" && manner.transcribes) {
    wanted.type = SessionType::transcription;
    if (!query.model.empty()) {
      wanted.refusal = Refusal{"invalid_model",
                               "A transcription session's address has no model: name the transcription "
                               "model in session.update.",
                               "model"};
    }
    return;
  }
  wanted.model = query.model.empty() ? default_model : query.model;
  if (!query.intent.empty() && query.intent != "conversation")
    wanted.refusal = Refusal{"invalid_value", "There is no intent '" + query.intent + "'.", "intent"};
}

} // namespace

std::optional<Wanted> read_handshake(const Manner& manner, std::string_view path, std::string_view query,
                                     const std::function<std::string(const char*)>& header) {
  const bool translation = manner.translates && path == std::string(manner.path) + translations;
  if (!translation && path != manner.path) return std::nullopt;
  Wanted wanted;
  if (header("OpenAI-Beta").find("realtime=v1") != std::string::npos) wanted.dialect = Dialect::beta;
  const auto authorization = header("Authorization");
  if (lower(authorization).starts_with("bearer ")) wanted.key = authorization.substr(7);
  if (wanted.key.empty()) wanted.key = header("api-key");
  // Browsers cannot set headers: they say it with subprotocols.
  for (const auto& each : split(header("Sec-WebSocket-Protocol"), ',')) {
    if (each == "openai-beta.realtime-v1") wanted.dialect = Dialect::beta;
    if (wanted.key.empty()) wanted.key = after(each, "openai-insecure-api-key.");
  }
  const auto asked = read_query(query);
  translation ? choose_translation(asked, wanted) : choose_type(manner, asked, wanted);
  if (wanted.dialect == Dialect::beta && manner.refuses_beta) {
    wanted.refusal = Refusal{"beta_api_shape_disabled",
                             "The beta is no longer supported: leave the header OpenAI-Beta out.", ""};
  }
  if (manner.dialect && !translation) wanted.dialect = *manner.dialect;
  return wanted;
}

} // namespace rt::server

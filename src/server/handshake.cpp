#include "server/handshake.h"

#include "base/gptr.h"
#include "server/words.h"

#include <vector>

namespace rt::server {

using protocol::SessionType;

namespace {

constexpr const char* default_model = "gpt-realtime"; // where the client names none

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

// What kind of session the query asks for, and with which model.
void read_query(std::string_view query, Wanted& wanted) {
  std::string intent;
  for (const auto& pair : split(query, '&')) {
    if (const auto model = after(pair, "model="); !model.empty()) wanted.model = unescaped(model);
    if (const auto value = after(pair, "intent="); !value.empty()) intent = unescaped(value);
  }
  if (intent == "transcription") {
    wanted.type = SessionType::transcription;
    if (!wanted.model.empty()) {
      wanted.refusal = Refusal{"invalid_model",
                               "A transcription session's address has no model: name the transcription "
                               "model in session.update.",
                               "model"};
      wanted.model.clear();
    }
  } else if (!intent.empty() && intent != "conversation") {
    wanted.refusal = Refusal{"invalid_value", "There is no intent '" + intent + "'.", "intent"};
  }
}

} // namespace

Wanted read_handshake(std::string_view query, const std::function<std::string(const char*)>& header) {
  Wanted wanted;
  read_query(query, wanted);
  if (wanted.model.empty() && wanted.type == SessionType::conversation) wanted.model = default_model;
  if (header("OpenAI-Beta").find("realtime=v1") != std::string::npos)
    wanted.dialect = protocol::Dialect::beta;
  const auto authorization = header("Authorization");
  if (lower(authorization).starts_with("bearer ")) wanted.key = authorization.substr(7);
  if (wanted.key.empty()) wanted.key = header("api-key");
  // Browsers cannot set headers: they say it with subprotocols.
  for (const auto& each : split(header("Sec-WebSocket-Protocol"), ',')) {
    if (each == "openai-beta.realtime-v1") wanted.dialect = protocol::Dialect::beta;
    if (wanted.key.empty()) wanted.key = after(each, "openai-insecure-api-key.");
  }
  return wanted;
}

} // namespace rt::server

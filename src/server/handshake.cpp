#include "server/handshake.h"

#include "base/gptr.h"
#include "server/words.h"

#include <vector>

namespace rt::server {

namespace {

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

} // namespace

Wanted read_handshake(std::string_view query, const std::function<std::string(const char*)>& header) {
  Wanted wanted;
  for (const auto& pair : split(query, '&')) {
    if (const auto model = after(pair, "model="); !model.empty()) wanted.model = unescaped(model);
    if (pair == "intent=transcription") wanted.type = protocol::SessionType::transcription;
  }
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

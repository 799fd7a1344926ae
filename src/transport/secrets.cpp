#include "transport/secrets.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace rt::transport {
namespace {

constexpr std::string_view mask_text = "***";
// Shorter words would blacken ordinary text, and protect nothing.
constexpr std::size_t shortest_secret = 6;
// A header or query field whose name contains one of these carries a credential.
constexpr std::array<std::string_view, 8> telling_names = {"auth",   "key",   "token",      "secret",
                                                           "cookie", "passw", "credential", "sig"};
// The shapes of well-known keys: the prefix, then at least so many more key characters.
constexpr std::array<std::string_view, 4> key_prefixes = {"sk-", "ek_", "sess-", "eyJ"};
constexpr std::size_t shortest_key_body = 8;

std::string lowercase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

bool names_a_credential(std::string_view name) {
  const std::string lower = lowercase(name);
  return std::ranges::any_of(telling_names,
                             [&](std::string_view part) { return lower.find(part) != lower.npos; });
}

bool is_key_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' || c == '*';
}

// The length of a key that starts at `text`, or 0.
std::size_t key_length(std::string_view text) {
  for (std::string_view prefix : key_prefixes) {
    if (!text.starts_with(prefix)) continue;
    const auto end = std::ranges::find_if_not(text.substr(prefix.size()), is_key_character);
    const auto body = static_cast<std::size_t>(end - text.begin()) - prefix.size();
    if (body >= shortest_key_body) return prefix.size() + body;
  }
  return 0;
}

void replace_all(std::string& text, const std::string& what) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + mask_text.size()))
    text.replace(at, what.size(), mask_text);
}

} // namespace

Secrets::Secrets(const Endpoint& endpoint) {
  for (const auto& [name, value] : endpoint.headers) {
    if (!names_a_credential(name)) continue;
    add(value);
    // "Bearer <token>": the token alone may come back.
    if (const auto space = value.rfind(' '); space != value.npos)
      add(std::string_view(value).substr(space + 1));
  }
  add_from_uri(endpoint.uri);
  add_from_uri(endpoint.proxy);
  std::ranges::sort(known_, std::ranges::greater{}, &std::string::size);
}

void Secrets::add(std::string_view secret) {
  if (secret.size() >= shortest_secret) known_.emplace_back(secret);
}

void Secrets::add_from_uri(const std::string& text) {
  auto uri = GRef<GUri>::adopt(g_uri_parse(text.c_str(), G_URI_FLAGS_HAS_PASSWORD, nullptr));
  if (!uri) return;
  if (const char* password = g_uri_get_password(uri.get())) add(password);
  const char* query = g_uri_get_query(uri.get());
  if (!query) return;
  GUriParamsIter iter;
  g_uri_params_iter_init(&iter, query, -1, "&", G_URI_PARAMS_NONE);
  char* raw_name = nullptr;
  char* raw_value = nullptr;
  while (g_uri_params_iter_next(&iter, &raw_name, &raw_value, nullptr)) {
    const GCharPtr name(raw_name);
    const GCharPtr value(raw_value);
    if (names_a_credential(name.get())) add(value.get());
  }
}

std::string Secrets::mask(std::string_view raw) const {
  if (raw.empty()) return {};
  const GCharPtr valid(g_utf8_make_valid(raw.data(), static_cast<gssize>(raw.size())));
  std::string text = valid.get();
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  for (const std::string& secret : known_)
    replace_all(text, secret);

  std::string masked;
  for (std::size_t at = 0; at < text.size();) {
    const bool within_word = at > 0 && is_key_character(text[at - 1]);
    const std::size_t length = within_word ? 0 : key_length(std::string_view(text).substr(at));
    masked += length > 0 ? mask_text : std::string_view(text).substr(at, 1);
    at += std::max<std::size_t>(length, 1);
  }
  return masked;
}

} // namespace rt::transport

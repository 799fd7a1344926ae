#include "protocol/provider.h"

#include "base/gptr.h"

#include <algorithm>
#include <iterator>

namespace rt::protocol {

namespace {

constexpr const char* openai_uri = "wss://api.openai.com/v1/realtime";
constexpr const char* openai_host = "api.openai.com";
constexpr std::string_view realtime_path = "/v1/realtime";

// OpenAI has switched beta off: that row is for compatible servers, which have no common address.
constexpr Provider table[] = {
    {.id = ProviderId::automatic,
     .name = "auto",
     .description = "By the address: known hosts by table, any other speaks the dialect of its first message",
     .default_uri = openai_uri,
     .default_model = nullptr,
     .key_variable = "OPENAI_API_KEY",
     .dialect = {},
     .beta_header = false,
     .acknowledges_updates = true,
     .truncates = true,
     .cancels_by_id = true,
     .host = nullptr},
    {.id = ProviderId::openai,
     .name = "openai",
     .description = "OpenAI Realtime, and servers compatible with it",
     .default_uri = openai_uri,
     .default_model = "gpt-realtime-2.1",
     .key_variable = "OPENAI_API_KEY",
     .dialect = Dialect::ga,
     .beta_header = false,
     .acknowledges_updates = true,
     .truncates = true,
     .cancels_by_id = true,
     .host = openai_host},
    {.id = ProviderId::openai_beta,
     .name = "openai-beta",
     .description = "Servers compatible with the beta of OpenAI Realtime",
     .default_uri = nullptr,
     .default_model = nullptr,
     .key_variable = "OPENAI_API_KEY",
     .dialect = Dialect::beta,
     .beta_header = true,
     .acknowledges_updates = true,
     .truncates = true,
     .cancels_by_id = true,
     .host = nullptr},
};

using UriPtr = GRef<GUri>;

constexpr auto uri_flags = static_cast<GUriFlags>(G_URI_FLAGS_ENCODED);

Error invalid_uri(std::string why) {
  return {.kind = ErrorKind::invalid_uri, .message = "The address cannot be used: " + std::move(why) + "."};
}

// GLib's own messages quote the address, which may hold a key.
const char* parse_problem(const GError& error) {
  switch (error.code) {
  case G_URI_ERROR_BAD_SCHEME:
    return "its scheme is malformed";
  case G_URI_ERROR_BAD_USER:
  case G_URI_ERROR_BAD_PASSWORD:
  case G_URI_ERROR_BAD_AUTH_PARAMS:
    return "its user name or password is malformed";
  case G_URI_ERROR_BAD_HOST:
    return "its host is malformed";
  case G_URI_ERROR_BAD_PORT:
    return "its port is not a number from 0 to 65535";
  case G_URI_ERROR_BAD_PATH:
    return "its path is malformed";
  case G_URI_ERROR_BAD_QUERY:
    return "its query is malformed";
  case G_URI_ERROR_BAD_FRAGMENT:
    return "its fragment is malformed";
  default:
    return "it is malformed";
  }
}

Result<UriPtr> parse(const std::string& text) {
  if (text.find("://") == std::string::npos) return invalid_uri("it does not start with ws:// or wss://");
  GErrorPtr error;
  auto uri = UriPtr::adopt(g_uri_parse(text.c_str(), uri_flags, OutError(error)));
  if (!uri) return invalid_uri(parse_problem(*error));
  const std::string_view scheme = g_uri_get_scheme(uri.get());
  if (scheme != "ws" && scheme != "wss")
    return invalid_uri("its scheme is `" + std::string(scheme) + "`, not ws or wss");
  const char* host = g_uri_get_host(uri.get());
  if (!host || !*host) return invalid_uri("it names no host");
  if (g_uri_get_fragment(uri.get())) return invalid_uri("a WebSocket address has no fragment (#...)");
  return uri;
}

struct Parameter {
  std::string_view name, value; // as written
  bool has_value;
};

// Calls `each` for every parameter of a query; they are separated by `&`.
template<typename Each>
void for_each_parameter(std::string_view query, Each each) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view one = query.substr(0, end);
    const auto equals = one.find('=');
    const bool has_value = equals != std::string_view::npos;
    each(
        Parameter{one.substr(0, equals), has_value ? one.substr(equals + 1) : std::string_view(), has_value});
    query.remove_prefix(std::min(end + 1, query.size()));
  }
}

bool has_parameter(std::string_view query, std::initializer_list<std::string_view> names) {
  bool found = false;
  for_each_parameter(query, [&](const Parameter& parameter) {
    found = found || std::ranges::find(names, parameter.name) != names.end();
  });
  return found;
}

void add_parameter(std::string& query, std::string_view name, std::string_view value) {
  const GCharPtr escaped(
      g_uri_escape_bytes(reinterpret_cast<const guint8*>(value.data()), value.size(), nullptr));
  if (!query.empty() && !query.ends_with('&')) query += '&';
  query.append(name).append("=").append(escaped.get());
}

std::string query_for(const Provider& row, std::string query, std::string_view model, SessionType type) {
  // Exactly one of them tells the server what the connection is for.
  if (has_parameter(query, {"model", "call_id", "intent"})) return query;
  if (type == SessionType::transcription) {
    add_parameter(query, "intent", "transcription");
    return query;
  }
  if (model.empty() && row.default_model) model = row.default_model;
  if (!model.empty()) add_parameter(query, "model", model);
  return query;
}

bool is_harmless(std::string_view name) {
  static constexpr std::string_view names[] = {"model", "intent", "api-version", "deployment", "call_id"};
  return std::ranges::find(names, name) != std::end(names);
}

} // namespace

std::span<const Provider> providers() {
  return table;
}

const Provider& provider(ProviderId id) {
  const auto found = std::ranges::find(table, id, &Provider::id);
  return found == std::end(table) ? table[0] : *found;
}

const Provider& provider_for_uri(ProviderId id, std::string_view uri) {
  const Provider& asked = provider(id);
  if (id != ProviderId::automatic) return asked;
  const auto parsed_uri = UriPtr::adopt(
      g_uri_parse(uri.empty() ? asked.default_uri : std::string(uri).c_str(), uri_flags, nullptr));
  const char* host = parsed_uri ? g_uri_get_host(parsed_uri.get()) : nullptr;
  if (!host) return asked;
  const auto known = std::ranges::find_if(
      table, [&](const Provider& row) { return row.host && g_ascii_strcasecmp(row.host, host) == 0; });
  return known == std::end(table) ? asked : *known;
}

Result<std::string> connect_uri(const Provider& asked, std::string_view uri, std::string_view model,
                                SessionType type) {
  const Provider& row = provider_for_uri(asked.id, uri);
  if (uri.empty() && !row.default_uri)
    return Error{.kind = ErrorKind::invalid_settings,
                 .message = "Provider `" + std::string(row.name) + "` has no address of its own: set `uri`."};
  const std::string text(uri.empty() ? row.default_uri : uri);
  if (text.find('\0') != std::string::npos) return invalid_uri("it holds a NUL character");
  const auto parsed_uri = parse(text);
  if (!parsed_uri) return parsed_uri.error();
  GUri* parts = parsed_uri.value().get();

  std::string path = g_uri_get_path(parts);
  if (path.empty() || path == "/") path = realtime_path;
  const char* old_query = g_uri_get_query(parts);
  const std::string query = query_for(row, old_query ? old_query : "", model, type);
  const GCharPtr out(g_uri_join(uri_flags, g_uri_get_scheme(parts), g_uri_get_userinfo(parts),
                                g_uri_get_host(parts), g_uri_get_port(parts), path.c_str(),
                                query.empty() ? nullptr : query.c_str(), nullptr));
  return std::string(out.get());
}

std::string mask_uri(std::string_view uri) {
  // By hand, so that what no parser accepts is masked as well.
  std::string out;
  const auto fragment = std::min(uri.find('#'), uri.size());
  const auto query = std::min(uri.find('?'), fragment);
  std::string_view front = uri.substr(0, query);
  if (const auto at = front.rfind('@'); at != std::string_view::npos) {
    const auto slashes = front.find("//");
    const auto authority = slashes == std::string_view::npos || slashes > at ? 0 : slashes + 2;
    out.append(front.substr(0, authority)).append("***");
    front.remove_prefix(at);
  }
  out += front;
  if (query < fragment) {
    char separator = '?';
    for_each_parameter(uri.substr(query + 1, fragment - query - 1), [&](const Parameter& parameter) {
      out += separator;
      separator = '&';
      if (!parameter.has_value)
        out += is_harmless(parameter.name) ? parameter.name : "***";
      else
        out.append(parameter.name).append("=").append(is_harmless(parameter.name) ? parameter.value : "***");
    });
  }
  if (fragment < uri.size()) out += "#***";
  return out;
}

} // namespace rt::protocol

#include "protocol/provider.h"

#include "protocol/known_address.h"

#include "base/gptr.h"

#include <algorithm>
#include <iterator>

namespace rt::protocol {

namespace {

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

Error invalid_settings(std::string message) {
  return {.kind = ErrorKind::invalid_settings, .message = std::move(message)};
}

std::string named(const Provider& row) {
  return "Provider `" + std::string(row.name) + "`";
}

std::string_view or_nothing(const char* text) {
  return text ? text : std::string_view();
}

// Its part of the query; the parameters that are there stay as they are.
Result<std::string> query_for(const Provider& row, std::string query, std::string_view model,
                              SessionType type) {
  if (row.query) {
    const std::string_view fixed = row.query;
    const auto equals = fixed.find('=');
    if (!has_parameter(query, {fixed.substr(0, equals)}))
      add_parameter(query, fixed.substr(0, equals), fixed.substr(equals + 1));
  }
  // Exactly one of them tells the server what the connection is for.
  const bool told = has_parameter(query, {"model", "deployment", "call_id", "intent"});
  if (told) return query;
  if (type == SessionType::transcription) add_parameter(query, "intent", "transcription");
  if (type == SessionType::transcription && !row.quirks.named_transcription) return query;
  if (model.empty())
    model = or_nothing(type == SessionType::translation ? row.translation_model : row.default_model);
  if (model.empty() && row.needs_model)
    return invalid_settings(named(row) + " has no model of its own: set `model`.");
  if (!model.empty() && row.model_parameter) add_parameter(query, row.model_parameter, model);
  return query;
}

std::string path_for(const Provider& row, const std::string& path, SessionType type) {
  const bool bare = path.empty() || path == "/";
  const std::string_view usual = or_nothing(row.default_path);
  const std::string_view translation = or_nothing(row.translation_path);
  if (type == SessionType::translation && (bare || path == usual) && !translation.empty())
    return std::string(translation);
  return bare && !usual.empty() ? std::string(usual) : path;
}

std::optional<Error> why_no_such_session(const Provider& row, SessionType type) {
  const bool transcription = type == SessionType::transcription && !row.can.transcription_sessions;
  const bool translation = type == SessionType::translation && !row.translation_path;
  if (!transcription && !translation) return {};
  return invalid_settings(named(row) + " has no " + (translation ? "translation" : "transcription") +
                          " sessions: change `session-type`.");
}

bool is_harmless(std::string_view name) {
  static constexpr std::string_view names[] = {"model",      "intent",  "api-version",
                                               "deployment", "call_id", "protocol"};
  return std::ranges::find(names, name) != std::end(names);
}

} // namespace

const Provider& provider_for_uri(ProviderId id, std::string_view uri) {
  const Provider& asked = provider(id);
  if (id != ProviderId::automatic) return asked;
  const auto parsed_uri = UriPtr::adopt(
      g_uri_parse(uri.empty() ? asked.default_uri : std::string(uri).c_str(), uri_flags, nullptr));
  const char* host = parsed_uri ? g_uri_get_host(parsed_uri.get()) : nullptr;
  const auto known = host ? known_address(host, g_uri_get_path(parsed_uri.get())) : std::nullopt;
  return known ? provider(*known) : asked;
}

Result<std::string> connect_uri(const Provider& asked, std::string_view uri, std::string_view model,
                                SessionType type) {
  const Provider& row = provider_for_uri(asked.id, uri);
  if (auto error = why_no_such_session(row, type)) return *error;
  if (uri.empty() && !row.default_uri)
    return invalid_settings(named(row) + " has no address of its own: set `uri`.");
  const std::string text(uri.empty() ? row.default_uri : uri);
  if (text.find('\0') != std::string::npos) return invalid_uri("it holds a NUL character");
  const auto parsed_uri = parse(text);
  if (!parsed_uri) return parsed_uri.error();
  GUri* parts = parsed_uri.value().get();

  const std::string path = path_for(row, g_uri_get_path(parts), type);
  const auto wanted_query = query_for(row, std::string(or_nothing(g_uri_get_query(parts))), model, type);
  if (!wanted_query) return wanted_query.error();
  const std::string& query = wanted_query.value();
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

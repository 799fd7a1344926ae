#include "settings.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include <memory>
#include <set>

namespace telephone {
namespace {

using NodePtr = std::unique_ptr<JsonNode, decltype(&json_node_unref)>;

// The members of one JSON object. Each is asked for by its name; what nobody asked for is an error.
class Members {
 public:
  Members(JsonNode* node, std::string place) : place_(std::move(place)) {
    if (!JSON_NODE_HOLDS_OBJECT(node)) fail("is no object");
    object_ = json_node_get_object(node);
  }

  [[noreturn]] void fail(const std::string& what) const { throw SettingsError(place_ + " " + what); }
  std::string place_of(const std::string& name) const { return place_ + "." + name; }

  JsonNode* find(const char* name) {
    known_.insert(name);
    return json_object_get_member(object_, name);
  }

  std::string text(const char* name, const std::string& otherwise) {
    JsonNode* node = find(name);
    if (!node) return otherwise;
    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
      throw SettingsError(place_of(name) + " is no string");
    return json_node_get_string(node);
  }

  unsigned number(const char* name, unsigned otherwise, unsigned low, unsigned high) {
    JsonNode* node = find(name);
    if (!node) return otherwise;
    const bool whole = JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64;
    const gint64 value = whole ? json_node_get_int(node) : -1;
    if (!whole || value < low || value > high)
      throw SettingsError(place_of(name) + " is no integer from " + std::to_string(low) + " to " +
                          std::to_string(high));
    return static_cast<unsigned>(value);
  }

  bool flag(const char* name, bool otherwise) {
    JsonNode* node = find(name);
    if (!node) return otherwise;
    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_BOOLEAN)
      throw SettingsError(place_of(name) + " is neither true nor false");
    return json_node_get_boolean(node);
  }

  // All members, whatever their names are.
  template<typename Take>
  void each(Take take) {
    JsonObjectIter iter;
    const char* name = nullptr;
    JsonNode* node = nullptr;
    json_object_iter_init(&iter, object_);
    while (json_object_iter_next(&iter, &name, &node)) {
      known_.insert(name);
      take(name, node);
    }
  }

  // Nothing is left that has not been asked for.
  void end() {
    JsonObjectIter iter;
    const char* name = nullptr;
    json_object_iter_init(&iter, object_);
    while (json_object_iter_next(&iter, &name, nullptr))
      if (!known_.contains(name)) throw SettingsError(place_of(name) + " is not known");
  }

 private:
  std::string place_;
  JsonObject* object_ = nullptr;
  std::set<std::string> known_;
};

JsonArray* array(JsonNode* node, const std::string& place) {
  if (!JSON_NODE_HOLDS_ARRAY(node)) throw SettingsError(place + " is no array");
  return json_node_get_array(node);
}

std::string json_text(JsonNode* node) {
  const std::unique_ptr<char, decltype(&g_free)> text(json_to_string(node, FALSE), g_free);
  return text.get();
}

// What a property is set to: texts as they are, everything else as JSON writes it.
std::string property_value(JsonNode* node) {
  if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING)
    return json_node_get_string(node);
  return json_text(node);
}

void read_properties(JsonNode* node, const std::string& place, Properties& properties) {
  Members(node, place).each([&](const char* name, JsonNode* value) {
    const std::string_view property = name;
    if (property == "session") // calls would share one conversation
      throw SettingsError(place + ".session: each call has a conversation of its own");
    if (property == "tools") throw SettingsError(place + ".tools belongs beside \"realtime\", with commands");
    if (JSON_NODE_HOLDS_NULL(value)) throw SettingsError(place + "." + name + " has no value");
    properties[name] = property_value(value);
  });
}

std::vector<std::string> read_command(JsonNode* node, const std::string& place) {
  std::vector<std::string> words;
  if (!node) throw SettingsError(place + " is missing: a list of the program and its arguments");
  JsonArray* list = array(node, place);
  for (guint i = 0; i < json_array_get_length(list); ++i) {
    JsonNode* word = json_array_get_element(list, i);
    if (!JSON_NODE_HOLDS_VALUE(word) || json_node_get_value_type(word) != G_TYPE_STRING)
      throw SettingsError(place + " holds what is no string");
    words.emplace_back(json_node_get_string(word));
  }
  if (words.empty()) throw SettingsError(place + " is empty: a list of the program and its arguments");
  return words;
}

// The declaration of a function, as the model gets it.
void declare(JsonBuilder* declarations, const std::string& name, const std::string& description,
             NodePtr parameters) {
  json_builder_begin_object(declarations);
  json_builder_set_member_name(declarations, "type");
  json_builder_add_string_value(declarations, "function");
  json_builder_set_member_name(declarations, "name");
  json_builder_add_string_value(declarations, name.c_str());
  json_builder_set_member_name(declarations, "description");
  json_builder_add_string_value(declarations, description.c_str());
  json_builder_set_member_name(declarations, "parameters");
  json_builder_add_value(declarations, parameters.release());
  json_builder_end_object(declarations);
}

NodePtr parse_json(std::string_view text) {
  GError* error = nullptr;
  const std::unique_ptr<JsonParser, decltype(&g_object_unref)> parser(json_parser_new(), g_object_unref);
  if (!json_parser_load_from_data(parser.get(), text.data(), static_cast<gssize>(text.size()), &error)) {
    const std::string message = error->message;
    g_error_free(error);
    throw SettingsError("not JSON: " + message);
  }
  JsonNode* root = json_parser_steal_root(parser.get());
  if (!root) throw SettingsError("the file is empty");
  return {root, json_node_unref};
}

void read_tool(JsonNode* node, const std::string& place, Number& number, JsonBuilder* declarations) {
  Members tool(node, place);
  Tool read;
  read.name = tool.text("name", "");
  if (read.name.empty()) tool.fail("has no name");
  if (read.name == hang_up_tool) tool.fail("is called hang_up, which is built in: see \"hang_up\"");
  for (const Tool& other : number.tools)
    if (other.name == read.name) tool.fail("has the name of another: " + read.name);
  read.command = read_command(tool.find("command"), tool.place_of("command"));
  const std::string description = tool.text("description", "");
  JsonNode* given = tool.find("parameters");
  NodePtr parameters = given ? NodePtr(json_node_copy(given), json_node_unref)
                             : parse_json(R"({"type":"object","properties":{}})");
  if (!JSON_NODE_HOLDS_OBJECT(parameters.get()))
    throw SettingsError(tool.place_of("parameters") + " is no object: a JSON schema");
  tool.end();
  declare(declarations, read.name, description, std::move(parameters));
  number.tools.push_back(std::move(read));
}

Number read_number(JsonNode* node, const std::string& place, const Properties& defaults) {
  Members members(node, place);
  Number number;
  number.realtime = defaults;
  number.hang_up = members.flag("hang_up", true);
  if (JsonNode* own = members.find("realtime"))
    read_properties(own, members.place_of("realtime"), number.realtime);

  const std::unique_ptr<JsonBuilder, decltype(&g_object_unref)> declarations(json_builder_new(),
                                                                             g_object_unref);
  json_builder_begin_array(declarations.get());
  if (JsonNode* tools = members.find("tools")) {
    const std::string tools_place = members.place_of("tools");
    JsonArray* list = array(tools, tools_place);
    for (guint i = 0; i < json_array_get_length(list); ++i)
      read_tool(json_array_get_element(list, i), tools_place + "[" + std::to_string(i) + "]", number,
                declarations.get());
  }
  if (number.hang_up)
    declare(declarations.get(), hang_up_tool,
            "Ends the telephone call. Say goodbye first; the call ends when your last words were heard.",
            parse_json(R"({"type":"object","properties":{}})"));
  json_builder_end_array(declarations.get());
  if (number.hang_up || !number.tools.empty())
    number.realtime["tools"] =
        json_text(NodePtr(json_builder_get_root(declarations.get()), json_node_unref).get());
  members.end();
  return number;
}

Registrar read_registrar(JsonNode* node) {
  Members members(node, "registrar");
  Registrar registrar;
  registrar.address = members.text("address", "");
  registrar.user = members.text("user", "");
  registrar.expires_s = members.number("expires_s", registrar.expires_s, 10, 86400);
  if (!registrar.address.starts_with("sip:")) members.fail("has no \"address\" that starts with sip:");
  if (registrar.user.empty()) members.fail("has no \"user\"");
  members.end();
  return registrar;
}

void read_address(Members& members, Settings& settings) {
  settings.address = members.text("address", settings.address);
  const std::unique_ptr<GInetAddress, void (*)(GInetAddress*)> address(
      g_inet_address_new_from_string(settings.address.c_str()), [](GInetAddress* a) {
        if (a) g_object_unref(a);
      });
  if (!address || g_inet_address_get_is_any(address.get()))
    throw SettingsError("address must be an IP address of this machine that callers can reach, not \"" +
                        settings.address + "\"");
  settings.port = members.number("port", settings.port, 0, 65535);
  JsonNode* ports = members.find("rtp_ports");
  if (!ports) return;
  JsonArray* list = array(ports, "rtp_ports");
  const auto port = [&](guint i) {
    return json_array_get_length(list) == 2 && JSON_NODE_HOLDS_VALUE(json_array_get_element(list, i))
               ? json_array_get_int_element(list, i)
               : 0;
  };
  if (port(0) < 1024 || port(1) > 65535 || port(1) <= port(0))
    throw SettingsError("rtp_ports is no list of the lowest and the highest port, 1024 to 65535");
  settings.rtp_low = static_cast<unsigned>(port(0));
  settings.rtp_high = static_cast<unsigned>(port(1));
}

} // namespace

std::string Settings::host() const {
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

Settings parse_settings(std::string_view json) {
  const NodePtr root = parse_json(json);
  Members members(root.get(), "the file");
  Settings settings;
  read_address(members, settings);
  settings.jitter_buffer_ms = members.number("jitter_buffer_ms", settings.jitter_buffer_ms, 20, 1000);
  settings.max_calls = members.number("max_calls", settings.max_calls, 1, 10000);
  settings.rtp_timeout_s = members.number("rtp_timeout_s", settings.rtp_timeout_s, 1, 3600);
  settings.drain_s = members.number("drain_s", settings.drain_s, 0, 86400);
  settings.keys_pause_ms = members.number("keys_pause_ms", settings.keys_pause_ms, 0, 60000);
  if (JsonNode* registrar = members.find("registrar")) settings.registrar = read_registrar(registrar);

  Properties defaults;
  if (JsonNode* realtime = members.find("realtime")) read_properties(realtime, "realtime", defaults);
  JsonNode* numbers = members.find("numbers");
  if (!numbers) members.fail("has no \"numbers\": {\"*\": {}} answers every call");
  Members(numbers, "numbers").each([&](const char* name, JsonNode* node) {
    settings.numbers.emplace(name, read_number(node, "numbers." + std::string(name), defaults));
  });
  if (settings.numbers.empty()) members.fail("has no number in \"numbers\": {\"*\": {}} answers every call");
  members.end();
  return settings;
}

} // namespace telephone

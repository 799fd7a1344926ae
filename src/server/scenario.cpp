#include "server/scenario.h"

#include "protocol/json_value.h"

#include <regex>
#include <set>

namespace rt::server {

using protocol::JsonValue;

namespace {

struct Bad {
  std::string where, what;
};

// Reads one JSON object; every member has to be asked for once, or it is an unknown name. Throws Bad, which
// does not leave this file.
class Reader {
 public:
  Reader(const JsonValue& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object.is_object()) throw Bad{path_, "expected an object"};
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void finish() const {
    for (const auto& member : object_.members()) {
      if (!asked_.contains(member.name)) throw Bad{path_ + member.name, "unknown name"};
    }
  }

  // Null when it is not there.
  const JsonValue* find(const char* name) {
    asked_.insert(name);
    const auto& value = object_[name];
    return value.present() ? &value : nullptr;
  }
  std::string place(const char* name) const { return path_ + name; }

  void text(const char* name, std::string& into) {
    const auto* value = find(name);
    if (!value) return;
    if (!value->is_string()) throw Bad{place(name), "expected a string"};
    into = *value->as_string();
  }
  void flag(const char* name, bool& into) {
    const auto* value = find(name);
    if (!value) return;
    const auto is = value->as_bool();
    if (!is) throw Bad{place(name), "expected true or false"};
    into = *is;
  }
  std::optional<std::uint32_t> count(const char* name) {
    const auto* value = find(name);
    if (!value) return std::nullopt;
    const auto is = value->as_count32();
    if (!is) throw Bad{place(name), "expected a whole number"};
    return is;
  }
  void count(const char* name, unsigned& into) { into = count(name).value_or(into); }
  void ms(const char* name, Ms& into) {
    if (const auto is = count(name)) into = Ms(*is);
  }
  void pace(const char* name, double& into) {
    const auto* value = find(name);
    if (!value) return;
    const auto is = value->as_number();
    if (!is || *is < 0) throw Bad{place(name), "expected a number, 0 or more"};
    into = *is;
  }
  template<typename Value>
  void choice(const char* name, Value& into, std::initializer_list<std::pair<const char*, Value>> choices) {
    const auto* value = find(name);
    if (!value) return;
    std::string expected;
    for (const auto& [word, meaning] : choices) {
      if (value->is_string() && value->text() == word) {
        into = meaning;
        return;
      }
      expected += (expected.empty() ? "" : ", ") + std::string(word);
    }
    throw Bad{place(name), "expected one of " + expected};
  }
  template<typename Read>
  void list(const char* name, Read read) {
    const auto* value = find(name);
    if (!value) return;
    if (!value->is_array()) throw Bad{place(name), "expected an array"};
    std::size_t index = 0;
    for (const auto& each : value->elements())
      read(each, place(name) + '[' + std::to_string(index++) + ']');
  }

 private:
  const JsonValue& object_;
  std::string path_;
  std::set<std::string, std::less<>> asked_;
};

Sound read_sound(const JsonValue& json, const std::string& place) {
  Sound sound;
  Reader reader(json, place + '.');
  reader.choice("kind", sound.kind,
                {{"speech", Sound::Kind::speech},
                 {"tone", Sound::Kind::tone},
                 {"ramp", Sound::Kind::ramp},
                 {"silence", Sound::Kind::silence}});
  reader.ms("ms", sound.duration);
  reader.finish();
  return sound;
}

void read_error(const JsonValue& json, const std::string& place, ScriptedError& error,
                unsigned* how_often = nullptr) {
  Reader reader(json, place + '.');
  reader.text("code", error.code);
  reader.text("message", error.message);
  reader.text("type", error.type);
  if (how_often) reader.count("count", *how_often);
  reader.finish();
}

// As an object, or as text where it shall not be valid.
std::string read_arguments(Reader& reader) {
  const auto* arguments = reader.find("arguments");
  if (!arguments) return "{}";
  return arguments->is_string() ? *arguments->as_string() : protocol::to_text(*arguments);
}

std::string read_mcp_error(const JsonValue& json, const std::string& place) {
  using Code = std::optional<std::uint32_t>;
  std::string type = "tool_execution_error", message;
  Reader reader(json, place + '.');
  reader.choice<std::string>("type", type,
                             {{"tool_execution_error", "tool_execution_error"},
                              {"protocol_error", "protocol_error"},
                              {"http_error", "http_error"}});
  const Code code = reader.count("code");
  reader.text("message", message);
  reader.finish();
  if ((type != "tool_execution_error") != code.has_value())
    throw Bad{reader.place("code"), "expected with protocol_error and http_error, and only with these"};
  JsonValue error = JsonValue::object();
  error.set("type", type).set("code", code).set("message", message);
  return protocol::to_text(error);
}

void read_mcp_call(const JsonValue& json, const std::string& place, ReplyPart& part) {
  part.kind = ReplyPart::Kind::mcp_call;
  Reader reader(json, place + '.');
  reader.text("server_label", part.server_label);
  reader.text("name", part.name);
  part.arguments = read_arguments(reader);
  reader.text("output", part.outcome.output);
  if (const auto* error = reader.find("error"))
    part.outcome.error = read_mcp_error(*error, reader.place("error"));
  reader.ms("ms", part.outcome.duration);
  reader.finish();
}

McpServer read_mcp_server(const JsonValue& json, const std::string& place) {
  McpServer server;
  Reader reader(json, place + '.');
  reader.text("server_label", server.label);
  if (server.label.empty()) throw Bad{reader.place("server_label"), "expected a name"};
  if (const auto* tools = reader.find("tools")) {
    if (!tools->is_array()) throw Bad{reader.place("tools"), "expected an array"};
    server.tools = protocol::to_text(*tools);
  }
  reader.choice("list", server.list_fails, {{"completed", false}, {"failed", true}});
  reader.ms("list_ms", server.list_time);
  reader.finish();
  return server;
}

// The members that make a part, of a part or of a reply that is one part.
bool read_part(Reader& reader, ReplyPart& part) {
  if (const auto* sound = reader.find("sound")) part.sound = read_sound(*sound, reader.place("sound"));
  const bool says = reader.find("say") != nullptr;
  reader.text("say", part.text);
  if (const auto* call = reader.find("mcp_call")) {
    read_mcp_call(*call, reader.place("mcp_call"), part);
    return true;
  }
  const auto* call = reader.find("call");
  if (!call) return says;
  part.kind = ReplyPart::Kind::function_call;
  Reader inner(*call, reader.place("call."));
  inner.text("name", part.name);
  inner.text("call_id", part.call_id);
  part.arguments = read_arguments(inner);
  inner.finish();
  return true;
}

ScriptedReply read_reply(const JsonValue& json, const std::string& place) {
  ScriptedReply reply;
  Reader reader(json, place + '.');
  reader.text("match", reply.match);
  try {
    const std::regex check(reply.match, std::regex::ECMAScript | std::regex::icase);
  } catch (const std::regex_error&) {
    throw Bad{reader.place("match"), "no regular expression"};
  }
  reader.count("times", reply.times);
  if (ReplyPart part; read_part(reader, part)) reply.parts.push_back(std::move(part));
  reader.list("parts", [&](const JsonValue& each, const std::string& at) {
    Reader inner(each, at + '.');
    read_part(inner, reply.parts.emplace_back());
    inner.finish();
  });
  if (double pace = 0; reader.find("pace")) {
    reader.pace("pace", pace);
    reply.pace = pace;
  }
  if (const auto delay = reader.count("before_first_delta_ms")) reply.before_first_delta = Ms(*delay);
  reader.choice<std::string>(
      "status", reply.status,
      {{"completed", "completed"}, {"incomplete", "incomplete"}, {"failed", "failed"}});
  if (const auto* error = reader.find("error")) {
    ScriptedError read;
    read_error(*error, reader.place("error"), read);
    reply.error_code = read.code;
    reply.error_message = read.message;
  }
  reader.finish();
  return reply;
}

Ending read_ending(const JsonValue& json, const std::string& place) {
  Ending ending;
  Reader reader(json, place + '.');
  ending.after_server_events = reader.count("after_server_events");
  ending.after_client_events = reader.count("after_client_events");
  if (const auto after = reader.count("after_ms")) ending.after = Ms(*after);
  if (const auto* error = reader.find("error")) {
    read_error(*error, reader.place("error"), ending.error.emplace());
  }
  reader.count("close_code", ending.close_code);
  reader.text("close_reason", ending.close_reason);
  reader.finish();
  return ending;
}

Injection read_injection(const JsonValue& json, const std::string& place) {
  Injection injection;
  Reader reader(json, place + '.');
  reader.count("after_server_events", injection.after_server_events);
  reader.text("text", injection.text);
  if (const auto* event = reader.find("event")) injection.text = protocol::to_text(*event);
  reader.flag("binary", injection.binary);
  reader.finish();
  return injection;
}

Faults read_faults(const JsonValue& json, const std::string& place) {
  Faults faults;
  Reader reader(json, place + '.');
  reader.count("http_status", faults.http_status);
  if (faults.http_status != 0 && (faults.http_status < 300 || faults.http_status > 599)) {
    throw Bad{reader.place("http_status"), "expected 300 to 599"};
  }
  reader.text("location", faults.location);
  reader.flag("deaf", faults.deaf);
  reader.flag("no_session_created", faults.no_session_created);
  reader.flag("ignore_session_update", faults.ignore_session_update);
  if (const auto* error = reader.find("reject_session_update")) {
    read_error(*error, reader.place("reject_session_update"), faults.reject_session_update.emplace(),
               &faults.reject_count);
  }
  reader.list("endings", [&](const JsonValue& each, const std::string& at) {
    faults.endings.push_back(read_ending(each, at));
  });
  reader.list("injections", [&](const JsonValue& each, const std::string& at) {
    faults.injections.push_back(read_injection(each, at));
  });
  reader.finish();
  return faults;
}

RateLimit read_rate_limit(const JsonValue& json) {
  RateLimit limit;
  Reader reader(json, "rate_limits.");
  if (const auto count = reader.count("requests")) limit.requests = *count;
  if (const auto count = reader.count("tokens")) limit.tokens = *count;
  limit.enforced = true;
  reader.finish();
  return limit;
}

Scenario read_scenario(const JsonValue& json) {
  Scenario scenario;
  Reader reader(json, "");
  reader.choice("recognizer", scenario.ears, {{"on", Scenario::Ears::real}, {"off", Scenario::Ears::off}});
  reader.choice("detector", scenario.detector,
                {{"speech", Scenario::Detector::real},
                 {"level", Scenario::Detector::level},
                 {"off", Scenario::Detector::off}});
  reader.list("transcripts", [&](const JsonValue& each, const std::string& at) {
    if (!each.is_string()) throw Bad{at, "expected a string"};
    scenario.transcripts.push_back(*each.as_string());
  });
  if (const auto* error = reader.find("transcription_error")) {
    auto& read = scenario.transcription_error.emplace();
    read.type = "server_error";
    read_error(*error, reader.place("transcription_error"), read);
  }
  reader.list("mcp_servers", [&](const JsonValue& each, const std::string& at) {
    scenario.mcp_servers.push_back(read_mcp_server(each, at));
  });
  reader.list("replies", [&](const JsonValue& each, const std::string& at) {
    scenario.replies.push_back(read_reply(each, at));
  });
  if (const auto* sound = reader.find("sound")) scenario.default_sound = read_sound(*sound, "sound");
  reader.pace("pace", scenario.pace);
  reader.ms("delta_ms", scenario.delta);
  if (scenario.delta.count() == 0) throw Bad{"delta_ms", "expected more than 0"};
  reader.ms("before_created_ms", scenario.before_created);
  reader.ms("before_first_delta_ms", scenario.before_first_delta);
  reader.choice("bad_key", scenario.bad_key,
                {{"http", Scenario::BadKey::http_401}, {"event", Scenario::BadKey::event_and_close}});
  if (const auto* limits = reader.find("rate_limits")) scenario.rate_limit = read_rate_limit(*limits);
  if (const auto seconds = reader.count("session_seconds"))
    scenario.session_length = std::chrono::seconds(*seconds);
  if (const auto seconds = reader.count("keepalive_seconds"))
    scenario.keepalive = std::chrono::seconds(*seconds);
  if (const auto* faults = reader.find("faults")) scenario.every_connection = read_faults(*faults, "faults");
  reader.list("connections", [&](const JsonValue& each, const std::string& at) {
    scenario.first_connections.push_back(read_faults(each, at));
  });
  reader.finish();
  return scenario;
}

} // namespace

Result<Scenario> parse_scenario(std::string_view json) {
  std::string problem;
  const auto document = protocol::read_json(json, &problem);
  if (!document) return Error{ErrorKind::invalid_settings, "The scenario is no JSON: " + problem};
  try {
    return read_scenario(*document);
  } catch (const Bad& bad) {
    return Error{ErrorKind::invalid_settings, "The scenario's '" + bad.where + "': " + bad.what + '.'};
  }
}

} // namespace rt::server

#include "settings.h"

#include <glib.h>

namespace {

using namespace telephone;

void refused(const char* json, const char* part) {
  try {
    parse_settings(json);
  } catch (const SettingsError& error) {
    if (!g_strstr_len(error.what(), -1, part))
      g_error("%s: said \"%s\", without \"%s\"", json, error.what(), part);
    return;
  }
  g_error("accepted: %s", json);
}

void the_least_that_is_needed() {
  const Settings settings = parse_settings(R"({"numbers": {"*": {}}})");
  g_assert_cmpstr(settings.address.c_str(), ==, "127.0.0.1");
  g_assert_cmpuint(settings.port, ==, 5060);
  g_assert_false(settings.registrar.has_value());
  const Number& number = settings.numbers.at("*");
  g_assert_true(number.hang_up);
  g_assert_nonnull(g_strstr_len(number.realtime.at("tools").c_str(), -1, "\"hang_up\""));
}

void all_members() {
  const Settings settings = parse_settings(R"({
    "address": "::1", "port": 0, "rtp_ports": [20000, 20100], "jitter_buffer_ms": 40, "max_calls": 3,
    "rtp_timeout_s": 5, "drain_s": 0, "keys_pause_ms": 200,
    "registrar": {"address": "sip:example.com", "user": "bot", "expires_s": 60}, "numbers": {"1": {}}})");
  g_assert_cmpstr(settings.address.c_str(), ==, "::1");
  g_assert_cmpuint(settings.rtp_low, ==, 20000);
  g_assert_cmpuint(settings.rtp_high, ==, 20100);
  g_assert_cmpuint(settings.jitter_buffer_ms, ==, 40);
  g_assert_cmpuint(settings.max_calls, ==, 3);
  g_assert_cmpuint(settings.rtp_timeout_s, ==, 5);
  g_assert_cmpuint(settings.drain_s, ==, 0);
  g_assert_cmpuint(settings.keys_pause_ms, ==, 200);
  g_assert_cmpstr(settings.registrar->user.c_str(), ==, "bot");
  g_assert_cmpuint(settings.registrar->expires_s, ==, 60);
}

void numbers_change_the_defaults() {
  const Settings settings = parse_settings(R"({
    "realtime": {"uri": "ws://127.0.0.1:1", "voice": "marin", "vad-silence-duration": 400},
    "numbers": {"100": {"realtime": {"voice": "cedar", "session-config": {"a": [1]}, "ssl-strict": false}},
                "*": {"hang_up": false}}})");
  const Properties& own = settings.numbers.at("100").realtime;
  g_assert_cmpstr(own.at("uri").c_str(), ==, "ws://127.0.0.1:1");
  g_assert_cmpstr(own.at("voice").c_str(), ==, "cedar");
  g_assert_cmpstr(own.at("vad-silence-duration").c_str(), ==, "400");
  g_assert_cmpstr(own.at("session-config").c_str(), ==, R"({"a":[1]})");
  g_assert_cmpstr(own.at("ssl-strict").c_str(), ==, "false");
  const Properties& other = settings.numbers.at("*").realtime;
  g_assert_cmpstr(other.at("voice").c_str(), ==, "marin");
  g_assert_false(other.contains("tools"));
}

void tools_are_declared_without_their_commands() {
  const Settings settings = parse_settings(R"({"numbers": {"*": {"hang_up": false, "tools": [
    {"name": "time", "description": "now", "command": ["date", "+%R"],
     "parameters": {"type": "object", "properties": {"zone": {"type": "string"}}}}]}}})");
  const Number& number = settings.numbers.at("*");
  g_assert_cmpstr(number.realtime.at("tools").c_str(), ==,
                  R"([{"type":"function","name":"time","description":"now",)"
                  R"("parameters":{"type":"object","properties":{"zone":{"type":"string"}}}}])");
  g_assert_cmpuint(number.tools.size(), ==, 1);
  g_assert_cmpuint(number.tools[0].command.size(), ==, 2);
}

void what_is_wrong_is_named() {
  refused("", "");
  refused("{", "not JSON");
  refused("[]", "the file is no object");
  refused("{}", "has no \"numbers\"");
  refused(R"({"numbers": {}})", "no number");
  refused(R"({"numbers": {"*": {}}, "prot": 1})", "the file.prot is not known");
  refused(R"({"numbers": {"*": {"voice": "x"}}})", "numbers.*.voice is not known");
  refused(R"({"numbers": {"*": {}}, "port": 65536})", "the file.port is no integer from 0 to 65535");
  refused(R"({"numbers": {"*": {}}, "port": "5060"})", "the file.port is no integer");
  refused(R"({"numbers": {"*": {}}, "address": "0.0.0.0"})", "that callers can reach");
  refused(R"({"numbers": {"*": {}}, "address": "localhost"})", "must be an IP address");
  refused(R"({"numbers": {"*": {}}, "rtp_ports": [10, 20]})", "rtp_ports");
  refused(R"({"numbers": {"*": {}}, "rtp_ports": [2000]})", "rtp_ports");
  refused(R"({"numbers": {"*": {"hang_up": 1}}})", "numbers.*.hang_up is neither true nor false");
  refused(R"({"numbers": {"*": {"realtime": {"session": "x"}}}})", "numbers.*.realtime.session");
  refused(R"({"numbers": {"*": {}}, "realtime": {"tools": []}})", "realtime.tools");
  refused(R"({"numbers": {"*": {}}, "realtime": {"voice": null}})", "realtime.voice has no value");
  refused(R"({"numbers": {"*": {"tools": [{"name": "x"}]}}})", "numbers.*.tools[0].command is missing");
  refused(R"({"numbers": {"*": {"tools": [{"name": "x", "command": []}]}}})", "command is empty");
  refused(R"({"numbers": {"*": {"tools": [{"name": "hang_up", "command": ["x"]}]}}})", "built in");
  refused(
      R"({"numbers": {"*": {"tools": [{"name": "x", "command": ["x"]}, {"name": "x", "command": ["y"]}]}}})",
      "the name of another");
  refused(R"({"numbers": {"*": {"tools": [{"name": "x", "command": ["x"], "parameters": 1}]}}})",
          "JSON schema");
  refused(R"({"numbers": {"*": {}}, "registrar": {"address": "example.com", "user": "x"}})",
          "starts with sip:");
  refused(R"({"numbers": {"*": {}}, "registrar": {"address": "sip:example.com"}})", "has no \"user\"");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/settings/least", the_least_that_is_needed);
  g_test_add_func("/settings/all", all_members);
  g_test_add_func("/settings/numbers", numbers_change_the_defaults);
  g_test_add_func("/settings/tools", tools_are_declared_without_their_commands);
  g_test_add_func("/settings/wrong", what_is_wrong_is_named);
  return g_test_run();
}

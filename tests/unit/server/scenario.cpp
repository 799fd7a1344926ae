// The scenario file.
#include "server/scenario.h"
#include "harness.h"

#include "base/gptr.h"

namespace {

using namespace rt::server;
using namespace rt::server::test;

void an_empty_scenario_changes_nothing() {
  const auto scenario = parse_scenario("{}");
  g_assert_true(scenario.ok());
  g_assert_cmpfloat(scenario->pace, ==, Scenario().pace);
  g_assert_true(scenario->ears == Scenario::Ears::real && scenario->detector == Scenario::Detector::real);
  g_assert_true(scenario->replies.empty() && scenario->every_connection.endings.empty());
}

void everything_is_read() {
  const auto read = parse_scenario(R"({
    "recognizer": "off", "detector": "level", "transcripts": ["a", "b"], "sound": {"kind": "ramp", "ms": 500},
    "pace": 0.9, "delta_ms": 50, "before_created_ms": 10, "before_first_delta_ms": 20, "bad_key": "event",
    "session_seconds": 5, "keepalive_seconds": 0,
    "mcp_servers": [{"server_label": "docs", "tools": [{"name": "search"}], "list_ms": 40},
                    {"server_label": "gone", "list": "failed"}],
    "transcription_error": {"code": "t", "message": "no"}, "rate_limits": {"requests": 3, "tokens": 1000},
    "replies": [
      {"match": "x+", "times": 0, "say": "hello", "sound": {"kind": "tone", "ms": 100}, "pace": 0},
      {"call": {"name": "f", "arguments": {"a": [1, 2]}, "call_id": "c"}, "before_first_delta_ms": 30},
      {"parts": [{"say": "one"}, {"call": {"name": "g", "arguments": "broken"}}]},
      {"status": "failed", "error": {"code": "quota", "message": "none left"}},
      {"mcp_call": {"server_label": "docs", "name": "search", "arguments": {"q": 1}, "output": "found", "ms": 60}},
      {"mcp_call": {"server_label": "docs", "name": "search", "error": {"type": "http_error", "code": 503,
                    "message": "later"}}}],
    "faults": {"no_session_created": true, "ignore_session_update": true,
      "endings": [{"after_ms": 100, "error": {"code": "c", "message": "m", "type": "server_error"}, "close_code": 4000,
                   "close_reason": "r"}, {"after_server_events": 3, "close_code": 0}, {"after_client_events": 2}],
      "injections": [{"after_server_events": 1, "text": "junk"}, {"event": {"type": "ping"}}, {"text": "b", "binary": true}]},
    "connections": [{"http_status": 503}, {"http_status": 301, "location": "ws://x/"}, {"deaf": true},
      {"reject_session_update": {"code": "no", "message": "never", "count": 2}}]})");
  if (!read) g_error("%s", read.error().message.c_str());
  const auto& s = read.value();
  g_assert_true(s.ears == Scenario::Ears::off && s.detector == Scenario::Detector::level);
  g_assert_cmpuint(s.transcripts.size(), ==, 2);
  g_assert_true(s.default_sound->kind == Sound::Kind::ramp && s.default_sound->duration == Ms(500));
  g_assert_cmpfloat(s.pace, ==, 0.9);
  g_assert_true(s.delta == Ms(50) && s.before_created == Ms(10) && s.before_first_delta == Ms(20));
  g_assert_true(s.transcription_error->code == "t" && s.transcription_error->type == "server_error");
  g_assert_true(s.rate_limit.enforced && s.rate_limit.requests == 3 && s.rate_limit.tokens == 1000);
  g_assert_true(s.bad_key == Scenario::BadKey::event_and_close);
  g_assert_true(s.session_length.count() == 5 && s.keepalive.count() == 0);
  g_assert_cmpuint(s.replies.size(), ==, 6);
  equal(s.replies[0].match, "x+");
  g_assert_cmpuint(s.replies[0].times, ==, 0);
  equal(s.replies[0].parts.at(0).text, "hello");
  g_assert_true(s.replies[0].parts.at(0).sound.kind == Sound::Kind::tone && s.replies[0].pace == 0.0);
  equal(s.replies[1].parts.at(0).arguments, R"({"a":[1,2]})");
  equal(s.replies[1].parts.at(0).call_id, "c");
  g_assert_true(s.replies[1].before_first_delta == Ms(30) && !s.replies[1].pace);
  g_assert_cmpuint(s.replies[2].parts.size(), ==, 2);
  equal(s.replies[2].parts[1].arguments, "broken");
  equal(s.replies[3].error_code, "quota");
  equal(s.mcp_servers.at(0).tools, R"([{"name":"search"}])");
  g_assert_true(s.mcp_servers[0].list_time == Ms(40) && !s.mcp_servers[0].list_fails);
  g_assert_true(s.mcp_servers.at(1).list_fails);
  const auto& mcp = s.replies[4].parts.at(0);
  g_assert_true(mcp.kind == ReplyPart::Kind::mcp_call && mcp.outcome.duration == Ms(60));
  equal(mcp.server_label + ' ' + mcp.name + ' ' + mcp.arguments + ' ' + mcp.outcome.output,
        R"(docs search {"q":1} found)");
  equal(s.replies[5].parts.at(0).outcome.error, R"({"type":"http_error","code":503,"message":"later"})");
  const auto& faults = s.every_connection;
  g_assert_true(faults.no_session_created && faults.ignore_session_update && !faults.deaf);
  g_assert_true(faults.endings.at(0).after == Ms(100) && faults.endings[0].close_code == 4000);
  equal(faults.endings[0].error->type, "server_error");
  g_assert_true(faults.endings.at(1).after_server_events == 3u && faults.endings[1].close_code == 0);
  g_assert_true(faults.endings.at(2).after_client_events == 2u && faults.endings[2].close_code == 1000);
  equal(faults.injections.at(1).text, R"({"type":"ping"})");
  g_assert_true(faults.injections.at(2).binary);
  g_assert_cmpuint(s.first_connections.at(0).http_status, ==, 503);
  equal(s.first_connections.at(1).location, "ws://x/");
  g_assert_true(s.first_connections.at(2).deaf);
  g_assert_cmpuint(s.first_connections.at(3).reject_count, ==, 2);
}

void mistakes_are_named() {
  const std::pair<const char*, const char*> mistakes[] = {
      {"nonsense", "no JSON"},
      {"[]", "expected an object"},
      {R"({"recogniser":"off"})", "'recogniser': unknown name"},
      {R"({"recognizer":"maybe"})", "expected one of on, off"},
      {R"({"pace":-1})", "'pace'"},
      {R"({"pace":"fast"})", "'pace'"},
      {R"({"delta_ms":0})", "'delta_ms'"},
      {R"({"transcripts":"a"})", "expected an array"},
      {R"({"transcripts":[1]})", "'transcripts[0]'"},
      {R"({"replies":[{"match":"("}]})", "'replies[0].match'"},
      {R"({"replies":[{"says":"x"}]})", "'replies[0].says'"},
      {R"({"replies":[{"parts":[{"sound":{"kind":"noise"}}]}]})", "'replies[0].parts[0].sound.kind'"},
      {R"({"replies":[{"call":{"nam":"f"}}]})", "'replies[0].call.nam'"},
      {R"({"replies":[{"mcp_call":{"label":"f"}}]})", "'replies[0].mcp_call.label'"},
      {R"({"replies":[{"mcp_call":{"error":{"type":"http_error"}}}]})", "'replies[0].mcp_call.error.code'"},
      {R"({"replies":[{"mcp_call":{"error":{"code":1}}}]})", "'replies[0].mcp_call.error.code'"},
      {R"({"mcp_servers":[{}]})", "'mcp_servers[0].server_label'"},
      {R"({"mcp_servers":[{"server_label":"a","list":"maybe"}]})", "'mcp_servers[0].list'"},
      {R"({"faults":{"http_status":200}})", "'faults.http_status'"},
      {R"({"faults":{"endings":[{"after_ms":"soon"}]}})", "'faults.endings[0].after_ms'"},
      {R"({"connections":[{"deaf":1}]})", "'connections[0].deaf'"},
      {R"({"faults":{"reject_session_update":{"times":1}}})", "'faults.reject_session_update.times'"},
  };
  for (const auto& [text, part] : mistakes) {
    const auto read = parse_scenario(text);
    g_assert_false(read.ok());
    g_assert_true(read.error().kind == rt::ErrorKind::invalid_settings);
    if (read.error().message.find(part) == std::string::npos)
      g_error("%s: %s", text, read.error().message.c_str());
  }
}

// Every JSON block of the page is a scenario that works.
void the_documented_scenarios_are_good() {
  gchar* page = nullptr;
  g_assert_true(g_file_get_contents(RT_SOURCE_ROOT "/docs/devserver.md", &page, nullptr, nullptr));
  const rt::GCharPtr owner(page);
  const std::string_view text(page);
  constexpr std::string_view fence = "```json\n";
  unsigned count = 0;
  for (auto at = text.find(fence); at != std::string_view::npos; at = text.find(fence, at + 1), ++count) {
    const auto start = at + fence.size();
    const auto read = parse_scenario(text.substr(start, text.find("```", start) - start));
    if (!read) g_error("%s", read.error().message.c_str());
  }
  g_assert_cmpuint(count, >=, 3);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/scenario/empty", an_empty_scenario_changes_nothing);
  g_test_add_func("/server/scenario/everything", everything_is_read);
  g_test_add_func("/server/scenario/mistakes", mistakes_are_named);
  g_test_add_func("/server/scenario/documented", the_documented_scenarios_are_good);
  return g_test_run();
}

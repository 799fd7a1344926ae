// Every way a conversation can fail to begin, as an application sees it: one ERROR on the bus, of the right
// kind, that says what to change.
#include "support/elements.h"
#include "support/pipeline.h"
#include "support/raw_server.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;

namespace {

constexpr const char* key = "sk-test-0123456789abcdef";

// What stands at the other end, for as long as it lives.
struct Place {
  std::string uri;
  std::shared_ptr<void> keeps;
};

Place server_with(server::Scenario scenario, const char* wants_key = "") {
  const auto server = std::make_shared<ServerFixture>(std::move(scenario), wants_key);
  return {server->uri(), server};
}

Place faulty(server::Faults faults) {
  server::Scenario scenario = ramp_scenario(std::chrono::milliseconds(100));
  scenario.every_connection = std::move(faults);
  return server_with(std::move(scenario));
}

Place raw(RawServer::Script script, const char* scheme = "ws", const char* certificate = nullptr) {
  RawServerOptions options;
  if (certificate) options.certificate_file = std::string(g_getenv("RT_TLS_DIR")) + "/" + certificate;
  const auto server = std::make_shared<RawServer>(std::move(script), options);
  return {std::string(scheme) + "://127.0.0.1:" + std::to_string(server->port()) + "/v1/realtime", server};
}

Place http(unsigned status) {
  return faulty({.http_status = status, .location = status < 400 ? "https://elsewhere.example/x" : ""});
}

Place error_and_close(const char* code, unsigned close_code, const char* reason = "") {
  server::Faults faults;
  server::Ending ending;
  ending.after_server_events = 0;
  ending.error = server::ScriptedError{code, "It is refused."};
  ending.close_code = close_code;
  ending.close_reason = reason;
  faults.no_session_created = true;
  faults.endings.push_back(ending);
  return faulty(faults);
}

Place says(const char* text) {
  server::Faults faults;
  faults.injections.push_back({.after_server_events = 0, .text = text});
  return faulty(faults);
}

// How far it came.
enum class Ends { before_dialling, connecting, configuring };

struct Row {
  const char* name;
  Place (*place)();
  GQuark (*domain)();
  int code;
  std::vector<const char*> text; // each is part of what the user reads
  unsigned http_status = 0, close_code = 0;
  const char* error_code = nullptr;
  const char* settings = "";
  Ends ends = Ends::connecting;
  const char* api_key = key;
};

const Row rows[] = {
    {"refused port",
     [] {
       return Place{"ws://127.0.0.1:" + std::to_string(closed_port()) + "/v1/realtime", nullptr};
     },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_OPEN_READ_WRITE,
     {"127.0.0.1", "refused", "'uri'"}},
    {"nobody answers",
     [] { return raw([](RawPeer& peer) { peer.wait_for_server_end(); }); },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_OPEN_READ_WRITE,
     {"'connect-timeout'", "'uri'"},
     0,
     0,
     nullptr,
     "connect-timeout=300"},
    {"TLS to a plain port",
     [] {
       return raw(
           [](RawPeer& peer) {
             char head[16];
             peer.read_some(head, sizeof head);
             peer.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
             peer.wait_for_end();
           },
           "wss");
     },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_OPEN_READ_WRITE,
     {"TLS", "ws://"}},
    {"a certificate nobody vouches for",
     [] { return raw([](RawPeer& peer) { peer.wait_for_end(); }, "wss", "server.pem"); },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_OPEN_READ_WRITE,
     {"certificate", "'tls-database'"}},
    {"HTTP 301",
     [] { return http(301); },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_OPEN_READ_WRITE,
     {"elsewhere.example", "'uri'"},
     301},
    {"HTTP 401",
     [] { return http(401); },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_NOT_AUTHORIZED,
     {"401", "'api-key'"},
     401},
    {"HTTP 403",
     [] { return http(403); },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_NOT_AUTHORIZED,
     {"403", "'api-key'"},
     403},
    {"HTTP 404",
     [] { return http(404); },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_NOT_FOUND,
     {"404", "'uri'", "'model'"},
     404},
    {"HTTP 429",
     [] { return http(429); },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_BUSY,
     {"429", "'retries'"},
     429},
    {"HTTP 500",
     [] { return http(500); },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_BUSY,
     {"500", "'retries'"},
     500},
    {"HTTP 503",
     [] { return http(503); },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_BUSY,
     {"503", "'retries'"},
     503},
    {"bad key told by HTTP",
     [] { return server_with(ramp_scenario(std::chrono::milliseconds(100)), "another-key"); },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_NOT_AUTHORIZED,
     {"401", "'api-key'"},
     401,
     0,
     "invalid_api_key"},
    {"bad key told by an event",
     [] {
       server::Scenario scenario = ramp_scenario(std::chrono::milliseconds(100));
       scenario.bad_key = server::Scenario::BadKey::event_and_close;
       return server_with(std::move(scenario), "another-key");
     },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_NOT_AUTHORIZED,
     {"'api-key'"},
     0,
     0,
     "invalid_api_key"},
    {"close 3000",
     [] { return error_and_close("no_such_user", 3000); },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_NOT_AUTHORIZED,
     {"It is refused.", "'api-key'"},
     0,
     3000,
     "no_such_user"},
    {"close 4000",
     [] { return error_and_close("no_such_thing", 4000); },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_SETTINGS,
     {"It is refused.", "'model'"},
     0,
     4000,
     "no_such_thing"},
    {"quota",
     [] { return error_and_close("insufficient_quota", 4000); },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_NO_SPACE_LEFT,
     {"quota"},
     0,
     0,
     "insufficient_quota"},
    {"text that is no protocol",
     [] { return says("hello"); },
     gst_stream_error_quark,
     GST_STREAM_ERROR_WRONG_TYPE,
     {"'uri'", "'provider'"}},
    {"no session.created",
     [] { return faulty({.no_session_created = true}); },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_OPEN_READ_WRITE,
     {"session.created", "'connect-timeout'"},
     0,
     0,
     nullptr,
     "connect-timeout=500"},
    {"rejected settings",
     [] {
       return faulty({.reject_session_update = server::ScriptedError{"invalid_value", "No such voice."}});
     },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_SETTINGS,
     {"No such voice.", "settings"},
     0,
     0,
     "invalid_value",
     "",
     Ends::configuring},
    {"ignored settings",
     [] { return faulty({.ignore_session_update = true}); },
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_SETTINGS,
     {"settings", "connect-timeout"},
     0,
     0,
     nullptr,
     "connect-timeout=500",
     Ends::configuring},
    {"a key with a newline",
     [] { return faulty({}); },
     gst_library_error_quark,
     GST_LIBRARY_ERROR_SETTINGS,
     {"'api-key'", "newline"},
     0,
     0,
     nullptr,
     "",
     Ends::before_dialling,
     "sk-with-newline\n"},
};

std::string launch_line(const Place& place, const char* settings) {
  return "audiotestsrc is-live=true samplesperbuffer=480 ! audio/x-raw,format=S16LE,rate=24000,channels=1 ! "
         "realtimesink name=sink realtimesrc name=src " +
         std::string(settings) + (place.uri.empty() ? "" : " uri=" + place.uri) + " ! fakesink";
}

std::vector<GstProgressType> progress_of(Pipeline& pipeline) {
  std::vector<GstProgressType> types;
  for (GstMessage* message : pipeline.all(GST_MESSAGE_PROGRESS)) {
    GstProgressType type = GST_PROGRESS_TYPE_START;
    gst_message_parse_progress(message, &type, nullptr, nullptr);
    types.push_back(type);
  }
  return types;
}

void check_error(GstMessage* message, const Row& row) {
  GError* raw_error = nullptr;
  gst_message_parse_error(message, &raw_error, nullptr);
  const GErrorPtr error(raw_error);
  fail_unless(error->domain == row.domain() && error->code == row.code, "%s: %s %d: %s", row.name,
              g_quark_to_string(error->domain), error->code, error->message);
  for (const char* part : row.text)
    fail_unless(std::string(error->message).find(part) != std::string::npos, "%s: '%s' is not in: %s",
                row.name, part, error->message);

  const GstStructure* details = nullptr;
  gst_message_parse_error_details(message, &details);
  fail_unless(details != nullptr, "%s: no details", row.name);
  fail_unless(gst_structure_has_field(details, "error-kind"));
  const auto number = [&](const char* name) {
    guint value = 0;
    gst_structure_get_uint(details, name, &value);
    return value;
  };
  fail_unless(number("http-status-code") == row.http_status, "%s: status %u", row.name,
              number("http-status-code"));
  if (row.close_code) fail_unless(number("close-code") == row.close_code, "%s", row.name);
  if (row.error_code)
    fail_unless(g_strcmp0(gst_structure_get_string(details, "error-code"), row.error_code) == 0,
                "%s: error-code %s", row.name, gst_structure_get_string(details, "error-code"));
}

bool is_ours(GstMessage* message) {
  return g_str_has_prefix(G_OBJECT_TYPE_NAME(GST_MESSAGE_SRC(message)), "GstRealtime");
}

} // namespace

GST_START_TEST(each_failure_is_one_error_that_says_what_to_change) {
  const Row& row = rows[__i__];
  const Place place = row.place();
  Pipeline pipeline(launch_line(place, row.settings));
  g_object_set(pipeline.element("sink").get(), "api-key", row.api_key, nullptr);
  const gint64 started = g_get_monotonic_time();
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  check_error(pipeline.wait_for_error().get(), row);
  // error_delay.py judges it.
  g_print("%s: told after %" G_GINT64_FORMAT " ms, %s\n", row.name, (g_get_monotonic_time() - started) / 1000,
          *row.settings ? row.settings : "at once");
  // The input cannot go on: it is its source that says so, and none of ours says anything more.
  pipeline.wait_for([](GstMessage* m) { return GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR && !is_ours(m); },
                    row.name);

  const gint64 before = g_get_monotonic_time();
  fail_unless(gst_element_set_state(pipeline.get(), GST_STATE_NULL) == GST_STATE_CHANGE_SUCCESS);
  fail_unless(g_get_monotonic_time() - before < 5 * G_TIME_SPAN_SECOND, "%s: slow to stop", row.name);
  const auto errors = pipeline.all(GST_MESSAGE_ERROR);
  fail_unless_equals_int(std::count_if(errors.begin(), errors.end(), is_ours), 1);
  std::vector<GstProgressType> progress{GST_PROGRESS_TYPE_ERROR};
  if (row.ends == Ends::connecting) progress.insert(progress.begin(), GST_PROGRESS_TYPE_START);
  if (row.ends == Ends::configuring) progress = {GST_PROGRESS_TYPE_START, GST_PROGRESS_TYPE_COMPLETE};
  fail_unless(progress_of(pipeline) == progress, "%s: wrong PROGRESS", row.name);
}
GST_END_TEST

// Both elements of the session are told by one error where they share a pipeline, by one each where not.
GST_START_TEST(each_pipeline_gets_its_error) {
  const Place place = http(404);
  Pipeline input("audiotestsrc is-live=true ! realtimesink session=two-pipelines uri=" + place.uri);
  Pipeline output("realtimesrc session=two-pipelines ! fakesink");
  fail_unless(gst_element_set_state(output.get(), GST_STATE_READY) == GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state(input.get(), GST_STATE_PLAYING);
  gst_element_set_state(output.get(), GST_STATE_PLAYING);
  fail_unless(is_ours(input.wait_for_error().get()));
  fail_unless(is_ours(output.wait_for_error().get()));
}
GST_END_TEST

GST_START_TEST(retries_come_through) {
  server::Scenario scenario = ramp_scenario(std::chrono::milliseconds(100));
  scenario.first_connections = {{.http_status = 503}, {.http_status = 503}, {}};
  ServerFixture server(std::move(scenario));
  Pipeline pipeline(
      "audiotestsrc is-live=true wave=silence ! realtimesink retries=2 retry-backoff-factor=0.01 uri=" +
      server.uri() + " realtimesrc ! fakesink");
  pipeline.play();
  pipeline.wait_for_element("realtime/session-updated");
  fail_unless_equals_int(server.server().accepted(), 3);
  fail_unless(!pipeline.all(GST_MESSAGE_WARNING).empty(), "attempts that failed are told");
  const std::vector<GstProgressType> expected{GST_PROGRESS_TYPE_START, GST_PROGRESS_TYPE_CONTINUE,
                                              GST_PROGRESS_TYPE_CONTINUE, GST_PROGRESS_TYPE_COMPLETE};
  fail_unless(progress_of(pipeline) == expected);
}
GST_END_TEST

GST_START_TEST(retries_end) {
  const Place place = http(503);
  Pipeline pipeline(launch_line(place, "retries=2 retry-backoff-factor=0.01"));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  fail_unless(is_ours(pipeline.wait_for_error().get()));
}
GST_END_TEST

// While it connects, waits to try again, or talks to nobody.
GST_START_TEST(stopping_never_waits_for_the_network) {
  const Place places[] = {
      raw([](RawPeer& peer) { peer.wait_for_server_end(); }),
      faulty({.deaf = true}),
      faulty({.no_session_created = true}),
      http(503),
  };
  for (const Place& place : places) {
    Pipeline pipeline(launch_line(place, "retries=-1 retry-backoff-factor=1000 retry-backoff-max=1000"));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    pipeline.wait_for([](GstMessage* m) { return GST_MESSAGE_TYPE(m) == GST_MESSAGE_PROGRESS; }, "PROGRESS");
    const gint64 before = g_get_monotonic_time();
    fail_unless(gst_element_set_state(pipeline.get(), GST_STATE_NULL) == GST_STATE_CHANGE_SUCCESS);
    fail_unless(g_get_monotonic_time() - before < 5 * G_TIME_SPAN_SECOND);
  }
}
GST_END_TEST

GST_START_TEST(a_property_that_cannot_be_keeps_its_value) {
  struct Setting {
    const char *property, *good, *bad;
  };
  for (const Setting& setting :
       {Setting{"tools", "[{\"type\":\"function\",\"name\":\"f\",\"parameters\":{}}]", "[{\"type\":"},
        Setting{"session-config", "{\"a\":1}", "[1]"}, Setting{"initial-items", "[]", "no"},
        Setting{"uri", "ws://127.0.0.1:1/v1/realtime", "http://127.0.0.1/"}}) {
    Pipeline pipeline("realtimesrc name=src ! fakesink");
    const auto src = pipeline.element("src");
    g_object_set(src.get(), setting.property, setting.good, nullptr);
    g_object_set(src.get(), setting.property, setting.bad, nullptr);
    char* value = nullptr;
    g_object_get(src.get(), setting.property, &value, nullptr);
    const GCharPtr owned(value);
    fail_unless_equals_string(value, setting.good);
    const auto warnings = pipeline.all(GST_MESSAGE_WARNING);
    fail_unless_equals_int(warnings.size(), 1);
    GError* raw_error = nullptr;
    gst_message_parse_warning(warnings.front(), &raw_error, nullptr);
    const GErrorPtr warning(raw_error);
    fail_unless(std::string(warning->message).find("'" + std::string(setting.property) + "'") !=
                std::string::npos);
  }
}
GST_END_TEST

static Suite* errors_suite() {
  Suite* suite = suite_create("errors");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_loop_test(tcase, each_failure_is_one_error_that_says_what_to_change, 0, std::size(rows));
  tcase_add_test(tcase, each_pipeline_gets_its_error);
  tcase_add_test(tcase, retries_come_through);
  tcase_add_test(tcase, retries_end);
  tcase_add_test(tcase, stopping_never_waits_for_the_network);
  tcase_add_test(tcase, a_property_that_cannot_be_keeps_its_value);
  return suite;
}

GST_CHECK_MAIN(errors)

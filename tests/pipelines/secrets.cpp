// A key that the element was given is nowhere in what the process prints. Each case runs a child, so that its
// environment, its log and its output are its own.
#include "support/elements.h"
#include "support/pipeline.h"
#include "support/raw_server.h"

#include <gst/check/gstcheck.h>

#include <glib/gstdio.h>

#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;

namespace {

constexpr const char* secret = "sk-test-secret-4f9a7d21c0b8";
const char* program = nullptr;

struct Way {
  const char* name;
  const char* variable = nullptr; // of the environment
  bool as_property = false, in_query = false, in_header = false, by_signal = false;
  const char* provider = "auto";
};
// The providers differ in where the key goes in the handshake.
constexpr Way ways[] = {
    {.name = "environment", .variable = "OPENAI_API_KEY"},
    {.name = "property", .as_property = true},
    {.name = "query", .in_query = true},
    {.name = "header", .in_header = true},
    {.name = "signal", .by_signal = true},
    {.name = "api-key", .variable = "AZURE_OPENAI_API_KEY", .provider = "azure"},
    {.name = "Basic", .variable = "INWORLD_API_KEY", .provider = "inworld"},
};

void print_error(GstMessage* message) {
  GError* raw = nullptr;
  char* debug = nullptr;
  gst_message_parse_error(message, &raw, &debug);
  const GErrorPtr error(raw);
  const GCharPtr owned(debug);
  const GstStructure* details = nullptr;
  gst_message_parse_error_details(message, &details);
  const GCharPtr text(details ? gst_structure_to_string(details) : nullptr);
  g_print("%s\n%s\n%s\n", error->message, debug, text.get());
}

void print_properties(GstElement* element) {
  guint count = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &count);
  for (guint i = 0; i < count; ++i) {
    if (!(specs[i]->flags & G_PARAM_READABLE)) continue;
    GValue value = G_VALUE_INIT;
    g_value_init(&value, specs[i]->value_type);
    g_object_get_property(G_OBJECT(element), specs[i]->name, &value);
    const GCharPtr text(g_strdup_value_contents(&value));
    g_print("%s = %s\n", specs[i]->name, text.get());
    g_value_unset(&value);
  }
  g_free(specs);
}

char* fresh_key(GstElement*, gpointer) {
  return g_strdup(secret);
}

// The child: one conversation, all of whose traces go to the folder that the environment names.
int converse(const char* uri, const Way& way) {
  register_elements();
  GstElement* pipeline = gst_parse_launch("audiotestsrc is-live=true samplesperbuffer=480 ! "
                                          "audio/x-raw,rate=24000 ! realtimesink name=sink  "
                                          "realtimesrc name=src ! fakesink sync=true",
                                          nullptr);
  const auto sink = GRef<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline), "sink"));
  const auto src = GRef<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline), "src"));
  const auto watch =
      g_signal_connect(pipeline, "deep-notify", G_CALLBACK(gst_object_default_deep_notify), nullptr);
  const std::string address = std::string(uri) + (way.in_query ? "?api-key=" + std::string(secret) : "");
  g_object_set(sink.get(), "uri", address.c_str(), nullptr);
  gst_util_set_object_arg(G_OBJECT(sink.get()), "provider", way.provider);
  g_object_set(sink.get(), "model", "any", nullptr);
  if (way.by_signal) g_signal_connect(sink.get(), "need-api-key", G_CALLBACK(fresh_key), nullptr);
  if (way.as_property) g_object_set(sink.get(), "api-key", secret, nullptr);
  if (way.in_header) {
    const GstStructurePtr headers(gst_structure_new("headers", "api-key", G_TYPE_STRING, secret,
                                                    "Authorization", G_TYPE_STRING,
                                                    ("Bearer " + std::string(secret)).c_str(), nullptr));
    g_object_set(sink.get(), "extra-headers", headers.get(), nullptr);
  }
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(pipeline);
  for (bool over = false; !over;) {
    const auto message = GRef<GstMessage>::adopt(gst_bus_timed_pop(bus, 20 * GST_SECOND));
    if (!message) return 2;
    if (const GstStructure* structure = gst_message_get_structure(message.get())) {
      const GCharPtr text(gst_structure_to_string(structure));
      g_print("%s\n", text.get());
    }
    over = is_element_message(message.get(), "realtime/speech-started");
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
      print_error(message.get());
      over = true;
    }
  }
  GST_DEBUG_BIN_TO_DOT_FILE(GST_BIN(pipeline), GST_DEBUG_GRAPH_SHOW_ALL, "conversation");
  print_properties(sink.get());
  print_properties(src.get());
  g_signal_handler_disconnect(pipeline, watch);
  gst_object_unref(bus);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  wait_for_loops_to_end();
  return 0;
}

std::string contents(const std::string& path) {
  char* text = nullptr;
  gsize size = 0;
  fail_unless(g_file_get_contents(path.c_str(), &text, &size, nullptr), "%s", path.c_str());
  const GCharPtr owned(text);
  return std::string(text, size);
}

// Reads and deletes.
std::vector<std::pair<std::string, std::string>> files_of(const std::string& folder) {
  std::vector<std::pair<std::string, std::string>> files;
  GDir* dir = g_dir_open(folder.c_str(), 0, nullptr);
  while (const char* name = g_dir_read_name(dir)) {
    const std::string path = folder + "/" + name;
    files.emplace_back(name, contents(path));
    g_unlink(path.c_str());
  }
  g_dir_close(dir);
  g_rmdir(folder.c_str());
  return files;
}

void run_child(const std::string& uri, const Way& way, int index) {
  const GCharPtr folder(g_dir_make_tmp("realtime-secrets-XXXXXX", nullptr));
  char** environment = g_get_environ();
  const auto set = [&](const char* name, const std::string& value) {
    environment = g_environ_setenv(environment, name, value.c_str(), TRUE);
  };
  set("GST_DEBUG", "*:4,realtime*:9,basesrc:9,basesink:9,GST_PROPS:9,GST_MESSAGE:9,GST_STATES:9");
  set("GST_DEBUG_NO_COLOR", "1");
  set("GST_DEBUG_FILE", std::string(folder.get()) + "/log");
  set("GST_DEBUG_DUMP_DOT_DIR", folder.get());
  set("G_MESSAGES_DEBUG", "all");
  set("SOUP_DEBUG", "1");
  if (way.variable) set(way.variable, secret);
  const std::string number = std::to_string(index);
  const char* arguments[] = {program, "--converse", uri.c_str(), number.c_str(), nullptr};
  char *out = nullptr, *err = nullptr;
  int status = 0;
  GErrorPtr error;
  fail_unless(g_spawn_sync(nullptr, const_cast<char**>(arguments), environment, G_SPAWN_DEFAULT, nullptr,
                           nullptr, &out, &err, &status, OutError(error)));
  g_strfreev(environment);
  const GCharPtr owned_out(out), owned_err(err);
  fail_unless(g_spawn_check_wait_status(status, nullptr), "%s: the child failed: %s", way.name, err);

  auto files = files_of(folder.get());
  fail_unless(files.size() >= 2, "no log or no graph");
  files.emplace_back("stdout", out);
  files.emplace_back("stderr", err);
  for (const auto& [name, text] : files) {
    const auto at = text.find(secret);
    fail_unless(at == text.npos, "%s, %s: %s", way.name, name.c_str(),
                text.substr(at > 200 && at != text.npos ? at - 200 : 0, 300).c_str());
  }
  fail_unless(files.front().second.size() + files.at(1).second.size() > 10000, "nothing was logged");
}

} // namespace

GST_START_TEST(nothing_printed_holds_the_key) {
  const Way& way = ways[__i__];
  {
    ServerFixture server(ramp_scenario(std::chrono::milliseconds(100)), way.in_query ? "" : secret);
    run_child(server.uri(), way, __i__);
  }
  {
    // What refuses the key may say which one it was.
    RawServer refusing([](RawPeer& peer) {
      peer.read_head();
      const std::string body =
          std::string("{\"error\":{\"code\":\"invalid_api_key\",\"message\":\"Bad key ") + secret + "\"}}";
      peer.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                 body);
      peer.wait_for_end();
    });
    run_child("ws://127.0.0.1:" + std::to_string(refusing.port()) + "/v1/realtime", way, __i__);
  }
  run_child("ws://127.0.0.1:" + std::to_string(closed_port()) + "/v1/realtime", way, __i__);
}
GST_END_TEST

GST_START_TEST(what_was_given_reads_back_without_the_key) {
  Pipeline pipeline("realtimesrc name=src ! fakesink");
  const auto src = pipeline.element("src");
  GObjectClass* klass = G_OBJECT_GET_CLASS(src.get());
  fail_unless((g_object_class_find_property(klass, "api-key")->flags & G_PARAM_READABLE) == 0);

  const GstStructurePtr headers(gst_structure_new(
      "headers", "Authorization", G_TYPE_STRING, secret, "api-key", G_TYPE_STRING, secret, "X-Api-Key",
      G_TYPE_STRING, secret, "Cookie", G_TYPE_STRING, secret, "X-Trace", G_TYPE_STRING, "shown", nullptr));
  g_object_set(src.get(), "extra-headers", headers.get(), nullptr);
  GstStructure* raw = nullptr;
  g_object_get(src.get(), "extra-headers", &raw, nullptr);
  const GstStructurePtr read(raw);
  for (const char* name : {"Authorization", "api-key", "X-Api-Key", "Cookie"})
    fail_unless_equals_string(gst_structure_get_string(read.get(), name), "***");
  fail_unless_equals_string(gst_structure_get_string(read.get(), "X-Trace"), "shown");

  for (const char* property : {"uri", "proxy"}) {
    const std::string uri = "ws://me:" + std::string(secret) + "@host.example/v1?key=" + secret;
    g_object_set(src.get(), property, uri.c_str(), nullptr);
    char* text = nullptr;
    g_object_get(src.get(), property, &text, nullptr);
    const GCharPtr shown(text);
    fail_unless(shown && std::string(shown.get()).find("host.example") != std::string::npos);
    fail_unless(std::string(shown.get()).find(secret) == std::string::npos, "%s", shown.get());
  }
}
GST_END_TEST

static Suite* secrets_suite() {
  Suite* suite = suite_create("secrets");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 120);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_loop_test(tcase, nothing_printed_holds_the_key, 0, std::size(ways));
  tcase_add_test(tcase, what_was_given_reads_back_without_the_key);
  return suite;
}

int main(int argc, char** argv) {
  program = argv[0];
  const bool child = argc == 4 && std::string(argv[1]) == "--converse";
  if (child) {
    gst_init(nullptr, nullptr);
    return converse(argv[2], ways[std::atoi(argv[3])]);
  }
  gst_check_init(&argc, &argv);
  return gst_check_run_suite(secrets_suite(), "secrets", __FILE__);
}

// The properties of both elements: what they are by default, when they can be set, what is refused, and how
// two elements of one session share them.
#include "protocol/provider.h"
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <map>
#include <set>

using namespace rt;
using namespace rt::test;

namespace {

struct Row {
  const char* name;
  const char* value;          // by default, as text
  const char* other;          // another one that can be set; null: an object, or read-only
  const char* unit = nullptr; // what the blurb must say
};

const std::vector<Row> session_rows = {
    {"uri", "NULL", "ws://127.0.0.1:2/"},
    {"provider", "auto", "openai"},
    {"model", "NULL", "some-model"},
    {"session-type", "conversation", "transcription"},
    {"voice", "NULL", "marin"},
    {"instructions", "NULL", "Be brief"},
    {"speed", "-1", "1.25"},
    {"output-modality", "auto", "text"},
    {"turn-detection", "server-vad", "semantic-vad"},
    {"vad-threshold", "0.5", "0.25"},
    {"vad-prefix-padding", "300", "150", "ms"},
    {"vad-silence-duration", "500", "700", "ms"},
    {"vad-eagerness", "auto", "high"},
    {"vad-create-response", "auto", "false"},
    {"vad-interrupt-response", "auto", "true"},
    {"vad-idle-timeout", "-1", "6000", "ms"},
    {"input-transcription-model", "NULL", "whisper-1"},
    {"input-transcription-language", "NULL", "de"},
    {"input-transcription-prompt", "NULL", "names"},
    {"noise-reduction", "auto", "near-field"},
    {"tools", "NULL", "[]"},
    {"tool-choice", "NULL", "none"},
    {"parallel-tool-calls", "auto", "false"},
    {"tool-timeout", "30000", "0", "ms"},
    {"tool-filler", "NULL", "Say: One moment"},
    {"tool-filler-delay", "1000", "500", "ms"},
    {"mcp-approval", "ask", "always"},
    {"max-output-tokens", "-1", "0", "tokens"},
    {"temperature", "-1", "0.75"},
    {"session-config", "NULL", "{\"a\":1}"},
    {"initial-items", "NULL", "[]"},
    {"greeting", "NULL", "Say hello"},
    {"connect-timeout", "10000", "5000", "ms"},
    {"keepalive-interval", "20000", "0", "ms"},
    {"retries", "0", "-1"},
    {"retry-backoff-factor", "0", "0.5", "Seconds"},
    {"retry-backoff-max", "60", "30", "s"},
    {"response-timeout", "30000", "1000", "ms"},
    {"drain-timeout", "30000", "1000", "ms"},
    {"drain-quiet", "2000", "1000", "ms"},
    {"forward-events", "NULL", "response.*,-*.delta"},
    {"reasoning-effort", "NULL", "high"},
    {"truncation", "NULL", "disabled"},
    {"prompt", "NULL", "pmpt_1"},
    {"tracing", "NULL", "auto"},
    {"target-language", "NULL", "fr"},
    {"tls-database", "NULL", nullptr},
    {"tls-interaction", "NULL", nullptr},
    {"ssl-strict", "true", "false"},
    {"proxy", "NULL", "http://127.0.0.1:3/"},
};

const std::vector<Row> sink_rows = {
    {"chunk-duration", "20", "60", "ms"},
    {"max-uplink-backlog", "10000", "500", "ms"},
    {"silence-fill-delay", "200", "400", "ms"},
    {"pre-roll", "300", "500", "ms"},
    {"mute", "false", "true"},
    {"half-duplex", "false", "true"},
    {"local-vad", "false", "true"},
};

const std::vector<Row> src_rows = {
    {"cushion", "100", "0", "ms"},      {"frame-duration", "20", "60", "ms"},
    {"gap-mode", "silence", "none"},    {"flush-on-interrupt", "false", "true"},
    {"playout-delay", "0", "80", "ms"}, {"max-backlog", "600", "60", "s"},
};

const std::map<std::string, std::vector<std::string>> enum_nicks = {
    {"provider",
     {"auto", "openai", "openai-beta", "azure", "azure-preview", "azure-voice-live", "xai", "qwen", "glm",
      "stepfun", "localai", "hf-speech-to-speech", "speaches", "inworld", "custom"}},
    {"session-type", {"conversation", "transcription", "translation"}},
    {"output-modality", {"auto", "audio", "text"}},
    {"turn-detection", {"auto", "server-vad", "semantic-vad", "none"}},
    {"vad-eagerness", {"auto", "low", "medium", "high"}},
    {"vad-create-response", {"auto", "true", "false"}},
    {"vad-interrupt-response", {"auto", "true", "false"}},
    {"parallel-tool-calls", {"auto", "true", "false"}},
    {"noise-reduction", {"auto", "none", "near-field", "far-field"}},
    {"gap-mode", {"silence", "gap-event", "none"}},
};

std::string text_of(const GValue* value) {
  if (G_VALUE_HOLDS_STRING(value)) return g_value_get_string(value) ? g_value_get_string(value) : "NULL";
  if (G_VALUE_HOLDS_OBJECT(value)) return g_value_get_object(value) ? "object" : "NULL";
  if (G_VALUE_HOLDS_BOOLEAN(value)) return g_value_get_boolean(value) ? "true" : "false";
  if (G_VALUE_HOLDS_UINT(value)) return std::to_string(g_value_get_uint(value));
  if (G_VALUE_HOLDS_INT(value)) return std::to_string(g_value_get_int(value));
  if (G_VALUE_HOLDS_DOUBLE(value)) {
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    return g_ascii_formatd(text, sizeof text, "%g", g_value_get_double(value));
  }
  fail_unless(G_VALUE_HOLDS_ENUM(value), "a property of an unknown type");
  auto* klass = static_cast<GEnumClass*>(g_type_class_ref(G_VALUE_TYPE(value)));
  const std::string nick = g_enum_get_value(klass, g_value_get_enum(value))->value_nick;
  g_type_class_unref(klass);
  return nick;
}

std::string get(GstElement* element, const char* name) {
  GValue value = G_VALUE_INIT;
  g_object_get_property(G_OBJECT(element), name, &value);
  const std::string text = text_of(&value);
  g_value_unset(&value);
  return text;
}

void set(GstElement* element, const char* name, const char* text) {
  gst_util_set_object_arg(G_OBJECT(element), name, text);
}

std::vector<Row> rows_of(bool sink) {
  std::vector<Row> rows = session_rows;
  const auto& own = sink ? sink_rows : src_rows;
  rows.insert(rows.end(), own.begin(), own.end());
  return rows;
}

GRef<GstElement> fresh(bool sink) {
  GstElement* element = gst_element_factory_make(sink ? "realtimesink" : "realtimesrc", nullptr);
  return GRef<GstElement>::adopt(static_cast<GstElement*>(gst_object_ref_sink(element)));
}

std::vector<std::string> warnings_of(ElementHarness& h) {
  return h.texts_of(GST_MESSAGE_WARNING);
}

} // namespace

GST_START_TEST(every_property_is_known_here_with_its_default) {
  for (const bool sink : {true, false}) {
    const auto element = fresh(sink);
    std::set<std::string> expected = {"session", "stats", "api-key", "extra-headers"};
    for (const Row& row : rows_of(sink)) {
      expected.insert(row.name);
      assert_text(get(element.get(), row.name), row.value);
      GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), row.name);
      GValue value = G_VALUE_INIT;
      g_value_init(&value, spec->value_type);
      g_param_value_set_default(spec, &value);
      assert_text(text_of(&value), row.value);
      g_value_unset(&value);
    }
    assert_text(get(element.get(), "session"), "NULL");
    guint count = 0;
    GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element.get()), &count);
    for (guint i = 0; i < count; ++i)
      if (specs[i]->owner_type == G_OBJECT_TYPE(element.get()))
        fail_unless(expected.erase(specs[i]->name) == 1, "%s is not expected", specs[i]->name);
    g_free(specs);
    fail_unless(expected.empty(), "%s is missing", expected.empty() ? "" : expected.begin()->c_str());
  }
}
GST_END_TEST

GST_START_TEST(blurbs_and_flags_say_what_a_user_must_know) {
  for (const bool sink : {true, false}) {
    const auto element = fresh(sink);
    const auto spec_of = [&](const char* name) {
      return g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), name);
    };
    for (const Row& row : rows_of(sink)) {
      GParamSpec* spec = spec_of(row.name);
      const std::string blurb = g_param_spec_get_blurb(spec);
      fail_unless(blurb.find("settable always") != std::string::npos, "%s: %s", row.name, blurb.c_str());
      fail_unless(blurb.find("Since: ") != std::string::npos);
      fail_unless(blurb.find("default ") != std::string::npos, "%s: %s", row.name, blurb.c_str());
      if (G_IS_PARAM_SPEC_UINT(spec) || G_IS_PARAM_SPEC_INT(spec) || G_IS_PARAM_SPEC_DOUBLE(spec))
        fail_unless(blurb.find(" to ") != std::string::npos, "%s: %s", row.name, blurb.c_str());
      if (row.unit) fail_unless(blurb.find(row.unit) != std::string::npos, "%s: %s", row.name, blurb.c_str());
      fail_unless((spec->flags & G_PARAM_READWRITE) == G_PARAM_READWRITE, "%s", row.name);
      fail_unless(spec->flags & GST_PARAM_MUTABLE_PLAYING, "%s", row.name);
    }
    fail_unless_equals_int(spec_of("api-key")->flags & G_PARAM_READWRITE, G_PARAM_WRITABLE);
    fail_unless_equals_int(spec_of("stats")->flags & G_PARAM_READWRITE, G_PARAM_READABLE);
    fail_unless(spec_of("session")->flags & GST_PARAM_MUTABLE_READY);
    fail_if(spec_of("session")->flags & GST_PARAM_MUTABLE_PLAYING);
  }
}
GST_END_TEST

GST_START_TEST(enums_have_their_documented_words) {
  for (const bool sink : {true, false}) {
    const auto element = fresh(sink);
    for (const auto& [name, nicks] : enum_nicks) {
      GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), name.c_str());
      if (!spec) continue; // the other element's
      const GEnumClass* klass = G_PARAM_SPEC_ENUM(spec)->enum_class;
      std::vector<std::string> found;
      for (guint i = 0; i < klass->n_values; ++i)
        found.push_back(klass->values[i].value_nick);
      fail_unless(found == nicks, "%s", name.c_str());
    }
  }
}
GST_END_TEST

GST_START_TEST(every_property_can_be_set_and_read_in_every_state) {
  for (const GstState state : {GST_STATE_NULL, GST_STATE_READY, GST_STATE_PLAYING})
    for (const bool sink : {true, false}) {
      ElementHarness h;
      GstElement* element = sink ? h.add_sink() : h.add_src();
      if (state != GST_STATE_NULL) gst_element_set_state(element, state);
      h.run();
      for (const Row& row : rows_of(sink)) {
        if (!row.other) continue;
        set(element, row.name, row.other);
        assert_text(get(element, row.name), row.other);
      }
      h.run();
      // And all of them together still hold after whatever the session made of them.
      for (const Row& row : rows_of(sink))
        if (row.other) assert_text(get(element, row.name), row.other);
    }
}
GST_END_TEST

GST_START_TEST(secrets_are_not_read_back) {
  ElementHarness h;
  GstElement* sink = h.add_sink();
  GstStructure* headers =
      gst_structure_new("headers", "Authorization", G_TYPE_STRING, "secret", "X-API-Key", G_TYPE_STRING,
                        "secret", "Cookie", G_TYPE_STRING, "secret", "api-key", G_TYPE_STRING, "secret",
                        "X-Trace", G_TYPE_STRING, "visible", nullptr);
  g_object_set(sink, "extra-headers", headers, nullptr);
  gst_structure_free(headers);
  GstStructure* read = nullptr;
  g_object_get(sink, "extra-headers", &read, nullptr);
  for (const char* name : {"Authorization", "X-API-Key", "Cookie", "api-key"})
    fail_unless_equals_string(gst_structure_get_string(read, name), "***");
  fail_unless_equals_string(gst_structure_get_string(read, "X-Trace"), "visible");
  gst_structure_free(read);
  // They are sent as they are.
  gst_element_set_state(sink, GST_STATE_PAUSED);
  h.run();
  const auto sent = h.transport.opened()[0].endpoint.headers;
  fail_unless(std::count(sent.begin(), sent.end(), std::pair<std::string, std::string>("Cookie", "secret")) ==
              1);
}
GST_END_TEST

GST_START_TEST(joined_elements_share_their_settings) {
  ElementHarness h;
  GstElement* sink = h.add_sink();
  GstElement* src = h.add_src();
  set(sink, "voice", "marin");
  set(src, "instructions", "Be brief");
  assert_text(get(src, "voice"), "NULL"); // not joined yet
  gst_element_set_state(sink, GST_STATE_READY);
  gst_element_set_state(src, GST_STATE_READY);
  assert_text(get(src, "voice"), "marin");
  assert_text(get(sink, "instructions"), "Be brief");
  set(src, "speed", "1.5");
  assert_text(get(sink, "speed"), "1.5");
  fail_unless_equals_int(warnings_of(h).size(), 0);
  gst_element_set_state(sink, GST_STATE_PAUSED);
  h.connect();
  fail_unless(h.updates()[0].voice == "marin" && h.updates()[0].instructions == "Be brief");
}
GST_END_TEST

GST_START_TEST(a_conflict_is_warned_of_and_the_later_value_wins) {
  ElementHarness h;
  GstElement* sink = h.add_sink({{"voice", "marin"}, {"speed", "1.25"}});
  GstElement* src = h.add_src({{"voice", "cedar"}, {"speed", "1.25"}});
  gst_element_set_state(sink, GST_STATE_READY);
  gst_element_set_state(src, GST_STATE_READY);
  const auto warnings = warnings_of(h);
  fail_unless_equals_int(warnings.size(), 1);
  fail_unless(warnings[0].find("'voice'") != std::string::npos, "%s", warnings[0].c_str());
  assert_text(get(sink, "voice"), "cedar");
}
GST_END_TEST

GST_START_TEST(a_value_that_cannot_be_used_keeps_the_old_one) {
  const std::pair<const char*, const char*> bad[] = {
      {"uri", "http://example.test/"},
      {"speed", "0.1"},
      {"temperature", "-0.5"},
      {"tools", "{\"a\":1}"},
      {"tools", "[1"},
      {"initial-items", "nothing"},
      {"session-config", "[]"},
      {"vad-idle-timeout", "4999"},
      {"tool-choice", "{"},
      {"reasoning-effort", "lots"},
      {"truncation", "off"},
      {"prompt", "two words"},
      {"tracing", "on"},
      {"forward-events", "response.*,,error"},
  };
  for (const GstState state : {GST_STATE_NULL, GST_STATE_PLAYING})
    for (const auto& [name, value] : bad) {
      ElementHarness h;
      GstElement* sink = h.add_sink();
      if (state != GST_STATE_NULL) gst_element_set_state(sink, state);
      const std::string before = get(sink, name);
      set(sink, name, value);
      assert_text(get(sink, name), before);
      const auto warnings = warnings_of(h);
      fail_unless(warnings.size() == 1, "%s: %zu warnings", name, warnings.size());
      fail_unless(warnings[0].find(std::string("'") + name + "'") != std::string::npos, "%s",
                  warnings[0].c_str());
    }
}
GST_END_TEST

GST_START_TEST(changes_made_together_leave_in_one_update) {
  ElementHarness h;
  GstElement* sink = h.add_sink();
  gst_element_set_state(sink, GST_STATE_PLAYING);
  h.connect();
  g_object_set(sink, "instructions", "Sing", "speed", 1.5, nullptr);
  h.run();
  const auto updates = h.updates();
  fail_unless_equals_int(updates.size(), 2);
  protocol::SessionConfig expected;
  expected.instructions = "Sing";
  expected.speed = 1.5;
  fail_unless(updates[1] == expected); // the changed fields, no others
}
GST_END_TEST

GST_START_TEST(stats_have_their_fields) {
  for (const bool sink : {true, false}) {
    const auto element = fresh(sink);
    GstStructure* stats = nullptr;
    g_object_get(element.get(), "stats", &stats, nullptr);
    fail_unless(gst_structure_has_name(stats, "application/x-realtime-stats"));
    fail_unless(gst_structure_has_field_typed(stats, "session-id", G_TYPE_STRING));
    fail_unless(gst_structure_has_field_typed(stats, "model", G_TYPE_STRING));
    for (const char* field : {"connections", "connect-ms", "responses", "interruptions", "truncations",
                              "errors", "input-tokens", "output-tokens", "sent-ms", "dropped-ms", "filled-ms",
                              "uplink-queued-ms", "played-ms", "waiting-ms", "underruns"})
      fail_unless_equals_uint64(uint64_field(stats, field), 0);
    gst_structure_free(stats);
  }
}
GST_END_TEST

GST_START_TEST(stats_tell_what_was_used) {
  ElementHarness h;
  GstElement* sink = h.add_sink();
  gst_element_set_state(sink, GST_STATE_PAUSED);
  h.connect();
  protocol::Usage usage{.total = 1000, .input = 700, .output = 300};
  usage.input_text = 400, usage.input_audio = 250, usage.input_image = 50;
  usage.cached = 120, usage.cached_text = 64, usage.cached_audio = 36, usage.cached_image = 20;
  usage.output_text = 90, usage.output_audio = 210;
  protocol::Response response;
  response.usage = usage;
  for (const char* id : {"resp_1", "resp_2"}) {
    response.id = id;
    h.transport.deliver(protocol::ResponseDone{response});
  }
  protocol::InputTranscriptCompleted by_time, by_tokens; // one model counts this, another that
  by_time.item_id = by_tokens.item_id = "item_1";
  by_time.seconds = 1.5;
  by_tokens.tokens = protocol::Usage{.total = 25, .input = 17, .output = 8};
  h.transport.deliver(by_time);
  h.transport.deliver(by_tokens);
  h.run();
  GstStructure* raw = nullptr;
  g_object_get(sink, "stats", &raw, nullptr);
  const GstStructurePtr stats(raw);
  const std::pair<const char*, std::uint64_t> sums[] = {{"total-tokens", 2000},
                                                        {"input-tokens", 1400},
                                                        {"input-text-tokens", 800},
                                                        {"input-audio-tokens", 500},
                                                        {"input-image-tokens", 100},
                                                        {"cached-tokens", 240},
                                                        {"cached-text-tokens", 128},
                                                        {"cached-audio-tokens", 72},
                                                        {"cached-image-tokens", 40},
                                                        {"output-tokens", 600},
                                                        {"output-text-tokens", 180},
                                                        {"output-audio-tokens", 420},
                                                        {"transcription-input-tokens", 17},
                                                        {"transcription-output-tokens", 8},
                                                        {"transcription-ms", 1500}};
  for (const auto& [name, sum] : sums)
    fail_unless_equals_uint64(uint64_field(stats.get(), name), sum);
}
GST_END_TEST

GST_START_TEST(untried_providers_are_called_so) {
  ElementHarness h;
  auto* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(h.add_sink()), "provider");
  for (const protocol::Provider& row : protocol::providers()) {
    const GEnumValue* value =
        g_enum_get_value(G_PARAM_SPEC_ENUM(spec)->enum_class, static_cast<gint>(row.id));
    fail_unless_equals_int(g_str_has_suffix(value->value_name, " (untried)"), !row.verified);
    fail_unless(g_str_has_prefix(value->value_name, row.description));
  }
}
GST_END_TEST

static Suite* properties_suite() {
  Suite* suite = suite_create("properties");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, untried_providers_are_called_so);
  tcase_add_test(tcase, every_property_is_known_here_with_its_default);
  tcase_add_test(tcase, blurbs_and_flags_say_what_a_user_must_know);
  tcase_add_test(tcase, enums_have_their_documented_words);
  tcase_add_test(tcase, every_property_can_be_set_and_read_in_every_state);
  tcase_add_test(tcase, secrets_are_not_read_back);
  tcase_add_test(tcase, joined_elements_share_their_settings);
  tcase_add_test(tcase, a_conflict_is_warned_of_and_the_later_value_wins);
  tcase_add_test(tcase, a_value_that_cannot_be_used_keeps_the_old_one);
  tcase_add_test(tcase, changes_made_together_leave_in_one_update);
  tcase_add_test(tcase, stats_have_their_fields);
  tcase_add_test(tcase, stats_tell_what_was_used);
  return suite;
}

GST_CHECK_MAIN(properties)

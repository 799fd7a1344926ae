// Every property and every signal, in each dialect and kind of session: what is sent then is judged by the
// protocol's schemas (sent_is_valid.py). And which formats the pads offer, which is the provider's business.
#include "protocol/config_fields.h"
#include "protocol/json_value.h"
#include "session/registry.h"
#include "session/session.h"
#include "support/element_harness.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace rt;
using namespace rt::test;
using namespace rt::protocol;

namespace {

struct Kind {
  const char* name; // of the schema
  Dialect dialect;
  SessionType type;
};
const Kind kinds[] = {
    {"ga", Dialect::ga, SessionType::conversation},
    {"transcription", Dialect::ga, SessionType::transcription},
    {"translation", Dialect::translation, SessionType::translation},
    {"beta", Dialect::beta, SessionType::conversation},
    {"beta-transcription", Dialect::beta, SessionType::transcription},
};

const char* const tools = R"([{"type":"function","name":"look_up","parameters":{"type":"object"}}])";

// A first value and another that it is changed to; the harness sets the address, the kind the rest.
const std::map<std::string, std::vector<const char*>> values = {
    {"model", {"some-model"}},
    {"voice", {"marin", "cedar"}},
    {"instructions", {"Be brief", ""}},
    {"speed", {"1.25", "0.5"}},
    {"output-modality", {"audio", "text"}},
    {"turn-detection", {"server-vad", "semantic-vad", "none", "server-vad"}},
    {"vad-threshold", {"0.25", "1"}},
    {"vad-prefix-padding", {"150", "0"}},
    {"vad-silence-duration", {"700", "200"}},
    {"vad-eagerness", {"high", "auto"}},
    {"vad-create-response", {"false", "true"}},
    {"vad-interrupt-response", {"true", "false"}},
    {"vad-idle-timeout", {"6000", "-1"}},
    {"input-transcription-model", {"gpt-4o-transcribe", "whisper-1"}},
    {"input-transcription-language", {"de", "en"}},
    {"input-transcription-prompt", {"names", "places"}},
    {"noise-reduction", {"near-field", "none", "far-field"}},
    {"tools", {tools, "[]"}},
    {"tool-choice", {"auto", "required"}},
    {"parallel-tool-calls", {"false", "true"}},
    {"tool-timeout", {"1000", "0"}},
    {"tool-filler", {"Say: One moment"}},
    {"tool-filler-delay", {"500", "100"}},
    {"mcp-approval", {"always", "never", "ask"}},
    {"max-output-tokens", {"100", "0"}},
    {"temperature", {"0.75", "1.1"}},
    {"reasoning-effort", {"low", "xhigh"}},
    {"truncation", {"disabled", R"({"type":"retention_ratio","retention_ratio":0.8})"}},
    {"prompt", {"pmpt_1", R"({"id":"pmpt_1","version":"2"})"}},
    {"tracing", {"auto", R"({"workflow_name":"w"})"}},
    {"target-language", {"es", "fr"}},
    {"session-config", {R"({"include":["item.input_audio_transcription.logprobs"]})"}},
    {"initial-items",
     {R"([{"type":"message","role":"user","content":[{"type":"input_text","text":"Hi"}]},)"
      R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello"}]}])"}},
    {"greeting", {"Say hello"}},
    {"connect-timeout", {"5000"}},
    {"keepalive-interval", {"0"}},
    {"retries", {"2"}},
    {"retry-backoff-factor", {"0.5"}},
    {"retry-backoff-max", {"30"}},
    {"response-timeout", {"1000"}},
    {"drain-timeout", {"3000"}},
    {"drain-quiet", {"100"}},
    {"forward-events", {"*", "-*.delta"}},
    {"ssl-strict", {"false"}},
    {"proxy", {"http://127.0.0.1:3/"}},
};
// Where the first value of a property is found in a session.update: in GA and in beta. Empty: it has no
// place.
struct Place {
  const char *property, *ga, *beta, *value;
};
const Place places[] = {
    {"voice", "audio.output.voice", "voice", R"("marin")"},
    {"instructions", "instructions", "instructions", R"("Be brief")"},
    {"speed", "audio.output.speed", "speed", "1.25"},
    {"output-modality", "output_modalities", "", R"(["audio"])"},
    {"output-modality", "", "modalities", R"(["audio","text"])"},
    {"turn-detection", "audio.input.turn_detection.type", "turn_detection.type", R"("server_vad")"},
    {"vad-threshold", "audio.input.turn_detection.threshold", "turn_detection.threshold", "0.25"},
    {"vad-prefix-padding", "audio.input.turn_detection.prefix_padding_ms", "turn_detection.prefix_padding_ms",
     "150"},
    {"vad-silence-duration", "audio.input.turn_detection.silence_duration_ms",
     "turn_detection.silence_duration_ms", "700"},
    {"vad-eagerness", "audio.input.turn_detection.eagerness", "turn_detection.eagerness", R"("high")"},
    {"vad-create-response", "audio.input.turn_detection.create_response", "turn_detection.create_response",
     "false"},
    {"vad-interrupt-response", "audio.input.turn_detection.interrupt_response",
     "turn_detection.interrupt_response", "true"},
    {"vad-idle-timeout", "audio.input.turn_detection.idle_timeout_ms", "", "6000"},
    {"vad-idle-timeout", "audio.input.turn_detection.idle_timeout_ms", "", "null"},
    {"input-transcription-model", "audio.input.transcription.model", "input_audio_transcription.model",
     R"("gpt-4o-transcribe")"},
    {"input-transcription-language", "audio.input.transcription.language",
     "input_audio_transcription.language", R"("de")"},
    {"input-transcription-prompt", "audio.input.transcription.prompt", "input_audio_transcription.prompt",
     R"("names")"},
    {"noise-reduction", "audio.input.noise_reduction.type", "input_audio_noise_reduction.type",
     R"("near_field")"},
    {"tools", "tools", "tools", tools},
    {"tool-choice", "tool_choice", "tool_choice", R"("auto")"},
    {"parallel-tool-calls", "parallel_tool_calls", "", "false"},
    {"max-output-tokens", "max_output_tokens", "max_response_output_tokens", "100"},
    {"temperature", "", "temperature", "0.75"},
    {"reasoning-effort", "reasoning.effort", "", R"("low")"},
    {"truncation", "truncation", "", R"("disabled")"},
    {"prompt", "prompt.id", "prompt.id", R"("pmpt_1")"},
    {"tracing", "tracing", "tracing", R"("auto")"},
    {"session-config", "include", "include", R"(["item.input_audio_transcription.logprobs"])"},
};

// Whether a session.update has `value` at `path`.
bool was_sent(const std::vector<std::string>& events, std::string_view path, const char* value) {
  return std::ranges::any_of(events, [&](const std::string& text) {
    const JsonValue event = read_json(text).value_or(JsonValue());
    const JsonValue* at = &event["session"];
    for (std::string_view rest = path; !rest.empty();) {
      const std::size_t dot = std::min(rest.find('.'), rest.size());
      at = &(*at)[rest.substr(0, dot)];
      rest.remove_prefix(std::min(dot + 1, rest.size()));
    }
    return event["type"].text() == "session.update" && at->present() && to_text(*at) == value;
  });
}

// Of objects or of the harness.
const std::vector<std::string> elsewhere = {"uri",          "provider",     "session-type",    "session",
                                            "stats",        "tls-database", "tls-interaction", "api-key",
                                            "extra-headers"};

const std::map<std::string, std::function<void(GstElement*, gboolean*)>> signals = {
    {"send-text", [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "send-text", "Hello", r); }},
    {"send-image",
     [](GstElement* e, gboolean* r) {
       static const guint8 jpeg[] = {0xFF, 0xD8, 0xFF, 0xE0, 0, 0, 0, 0};
       GstBuffer* buffer = gst_buffer_new_memdup(jpeg, sizeof jpeg);
       GstSample* sample = gst_sample_new(buffer, nullptr, nullptr, nullptr);
       g_signal_emit_by_name(e, "send-image", sample, r);
       gst_sample_unref(sample);
       gst_buffer_unref(buffer);
     }},
    {"delete-item", [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "delete-item", "item_1", r); }},
    {"retrieve-item",
     [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "retrieve-item", "item_1", r); }},
    {"send-tool-output",
     [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "send-tool-output", "call_1", "{}", r); }},
    {"send-tool-output-silent",
     [](GstElement* e, gboolean* r) {
       g_signal_emit_by_name(e, "send-tool-output-silent", "call_2", "{}", r);
     }},
    {"approve-mcp",
     [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "approve-mcp", "mcpr_1", TRUE, r); }},
    {"create-response",
     [](GstElement* e, gboolean* r) {
       g_signal_emit_by_name(
           e, "create-response",
           R"({"instructions":"Sing","conversation":"none","metadata":{"a":"b"},"input":[]})", r);
     }},
    {"cancel-response", [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "cancel-response", r); }},
    {"interrupt", [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "interrupt", r); }},
    {"commit", [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "commit", r); }},
    {"clear-input", [](GstElement* e, gboolean* r) { g_signal_emit_by_name(e, "clear-input", r); }},
    // What the user writes is the user's: nothing of it is judged.
    {"send-event",
     [](GstElement* e, gboolean* r) {
       g_signal_emit_by_name(e, "send-event", R"({"type":"session.update"})", r);
     }},
};

void set(GstElement* element, const std::string& name, const char* value) {
  gst_util_set_object_arg(G_OBJECT(element), name.c_str(), value);
}

bool is_session_property(GstElement* element, const GParamSpec* spec) {
  return spec->owner_type == G_OBJECT_TYPE(element) &&
         !std::map<std::string, int>{
             {"chunk-duration", 0}, {"max-uplink-backlog", 0}, {"silence-fill-delay", 0}, {"pre-roll", 0},
             {"mute", 0},           {"half-duplex", 0},        {"local-vad", 0}}
              .contains(spec->name);
}

// Where the program that judges it asks for it.
void keep_sent(const Kind& kind, const std::vector<std::string>& sent) {
  const char* folder = g_getenv("RT_TRAFFIC_DIR");
  if (!folder) return;
  std::ofstream out(std::string(folder) + "/" + kind.name + "-every-setting.jsonl");
  for (const std::string& text : sent)
    out << text << '\n';
}

void speak(ElementHarness& h, unsigned milliseconds) {
  for (unsigned at = 0; at < milliseconds; at += 20)
    h.push_ramp(0, 480);
  h.run();
}

std::shared_ptr<session::Session> session_of(GstElement* element) {
  char* name = nullptr;
  g_object_get(element, "session", &name, nullptr);
  const GCharPtr owned(name);
  return session::find_or_create("name:" + std::string(name));
}

GstCaps* caps_of(GstElement* element, const char* pad_name) {
  const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(element, pad_name));
  return gst_pad_query_caps(pad.get(), nullptr);
}

} // namespace

GST_START_TEST(all_properties_and_signals_are_in_the_tables) {
  ElementHarness h;
  GstElement* sink = h.add_sink();
  guint count = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(sink), &count);
  for (guint i = 0; i < count; ++i) {
    const bool known = values.contains(specs[i]->name) ||
                       std::find(elsewhere.begin(), elsewhere.end(), specs[i]->name) != elsewhere.end();
    fail_unless(known || !is_session_property(sink, specs[i]), "%s is not tried", specs[i]->name);
  }
  g_free(specs);
  for (const ConfigField& field : config_fields()) {
    const bool elsewhere_tested = field.property.empty() || field.property == "model" || // of other kinds
                                  field.property == "target-language";
    fail_unless(
        elsewhere_tested ||
            std::ranges::any_of(places, [&](const Place& place) { return place.property == field.property; }),
        "%s has no place", std::string(field.property).c_str());
  }
  guint* ids = g_signal_list_ids(G_OBJECT_TYPE(sink), &count);
  for (guint i = 0; i < count; ++i) {
    GSignalQuery query;
    g_signal_query(ids[i], &query);
    if (query.signal_flags & G_SIGNAL_ACTION)
      fail_unless(signals.contains(query.signal_name), "%s is not tried", query.signal_name);
  }
  g_free(ids);
}
GST_END_TEST

static void every_setting_of(const Kind& kind) {
  ElementHarness h;
  h.transport.set_dialect(kind.dialect);
  h.server.session().type = kind.type;
  if (kind.type != SessionType::conversation) {
    h.server.session().config = {};
    h.server.session().config.turn_detection = TurnDetection{};
  }
  GstElement* sink = h.add_sink();
  set(sink, "provider", kind.dialect == Dialect::beta ? "openai-beta" : "openai");
  set(sink, "session-type",
      kind.type == SessionType::conversation    ? "conversation"
      : kind.type == SessionType::transcription ? "transcription"
                                                : "translation");
  for (const auto& [name, list] : values)
    set(sink, name, list.front());
  // A translation has no further field, a transcription no output.
  if (kind.type == SessionType::translation) set(sink, "session-config", "{}");
  gst_element_set_state(sink, GST_STATE_READY); // all have joined before one opens
  if (kind.type != SessionType::transcription) {
    h.add_src({}, kind.type == SessionType::translation ? pcm_caps : ulaw_caps);
    h.play_src();
    h.wait_for_frame();
  }
  gst_element_set_state(sink, GST_STATE_PLAYING);
  h.connect();
  fail_unless(h.texts_of(GST_MESSAGE_ERROR).empty(), "%s: %s", kind.name,
              h.texts_of(GST_MESSAGE_ERROR).empty() ? "" : h.texts_of(GST_MESSAGE_ERROR)[0].c_str());
  h.send_start();
  speak(h, 600);
  // One by one, so that each stands in an update of its own where the wire allows it.
  for (const auto& [name, list] : values)
    for (std::size_t i = 1; i < list.size(); ++i) {
      set(sink, name, list[i]);
      speak(h, 40);
    }
  if (kind.type == SessionType::conversation) {
    // The answer is heard for a while, and cut.
    h.server.say(h.server.begin_response(), "item_heard", std::vector<std::uint8_t>(8000, 0x21));
    h.run();
    h.crank(10);
    gboolean interrupted = FALSE;
    g_signal_emit_by_name(sink, "interrupt", &interrupted);
    h.run();
    const std::string id = h.server.begin_response();
    for (const char* call : {"call_1", "call_2"})
      h.server.call_tool(id, std::string("item_") + call, call, "look_up", "{}");
    h.server.ask_approval(id, "mcpr_1", "search", "{}");
    h.server.end_response(id);
    h.run();
    h.crank(10); // the fade; then nobody speaks
    h.loop->advance(Milliseconds(500));
  }
  for (const auto& [name, emit] : signals) {
    gboolean accepted = FALSE;
    speak(h, 200);
    emit(sink, &accepted);
    h.run();
  }
  fail_unless(h.texts_of(GST_MESSAGE_ERROR).empty());
  // The end of the input as well.
  session_of(sink)->begin_drain();
  h.run();
  std::vector<std::string> judged;
  for (const std::string& text : h.transport.sent())
    if (text.find("\"session\":") != std::string::npos || text.find("session.update") == std::string::npos)
      judged.push_back(text);
  fail_unless(judged.size() > 20, "%s: %zu events", kind.name, judged.size());
  keep_sent(kind, judged);
  if (kind.type != SessionType::conversation) return;
  const bool beta = kind.dialect == Dialect::beta;
  fail_unless(was_sent(h.transport.sent(), beta ? "output_audio_format" : "audio.output.format.type",
                       beta ? R"("g711_ulaw")" : R"("audio/pcmu")"));
  fail_unless_equals_int(h.count_sent("conversation.item.truncate"), 1);
  for (const char* words : {"Say hello", "Say: One moment"}) // greeting, tool-filler
    fail_unless(std::ranges::any_of(h.transport.sent(),
                                    [&](const std::string& text) {
                                      return text.find("response.create") != std::string::npos &&
                                             text.find(words) != std::string::npos;
                                    }),
                "%s: %s", kind.name, words);
  for (const Place& place : places) {
    const char* path = kind.dialect == Dialect::beta ? place.beta : place.ga;
    fail_unless(!*path || was_sent(h.transport.sent(), path, place.value), "%s: %s is not sent as %s",
                kind.name, place.property, place.value);
  }
}

GST_START_TEST(every_setting) {
  every_setting_of(kinds[__i__]);
}
GST_END_TEST

GST_START_TEST(pads_offer_what_the_provider_takes) {
  const struct {
    const char *provider, *type, *in, *out;
  } rows[] = {
      {"openai", "conversation", "24000 mulaw alaw", "24000 mulaw alaw"},
      {"qwen", "conversation", "16000", "24000"},
      {"azure-voice-live", "conversation", "24000 16000 mulaw alaw", "24000 mulaw alaw"},
      {"xai", "conversation", "24000 8000 16000 22050 32000 44100 48000 mulaw alaw",
       "24000 8000 16000 22050 32000 44100 48000 mulaw alaw"},
      {"openai", "translation", "24000", "24000"},
  };
  const auto words = [](GstElement* element, const char* pad) {
    const auto caps = GRef<GstCaps>::adopt(caps_of(element, pad));
    std::string text;
    for (guint i = 0; i < gst_caps_get_size(caps.get()); ++i) {
      const GstStructure* structure = gst_caps_get_structure(caps.get(), i);
      gint rate = 0;
      gst_structure_get_int(structure, "rate", &rate);
      const std::string name = gst_structure_get_name(structure);
      text += (text.empty() ? "" : " ") +
              (name == "audio/x-raw" ? std::to_string(rate) : name.substr(std::string("audio/x-").size()));
    }
    return text;
  };
  for (const auto& row : rows) {
    ElementHarness h;
    GstElement* sink = h.make("realtimesink");
    GstElement* src = h.make("realtimesrc");
    set(sink, "provider", row.provider);
    set(sink, "session-type", row.type);
    assert_text(words(sink, "sink"), row.in); // of its own already in NULL
    gst_element_set_state(sink, GST_STATE_READY);
    gst_element_set_state(src, GST_STATE_READY);
    assert_text(words(sink, "sink"), row.in);
    assert_text(words(src, "src"), row.out); // set on the other element
  }
}
GST_END_TEST

// The caps are the format that is asked for.
GST_START_TEST(caps_pick_the_rate) {
  ElementHarness h;
  h.transport.set_dialect(Dialect::hybrid);
  GstElement* sink = h.add_sink({{"provider", "xai"}});
  gst_element_set_state(sink, GST_STATE_PLAYING);
  h.connect();
  h.send_start("audio/x-raw, format=S16LE, layout=interleaved, rate=48000, channels=1");
  h.run();
  fail_unless(h.updates().back().input_format == (audio::Format{audio::Encoding::pcm16, 48000}));
}
GST_END_TEST

static Suite* every_setting_suite() {
  Suite* suite = suite_create("every_setting");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, all_properties_and_signals_are_in_the_tables);
  tcase_add_loop_test(tcase, every_setting, 0, G_N_ELEMENTS(kinds));
  tcase_add_test(tcase, pads_offer_what_the_provider_takes);
  tcase_add_test(tcase, caps_pick_the_rate);
  return suite;
}

GST_CHECK_MAIN(every_setting)

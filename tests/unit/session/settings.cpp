// What each property asks of the session object, and whose fault a bad one is.
#include "session/settings.h"

#include "texts.h"

#include <glib.h>
#include <glib/gstdio.h>

#include <functional>
#include <string>

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using rt::session::test::assert_text;
using rt::session::test::contains;

SessionConfig wanted(const std::function<void(Settings&)>& set, bool speaks = true) {
  Settings settings;
  set(settings);
  auto config = wanted_config(settings, speaks);
  g_assert_true(config.ok());
  return config.value();
}

// Unset properties ask for nothing but a voice and the server's ear for turns.
void defaults() {
  SessionConfig expected;
  expected.output_modality = Modality::audio;
  expected.turn_detection = TurnDetection{};
  expected.turn_detection->threshold = 0.5;
  expected.turn_detection->prefix_padding_ms = 300;
  expected.turn_detection->silence_duration_ms = 500;
  g_assert_true(wanted([](Settings&) {}) == expected);
}

void modality() {
  const auto of = [](OutputModality m, bool speaks) {
    return *wanted([&](Settings& s) { s.output_modality = m; }, speaks).output_modality;
  };
  g_assert_true(of(OutputModality::automatic, false) == Modality::text); // nobody would hear it
  g_assert_true(of(OutputModality::audio, false) == Modality::audio);
  g_assert_true(of(OutputModality::text, true) == Modality::text);
}

struct Row {
  const char* what;
  std::function<void(Settings&)> set;
  std::function<bool(const SessionConfig&)> holds;
};

void each_property() {
  using Mode = TurnDetection::Mode;
  const Row rows[] = {
      {"voice", [](auto& s) { s.voice = "ash"; }, [](auto& c) { return c.voice == "ash"; }},
      {"instructions", [](auto& s) { s.instructions = "Be brief."; },
       [](auto& c) { return c.instructions == "Be brief."; }},
      {"speed", [](auto& s) { s.speed = 1.25; }, [](auto& c) { return c.speed == 1.25; }},
      {"turn detection auto", [](auto& s) { s.turn_detection = TurnDetectionChoice::automatic; },
       [](auto& c) { return !c.turn_detection; }},
      {"turn detection none", [](auto& s) { s.turn_detection = TurnDetectionChoice::none; },
       [](auto& c) { return c.turn_detection->mode == Mode::none; }},
      {"vad-threshold", [](auto& s) { s.vad_threshold = 0.9; },
       [](auto& c) { return c.turn_detection->threshold == 0.9; }},
      {"vad-prefix-padding", [](auto& s) { s.vad_prefix_padding_ms = 100; },
       [](auto& c) { return c.turn_detection->prefix_padding_ms == 100u; }},
      {"vad-silence-duration", [](auto& s) { s.vad_silence_duration_ms = 800; },
       [](auto& c) { return c.turn_detection->silence_duration_ms == 800u; }},
      {"vad-idle-timeout", [](auto& s) { s.vad_idle_timeout_ms = 6000; },
       [](auto& c) { return c.turn_detection->idle_timeout_ms == 6000u; }},
      {"vad-create-response", [](auto& s) { s.vad_create_response = TriState::no; },
       [](auto& c) { return c.turn_detection->create_response == false; }},
      {"vad-interrupt-response", [](auto& s) { s.vad_interrupt_response = TriState::yes; },
       [](auto& c) { return c.turn_detection->interrupt_response == true; }},
      {"semantic VAD",
       [](auto& s) {
         s.turn_detection = TurnDetectionChoice::semantic_vad;
         s.vad_eagerness = TurnDetection::Eagerness::low;
       },
       [](auto& c) {
         return c.turn_detection->mode == Mode::semantic_vad &&
                c.turn_detection->eagerness == TurnDetection::Eagerness::low && !c.turn_detection->threshold;
       }},
      {"input-transcription-model", [](auto& s) { s.input_transcription_model = "whisper-1"; },
       [](auto& c) { return c.transcription->model == "whisper-1"; }},
      {"input-transcription-language", [](auto& s) { s.input_transcription_language = "de"; },
       [](auto& c) { return c.transcription->language == "de"; }},
      {"input-transcription-prompt", [](auto& s) { s.input_transcription_prompt = "Ulm"; },
       [](auto& c) { return c.transcription->prompt == "Ulm"; }},
      {"noise-reduction", [](auto& s) { s.noise_reduction = NoiseReductionChoice::far_field; },
       [](auto& c) { return c.noise_reduction == NoiseReduction::far_field; }},
      {"noise-reduction none", [](auto& s) { s.noise_reduction = NoiseReductionChoice::none; },
       [](auto& c) { return c.noise_reduction == NoiseReduction::none; }},
      {"tools", [](auto& s) { s.tools = R"([{"type":"function","name":"now"}])"; },
       [](auto& c) { return contains(c.tools->text, "now"); }},
      {"tool-choice", [](auto& s) { s.tool_choice = "none"; },
       [](auto& c) { return c.tool_choice->text == "\"none\""; }},
      {"parallel-tool-calls", [](auto& s) { s.parallel_tool_calls = TriState::no; },
       [](auto& c) { return c.parallel_tool_calls == false; }},
      {"max-output-tokens", [](auto& s) { s.max_output_tokens = 77; },
       [](auto& c) { return c.max_output_tokens == 77; }},
      {"max-output-tokens inf", [](auto& s) { s.max_output_tokens = 0; },
       [](auto& c) { return c.max_output_tokens == infinite_tokens; }},
      {"temperature", [](auto& s) { s.temperature = 0.7; }, [](auto& c) { return c.temperature == 0.7; }},
      {"reasoning-effort", [](auto& s) { s.reasoning_effort = "low"; },
       [](auto& c) { return c.reasoning_effort == "low"; }},
      {"truncation word", [](auto& s) { s.truncation = "disabled"; },
       [](auto& c) { return c.truncation->text == "\"disabled\""; }},
      {"truncation object", [](auto& s) { s.truncation = R"({"type":"retention_ratio"})"; },
       [](auto& c) { return contains(c.truncation->text, "retention_ratio"); }},
      {"tracing", [](auto& s) { s.tracing = "auto"; }, [](auto& c) { return c.tracing->text == "\"auto\""; }},
      {"prompt", [](auto& s) { s.prompt = R"({"id":"pmpt_1"})"; },
       [](auto& c) { return contains(c.prompt->text, "pmpt_1"); }},
      {"prompt id", [](auto& s) { s.prompt = "pmpt_1"; },
       [](auto& c) { return c.prompt->text == R"({"id":"pmpt_1"})"; }},
      {"target-language", [](auto& s) { s.target_language = "fr"; },
       [](auto& c) { return c.target_language == "fr"; }},
      {"session-config", [](auto& s) { s.session_config = R"({"include":["x"]})"; },
       [](auto& c) { return contains(c.extra->text, "include"); }},
  };
  for (const Row& row : rows) {
    g_test_message("%s", row.what);
    g_assert_true(row.holds(wanted(row.set)));
    g_assert_false(wanted(row.set) == wanted([](Settings&) {}));
  }
}

void errors_name_the_property() {
  const std::pair<const char*, std::function<void(Settings&)>> rows[] = {
      {"tools", [](auto& s) { s.tools = "[{"; }},
      {"tools", [](auto& s) { s.tools = "{}"; }},
      {"tools", [](auto& s) { s.tools = "@/nonexistent/tools.json"; }},
      {"tool-choice", [](auto& s) { s.tool_choice = "{\"type\":"; }},
      {"truncation", [](auto& s) { s.truncation = "{x}"; }},
      {"tracing", [](auto& s) { s.tracing = "{"; }},
      {"prompt", [](auto& s) { s.prompt = "my prompt"; }},
      {"prompt", [](auto& s) { s.prompt = "[]"; }},
      {"truncation", [](auto& s) { s.truncation = "off"; }},
      {"tracing", [](auto& s) { s.tracing = "on"; }},
      {"session-config", [](auto& s) { s.session_config = "[]"; }},
  };
  for (const auto& [property, set] : rows) {
    Settings settings;
    set(settings);
    const auto config = wanted_config(settings, true);
    g_assert_false(config.ok());
    g_assert_true(config.error().kind == ErrorKind::invalid_settings);
    g_assert_true(contains(config.error().message, "'" + std::string(property) + "'"));
  }
  Settings settings;
  settings.initial_items = R"([{"type":"message"}])";
  g_assert_true(wanted_items(settings).ok() ||
                contains(wanted_items(settings).error().message, "'initial-items'"));
  settings.initial_items = "nonsense";
  g_assert_true(contains(wanted_items(settings).error().message, "'initial-items'"));
}

// A quoted word that is no JSON would be left out of what is sent without a word.
void quoted_words() {
  g_assert_true(wanted([](auto& s) { s.tracing = "\"auto\""; }).tracing->text == "\"auto\"");
  Settings settings;
  settings.tracing = "\"auto";
  const auto config = wanted_config(settings, true);
  g_assert_false(config.ok());
  g_assert_true(contains(config.error().message, "'tracing'"));
}

void from_files() {
  GErrorPtr error;
  char* path = nullptr;
  const int fd = g_file_open_tmp("settings-XXXXXX.json", &path, OutError(error));
  g_assert_no_error(error.get());
  g_close(fd, nullptr);
  const GCharPtr owned(path);
  const auto write = [&](const char* text) { g_assert_true(g_file_set_contents(path, text, -1, nullptr)); };

  write(R"([{"type":"function","name":"from_file"}])");
  const SessionConfig config = wanted([&](Settings& s) { s.tools = std::string("@") + path; });
  g_assert_true(contains(config.tools->text, "from_file"));

  Settings settings;
  settings.initial_items = std::string("@") + path;
  write(R"([{"type":"message","role":"user","content":[{"type":"input_text","text":"Hi"}]}])");
  const auto items = wanted_items(settings);
  g_assert_true(items.ok());
  g_assert_cmpuint(items.value().size(), ==, 1);
  assert_text(*items.value()[0].content.at(0).text, "Hi");
  write("[");
  g_assert_true(contains(wanted_items(settings).error().message, "'initial-items'"));
  g_unlink(path);
  g_assert_true(contains(wanted_items(settings).error().message, "'initial-items'"));
}

void checks_before_taking() {
  g_assert_false(why_invalid_tools(std::nullopt).has_value());
  g_assert_false(why_invalid_tools("").has_value());
  g_assert_false(why_invalid_tools("@later.json").has_value());
  g_assert_false(why_invalid_tools("[]").has_value());
  g_assert_true(why_invalid_tools("{}").has_value());
  g_assert_true(why_invalid_object("[]").has_value());
  g_assert_false(why_invalid_object("{\"a\":1}").has_value());
  g_assert_true(why_invalid_items("{}").has_value());
  g_assert_false(why_invalid_uri(std::nullopt).has_value());
  g_assert_false(why_invalid_uri("wss://example.org/x").has_value());
  g_assert_true(why_invalid_uri("https://example.org/x").has_value());
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/settings/defaults", defaults);
  g_test_add_func("/settings/modality", modality);
  g_test_add_func("/settings/each-property", each_property);
  g_test_add_func("/settings/errors", errors_name_the_property);
  g_test_add_func("/settings/quoted-words", quoted_words);
  g_test_add_func("/settings/files", from_files);
  g_test_add_func("/settings/checks", checks_before_taking);
  return g_test_run();
}

// What each kind of server has a place for, and what is said of the rest.
#include "session/terms.h"

#include "texts.h"

#include <glib.h>

#include <functional>

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

Terms terms(ProviderId id, SessionType type = SessionType::conversation) {
  const Provider& row = provider(id);
  const Dialect dialect =
      type == SessionType::translation ? Dialect::translation : row.dialect.value_or(Dialect::ga);
  return {row, dialect, type};
}

struct Asked {
  const char* property;
  std::function<void(Settings&)> set;
};
const Asked everything[] = {
    {"output-modality", [](auto& s) { s.output_modality = OutputModality::text; }},
    {"instructions", [](auto& s) { s.instructions = "Be brief."; }},
    {"voice", [](auto& s) { s.voice = "ash"; }},
    {"speed", [](auto& s) { s.speed = 1.25; }},
    {"noise-reduction", [](auto& s) { s.noise_reduction = NoiseReductionChoice::near_field; }},
    {"turn-detection", [](auto& s) { s.turn_detection = TurnDetectionChoice::semantic_vad; }},
    {"vad-idle-timeout", [](auto& s) { s.vad_idle_timeout_ms = 6000; }},
    {"tools", [](auto& s) { s.tools = "[]"; }},
    {"tool-choice", [](auto& s) { s.tool_choice = "auto"; }},
    {"parallel-tool-calls", [](auto& s) { s.parallel_tool_calls = TriState::yes; }},
    {"max-output-tokens", [](auto& s) { s.max_output_tokens = 100; }},
    {"temperature", [](auto& s) { s.temperature = 0.8; }},
    {"reasoning-effort", [](auto& s) { s.reasoning_effort = "low"; }},
    {"truncation", [](auto& s) { s.truncation = "auto"; }},
    {"prompt", [](auto& s) { s.prompt = "pmpt_1"; }},
    {"tracing", [](auto& s) { s.tracing = "auto"; }},
    {"target-language", [](auto& s) { s.target_language = "fr"; }},
};

// Each property alone: those that are named as lost, in the order above.
std::string lost_alone(const Terms& t) {
  std::string all;
  for (const Asked& asked : everything) {
    Settings settings;
    asked.set(settings);
    SessionConfig config = wanted_config(settings, true).value();
    const std::string text = fit(config, settings, t);
    if (text.empty()) continue;
    if (!contains(text, "'" + std::string(asked.property) + "'"))
      g_error("%s: %s", asked.property, text.c_str());
    all += (all.empty() ? "" : " ") + std::string(asked.property);
  }
  return all;
}

void what_each_has_no_place_for() {
  assert_text(lost_alone(terms(ProviderId::openai)), "temperature target-language");
  assert_text(lost_alone(terms(ProviderId::azure)), "temperature target-language");
  assert_text(lost_alone(terms(ProviderId::openai_beta)),
              "vad-idle-timeout parallel-tool-calls reasoning-effort truncation target-language");
  assert_text(lost_alone(terms(ProviderId::xai)),
              "output-modality speed noise-reduction turn-detection vad-idle-timeout parallel-tool-calls "
              "max-output-tokens temperature reasoning-effort truncation prompt tracing target-language");
  assert_text(
      lost_alone(terms(ProviderId::openai, SessionType::transcription)),
      "output-modality instructions voice speed tools tool-choice parallel-tool-calls max-output-tokens "
      "temperature reasoning-effort truncation prompt tracing target-language");
  assert_text(lost_alone(terms(ProviderId::openai, SessionType::translation)),
              "output-modality instructions voice speed turn-detection tools tool-choice parallel-tool-calls "
              "max-output-tokens temperature reasoning-effort truncation prompt tracing");
}

// What is lost is not sent, and nothing else is lost.
void only_that_is_taken_out() {
  Settings settings;
  for (const Asked& asked : everything)
    if (std::string_view(asked.property) != "turn-detection") asked.set(settings);
  SessionConfig config = wanted_config(settings, true).value();
  const SessionConfig whole = config;
  fit(config, settings, terms(ProviderId::openai));
  SessionConfig expected = whole;
  expected.temperature.reset();
  expected.target_language.reset();
  g_assert_true(config == expected);
}

void defaults_are_dropped_without_a_word() {
  for (const SessionType type : {SessionType::transcription, SessionType::translation}) {
    SessionConfig config = wanted_config({}, false).value();
    assert_text(fit(config, {}, terms(ProviderId::openai, type)), "");
    g_assert_false(config.output_modality.has_value());
    g_assert_true(config.turn_detection.has_value() == (type == SessionType::transcription));
  }
  SessionConfig config = wanted_config({}, false).value(); // text, because nobody listens
  assert_text(fit(config, {}, terms(ProviderId::xai)), "");
  g_assert_false(config.output_modality.has_value());
}

void reasons_name_who_lacks_it() {
  Settings settings;
  settings.temperature = 0.8;
  settings.noise_reduction = NoiseReductionChoice::none;
  SessionConfig config = wanted_config(settings, true).value();
  assert_text(fit(config, settings, terms(ProviderId::xai)),
              "'noise-reduction' (provider 'xai' has none), 'temperature' (the provider's dialect has none)");
}

void models_that_find_no_turns() {
  g_assert_true(finds_turns("gpt-4o-transcribe") && finds_turns("whisper-1") && finds_turns(""));
  g_assert_false(finds_turns("gpt-realtime-whisper") || finds_turns("gpt-live-transcribe"));
  g_assert_false(finds_turns("gpt-realtime-whisper-2026-05-06"));
  g_assert_true(finds_turns("gpt-realtime-whispering"));
  Settings settings;
  settings.input_transcription_model = "gpt-realtime-whisper";
  const Terms t = terms(ProviderId::openai, SessionType::transcription);
  SessionConfig config = wanted_config(settings, false).value();
  assert_text(fit(config, settings, t), "");
  g_assert_true(config.turn_detection->mode == TurnDetection::Mode::none);
  settings.turn_detection = TurnDetectionChoice::semantic_vad;
  config = wanted_config(settings, false).value();
  assert_text(fit(config, settings, t), "'turn-detection' (model 'gpt-realtime-whisper' finds no turns)");
  // In a conversation it is the conversation's model that answers.
  config = wanted_config(settings, true).value();
  fit(config, settings, terms(ProviderId::openai));
  g_assert_true(config.turn_detection->mode == TurnDetection::Mode::semantic_vad);
}

void translations_know_a_model_only() {
  Settings settings;
  settings.input_transcription_model = "gpt-realtime-whisper";
  settings.input_transcription_language = "de";
  const Terms t = terms(ProviderId::openai, SessionType::translation);
  SessionConfig config = wanted_config(settings, true).value();
  assert_text(fit(config, settings, t), "'input-transcription-language' (a translation session has none)");
  g_assert_true(config.transcription == (Transcription{"gpt-realtime-whisper", {}, {}}));
  settings.input_transcription_model.reset();
  config = wanted_config(settings, true).value();
  fit(config, settings, t);
  g_assert_false(config.transcription.has_value());
}

bool takes(const decltype(ClientEvent::body)& event, ProviderId id,
           SessionType type = SessionType::conversation) {
  return why_not(event, terms(id, type)).empty();
}

void events_that_are_not_taken() {
  using enum SessionType;
  const auto all = {ProviderId::openai, ProviderId::openai_beta, ProviderId::azure};
  for (const ProviderId id : all) {
    g_assert_true(takes(ItemTruncate{}, id) && takes(ItemDelete{}, id) && takes(InputAudioClear{}, id));
    g_assert_true(takes(ResponseCancel{}, id) && takes(ResponseCreate{}, id));
  }
  g_assert_false(takes(ItemTruncate{}, ProviderId::xai));
  g_assert_true(takes(ItemDelete{}, ProviderId::xai));
  g_assert_false(takes(ResponseCancel{}, ProviderId::speaches));
  g_assert_false(takes(InputAudioClear{}, ProviderId::hf_speech_to_speech));
  assert_text(why_not(ItemTruncate{}, terms(ProviderId::xai)), "provider 'xai' has no such thing");
  for (const SessionType type : {transcription, translation})
    for (const decltype(ClientEvent::body)& event : {decltype(ClientEvent::body)(ResponseCreate{}),
                                                     {ResponseCancel{}},
                                                     {ItemCreate{}},
                                                     {ItemTruncate{}}})
      g_assert_false(takes(event, ProviderId::openai, type));
  g_assert_true(takes(InputAudioCommit{}, ProviderId::openai, transcription));
  g_assert_false(takes(InputAudioCommit{}, ProviderId::openai, translation));
  // What the user writes is the user's business.
  g_assert_true(takes(RawClientEvent{"conversation.item.truncate", {}}, ProviderId::xai));
}

void images() {
  ItemCreate create;
  create.item.content.push_back({.type = ContentPart::Type::input_image});
  g_assert_true(takes(create, ProviderId::openai));
  g_assert_false(takes(create, ProviderId::xai));
  assert_text(why_not(create, terms(ProviderId::openai_beta)), "the beta dialect has no pictures");
  create.item.content[0].type = ContentPart::Type::input_text;
  g_assert_true(takes(create, ProviderId::xai));
}

void responses() {
  ResponseOptions options;
  options.instructions = "Sing.";
  options.tools = Json{"[]"};
  options.output_modality = Modality::text;
  options.voice = "ash";
  assert_text(fit(options, terms(ProviderId::openai)), "");
  assert_text(fit(options, terms(ProviderId::xai)),
              "'tools' (provider 'xai' has none), 'output_modalities' (provider 'xai' has none), "
              "'voice' (the provider's dialect has none)");
  g_assert_false(options.tools || options.output_modality || options.voice);
  assert_text(*options.instructions, "Sing.");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/terms/each", what_each_has_no_place_for);
  g_test_add_func("/terms/only", only_that_is_taken_out);
  g_test_add_func("/terms/defaults", defaults_are_dropped_without_a_word);
  g_test_add_func("/terms/reasons", reasons_name_who_lacks_it);
  g_test_add_func("/terms/no-turns", models_that_find_no_turns);
  g_test_add_func("/terms/translation", translations_know_a_model_only);
  g_test_add_func("/terms/events", events_that_are_not_taken);
  g_test_add_func("/terms/images", images);
  g_test_add_func("/terms/responses", responses);
  return g_test_run();
}

// Replies: their events in order, pacing, cancelling, interruption, overrides, tools, scripts.
#include "harness.h"

#include "protocol/json_value.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::server;
using namespace rt::server::test;

constexpr std::string_view weather_tool =
    R"([{"type":"function","name":"get_weather","description":"weather for a city","parameters":{"type":"object",)"
    R"("properties":{"city":{"type":"string"}},"required":["city"]}}])";

ResponseCreate with(ResponseOptions options) {
  return {std::move(options)};
}

SessionConfig with_weather() {
  SessionConfig config;
  config.tools = Json{std::string(weather_tool)};
  return config;
}

Scenario playing(Sound::Kind kind, unsigned ms) {
  Scenario scenario;
  scenario.default_sound = Sound{kind, Ms(ms)};
  return scenario;
}

void text_replies_have_their_order() {
  Harness h;
  SessionConfig config;
  config.output_modality = Modality::text;
  h.configure(config);
  h.events();
  h.ask("Hello there!");
  h.finish_responses();
  equal(h.events(),
        "item.added item.done created output_item.added item.added content_part.added output_text.delta "
        "output_text.done content_part.done item.done output_item.done done rate_limits.updated");
  std::string joined;
  for (const auto& delta : h.all<OutputTextDelta>())
    joined += delta.delta;
  equal(joined, "You said: Hello there.");
  equal(h.last<OutputTextDone>().text, joined);
  const auto response = h.last<ResponseDone>().response;
  g_assert_true(response.status == ResponseStatus::completed);
  equal(response.output.at(0).content.at(0).text.value(), joined);
  g_assert_true(h.speech.spoken.empty());
}

void audio_is_complete_and_of_the_session() {
  Harness h;
  SessionConfig config;
  config.speed = 1.25;
  config.voice = "cedar";
  h.configure(config);
  h.ask("one two");
  h.finish_responses();
  const auto item = h.last<OutputItemDone>().item;
  g_assert_cmpuint(h.audio_of(item.id).size(), ==, 4 * 4800); // four words
  g_assert_cmpfloat(h.speech.speeds.back(), ==, 1.25);
  equal(h.last<ResponseDone>().response.voice.value(), "cedar");
  equal(item.content.at(0).transcript.value(), "You said: one two.");
  std::string joined;
  for (const auto& delta : h.all<OutputTranscriptDelta>())
    joined += delta.delta;
  equal(joined, "You said: one two.");
}

void g711_replies_are_g711() {
  for (const auto format : {audio::ulaw_8k, audio::alaw_8k}) {
    Harness h(playing(Sound::Kind::silence, 1000));
    SessionConfig config;
    config.output_format = format;
    h.configure(config);
    h.ask("hi");
    h.finish_responses();
    const auto bytes = h.audio_of(h.last<OutputItemDone>().item.id);
    g_assert_cmpuint(bytes.size(), ==, 8000);
    g_assert_cmpuint(bytes.front(), ==, format.silence_byte());
  }
}

void the_ramp_arrives_sample_by_sample() {
  Harness h(playing(Sound::Kind::ramp, 2000));
  h.ask("hi");
  h.finish_responses();
  const auto bytes = h.audio_of(h.last<OutputItemDone>().item.id);
  g_assert_cmpuint(bytes.size(), ==, 2 * 48000);
  for (std::size_t i = 0; i < bytes.size() / 2; ++i) {
    g_assert_cmpint(static_cast<std::int16_t>(bytes[2 * i] | bytes[2 * i + 1] << 8), ==, ramp_sample(i));
  }
}

void pace_is_kept() {
  for (const double pace : {1.0, 5.0, 0.5}) {
    auto scenario = playing(Sound::Kind::tone, 2000);
    scenario.pace = pace;
    Harness h(scenario);
    h.ask("hi");
    // The first delta leaves at once, the n-th after n * 100 ms / pace.
    const auto step = static_cast<unsigned>(100 / pace);
    g_assert_cmpuint(h.all<OutputAudioDelta>().size(), ==, 1);
    h.advance(10 * step);
    g_assert_cmpuint(h.all<OutputAudioDelta>().size(), ==, 11);
    h.advance(9 * step);
    g_assert_cmpuint(h.all<OutputAudioDelta>().size(), ==, 20);
    h.advance(step);
    g_assert_cmpuint(h.all<ResponseDone>().size(), ==, 1);
  }
}

void all_at_once_takes_no_time() {
  auto scenario = playing(Sound::Kind::tone, 30'000);
  scenario.pace = 0;
  Harness h(scenario);
  h.ask("hi");
  g_assert_cmpuint(h.all<OutputAudioDelta>().size(), ==, 300);
  g_assert_cmpuint(h.all<ResponseDone>().size(), ==, 1);
}

void delays_are_kept() {
  auto scenario = playing(Sound::Kind::tone, 100);
  scenario.before_created = Ms(300);
  scenario.before_first_delta = Ms(400);
  Harness h(scenario);
  h.ask("hi");
  h.events();
  h.advance(299);
  equal(h.events(), "");
  h.advance(1);
  equal(h.events(), "created");
  h.advance(399);
  equal(h.events(), "");
  h.advance(1);
  g_assert_true(h.events().starts_with("output_item.added"));
}

void speech_interrupts() {
  Harness h(playing(Sound::Kind::tone, 10'000));
  h.ask("hi");
  h.advance(500);
  h.events();
  h.tone(200);
  equal(h.events(),
        "speech_started output_audio.done output_audio_transcript.done content_part.done item.done "
        "output_item.done done rate_limits.updated");
  const auto response = h.last<ResponseDone>().response;
  g_assert_true(response.status == ResponseStatus::cancelled);
  equal(response.reason, "turn_detected");
  equal(response.output.at(0).status, "incomplete");
  h.finish_responses();
  equal(h.events(), "");
}

void speech_interrupts_before_the_first_item() {
  Harness h;
  h.speech.speaks_at_once = false;
  h.ask("hi");
  h.tone(200);
  const auto response = h.last<ResponseDone>().response;
  g_assert_true(response.status == ResponseStatus::cancelled);
  g_assert_true(response.output.empty());
  h.speech.finish_speaking();
  h.finish_responses();
  g_assert_cmpuint(h.all<OutputAudioDelta>().size(), ==, 0);
}

void speech_interrupts_what_waits_for_the_recogniser() {
  Harness h;
  h.tone(400);
  h.silence(300);
  g_assert_cmpuint(h.all<ResponseCreated>().size(), ==, 1);
  h.tone(400);
  g_assert_true(h.last<ResponseDone>().response.status == ResponseStatus::cancelled);
  h.silence(300);
  h.understand("second");
  h.finish_responses();
  g_assert_cmpuint(h.all<ResponseDone>().size(), ==, 2);
  equal(h.said(), "You said: second.");
}

void no_interruption_unless_wanted() {
  Harness h(playing(Sound::Kind::tone, 10'000));
  SessionConfig config;
  config.turn_detection.emplace().interrupt_response = false;
  h.configure(config);
  h.ask("hi");
  h.tone(400);
  h.silence(300);
  h.understand("again");
  g_assert_cmpuint(h.all<ResponseDone>().size(), ==, 0);
  h.finish_responses();
  // The turn's own response came when the first had ended.
  g_assert_cmpuint(h.all<ResponseDone>().size(), ==, 2);
  for (const auto& done : h.all<ResponseDone>())
    g_assert_true(done.response.status == ResponseStatus::completed);
}

void clients_cancel() {
  Harness h(playing(Sound::Kind::tone, 10'000));
  h.client(ResponseCancel{}, "none");
  equal(h.last_error(), "response_cancel_not_active");
  equal(h.last<ErrorEvent>().error.event_id, "none");
  h.ask("hi");
  h.client(ResponseCancel{"resp_unknown"}, "unknown");
  equal(h.last<ErrorEvent>().error.event_id, "unknown");
  h.client(ResponseCancel{});
  equal(h.last<ResponseDone>().response.reason, "client_cancelled");
  h.client(ResponseCreate{});
  h.client(ResponseCancel{h.last<ResponseCreated>().response.id});
  g_assert_cmpuint(h.all<ResponseDone>().size(), ==, 2);
  h.client(ResponseCancel{}, "again");
  equal(h.last<ErrorEvent>().error.event_id, "again");
}

void one_response_at_a_time() {
  Harness h(playing(Sound::Kind::tone, 1000));
  h.ask("hi");
  h.client(ResponseCreate{}, "second");
  equal(h.last_error(), "conversation_already_has_active_response");
  equal(h.last<ErrorEvent>().error.event_id, "second");
  h.finish_responses();
  h.client(ResponseCreate{});
  h.finish_responses();
  g_assert_cmpuint(h.all<ResponseDone>().size(), ==, 2);
}

void out_of_band_responses_run_beside() {
  Harness h(playing(Sound::Kind::tone, 1000));
  h.ask("hi");
  ResponseOptions options;
  options.conversation = "none";
  options.output_modality = Modality::text;
  options.metadata = Json{R"({"topic":"x"})"};
  const auto items = h.all<ItemAdded>().size();
  h.client(with(options));
  h.client(with(options));
  h.finish_responses();
  g_assert_cmpuint(h.all<ResponseDone>().size(), ==, 3);
  g_assert_cmpuint(h.all<ItemAdded>().size(), ==, items);
  unsigned out_of_band = 0;
  for (const auto& done : h.all<ResponseDone>()) {
    if (done.response.conversation_id) continue;
    ++out_of_band;
    equal(done.response.metadata.value().text, R"({"topic":"x"})");
    equal(done.response.output.at(0).content.at(0).text.value(), "You said: hi.");
  }
  g_assert_cmpuint(out_of_band, ==, 2);
}

void out_of_band_responses_survive_speech() {
  Harness h(playing(Sound::Kind::tone, 5000));
  ResponseOptions options;
  options.conversation = "none";
  h.client(with(options));
  h.tone(200);
  g_assert_cmpuint(h.all<ResponseDone>().size(), ==, 0);
}

void options_hold_for_one_response() {
  Harness h(playing(Sound::Kind::silence, 1000));
  ResponseOptions options;
  options.output_format = audio::ulaw_8k;
  options.instructions = "Say \"good evening\" to the user.";
  h.client(with(options));
  h.finish_responses();
  auto item = h.last<OutputItemDone>().item;
  equal(item.content.at(0).transcript.value(), "good evening");
  g_assert_cmpuint(h.audio_of(item.id).size(), ==, 8000);
  h.ask("hi");
  h.finish_responses();
  item = h.last<OutputItemDone>().item;
  equal(item.content.at(0).transcript.value(), "You said: hi.");
  g_assert_cmpuint(h.audio_of(item.id).size(), ==, 48000);
}

void wrong_options_are_refused() {
  Harness h;
  ResponseOptions voice, conversation, tokens, format, input;
  voice.voice = "nobody";
  conversation.conversation = "mine";
  tokens.max_output_tokens = 0;
  format.output_format = audio::Format{audio::Encoding::pcm16, 16000};
  input.input = Json{R"([{"type":"item_reference","id":"nothing"}])"};
  for (const auto& options : {voice, conversation, tokens, format, input}) {
    const auto before = h.all<ErrorEvent>().size();
    h.client(with(options), "bad");
    g_assert_cmpuint(h.all<ErrorEvent>().size(), ==, before + 1);
    equal(h.last_error(), "invalid_value");
  }
  g_assert_cmpuint(h.all<ResponseCreated>().size(), ==, 0);
}

void input_replaces_the_conversation() {
  Harness h;
  h.say("first");
  const auto first = h.last<ItemDone>().item.id;
  h.say("second");
  ResponseOptions options;
  options.input =
      Json{R"([{"type":"message","role":"user","content":[{"type":"input_text","text":"third"}]}])"};
  h.client(with(options));
  h.finish_responses();
  equal(h.said(), "You said: third.");
  options.input = Json{R"([{"type":"item_reference","id":")" + first + R"("}])"};
  h.client(with(options));
  h.finish_responses();
  equal(h.said(), "You said: first.");
  options.input = Json{"[]"};
  h.client(with(options));
  h.finish_responses();
  equal(h.said(), "Hello, how can I help you?");
}

void token_limits_cut_the_reply() {
  Harness h;
  SessionConfig config;
  config.output_modality = Modality::text;
  config.max_output_tokens = 3;
  h.configure(config);
  h.ask("one two three four five");
  h.finish_responses();
  const auto response = h.last<ResponseDone>().response;
  g_assert_true(response.status == ResponseStatus::incomplete);
  equal(response.reason, "max_output_tokens");
  equal(response.output.at(0).status, "incomplete");
}

void usage_adds_up() {
  Harness h;
  h.tone(1000);
  h.silence(200);
  h.understand("hello");
  h.finish_responses();
  const auto usage = h.last<ResponseDone>().response.usage.value();
  g_assert_cmpuint(usage.input_audio, >=, 11); // 10 a second; the padding and the silence are in it
  g_assert_cmpuint(usage.output_audio, ==, 6); // 300 ms
  g_assert_cmpuint(usage.output_text, ==, 3);
  g_assert_cmpuint(usage.total, ==, usage.input + usage.output);
  g_assert_cmpuint(usage.input, ==, usage.input_text + usage.input_audio);
}

void a_tool_round() {
  Harness h;
  h.configure(with_weather());
  h.events();
  h.ask("What is the weather in Paris?");
  h.finish_responses();
  equal(h.events(), "item.added item.done created output_item.added item.added function_call_arguments.delta "
                    "function_call_arguments.done item.done output_item.done done rate_limits.updated");
  const auto call = h.last<FunctionArgumentsDone>();
  equal(call.name, "get_weather");
  equal(call.arguments, R"({"city":"Paris"})");
  std::string joined;
  for (const auto& delta : h.all<FunctionArgumentsDelta>())
    joined += delta.delta;
  equal(joined, call.arguments);
  Item output;
  output.type = Item::Type::function_call_output;
  output.call_id = call.call_id;
  output.output = "sunny";
  h.client(ItemCreate{output, {}});
  equal(h.events(), "item.added item.done");
  h.client(ResponseCreate{});
  h.finish_responses();
  equal(h.said(), "The weather in Paris: sunny.");
  // The next question is a question again.
  h.ask("Hello");
  h.finish_responses();
  equal(h.said(), "You said: Hello.");
}

void tool_choice_is_obeyed() {
  Harness h;
  auto config = with_weather();
  config.tool_choice = Json{"\"none\""};
  h.configure(config);
  h.ask("weather in Paris");
  h.finish_responses();
  g_assert_cmpuint(h.all<FunctionArgumentsDone>().size(), ==, 0);
  ResponseOptions options;
  options.tool_choice = Json{"\"required\""};
  h.client(with(options));
  h.finish_responses();
  g_assert_cmpuint(h.all<FunctionArgumentsDone>().size(), ==, 1);
  options.tool_choice = Json{R"({"type":"function","name":"get_weather"})"};
  h.client(with(options));
  h.finish_responses();
  g_assert_cmpuint(h.all<FunctionArgumentsDone>().size(), ==, 2);
}

void scripted_replies_are_used_in_order() {
  Scenario scenario;
  ReplyPart one, two, echo, call;
  one.text = "one";
  two.text = "two";
  echo.text = "<{text}>";
  call.kind = ReplyPart::Kind::function_call;
  call.name = "f";
  call.arguments = "{\"x\":";
  call.call_id = "call_mine";
  scenario.replies.push_back({.match = "^first", .parts = {one}});
  scenario.replies.push_back({.match = "echo", .times = 0, .parts = {echo}});
  scenario.replies.push_back({.match = "CALL", .parts = {two, call}});
  Harness h(scenario);
  const auto reply_to = [&](const char* text) {
    h.ask(text);
    h.finish_responses();
    return h.last<ResponseDone>().response;
  };
  const auto words = [](const Response& response) {
    return response.output.at(0).content.at(0).transcript.value();
  };
  equal(words(reply_to("first")), "one");
  equal(words(reply_to("first")), "You said: first.");
  equal(words(reply_to("echo a")), "<echo a>");
  equal(words(reply_to("echo b")), "<echo b>");
  const auto both = reply_to("please call");
  g_assert_cmpuint(both.output.size(), ==, 2);
  equal(both.output.at(1).arguments, "{\"x\":");
  equal(both.output.at(1).call_id, "call_mine");
}

void scripted_failure() {
  Scenario scenario;
  scenario.replies.push_back(
      {.status = "failed", .error_code = "insufficient_quota", .error_message = "No more."});
  Harness h(scenario);
  h.ask("hi");
  h.finish_responses();
  const auto response = h.last<ResponseDone>().response;
  g_assert_true(response.status == ResponseStatus::failed);
  equal(response.error_code, "insufficient_quota");
  g_assert_true(response.output.empty());
}

void a_bad_pattern_fits_nothing() {
  Scenario scenario;
  scenario.replies.push_back({.match = "("});
  Harness h(scenario);
  h.ask("(");
  h.finish_responses();
  equal(h.said(), "You said: (.");
}

// The answer's slow mouth belongs to a conversation that is gone.
void a_conversation_may_go_at_any_time() {
  Harness h;
  h.speech.speaks_at_once = false;
  h.ask("hi");
  h.tone(400);
  h.silence(300);
  h.session.reset();
  h.speech.understand("late");
  h.speech.finish_speaking();
  h.executor.advance(std::chrono::hours(1));
  g_assert_cmpuint(h.executor.timers(), ==, 0);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/responses/text", text_replies_have_their_order);
  g_test_add_func("/server/responses/audio", audio_is_complete_and_of_the_session);
  g_test_add_func("/server/responses/g711", g711_replies_are_g711);
  g_test_add_func("/server/responses/ramp", the_ramp_arrives_sample_by_sample);
  g_test_add_func("/server/responses/pace", pace_is_kept);
  g_test_add_func("/server/responses/at-once", all_at_once_takes_no_time);
  g_test_add_func("/server/responses/delays", delays_are_kept);
  g_test_add_func("/server/responses/interruption", speech_interrupts);
  g_test_add_func("/server/responses/interruption-early", speech_interrupts_before_the_first_item);
  g_test_add_func("/server/responses/interruption-waiting", speech_interrupts_what_waits_for_the_recogniser);
  g_test_add_func("/server/responses/no-interruption", no_interruption_unless_wanted);
  g_test_add_func("/server/responses/cancel", clients_cancel);
  g_test_add_func("/server/responses/one-at-a-time", one_response_at_a_time);
  g_test_add_func("/server/responses/out-of-band", out_of_band_responses_run_beside);
  g_test_add_func("/server/responses/out-of-band-speech", out_of_band_responses_survive_speech);
  g_test_add_func("/server/responses/options", options_hold_for_one_response);
  g_test_add_func("/server/responses/wrong-options", wrong_options_are_refused);
  g_test_add_func("/server/responses/input", input_replaces_the_conversation);
  g_test_add_func("/server/responses/token-limit", token_limits_cut_the_reply);
  g_test_add_func("/server/responses/usage", usage_adds_up);
  g_test_add_func("/server/responses/tool-round", a_tool_round);
  g_test_add_func("/server/responses/tool-choice", tool_choice_is_obeyed);
  g_test_add_func("/server/responses/scripted", scripted_replies_are_used_in_order);
  g_test_add_func("/server/responses/scripted-failure", scripted_failure);
  g_test_add_func("/server/responses/bad-pattern", a_bad_pattern_fits_nothing);
  g_test_add_func("/server/responses/gone", a_conversation_may_go_at_any_time);
  return g_test_run();
}

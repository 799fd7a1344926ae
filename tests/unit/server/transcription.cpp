// Sessions that only write down what is said.
#include "harness.h"
#include "server/connection.h"

#include "protocol/json_value.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::server;
using namespace rt::server::test;

SessionConfig with_model(const char* model) {
  SessionConfig config;
  config.transcription.emplace().model = model;
  return config;
}

struct Writer : Harness {
  explicit Writer(Scenario with = {}) : Harness(std::move(with), SessionType::transcription) {}
  void set(SessionConfig config, std::string event_id = {}) {
    client(SessionUpdate{std::move(config), SessionType::transcription}, std::move(event_id));
  }
  std::string joined_deltas() const {
    std::string joined;
    for (const auto& delta : all<InputTranscriptDelta>())
      joined += delta.delta;
    return joined;
  }
};

void what_is_said_is_written_and_not_answered() {
  Writer w;
  w.judged_in_beta = true;
  g_assert_true(w.last<SessionCreated>().session.type == SessionType::transcription);
  g_assert_cmpuint(w.all<ConversationCreated>().size(), ==, 0);
  w.set(with_model("gpt-4o-transcribe"));
  w.events();
  w.tone(400);
  w.silence(300);
  w.understand("write this down");
  w.finish_responses();
  equal(w.events(), "speech_started speech_stopped committed item.added item.done "
                    "item.input_audio_transcription.delta item.input_audio_transcription.completed");
  equal(w.joined_deltas(), "write this down");
  const auto completed = w.last<InputTranscriptCompleted>();
  equal(completed.transcript, "write this down");
  equal(completed.item_id, w.last<SpeechStarted>().item_id);
  g_assert_cmpuint(completed.tokens.value().output, ==, 3);
}

void what_belongs_to_a_conversation_is_refused() {
  Writer w;
  w.judged_in_beta = true;
  const auto refused = [&](auto body) {
    const auto errors = w.all<ErrorEvent>().size();
    w.client(std::move(body), "mine");
    g_assert_cmpuint(w.all<ErrorEvent>().size(), ==, errors + 1);
    equal(w.last<ErrorEvent>().error.event_id, "mine");
    equal(w.last_error(), "invalid_value");
  };
  Item item;
  item.role = Item::Role::user;
  item.content.emplace_back().text = "hello";
  refused(ResponseCreate{});
  refused(ResponseCancel{});
  refused(ItemCreate{item, {}});
  refused(ItemRetrieve{"item_1"});
  refused(ItemDelete{"item_1"});
  refused(ItemTruncate{"item_1", 0, 0});
  refused(OutputBufferClear{});
  w.client(SessionUpdate{{}, SessionType::conversation}, "mine");
  equal(w.last_error(), "invalid_parameter");
  w.client(InputAudioClear{});
  g_assert_cmpuint(w.all<InputAudioCleared>().size(), ==, 1);
}

// Their detection is switched off unless the client insists on it, which is refused as a whole.
void models_that_find_no_turns_wait_for_commits() {
  for (const char* model :
       {"gpt-realtime-whisper", "gpt-live-transcribe", "gpt-realtime-whisper-2026-05-07"}) {
    Writer w;
    auto config = with_model(model);
    config.turn_detection.emplace();
    w.set(config, "mine");
    equal(w.last<ErrorEvent>().error.event_id, "mine");
    equal(w.last<ErrorEvent>().error.param, "session.audio.input.turn_detection");
    w.set({});
    g_assert_true(w.last<SessionUpdated>().session.config.turn_detection->mode ==
                  TurnDetection::Mode::server_vad);
    g_assert_false(w.last<SessionUpdated>().session.config.transcription.has_value());

    w.set(with_model(model));
    g_assert_true(w.last<SessionUpdated>().session.config.turn_detection->mode == TurnDetection::Mode::none);
    w.set({.turn_detection = TurnDetection{}});
    g_assert_cmpuint(w.all<ErrorEvent>().size(), ==, 2);
    config.turn_detection->mode = TurnDetection::Mode::none;
    w.set(config);
    w.events();
    w.tone(400);
    w.silence(1000);
    equal(w.events(), "");
    w.client(InputAudioCommit{});
    equal(w.events(), "committed item.added item.done");
    w.understand("one two");
    equal(w.events(), "item.input_audio_transcription.delta item.input_audio_transcription.completed");
    g_assert_false(w.last<InputTranscriptCompleted>().tokens.has_value());
    g_assert_cmpfloat(w.last<InputTranscriptCompleted>().seconds, ==, 1.4);
  }
}

// Their words come while they are said, for an item that is yet to be.
void models_that_find_no_turns_write_as_it_is_said() {
  Writer w;
  auto config = with_model("gpt-realtime-whisper");
  config.include = Json{R"(["item.input_audio_transcription.logprobs"])"};
  w.set(config);
  w.events();
  w.tone(400);
  g_assert_true(w.speech.understand_so_far("one"));
  w.tone(400);
  g_assert_true(w.speech.understand_so_far("one two"));
  g_assert_true(w.speech.understand_so_far("one twofold"));   // no word is continued
  g_assert_true(w.speech.understand_so_far("won two three")); // and none taken back
  equal(w.events(), "item.input_audio_transcription.delta");
  equal(w.joined_deltas(), "one two");
  const auto part = read_json(w.last<InputTranscriptDelta>().logprobs.value().text);
  equal(part->elements().at(0)["token"].text(), " two");
  const std::string item_id = w.last<InputTranscriptDelta>().item_id;
  w.client(InputAudioCommit{});
  equal(w.last<InputAudioCommitted>().item_id, item_id);
  equal(w.last<ItemDone>().item.id, item_id);
  g_assert_true(w.speech.understand_so_far("one two three")); // may come late
  w.understand("one two three four");
  equal(w.joined_deltas(), "one two three four");
  equal(w.last<InputTranscriptCompleted>().item_id, item_id);
  equal(w.last<InputTranscriptCompleted>().transcript, "one two three four");

  w.tone(400);
  w.speech.understand_so_far("gone");
  const std::string gone = w.last<InputTranscriptDelta>().item_id;
  w.client(InputAudioClear{}); // was never said
  w.tone(400);
  w.speech.understand_so_far("wrong");
  w.client(InputAudioCommit{});
  g_assert_false(w.last<InputAudioCommitted>().item_id == gone);
  const auto deltas = w.all<InputTranscriptDelta>().size();
  w.understand("right");
  g_assert_cmpuint(w.all<InputTranscriptDelta>().size(), ==, deltas);
  equal(w.last<InputTranscriptCompleted>().transcript, "right"); // corrects the words
}

void others_write_at_the_end() {
  Writer w;
  w.set(with_model("gpt-4o-transcribe"));
  w.tone(400);
  g_assert_false(w.speech.understand_so_far("one"));
  Harness conversation;
  auto config = with_model("gpt-realtime-whisper");
  config.turn_detection.emplace();
  conversation.configure(config);
  conversation.tone(400);
  g_assert_false(conversation.speech.understand_so_far("one"));
  Scenario scenario;
  scenario.transcripts = {"written"};
  Writer scripted(scenario);
  scripted.set(with_model("gpt-realtime-whisper"));
  scripted.tone(400);
  g_assert_false(scripted.speech.understand_so_far("one"));
}

void models_without_prompts_refuse_one() {
  Writer w;
  auto config = with_model("gpt-realtime-whisper");
  config.transcription->prompt = "names";
  w.set(config);
  equal(w.last<ErrorEvent>().error.param, "session.audio.input.transcription.prompt");
  config.transcription->model = "gpt-4o-transcribe-2025-12-15";
  w.set(config);
  g_assert_cmpuint(w.all<ErrorEvent>().size(), ==, 1);
}

// There the turns are the answering model's.
void in_a_conversation_they_may_be_used_with_turn_detection() {
  Harness h;
  auto config = with_model("gpt-realtime-whisper");
  config.turn_detection.emplace();
  h.configure(config);
  g_assert_cmpuint(h.all<ErrorEvent>().size(), ==, 0);
}

void speakers_and_languages_are_told_by_models_that_know_them() {
  Writer w;
  w.set(with_model("gpt-4o-transcribe-diarize"));
  w.tone(400);
  w.silence(300);
  w.understand("two words");
  const auto segment = w.last<InputTranscriptSegment>();
  equal(segment.text, "two words");
  equal(segment.item_id, w.last<InputTranscriptCompleted>().item_id);
  equal(segment.speaker, "A");
  g_assert_cmpfloat(segment.end, >, 0.5);
  g_assert_true(w.last<InputTranscriptCompleted>().languages.empty());
  w.set(with_model("gpt-transcribe"));
  w.tone(400);
  w.silence(300);
  w.understand("more");
  g_assert_cmpuint(w.all<InputTranscriptSegment>().size(), ==, 1);
  g_assert_true(w.last<InputTranscriptCompleted>().languages == std::vector<std::string>{"en"});
}

void log_probabilities_come_when_they_are_asked_for() {
  Writer w;
  auto config = with_model("gpt-4o-transcribe");
  config.include = Json{R"(["item.input_audio_transcription.logprobs"])"};
  w.set(config);
  w.tone(400);
  w.silence(300);
  w.understand("go on");
  const auto whole = read_json(w.last<InputTranscriptCompleted>().logprobs.value().text);
  g_assert_cmpuint(whole->elements().size(), ==, 2);
  const auto part = read_json(w.last<InputTranscriptDelta>().logprobs.value().text);
  g_assert_true(same_json(part->elements().at(0), whole->elements().at(1)));
  equal(part->elements()[0]["token"].text(), " on");
  g_assert_cmpuint(part->elements()[0]["bytes"].elements().size(), ==, 3);
}

void a_failure_takes_the_transcripts_place() {
  Scenario scenario;
  scenario.transcription_error = ScriptedError{"DeploymentNotFound", "No such model.", "server_error"};
  Writer w(scenario);
  w.judged_in_beta = true;
  w.set(with_model("gpt-4o-transcribe"));
  w.tone(400);
  w.silence(300);
  w.understand("lost");
  const auto failed = w.last<InputTranscriptFailed>();
  equal(failed.error.code, "DeploymentNotFound");
  equal(failed.item_id, w.last<InputAudioCommitted>().item_id);
  g_assert_true(w.all<InputTranscriptDelta>().empty() && w.all<InputTranscriptCompleted>().empty());
}

// Beta's own names for the same things, over the codec.
void beta_has_an_update_of_its_own() {
  struct TextPeer final : Peer {
    void send_text(const std::string& text) override { texts.push_back(*read_json(text)); }
    void send_binary(const std::string&) override {}
    void close(unsigned, const std::string&) override {}
    std::vector<JsonValue> texts;
  } peer;
  rt::test::FakeExecutor executor;
  FakeSpeech speech;
  const Scenario scenario;
  ScenarioProgress progress;
  Connection connection(executor, speech, scenario, progress, {}, Dialect::beta,
                        {"1", "", SessionType::transcription, 1000}, peer);
  connection.start();
  equal(peer.texts.back()["type"].text(), "transcription_session.created");
  connection.receive(R"({"type":"transcription_session.update","session":{"input_audio_format":"g711_ulaw",)"
                     R"("input_audio_transcription":{"model":"whisper-1"}}})");
  const auto& updated = peer.texts.back();
  equal(updated["type"].text(), "transcription_session.updated");
  equal(updated["session"]["input_audio_format"].text(), "g711_ulaw");
  g_assert_false(updated["session"]["voice"].present());
  connection.receive(R"({"type":"session.update","event_id":"e","session":{}})");
  equal(peer.texts.back()["error"]["code"].text(), "invalid_parameter");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/transcription/written", what_is_said_is_written_and_not_answered);
  g_test_add_func("/server/transcription/refused", what_belongs_to_a_conversation_is_refused);
  g_test_add_func("/server/transcription/no-turns", models_that_find_no_turns_wait_for_commits);
  g_test_add_func("/server/transcription/live", models_that_find_no_turns_write_as_it_is_said);
  g_test_add_func("/server/transcription/not-live", others_write_at_the_end);
  g_test_add_func("/server/transcription/no-prompt", models_without_prompts_refuse_one);
  g_test_add_func("/server/transcription/in-conversation",
                  in_a_conversation_they_may_be_used_with_turn_detection);
  g_test_add_func("/server/transcription/models", speakers_and_languages_are_told_by_models_that_know_them);
  g_test_add_func("/server/transcription/logprobs", log_probabilities_come_when_they_are_asked_for);
  g_test_add_func("/server/transcription/failed", a_failure_takes_the_transcripts_place);
  g_test_add_func("/server/transcription/beta", beta_has_an_update_of_its_own);
  return g_test_run();
}

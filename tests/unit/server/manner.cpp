// Providers that the server resembles: what their rows do, without any recording at hand.
#include "server/manner.h"
#include "harness.h"
#include "server/connection.h"
#include "server/ws_server.h"

#include "base/io_loop.h"

#include <algorithm>

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::server;
using namespace rt::server::test;

// ---- edits ----

std::string edited(std::string_view text, const std::vector<Edit>& rows) {
  auto json = read_json(text).value();
  edit(json, rows);
  return to_text(json);
}

using Op = Edit::Op;

void members_are_set_filled_and_dropped() {
  constexpr std::string_view event = R"({"type":"t","a":{"b":1}})";
  equal(edited(event, {{"t", Op::set, "a.b", "2"}}), R"({"type":"t","a":{"b":2}})");
  equal(edited(event, {{"t", Op::set, "c.d", "null"}}), R"({"type":"t","a":{"b":1},"c":{"d":null}})");
  equal(edited(event, {{"t", Op::fill, "a.b", "2"}, {"t", Op::fill, "a.c", "3"}}),
        R"({"type":"t","a":{"b":1,"c":3}})");
  equal(edited(event, {{"t", Op::replace, "a.b", "2"}, {"t", Op::replace, "x.y", "3"}}),
        R"({"type":"t","a":{"b":2}})");
  equal(edited(event, {{"t", Op::drop, "a.b"}, {"t", Op::drop, "x.y"}}), R"({"type":"t","a":{}})");
}

void values_are_swapped() {
  const std::vector<Edit> rows{{"t", Op::swap, "a[].b", "null", R"("")"}, {"t", Op::swap, "c", "", "[]"}};
  equal(edited(R"({"type":"t","a":[{"b":""},{"b":"x"},{}],"c":[]})", rows),
        R"({"type":"t","a":[{"b":null},{"b":"x"},{}]})");
  equal(edited(R"({"type":"t","a":1,"c":[1]})", rows), R"({"type":"t","a":1,"c":[1]})");
}

void members_move() {
  const std::vector<Edit> move{{"t", Op::move, "a.b", "c.d"}};
  equal(edited(R"({"type":"t","a":{"b":[1],"x":2}})", move), R"({"type":"t","a":{"x":2},"c":{"d":[1]}})");
  equal(edited(R"({"type":"t","a":{}})", move), R"({"type":"t","a":{}})");
  equal(edited(R"({"type":"t","a":"v"})", {{"t", Op::move, "a", "a.b"}}), R"({"type":"t","a":{"b":"v"}})");
  equal(edited(R"({"type":"t","a":{"b":"v"}})", {{"t", Op::move, "a.b", "a"}}), R"({"type":"t","a":"v"})");
  equal(edited(R"({"type":"t","a":1})", {{"t", Op::copy, "a", "b"}}), R"({"type":"t","a":1,"b":1})");
}

void tools_are_nested() {
  equal(edited(R"({"type":"t","a":[{"type":"f","n":1,"m":2}]})", {{"t", Op::nest, "a[]", "f"}}),
        R"({"type":"t","a":[{"type":"f","f":{"n":1,"m":2}}]})");
}

void edits_know_their_events() {
  const std::vector<Edit> rows{{"a.*", Op::set, "x", "1"}, {"a.b", Op::set, "y", "2"}};
  equal(edited(R"({"type":"a.b"})", rows), R"({"type":"a.b","x":1,"y":2})");
  equal(edited(R"({"type":"a.c"})", rows), R"({"type":"a.c","x":1})");
  equal(edited(R"({"type":"b"})", rows), R"({"type":"b"})");
  const std::vector<Edit> about{{.event = "a", .op = Op::drop, .path = "x", .item = "i"}};
  equal(edited(R"({"type":"a","item":{"type":"i"},"x":1})", about), R"({"type":"a","item":{"type":"i"}})");
  equal(edited(R"({"type":"a","item":{"type":"j"},"x":1})", about),
        R"({"type":"a","item":{"type":"j"},"x":1})");
}

// ---- providers ----

struct Ear final : Peer {
  void send_text(const std::string& text) override { events.push_back(read_json(text).value()); }
  void send_binary(const std::string&) override {}
  void close(unsigned, const std::string&) override {}
  std::vector<JsonValue> events;
};

struct Fixture {
  explicit Fixture(const char* provider)
      : connection(executor, speech, scenario, progress, {}, manner_of(provider)->dialect.value(),
                   {"1", "m", SessionType::conversation, 1000, manner_of(provider)}, ear) {
    scenario.ears = Scenario::Ears::off;
    scenario.transcripts = {"one two three"};
    connection.start();
  }
  void receive(std::string_view text) {
    connection.receive(text);
    executor.run_until_idle();
  }
  void turn() {
    for (int i = 0; i < 60; ++i) {
      std::vector<std::uint8_t> bytes(960);
      for (std::size_t at = 0; i < 20 && at < bytes.size(); at += 2)
        bytes[at + 1] = at / 16 % 2 ? 0x20 : 0xE0;
      std::string text;
      rt::audio::base64_append(text, bytes);
      receive(R"({"type":"input_audio_buffer.append","audio":")" + text + "\"}");
    }
    executor.advance(std::chrono::minutes(1));
  }
  std::size_t place(std::string_view type, std::size_t from = 0) const {
    const auto found = std::find_if(ear.events.begin() + static_cast<std::ptrdiff_t>(from), ear.events.end(),
                                    [&](const JsonValue& event) { return event["type"].text() == type; });
    if (found == ear.events.end()) g_error("no %s was sent", std::string(type).c_str());
    return static_cast<std::size_t>(found - ear.events.begin());
  }
  const JsonValue& first(std::string_view type) const { return ear.events.at(place(type)); }
  bool any(std::string_view type) const {
    return std::ranges::any_of(ear.events, [&](const auto& event) { return event["type"].text() == type; });
  }

  rt::test::FakeExecutor executor;
  FakeSpeech speech;
  Scenario scenario;
  ScenarioProgress progress;
  Ear ear;
  Connection connection;
};

constexpr std::string_view question =
    R"({"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}})";

void openai_does_not_tell_of_the_conversation() {
  Fixture f("openai");
  g_assert_cmpuint(f.ear.events.size(), ==, 1);
  g_assert_true(f.first("session.created")["session"]["prompt"].is_null());
  f.turn();
  g_assert_true(f.first("conversation.item.added")["item"]["content"].elements()[0]["transcript"].is_null());
  g_assert_true(f.first("response.output_audio_transcript.delta")["obfuscation"].is_string());
  g_assert_false(f.any("rate_limits.updated"));
}

void azure_says_parts_twice() {
  Fixture f("azure");
  f.turn();
  const auto& added = f.first("response.content_part.added");
  g_assert_true(same_json(added["part"], added["content"]));
}

void voice_live_starts_turn_detection_anew() {
  Fixture f("azure-voice-live");
  const auto& created = f.first("session.created")["session"];
  equal(created["voice"]["name"].text(), "alloy");
  g_assert_cmpint(created["turn_detection"]["silence_duration_ms"].as_integer().value(), ==, 200);
  f.receive(R"({"type":"session.update","session":{"input_audio_sampling_rate":24000,"turn_detection":)"
            R"({"type":"server_vad","threshold":0.25},"voice":{"name":"any","type":"azure-standard"}}})");
  const auto& updated = f.first("session.updated")["session"];
  equal(updated["voice"]["name"].text(), "any");
  g_assert_cmpint(updated["turn_detection"]["silence_duration_ms"].as_integer().value(), ==, 500);
  g_assert_cmpint(updated["turn_detection"]["prefix_padding_ms"].as_integer().value(), ==, 400);
  g_assert_cmpfloat(updated["turn_detection"]["threshold"].as_number().value(), ==, 0.25);
}

void voice_live_finishes_only_what_was_spoken() {
  Fixture f("azure-voice-live");
  f.receive(question);
  equal(f.ear.events.back()["type"].text(), "conversation.item.created");
  f.turn();
  const auto done = f.place("conversation.item.done");
  equal(f.ear.events[done]["item"]["content"].elements()[0]["type"].text(), "input_audio");
  equal(f.ear.events[done]["item"]["id"].text(), f.ear.events[done - 1]["item"]["id"].text());
  g_assert_true(std::ranges::count_if(f.ear.events, [](const auto& event) {
                  return event["type"].text() == "conversation.item.done";
                }) == 1);
}

constexpr std::string_view xai_update =
    R"({"type":"session.update","session":{"voice":"eve","turn_detection":{"type":"server_vad"},"tools":[{"type":"function","name":"f"}],)"
    R"("audio":{"input":{"transcription":{"model":"t"}}}}})";

void xai_introduces_itself_its_own_way() {
  Fixture f("xai");
  equal(f.ear.events.at(1)["type"].text(), "conversation.created");
  equal(f.ear.events.at(2)["type"].text(), "ping");
  g_assert_true(f.ear.events[2]["timestamp"].as_count().has_value());
  const auto& created = f.first("session.created")["session"];
  equal(created["voice"].text(), "ara");
  g_assert_true(created["turn_detection"]["type"].is_null());
  f.turn();
  g_assert_false(f.any("input_audio_buffer.speech_started"));
  f.receive(xai_update);
  const auto& updated = f.first("session.updated")["session"];
  equal(updated["turn_detection"]["type"].text(), "server_vad");
  equal(updated["tools"].elements()[0]["function"]["name"].text(), "f");
  equal(updated["audio"]["input"]["transcription"]["model"].text(), "t");
}

void xai_answers_once_it_has_written_down_what_it_heard() {
  Fixture f("xai");
  f.receive(xai_update);
  f.turn();
  const auto started = f.place("input_audio_buffer.speech_started");
  const auto& item = f.ear.events[started + 1];
  equal(item["type"].text(), "conversation.item.added");
  equal(item["item"]["status"].text(), "in_progress");
  equal(f.ear.events[f.place("input_audio_buffer.committed")]["item_id"].text(), item["item"]["id"].text());

  constexpr auto completed = "conversation.item.input_audio_transcription.completed";
  std::string all;
  for (std::size_t at = 0; at < f.place("response.created"); ++at) {
    const auto& event = f.ear.events[at];
    if (event["type"].text() != completed) continue;
    all += std::string(event["transcript"].text()) + ' ' + std::string(event["status"].text()) + ", ";
  }
  equal(all, "one in_progress, one two in_progress, one two three completed, ");
  g_assert_cmpuint(f.place("response.output_audio.done"), >, f.place("response.content_part.done"));
  g_assert_false(f.any("conversation.item.done"));
  // The user's item was added once, the answer's once.
  g_assert_true(std::ranges::count_if(f.ear.events, [](const auto& event) {
                  return event["type"].text() == "conversation.item.added";
                }) == 2);
}

void a_switch_by_name_is_undone_by_null() {
  Fixture f("xai");
  f.receive(xai_update);
  f.receive(R"({"type":"session.update","session":{"turn_detection":{"type":null}}})");
  g_assert_true(f.ear.events.back()["session"]["turn_detection"]["type"].is_null());
}

void what_nobody_recorded_is_refused_by_name() {
  for (const char* name : {"qwen", "openai-beta", "OpenAI"}) {
    WsServer server(std::make_shared<IoLoop>());
    WsServerOptions options;
    options.provider = name;
    const auto started = server.start(std::move(options));
    g_assert_false(started.ok());
    const auto& message = started.error().message;
    g_assert_true(message.find(name) != std::string::npos);
    g_assert_true(message.find("openai, azure, azure-voice-live, xai") != std::string::npos);
  }
}

void the_address_is_the_providers() {
  WsServer server(std::make_shared<IoLoop>());
  WsServerOptions options;
  options.provider = "azure-voice-live";
  g_assert_true(server.start(std::move(options)).value().ends_with("/voice-live/realtime"));
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/edit/members", members_are_set_filled_and_dropped);
  g_test_add_func("/server/edit/swap", values_are_swapped);
  g_test_add_func("/server/edit/move", members_move);
  g_test_add_func("/server/edit/nest", tools_are_nested);
  g_test_add_func("/server/edit/events", edits_know_their_events);
  g_test_add_func("/server/manner/openai", openai_does_not_tell_of_the_conversation);
  g_test_add_func("/server/manner/azure", azure_says_parts_twice);
  g_test_add_func("/server/manner/voice-live-turns", voice_live_starts_turn_detection_anew);
  g_test_add_func("/server/manner/voice-live-items", voice_live_finishes_only_what_was_spoken);
  g_test_add_func("/server/manner/xai-session", xai_introduces_itself_its_own_way);
  g_test_add_func("/server/manner/xai-turn", xai_answers_once_it_has_written_down_what_it_heard);
  g_test_add_func("/server/manner/xai-off", a_switch_by_name_is_undone_by_null);
  g_test_add_func("/server/manner/refused", what_nobody_recorded_is_refused_by_name);
  g_test_add_func("/server/manner/address", the_address_is_the_providers);
  return g_test_run();
}

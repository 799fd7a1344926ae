// Text to text: codec, errors and the scenario's faults.
#include "server/connection.h"
#include "harness.h"

#include "protocol/json_value.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::server;
using namespace rt::server::test;

struct FakePeer final : Peer {
  void send_text(const std::string& text) override { texts.push_back(text); }
  void send_binary(const std::string& bytes) override { binaries.push_back(bytes); }
  void close(unsigned code, const std::string& reason) override {
    g_assert_false(closed);
    closed = {code, reason};
  }
  std::string type(std::size_t index) const {
    const auto json = read_json(texts.at(index));
    return json ? std::string((*json)["type"].text()) : "?";
  }
  // Of the last event.
  std::string error(const char* member) const {
    const auto json = read_json(texts.back());
    return std::string((*json)["error"][member].text());
  }

  std::vector<std::string> texts, binaries;
  std::optional<std::pair<unsigned, std::string>> closed;
};

struct Fixture {
  explicit Fixture(Faults faults = {}, Dialect dialect = Dialect::ga, Scenario with = {},
                   SessionType type = SessionType::conversation)
      : scenario(std::move(with)), connection(executor, speech, scenario, progress, std::move(faults),
                                              dialect, {"7", "m", type, 1000}, peer) {}
  void receive(std::string_view text) {
    connection.receive(text);
    executor.run_until_idle();
  }

  rt::test::FakeExecutor executor;
  FakeSpeech speech;
  Scenario scenario;
  ScenarioProgress progress;
  FakePeer peer;
  Connection connection;
};

constexpr std::string_view empty_update =
    R"({"type":"session.update","event_id":"u1","session":{"type":"realtime"}})";

void both_dialects_are_spoken() {
  Fixture ga, beta({}, Dialect::beta);
  ga.connection.start();
  beta.connection.start();
  equal(ga.peer.type(0), "session.created");
  equal(ga.peer.type(1), "conversation.created");
  g_assert_true((*read_json(ga.peer.texts[0]))["session"]["audio"].is_object());
  g_assert_true((*read_json(beta.peer.texts[0]))["session"]["modalities"].is_array());
  const auto item =
      R"({"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}})";
  ga.receive(item);
  beta.receive(item);
  equal(ga.peer.type(2), "conversation.item.added");
  equal(ga.peer.type(3), "conversation.item.done");
  equal(beta.peer.type(2), "conversation.item.created");
  g_assert_cmpuint(beta.peer.texts.size(), ==, 3);
}

void wrong_text_is_answered() {
  Fixture f;
  f.connection.start();
  f.receive("{nonsense");
  equal(f.peer.error("code"), "invalid_json");
  f.receive(R"({"type":"session.update","event_id":"mine","session":{"type":"realtime","voices":1}})");
  equal(f.peer.error("code"), "unknown_parameter");
  equal(f.peer.error("event_id"), "mine");
  f.receive(R"({"type":"session.update","session":{}})");
  equal(f.peer.error("code"), "missing_required_parameter");
  equal(f.peer.error("param"), "session.type");
  f.connection.receive_binary();
  equal(f.peer.error("code"), "invalid_event");
  g_assert_false(f.connection.closed());
}

void bad_keys_get_an_error_and_a_close() {
  Fixture f;
  f.connection.refuse_key();
  g_assert_cmpuint(f.peer.texts.size(), ==, 1);
  equal(f.peer.error("code"), "invalid_api_key");
  g_assert_cmpuint(f.peer.closed->first, ==, 3000);
  f.receive(empty_update);
  g_assert_cmpuint(f.peer.texts.size(), ==, 1);
}

void addresses_that_contradict_themselves_get_an_error_and_a_close() {
  Fixture f;
  f.connection.refuse_address({"invalid_model", "Which of them?", "model"});
  g_assert_cmpuint(f.peer.texts.size(), ==, 1);
  equal(f.peer.error("code"), "invalid_model");
  g_assert_cmpuint(f.peer.closed->first, ==, 4000);
  equal(f.peer.closed->second, "invalid_request_error.invalid_model");
}

void sessions_expire() {
  Fixture f({}, Dialect::ga, Scenario{.session_length = std::chrono::seconds(5)});
  f.connection.start();
  f.executor.advance(std::chrono::milliseconds(4999));
  g_assert_false(f.peer.closed.has_value());
  f.executor.advance(std::chrono::milliseconds(1));
  equal(f.peer.error("code"), "session_expired");
  g_assert_cmpuint(f.peer.closed->first, ==, 1001);
}

void no_greeting() {
  Fixture f(Faults{.no_session_created = true});
  f.connection.start();
  g_assert_true(f.peer.texts.empty());
  f.receive(empty_update);
  equal(f.peer.type(0), "session.updated");
}

void a_translation_is_closed_by_its_client() {
  Fixture f({}, Dialect::translation, {}, SessionType::translation);
  f.connection.start();
  g_assert_cmpuint(f.peer.texts.size(), ==, 1);
  f.receive(R"({"type":"input_audio_buffer.append","audio":""})");
  equal(f.peer.error("code"), "unknown_event");
  f.receive(R"({"type":"session.update","session":{"audio":{"input":{"format":{"type":"audio/pcmu"}}}}})");
  equal(f.peer.error("code"), "unknown_parameter");
  equal(f.peer.error("param"), "session.audio.input.format");
  f.receive(R"({"type":"session.close"})");
  equal(f.peer.type(f.peer.texts.size() - 1), "session.closed");
  g_assert_cmpuint(f.peer.closed->first, ==, 1000);
}

void updates_may_be_ignored() {
  Fixture f(Faults{.ignore_session_update = true});
  f.connection.start();
  f.receive(empty_update);
  g_assert_cmpuint(f.peer.texts.size(), ==, 2);
}

void updates_may_be_rejected() {
  Fixture f(Faults{.reject_session_update = ScriptedError{"no", "never"}, .reject_count = 1});
  f.connection.start();
  f.receive(empty_update);
  equal(f.peer.error("code"), "no");
  equal(f.peer.error("event_id"), "u1");
  f.receive(empty_update);
  equal(f.peer.type(3), "session.updated");
}

void endings_by_events_sent() {
  Fixture f(Faults{.endings = {{.after_server_events = 2, .close_code = 4000, .close_reason = "r"}}});
  f.connection.start();
  g_assert_cmpuint(f.peer.texts.size(), ==, 2);
  g_assert_cmpuint(f.peer.closed->first, ==, 4000);
  equal(f.peer.closed->second, "r");
}

void endings_by_events_received() {
  Fixture f(
      Faults{.endings = {{.after_client_events = 2, .error = ScriptedError{"c", "m"}, .close_code = 0}}});
  f.connection.start();
  f.receive(empty_update);
  g_assert_false(f.connection.closed());
  f.receive(empty_update);
  g_assert_cmpuint(f.peer.closed->first, ==, 0);
  equal(f.peer.error("code"), "c");
}

void endings_by_time() {
  Fixture f(Faults{.endings = {{.after = Ms(100), .close_code = 1001}}});
  f.connection.start();
  f.executor.advance(Ms(99));
  g_assert_false(f.connection.closed());
  f.executor.advance(Ms(1));
  g_assert_true(f.connection.closed());
}

void an_ending_before_anything() {
  Fixture f(
      Faults{.endings = {{.after_server_events = 0, .error = ScriptedError{"e", "m"}, .close_code = 4000}}});
  f.connection.start();
  g_assert_cmpuint(f.peer.texts.size(), ==, 1);
  equal(f.peer.error("code"), "e");
}

void junk_is_injected() {
  Fixture f(Faults{.injections = {{.after_server_events = 1, .text = "junk"},
                                  {.after_server_events = 0, .text = R"({"type":"ping"})"},
                                  {.after_server_events = 2, .text = "\xff", .binary = true}}});
  f.connection.start();
  equal(f.peer.type(0), "ping");
  equal(f.peer.type(1), "session.created");
  equal(f.peer.texts.at(2), "junk");
  equal(f.peer.type(3), "conversation.created");
  equal(f.peer.binaries.at(0), "\xff");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/connection/dialects", both_dialects_are_spoken);
  g_test_add_func("/server/connection/wrong-text", wrong_text_is_answered);
  g_test_add_func("/server/connection/bad-key", bad_keys_get_an_error_and_a_close);
  g_test_add_func("/server/connection/bad-address",
                  addresses_that_contradict_themselves_get_an_error_and_a_close);
  g_test_add_func("/server/connection/expiry", sessions_expire);
  g_test_add_func("/server/connection/no-greeting", no_greeting);
  g_test_add_func("/server/connection/translation", a_translation_is_closed_by_its_client);
  g_test_add_func("/server/connection/ignored-update", updates_may_be_ignored);
  g_test_add_func("/server/connection/rejected-update", updates_may_be_rejected);
  g_test_add_func("/server/connection/ending-sent", endings_by_events_sent);
  g_test_add_func("/server/connection/ending-received", endings_by_events_received);
  g_test_add_func("/server/connection/ending-time", endings_by_time);
  g_test_add_func("/server/connection/ending-first", an_ending_before_anything);
  g_test_add_func("/server/connection/injections", junk_is_injected);
  return g_test_run();
}

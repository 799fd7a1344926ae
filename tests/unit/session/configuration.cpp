// Updates and their answers: which was meant, what the server made of it.
#include "session/configuration.h"

#include "fake_wire.h"
#include "texts.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;
using Purpose = Configuration::Purpose;

struct Fixture {
  FakeWire wire;
  Configuration configuration{wire};

  static SessionConfig voice(const std::string& name) {
    SessionConfig config;
    config.voice = name;
    return config;
  }
  static SessionConfig input(const audio::Format& format) {
    SessionConfig config;
    config.input_format = format;
    return config;
  }
  void server_has(const SessionConfig& config) {
    SessionInfo info;
    info.config = config;
    configuration.server_says(info);
  }
};

void answered_in_order() {
  Fixture f;
  g_assert_false(f.configuration.acknowledged().has_value()); // unasked
  g_assert_true(f.configuration.send(f.voice("ash"), Purpose::initial));
  g_assert_true(f.configuration.send({}, Purpose::round_trip));
  g_assert_true(f.configuration.under_way(Purpose::initial));
  g_assert_true(f.configuration.acknowledged()->purpose == Purpose::initial);
  g_assert_false(f.configuration.under_way(Purpose::initial));
  g_assert_true(f.configuration.acknowledged()->purpose == Purpose::round_trip);
  g_assert_false(f.configuration.acknowledged().has_value());
  assert_text(*f.configuration.asked().voice, "ash");
}

void refused_by_id() {
  Fixture f;
  f.configuration.send(f.voice("ash"), Purpose::initial);
  f.configuration.send(f.voice("nobody"), Purpose::change);
  const std::string id = f.wire.sent[1].event_id;
  g_assert_false(f.configuration.refused("").has_value());
  g_assert_false(f.configuration.refused("gst_99").has_value());
  g_assert_true(f.configuration.refused(id)->purpose == Purpose::change);
  g_assert_false(f.configuration.refused(id).has_value());
  g_assert_true(f.configuration.acknowledged()->purpose == Purpose::initial);
}

void first_refused_without_id() {
  Fixture f;
  g_assert_false(f.configuration.initial_refused().has_value());
  f.configuration.send({}, Purpose::change);
  g_assert_false(f.configuration.initial_refused().has_value());
  f.configuration.reset();
  f.configuration.send({}, Purpose::initial);
  g_assert_true(f.configuration.initial_refused()->purpose == Purpose::initial);
}

void without_a_connection() {
  Fixture f;
  f.wire.connected = false;
  g_assert_false(f.configuration.send(f.voice("ash"), Purpose::initial));
  g_assert_false(f.configuration.under_way(Purpose::initial));
  g_assert_false(f.configuration.asked().voice.has_value());
}

void type_of_session() {
  Fixture f;
  f.configuration.set_type(SessionType::transcription);
  f.configuration.send({}, Purpose::initial);
  g_assert_true(f.wire.take_one<SessionUpdate>().type == SessionType::transcription);
  f.server_has({});
  g_assert_false(f.configuration.responds_to_turns()); // it only listens
  g_assert_false(f.configuration.interrupts_on_speech());
}

void format_mismatch() {
  Fixture f;
  f.configuration.send(f.input(audio::ulaw_8k), Purpose::initial);
  f.server_has(f.input(audio::pcm16_24k));
  f.configuration.acknowledged();
  const auto text = f.configuration.format_mismatch();
  g_assert_true(text.has_value());
  g_assert_true(contains(*text, "audio/pcmu"));
  g_assert_true(contains(*text, "audio/pcm\""));
  g_assert_true(contains(*text, "realtimesink"));

  Fixture out;
  SessionConfig config;
  config.output_format = audio::alaw_8k;
  out.configuration.send(config, Purpose::initial);
  config.output_format = audio::ulaw_8k;
  out.server_has(config);
  out.configuration.acknowledged();
  g_assert_true(contains(*out.configuration.format_mismatch(), "realtimesrc"));
}

// A format that is still on its way cannot contradict the answer to an earlier update.
void format_under_way_is_no_mismatch() {
  Fixture f;
  f.configuration.send(f.input(audio::pcm16_24k), Purpose::initial);
  f.server_has(f.input(audio::pcm16_24k));
  f.configuration.acknowledged();
  f.configuration.send(f.voice("ash"), Purpose::change);
  f.configuration.send(f.input(audio::ulaw_8k), Purpose::input_format);
  f.configuration.acknowledged();
  g_assert_false(f.configuration.format_mismatch().has_value());
  f.configuration.acknowledged();
  g_assert_true(f.configuration.format_mismatch().has_value());
}

void other_differences() {
  Fixture f;
  SessionConfig asked = f.voice("ash");
  asked.speed = 1.5;
  asked.input_format = audio::ulaw_8k;
  f.configuration.send(asked, Purpose::initial);
  SessionConfig effective = f.voice("alloy");
  effective.speed = 1.5;
  effective.input_format = audio::pcm16_24k;
  f.server_has(effective);
  const auto lines = f.configuration.other_differences(f.configuration.acknowledged()->asked);
  g_assert_cmpuint(lines.size(), ==, 1); // the format is an error of its own
  g_assert_true(contains(lines[0], "voice was asked to be ash and is alloy"));
}

void turn_detection() {
  Fixture f;
  g_assert_true(f.configuration.detects_turns()); // a server that says nothing has its default
  g_assert_true(f.configuration.interrupts_on_speech());
  SessionConfig config;
  config.turn_detection = TurnDetection{};
  config.turn_detection->interrupt_response = false;
  f.server_has(config);
  g_assert_true(f.configuration.responds_to_turns());
  g_assert_false(f.configuration.interrupts_on_speech());
  config.turn_detection->interrupt_response.reset();
  config.turn_detection->create_response = false;
  f.server_has(config);
  g_assert_false(f.configuration.responds_to_turns());
  g_assert_true(f.configuration.interrupts_on_speech());
  config.turn_detection->mode = TurnDetection::Mode::none;
  f.server_has(config);
  g_assert_false(f.configuration.detects_turns());
  g_assert_false(f.configuration.interrupts_on_speech());
}

// As the server has it, else as it was asked; other ways to find turns have no such silence.
void silence_in_turns() {
  Fixture f;
  g_assert_cmpuint(f.configuration.silence_in_turns_ms(), ==, 0);
  SessionConfig config;
  config.turn_detection = TurnDetection{};
  config.turn_detection->silence_duration_ms = 500;
  config.turn_detection->prefix_padding_ms = 300;
  f.configuration.send(config, Purpose::initial);
  g_assert_cmpuint(f.configuration.silence_in_turns_ms(), ==, 500);
  g_assert_cmpuint(f.configuration.padding_in_turns_ms(), ==, 300);
  config.turn_detection->silence_duration_ms.reset();
  f.server_has(config);
  g_assert_cmpuint(f.configuration.silence_in_turns_ms(), ==, 500);
  config.turn_detection->silence_duration_ms = 200;
  f.server_has(config);
  g_assert_cmpuint(f.configuration.silence_in_turns_ms(), ==, 200);
  config.turn_detection->mode = TurnDetection::Mode::semantic_vad;
  f.server_has(config);
  g_assert_cmpuint(f.configuration.silence_in_turns_ms(), ==, 0);
  g_assert_cmpuint(f.configuration.padding_in_turns_ms(), ==, 0);
}

void transcription() {
  Fixture f;
  g_assert_false(f.configuration.transcribes_input());
  SessionConfig config;
  config.transcription = Transcription{};
  f.server_has(config);
  g_assert_false(f.configuration.transcribes_input());
  config.transcription->model = "whisper-1";
  f.server_has(config);
  g_assert_true(f.configuration.transcribes_input());
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/configuration/order", answered_in_order);
  g_test_add_func("/configuration/refused", refused_by_id);
  g_test_add_func("/configuration/refused/without-id", first_refused_without_id);
  g_test_add_func("/configuration/no-connection", without_a_connection);
  g_test_add_func("/configuration/type", type_of_session);
  g_test_add_func("/configuration/format-mismatch", format_mismatch);
  g_test_add_func("/configuration/format-under-way", format_under_way_is_no_mismatch);
  g_test_add_func("/configuration/differences", other_differences);
  g_test_add_func("/configuration/turn-detection", turn_detection);
  g_test_add_func("/configuration/silence", silence_in_turns);
  g_test_add_func("/configuration/transcription", transcription);
  return g_test_run();
}

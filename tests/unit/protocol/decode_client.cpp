// How strict our server is, and what it says.
#include "samples.h"
#include "support.h"

#include "protocol/json_value.h"

namespace {

using namespace rt;
using namespace rt::protocol;

void refuses(Dialect dialect, std::string_view text, std::string_view code, std::string_view param) {
  const auto event = Codec::of(dialect).decode_client(text);
  if (event.ok()) g_error("accepted %s", std::string(text).c_str());
  g_assert_true(event.error().kind == ErrorKind::request_failed);
  equal(event.error().code, code);
  equal(event.error().debug, param);
  g_assert_false(event.error().message.empty());
}

void ga_session(std::string_view session, std::string_view code, std::string_view param) {
  refuses(Dialect::ga, R"({"type":"session.update","session":)" + std::string(session) + "}", code, param);
}

void beta_session(std::string_view session, std::string_view code, std::string_view param) {
  refuses(Dialect::beta, R"({"type":"session.update","session":)" + std::string(session) + "}", code, param);
}

void ga_item(std::string_view item, std::string_view code, std::string_view param) {
  refuses(Dialect::ga, R"({"type":"conversation.item.create","item":)" + std::string(item) + "}", code,
          param);
}

void not_an_event() {
  refuses(Dialect::ga, "{", "invalid_json", "");
  refuses(Dialect::ga, "", "invalid_json", "");
  refuses(Dialect::ga, "[]", "invalid_json", "");
  refuses(Dialect::ga, std::string(100'000, '{'), "invalid_json", "");
  refuses(Dialect::ga, "{}", "missing_required_parameter", "type");
  refuses(Dialect::ga, R"({"type":7})", "invalid_type", "type");
  refuses(Dialect::ga, R"({"type":"session.destroy"})", "unknown_event", "type");
  refuses(Dialect::ga, R"({"type":"transcription_session.update","session":{}})", "unknown_event", "type");
  refuses(Dialect::ga, R"({"type":"input_audio_buffer.commit","event_id":7})", "invalid_type", "event_id");
  refuses(Dialect::ga, R"({"type":"input_audio_buffer.commit","event_id":")" + std::string(513, 'x') + "\"}",
          "invalid_value", "event_id");
}

void unknown_parameters() {
  refuses(Dialect::ga, R"({"type":"input_audio_buffer.commit","foo":1})", "unknown_parameter", "foo");
  ga_session(R"({"type":"realtime","foo":1})", "unknown_parameter", "session.foo");
  ga_session(R"({"type":"realtime","voice":"ash"})", "unknown_parameter", "session.voice");
  ga_session(R"({"type":"realtime","temperature":1})", "unknown_parameter", "session.temperature");
  ga_session(R"({"type":"realtime","audio":{"input":{"turn_detection":{"type":"server_vad","min":1}}}})",
             "unknown_parameter", "session.audio.input.turn_detection.min");
  ga_session(
      R"({"type":"realtime","audio":{"input":{"turn_detection":{"type":"semantic_vad","threshold":1}}}})",
      "unknown_parameter", "session.audio.input.turn_detection.threshold");
  ga_session(R"({"type":"transcription","audio":{"output":{}}})", "unknown_parameter",
             "session.audio.output");
  ga_session(R"({"type":"transcription","instructions":""})", "unknown_parameter", "session.instructions");
  ga_session(
      R"({"type":"realtime","tools":[{"type":"function","name":"f"},{"type":"function","name":"g","x":1}]})",
      "unknown_parameter", "session.tools[1].x");
  beta_session(R"({"audio":{}})", "unknown_parameter", "session.audio");
  beta_session(R"({"turn_detection":{"type":"server_vad","idle_timeout_ms":5000}})", "unknown_parameter",
               "session.turn_detection.idle_timeout_ms");
  refuses(Dialect::translation, R"({"type":"session.update","session":{"type":"translation"}})",
          "unknown_parameter", "session.type");
  refuses(Dialect::beta,
          R"({"type":"conversation.item.create","item":{"type":"mcp_approval_response","id":"i"}})",
          "invalid_value", "item.type");
  refuses(Dialect::ga, R"({"type":"response.create","response":{"modalities":["text"]}})",
          "unknown_parameter", "response.modalities");
  refuses(Dialect::ga, R"({"type":"response.create","response":{"audio":{"input":{}}}})", "unknown_parameter",
          "response.audio.input");
}

void missing_parameters() {
  ga_session("{}", "missing_required_parameter", "session.type");
  refuses(Dialect::ga, R"({"type":"session.update"})", "missing_required_parameter", "session");
  refuses(Dialect::ga, R"({"type":"input_audio_buffer.append"})", "missing_required_parameter", "audio");
  refuses(Dialect::ga, R"({"type":"conversation.item.create"})", "missing_required_parameter", "item");
  refuses(Dialect::ga, R"({"type":"conversation.item.delete"})", "missing_required_parameter", "item_id");
  refuses(Dialect::ga, R"({"type":"conversation.item.truncate","item_id":"i","content_index":0})",
          "missing_required_parameter", "audio_end_ms");
  ga_session(R"({"type":"realtime","audio":{"input":{"turn_detection":{}}}})", "missing_required_parameter",
             "session.audio.input.turn_detection.type");
  ga_item("{}", "missing_required_parameter", "item.type");
  ga_item(R"({"type":"message","content":[]})", "missing_required_parameter", "item.role");
  ga_item(R"({"type":"message","role":"user"})", "missing_required_parameter", "item.content");
  ga_item(R"({"type":"function_call_output","output":"x"})", "missing_required_parameter", "item.call_id");
  ga_item(R"({"type":"mcp_approval_response","id":"i","approve":true})", "missing_required_parameter",
          "item.approval_request_id");
  refuses(Dialect::translation,
          R"({"type":"session.update","session":{"audio":{"input":{"transcription":{}}}}})",
          "missing_required_parameter", "session.audio.input.transcription.model");
}

void wrong_types() {
  ga_session("[]", "invalid_type", "session");
  ga_session("null", "invalid_type", "session");
  ga_session(R"({"type":7})", "invalid_type", "session.type");
  ga_session(R"({"type":"realtime","instructions":null})", "invalid_type", "session.instructions");
  ga_session(R"({"type":"realtime","audio":{"output":{"speed":"1"}}})", "invalid_type",
             "session.audio.output.speed");
  ga_session(R"({"type":"realtime","audio":{"input":{"format":"pcm16"}}})", "invalid_type",
             "session.audio.input.format");
  ga_session(R"({"type":"realtime","max_output_tokens":1.5})", "invalid_type", "session.max_output_tokens");
  ga_session(R"({"type":"realtime","tools":{}})", "invalid_type", "session.tools");
  ga_session(R"({"type":"realtime","tools":["x"]})", "invalid_type", "session.tools[0]");
  ga_session(R"({"type":"realtime","output_modalities":[1]})", "invalid_type",
             "session.output_modalities[0]");
  refuses(Dialect::ga, R"({"type":"input_audio_buffer.append","audio":[1]})", "invalid_type", "audio");
  refuses(Dialect::ga,
          R"({"type":"conversation.item.truncate","item_id":"i","content_index":0,"audio_end_ms":1.5})",
          "invalid_type", "audio_end_ms");
  ga_item(R"({"type":"message","role":"user","content":"hi"})", "invalid_type", "item.content");
  ga_item(R"({"type":"function_call_output","call_id":"c","output":{}})", "invalid_type", "item.output");
}

void wrong_values() {
  ga_session(R"({"type":"chat"})", "invalid_value", "session.type");
  ga_session(R"({"type":"realtime","audio":{"output":{"speed":1.6}}})", "invalid_value",
             "session.audio.output.speed");
  ga_session(R"({"type":"realtime","audio":{"output":{"speed":0.2}}})", "invalid_value",
             "session.audio.output.speed");
  ga_session(R"({"type":"realtime","audio":{"output":{"speed":1e999}}})", "invalid_value",
             "session.audio.output.speed");
  ga_session(
      R"({"type":"realtime","audio":{"input":{"turn_detection":{"type":"server_vad","threshold":1.1}}}})",
      "invalid_value", "session.audio.input.turn_detection.threshold");
  ga_session(
      R"({"type":"realtime","audio":{"input":{"turn_detection":{"type":"server_vad","idle_timeout_ms":4999}}}})",
      "invalid_value", "session.audio.input.turn_detection.idle_timeout_ms");
  ga_session(R"({"type":"realtime","audio":{"input":{"turn_detection":{"type":"my_vad"}}}})", "invalid_value",
             "session.audio.input.turn_detection.type");
  ga_session(R"({"type":"realtime","audio":{"input":{"format":{"type":"audio/pcm","rate":16000}}}})",
             "invalid_value", "session.audio.input.format.rate");
  ga_session(R"({"type":"realtime","max_output_tokens":0})", "invalid_value", "session.max_output_tokens");
  ga_session(R"({"type":"realtime","max_output_tokens":"many"})", "invalid_value",
             "session.max_output_tokens");
  ga_session(R"({"type":"realtime","output_modalities":["smell"]})", "invalid_value",
             "session.output_modalities[0]");
  ga_session(R"({"type":"realtime","tool_choice":"maybe"})", "invalid_value", "session.tool_choice");
  beta_session(R"({"input_audio_format":"opus"})", "invalid_value", "session.input_audio_format");
  beta_session(R"({"temperature":3})", "invalid_value", "session.temperature");
  refuses(Dialect::ga,
          R"({"type":"conversation.item.truncate","item_id":"i","content_index":0,"audio_end_ms":-1})",
          "invalid_value", "audio_end_ms");
  refuses(
      Dialect::ga,
      R"({"type":"conversation.item.truncate","item_id":"i","content_index":4294967296,"audio_end_ms":1})",
      "invalid_value", "content_index");
  ga_item(R"({"type":"item_reference","id":"x"})", "invalid_value", "item.type");
  ga_item(R"({"type":"message","role":"robot","content":[]})", "invalid_value", "item.role");
  ga_item(R"({"type":"message","role":"assistant","content":[{"type":"text","text":"x"}]})", "invalid_value",
          "item.content[0].type");
  ga_item(R"({"type":"message","role":"system","content":[{"type":"input_audio","audio":"AA=="}]})",
          "invalid_value", "item.content[0].type");
}

void accepts_null_where_it_clears() {
  const auto event =
      Codec::of(Dialect::ga)
          .decode_client(
              R"({"type":"session.update","event_id":null,"session":{"type":"realtime","tracing":null,"prompt":null,"audio":{)"
              R"("input":{"transcription":null,"noise_reduction":null,"turn_detection":null}}}})");
  g_assert_true(event.ok());
  const auto& config = std::get<SessionUpdate>(event->body).config;
  g_assert_true(config.turn_detection->mode == TurnDetection::Mode::none);
  g_assert_true(config.noise_reduction == NoiseReduction::none);
  g_assert_true(config.transcription == Transcription{});
}

void keeps_what_it_does_not_model() {
  const auto event =
      Codec::of(Dialect::ga)
          .decode_client(
              R"({"type":"response.create","response":{"reasoning":{"effort":"low"},"input":[{"type":"item_reference","id":"x"}]}})");
  const auto& options = std::get<ResponseCreate>(event->body).options;
  equal(options.extra->text, R"({"reasoning":{"effort":"low"}})");
  equal(options.input->text, R"([{"type":"item_reference","id":"x"}])");
}

void error_can_name_its_event() {
  g_assert_true(event_id_of(R"({"type":"x","event_id":"mine"})") == "mine");
  g_assert_false(event_id_of(R"({"type":"x"})").has_value());
  g_assert_false(event_id_of(R"({"event_id":7})").has_value());
  g_assert_false(event_id_of("{").has_value());
  g_assert_false(event_id_of("[]").has_value());
}

// A strict reader, too, only ever refuses.
void noise_never_crashes() {
  for (const Dialect dialect : {Dialect::ga, Dialect::beta}) {
    for (const ClientEvent& event : samples::client_events(dialect)) {
      const std::string text = Codec::of(dialect).encode(event);
      for (int i = 0; i < 300; ++i) {
        std::string changed = text;
        for (int n = g_test_rand_int_range(1, 4); n > 0; --n)
          changed[static_cast<std::size_t>(g_test_rand_int_range(0, static_cast<int>(changed.size())))] =
              "{}[]:,\"\\0.-n"[g_test_rand_int_range(0, 12)];
        for (const Dialect reader : {Dialect::ga, Dialect::beta}) {
          const auto back = Codec::of(reader).decode_client(changed);
          if (!back) g_assert_false(back.error().code.empty());
        }
      }
    }
  }
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/decode-client/no-event", not_an_event);
  g_test_add_func("/decode-client/unknown", unknown_parameters);
  g_test_add_func("/decode-client/missing", missing_parameters);
  g_test_add_func("/decode-client/types", wrong_types);
  g_test_add_func("/decode-client/values", wrong_values);
  g_test_add_func("/decode-client/null", accepts_null_where_it_clears);
  g_test_add_func("/decode-client/extra", keeps_what_it_does_not_model);
  g_test_add_func("/decode-client/event-id", error_can_name_its_event);
  g_test_add_func("/decode-client/noise", noise_never_crashes);
  return g_test_run();
}

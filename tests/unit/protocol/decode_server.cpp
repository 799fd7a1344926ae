// What servers send, well or badly: nothing of it may fail but text that is no event at all.
#include "mutations.h"
#include "support.h"

#include "protocol/json_value.h"

#include <functional>

namespace {

using namespace rt;
using namespace rt::protocol;

template<typename Body>
Body body_of(std::string_view text) {
  const auto event = decode_server(text);
  if (!event) g_error("%s", event.error().message.c_str());
  const auto* body = std::get_if<Body>(&event->body);
  if (!body) g_error("another event: %s", std::string(text).c_str());
  return *body;
}

SessionInfo session_of(const std::string& session) {
  return body_of<SessionCreated>(R"({"type":"session.created","session":)" + session + "}").session;
}

void refuses_what_is_no_event() {
  for (const char* text : {"", "x", "[]", "1", "null", "{}", R"({"type":null})", R"({"type":1})",
                           R"({"type":["error"]})", R"({"type":"error")", R"({"type":"error"}{})"}) {
    const auto event = decode_server(text);
    g_assert_false(event.ok());
    g_assert_true(event.error().kind == ErrorKind::not_realtime);
    g_assert_false(event.error().message.empty());
  }
  g_assert_false(decode_server(std::string(100'000, '[')).ok());
  g_assert_false(decode_server(R"({"type":"error","x":)" + std::string(100'000, '[')).ok());
}

void errors_of_every_kind() {
  ErrorInfo error =
      body_of<ErrorEvent>(R"({"type":"error","error":{"type":"t","code":null,"message":"m","param":null}})")
          .error;
  g_assert_true(error == (ErrorInfo{"t", "", "m", "", ""}));
  error = body_of<ErrorEvent>(R"({"type":"error","error":"boom"})").error;
  equal(error.message, "boom");
  error = body_of<ErrorEvent>(R"({"type":"error","code":429,"message":"slow down"})").error;
  equal(error.code, "429");
  equal(error.message, "slow down");
  error =
      body_of<ErrorEvent>(R"({"type":"error","error":{"event_id":"mine","param":"session.x","code":"c"}})")
          .error;
  g_assert_true(error == (ErrorInfo{"", "c", "", "session.x", "mine"}));
  g_assert_true(body_of<ErrorEvent>(R"({"type":"error"})").error == ErrorInfo{});
}

void beta_names_are_the_same_events() {
  const std::string at = R"("response_id":"r","item_id":"i","output_index":1,"content_index":2)";
  equal(body_of<OutputTextDelta>(R"({"type":"response.text.delta","delta":"x",)" + at + "}").delta, "x");
  equal(body_of<OutputTextDone>(R"({"type":"response.text.done","text":"x",)" + at + "}").text, "x");
  equal(body_of<OutputAudioDelta>(R"({"type":"response.audio.delta","delta":"AA==",)" + at + "}").audio,
        "AA==");
  g_assert_true(body_of<OutputAudioDone>(R"({"type":"response.audio.done",)" + at + "}").at ==
                (ContentRef{"r", "i", 1, 2}));
  equal(body_of<OutputTranscriptDelta>(R"({"type":"response.audio_transcript.delta","delta":"x",)" + at + "}")
            .delta,
        "x");
  equal(body_of<OutputTranscriptDone>(R"({"type":"response.audio_transcript.done","transcript":"x",)" + at +
                                      "}")
            .transcript,
        "x");
  equal(body_of<ItemAdded>(R"({"type":"conversation.item.created","item":{"id":"i","type":"message"}})")
            .item.id,
        "i");
  // Nobody sends these names.
  body_of<UnknownServerEvent>(R"({"type":""})");
  body_of<UnknownServerEvent>(R"({"type":"session.destroyed","session":{}})");
}

void transcription_sessions_say_so_in_three_ways() {
  const auto kind = [](const char* text) { return body_of<SessionCreated>(text).session.type; };
  g_assert_true(kind(R"({"type":"transcription_session.created","session":{}})") ==
                SessionType::transcription);
  g_assert_true(kind(R"({"type":"session.created","session":{"type":"transcription"}})") ==
                SessionType::transcription);
  g_assert_true(kind(R"({"type":"session.created","session":{"object":"realtime.transcription_session"}})") ==
                SessionType::transcription);
  g_assert_true(kind(R"({"type":"session.created","session":{"object":"realtime.session"}})") ==
                SessionType::conversation);
  g_assert_true(body_of<SessionUpdated>(R"({"type":"transcription_session.updated"})").session.type ==
                SessionType::transcription);
}

// Some send the transcript as it stands each time that it grows.
void growing_transcripts_are_not_complete() {
  const auto transcript = [](const char* text) { return body_of<InputTranscriptCompleted>(text); };
  const auto updated = transcript(
      R"({"type":"conversation.item.input_audio_transcription.updated","item_id":"i","transcript":"Hel"})");
  equal(updated.transcript, "Hel");
  g_assert_true(updated.more_follows);
  g_assert_true(transcript(R"({"type":"conversation.item.input_audio_transcription.completed","item_id":"i",)"
                           R"("transcript":"Hello","status":"in_progress"})")
                    .more_follows);
  g_assert_false(
      transcript(R"({"type":"conversation.item.input_audio_transcription.completed","item_id":"i",)"
                 R"("transcript":"Hello","status":"completed"})")
          .more_follows);
}

void mcp_items_are_understood() {
  const auto item = [](const std::string& fields) {
    return body_of<ItemAdded>(R"({"type":"conversation.item.added","item":{"id":"i",)" + fields + "}}").item;
  };
  const Item request =
      item(R"("type":"mcp_approval_request","server_label":"s","name":"n","arguments":"{}")");
  g_assert_true(request.type == Item::Type::mcp_approval_request);
  equal(request.server_label, "s");
  equal(request.name, "n");
  equal(request.arguments, "{}");
  const Item call =
      item(R"("type":"mcp_call","server_label":"s","name":"n","arguments":"{}","output":"o",)"
           R"("approval_request_id":"r","error":{"type":"http_error","code":500,"message":"m"})");
  g_assert_true(call.type == Item::Type::mcp_call);
  equal(call.approval_request_id, "r");
  equal(call.output, "o");
  equal(call.error->text, R"({"type":"http_error","code":500,"message":"m"})");
  g_assert_false(item(R"("type":"mcp_call","output":null,"error":null)").error.has_value());
  equal(item(R"("type":"mcp_list_tools","tools":[{"name":"n"}])").tools->text, R"([{"name":"n"}])");
  g_assert_true(item(R"("type":"mcp_approval_response","approve":true)").approve);
}

void streams_have_no_ids() {
  const auto audio =
      body_of<StreamAudioDelta>(R"({"type":"session.output_audio.delta","delta":"AA==","elapsed_ms":200})");
  equal(audio.audio, "AA==");
  g_assert_cmpuint(audio.sample_rate, ==, 24000);
  g_assert_true(audio.elapsed_ms == 200U);
  equal(body_of<StreamInputText>(R"({"type":"session.input_transcript.delta","delta":"x","elapsed_ms":null})")
            .delta,
        "x");
  body_of<SessionClosed>(R"({"type":"session.closed"})");
  const SessionInfo info =
      session_of(R"({"id":"s","type":"translation","audio":{"output":{"language":"es"}}})");
  g_assert_true(info.type == SessionType::translation);
  g_assert_true(info.config.target_language == "es");
  g_assert_true(dialect_of(info) == Dialect::translation);
}

void without_its_ids_an_event_is_unknown() {
  for (const char* text :
       {R"({"type":"response.done"})", R"({"type":"response.created","response":{"id":7}})",
        R"({"type":"response.output_audio.delta","delta":"AA==","item_id":"i"})",
        R"({"type":"response.output_audio.delta","delta":"AA==","response_id":"r","item_id":null})",
        R"({"type":"conversation.item.added","item":null})",
        R"({"type":"conversation.item.deleted","item_id":[]})",
        R"({"type":"response.output_item.added","response_id":"r","item":{}})",
        R"({"type":"conversation.item.input_audio_transcription.completed","transcript":"x"})"}) {
    equal(body_of<UnknownServerEvent>(text).json.text, text);
  }
  // These mean something without.
  body_of<SpeechStarted>(R"({"type":"input_audio_buffer.speech_started"})");
  body_of<InputAudioCommitted>(R"({"type":"input_audio_buffer.committed","item_id":null})");
  body_of<SessionUpdated>(R"({"type":"session.updated"})");
}

void numbers_out_of_range_keep_the_default() {
  for (const char* number :
       {"-1", "1e300", "1e999", "99999999999999999999", "3.5", "\"7\"", "null", "true", "{}"}) {
    const std::string text = R"({"type":"conversation.item.truncated","item_id":"i","content_index":)" +
                             std::string(number) + R"(,"audio_end_ms":)" + number + "}";
    const auto truncated = body_of<ItemTruncated>(text);
    g_assert_cmpuint(truncated.content_index, ==, 0);
    g_assert_cmpuint(truncated.audio_end_ms, ==, 0);
  }
}

void nested_session() {
  const SessionInfo info = session_of(
      R"({"type":"realtime","object":"realtime.session","id":"s","model":"m","expires_at":1785217650,)"
      R"("output_modalities":["audio"],"tools":[],"tool_choice":"auto","max_output_tokens":"inf","tracing":null,)"
      R"("truncation":"auto","prompt":null,"audio":{"input":{"format":{"type":"audio/pcm","rate":24000},)"
      R"("transcription":null,"noise_reduction":null,"turn_detection":null},)"
      R"("output":{"format":{"type":"audio/pcmu"},"voice":"alloy","speed":1.0}}})");
  equal(info.id, "s");
  equal(info.model, "m");
  g_assert_true(info.expires_at == 1785217650);
  const SessionConfig& c = info.config;
  g_assert_true(c.output_modality == Modality::audio);
  g_assert_true(c.input_format == audio::pcm16_24k);
  g_assert_true(c.output_format == audio::ulaw_8k);
  g_assert_true(c.transcription == Transcription{});
  g_assert_true(c.noise_reduction == NoiseReduction::none);
  g_assert_true(c.turn_detection && c.turn_detection->mode == TurnDetection::Mode::none);
  g_assert_true(c.voice == "alloy" && c.speed == 1.0);
  g_assert_true(c.max_output_tokens == infinite_tokens);
  equal(c.tools->text, "[]");
  equal(c.tool_choice->text, "\"auto\"");
  equal(c.truncation->text, "\"auto\"");
  equal(c.tracing->text, "null");
  g_assert_true(dialect_of(info) == Dialect::ga);
}

void flat_session() {
  const SessionInfo info = session_of(
      R"({"id":"s","modalities":["audio","text"],"voice":{"name":"alloy","type":"openai"},"input_audio_format":"pcm16",)"
      R"("input_audio_sampling_rate":16000,"output_audio_format":"g711_alaw","input_audio_transcription":{"model":"w"},)"
      R"("input_audio_noise_reduction":{"type":"far_field"},"temperature":0.8,"max_response_output_tokens":100,)"
      R"("turn_detection":{"type":"semantic_vad","eagerness":"low","threshold":null}})");
  const SessionConfig& c = info.config;
  g_assert_true(c.output_modality == Modality::audio);
  equal(*c.voice, R"({"name":"alloy","type":"openai"})");
  g_assert_true(c.input_format == (audio::Format{audio::Encoding::pcm16, 16000}));
  g_assert_true(c.output_format == audio::alaw_8k);
  g_assert_true(c.transcription == (Transcription{"w", {}, {}}));
  g_assert_true(c.noise_reduction == NoiseReduction::far_field);
  g_assert_true(c.temperature == 0.8);
  g_assert_true(c.max_output_tokens == 100);
  g_assert_true(c.turn_detection->mode == TurnDetection::Mode::semantic_vad);
  g_assert_true(c.turn_detection->eagerness == TurnDetection::Eagerness::low);
  g_assert_false(c.turn_detection->threshold.has_value());
  g_assert_true(dialect_of(info) == Dialect::beta);
}

void both_shapes_at_once() {
  const SessionConfig c =
      session_of(
          R"({"input_audio_format":"not specified","output_audio_format":"g711_ulaw","turn_detection":{"type":null},)"
          R"("temperature":-1.0,"input_audio_transcription":{"model":"flat"},"voice":"flat","audio":{)"
          R"("input":{"format":{"type":"audio/pcm","rate":24000},"transcription":{"model":"nested"}},)"
          R"("output":{"voice":"nested"}}})")
          .config;
  g_assert_true(c.input_format == audio::pcm16_24k);
  g_assert_true(c.output_format == audio::ulaw_8k);
  g_assert_true(c.turn_detection->mode == TurnDetection::Mode::none);
  g_assert_true(c.transcription->model == "nested");
  g_assert_true(c.voice == "nested");
  g_assert_false(c.temperature.has_value());
}

void what_is_missing_stays_absent() {
  const SessionInfo info = session_of(R"({"id":"s"})");
  g_assert_true(info.config == SessionConfig{});
  g_assert_false(dialect_of(info).has_value());
  const SessionConfig odd =
      session_of(
          R"({"output_modalities":["smell"],"tools":{},"tool_choice":7,"max_output_tokens":-3,"audio":{"input":{)"
          R"("format":{"type":"audio/opus"},"noise_reduction":{"type":"x"}},"output":{"format":{"type":"audio/pcm","rate":0}}}})")
          .config;
  g_assert_true(odd == SessionConfig{});
  g_assert_true(
      session_of(R"({"turn_detection":{"type":"azure_semantic_vad"}})").config.turn_detection->mode ==
      TurnDetection::Mode::other);
}

void raw_session_is_kept_whole() {
  const std::string session = R"({"id":"s","x":[1.50,{"y":12345678901234567890}],"audio":{}})";
  equal(session_of(session).raw.text, session);
}

void assistant_parts_have_two_names() {
  for (const char* names : {R"([{"type":"output_text","text":"a"},{"type":"output_audio","transcript":"b"}])",
                            R"([{"type":"text","text":"a"},{"type":"audio","transcript":"b"}])"}) {
    const auto added = body_of<ItemAdded>(
        R"({"type":"conversation.item.added","item":{"id":"i","type":"message","role":"assistant","content":)" +
        std::string(names) + "}}");
    g_assert_cmpuint(added.item.content.size(), ==, 2);
    g_assert_true(added.item.content[0].type == ContentPart::Type::output_text);
    g_assert_true(added.item.content[1].type == ContentPart::Type::output_audio);
    g_assert_true(added.item.content[1].transcript == "b");
  }
  const auto odd = body_of<ItemAdded>(
      R"({"type":"conversation.item.added","item":{"id":"i","role":"user","content":[{"type":"smell","x":1}]}})");
  g_assert_true(odd.item.type == Item::Type::message);
  equal(odd.item.content[0].raw.text, R"({"type":"smell","x":1})");
}

void text_with_nul_is_not_cut() {
  const auto done = body_of<OutputTextDone>(
      R"({"type":"response.output_text.done","response_id":"r","item_id":"i","text":"a\u0000b\ud800c"})");
  equal(done.text, std::string_view("a\0b\xEF\xBF\xBD"
                                    "c",
                                    7));
}

// ---- mutation: every value of every event, replaced by every kind of wrong one ----

void every_mutation_decodes() {
  unsigned tried = 0;
  for (const Dialect dialect : {Dialect::ga, Dialect::beta, Dialect::translation}) {
    for (const std::string& event : samples::richest_events(dialect)) {
      samples::mutate(*read_json(event), samples::all_wrong_values(), [&](const JsonValue& changed) {
        const std::string text = to_text(changed);
        const auto back = decode_server(text);
        ++tried;
        if (back.ok() != changed["type"].is_string()) g_error("%s", text.c_str());
        if (!back) return;
        // What was understood of it can be said again.
        const std::string again = Codec::of(dialect).encode(back.value());
        if (again.empty()) return;
        if (!decode_server(again)) g_error("%s became %s", text.c_str(), again.c_str());
      });
    }
  }
  g_assert_cmpuint(tried, >, 5'000);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/decode-server/no-event", refuses_what_is_no_event);
  g_test_add_func("/decode-server/errors", errors_of_every_kind);
  g_test_add_func("/decode-server/beta-names", beta_names_are_the_same_events);
  g_test_add_func("/decode-server/transcription", transcription_sessions_say_so_in_three_ways);
  g_test_add_func("/decode-server/growing", growing_transcripts_are_not_complete);
  g_test_add_func("/decode-server/mcp", mcp_items_are_understood);
  g_test_add_func("/decode-server/stream", streams_have_no_ids);
  g_test_add_func("/decode-server/ids", without_its_ids_an_event_is_unknown);
  g_test_add_func("/decode-server/numbers", numbers_out_of_range_keep_the_default);
  g_test_add_func("/decode-server/nested", nested_session);
  g_test_add_func("/decode-server/flat", flat_session);
  g_test_add_func("/decode-server/both", both_shapes_at_once);
  g_test_add_func("/decode-server/missing", what_is_missing_stays_absent);
  g_test_add_func("/decode-server/raw", raw_session_is_kept_whole);
  g_test_add_func("/decode-server/parts", assistant_parts_have_two_names);
  g_test_add_func("/decode-server/nul", text_with_nul_is_not_cut);
  g_test_add_func("/decode-server/mutation", every_mutation_decodes);
  return g_test_run();
}

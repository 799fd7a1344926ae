#include "protocol/provider.h"

#include "support.h"

#include <cstring>

namespace {

using namespace rt;
using namespace rt::protocol;

std::string dial(ProviderId id, std::string_view uri, std::string_view model = "",
                 SessionType type = SessionType::conversation) {
  const auto address = connect_uri(provider(id), uri, model, type);
  if (!address) g_error("%s", address.error().message.c_str());
  return address.value();
}

std::string refusal(std::string_view uri, ErrorKind kind = ErrorKind::invalid_uri) {
  const auto address = connect_uri(provider(ProviderId::openai), uri, "");
  if (address.ok()) g_error("accepted %s", address->c_str());
  g_assert_true(address.error().kind == kind);
  return address.error().message;
}

void rows_are_where_their_ids_say() {
  g_assert_cmpuint(providers().size(), ==, static_cast<std::size_t>(ProviderId::custom) + 1);
  for (std::size_t i = 0; i < providers().size(); ++i) {
    const Provider& row = providers()[i];
    g_assert_cmpuint(static_cast<std::size_t>(row.id), ==, i);
    g_assert_true(&provider(row.id) == &row);
    g_assert_true(row.name && *row.name && row.description && *row.description);
    g_assert_false(row.input_rates.empty() || row.output_rates.empty());
    for (const char* json : {row.quirks.no_turns, row.quirks.session_fields})
      if (json) g_assert_true(parse_json_object(json).ok());
    if (row.query) g_assert_nonnull(std::strchr(row.query, '='));
    if (row.default_uri) g_assert_true(connect_uri(row, "", "m").ok());
  }
  g_assert_true(provider(ProviderId::openai_beta).beta_header);
  g_assert_true(provider(ProviderId::openai_beta).dialect == Dialect::beta);
  g_assert_true(provider(ProviderId::openai).dialect == Dialect::ga);
  g_assert_false(provider(ProviderId::automatic).dialect.has_value());
}

void known_hosts() {
  const auto row = [](ProviderId id, const char* uri) { return provider_for_uri(id, uri).id; };
  g_assert_true(row(ProviderId::automatic, "") == ProviderId::openai);
  g_assert_true(row(ProviderId::automatic, "wss://API.OpenAI.com/v1/realtime?x=y") == ProviderId::openai);
  g_assert_true(row(ProviderId::automatic, "wss://api.openai.com.evil.example/") == ProviderId::automatic);
  g_assert_true(row(ProviderId::automatic, "ws://localhost:8080") == ProviderId::automatic);
  g_assert_true(row(ProviderId::automatic, "not a uri") == ProviderId::automatic);
  g_assert_true(row(ProviderId::openai_beta, "wss://api.openai.com/") == ProviderId::openai_beta);
  const auto known = [&](const char* uri) { return row(ProviderId::automatic, uri); };
  g_assert_true(known("wss://mine.openai.azure.com") == ProviderId::azure);
  g_assert_true(known("wss://Mine.OpenAI.Azure.com/openai/v1/realtime?model=d") == ProviderId::azure);
  g_assert_true(known("wss://mine.openai.azure.com/openai/realtime?deployment=d") ==
                ProviderId::azure_preview);
  g_assert_true(known("wss://mine.services.ai.azure.com") == ProviderId::azure_voice_live);
  g_assert_true(known("wss://mine.services.ai.azure.com/voice-live/realtime") ==
                ProviderId::azure_voice_live);
  g_assert_true(known("wss://mine.services.ai.azure.com/openai/v1/realtime") == ProviderId::azure);
  g_assert_true(known("wss://.openai.azure.com") == ProviderId::automatic);
  g_assert_true(known("wss://openai.azure.com.example") == ProviderId::automatic);
  g_assert_true(known("wss://api.x.ai") == ProviderId::xai);
  g_assert_true(known("wss://dashscope-intl.aliyuncs.com/api-ws/v1/realtime") == ProviderId::qwen);
}

void addresses_of_other_providers() {
  equal(dial(ProviderId::xai, ""), "wss://api.x.ai/v1/realtime?model=grok-voice-latest");
  equal(dial(ProviderId::azure, "wss://r.openai.azure.com", "my-deployment"),
        "wss://r.openai.azure.com/openai/v1/realtime?model=my-deployment");
  equal(dial(ProviderId::automatic, "wss://r.openai.azure.com", "d"),
        "wss://r.openai.azure.com/openai/v1/realtime?model=d");
  equal(dial(ProviderId::azure_preview, "wss://r.openai.azure.com", "d"),
        "wss://r.openai.azure.com/openai/realtime?api-version=2025-04-01-preview&deployment=d");
  equal(dial(ProviderId::azure_preview, "wss://h/openai/realtime?api-version=1&deployment=e", "d"),
        "wss://h/openai/realtime?api-version=1&deployment=e");
  equal(dial(ProviderId::azure_voice_live, "wss://r.services.ai.azure.com"),
        "wss://r.services.ai.azure.com/voice-live/realtime?api-version=2026-04-10&model=gpt-realtime");
  equal(dial(ProviderId::glm, "", "glm-realtime-air"), "wss://open.bigmodel.cn/api/paas/v4/realtime");
  equal(dial(ProviderId::localai, "ws://localhost:8080", "m"), "ws://localhost:8080/v1/realtime?model=m");
  equal(dial(ProviderId::inworld, "wss://api.inworld.ai?key=k"),
        "wss://api.inworld.ai/api/v1/realtime/session?key=k&protocol=realtime");
  equal(dial(ProviderId::custom, "ws://h"), "ws://h");
  equal(dial(ProviderId::custom, "ws://h/x", "m"), "ws://h/x?model=m");
  const auto nameless = connect_uri(provider(ProviderId::azure), "wss://r.openai.azure.com", "");
  g_assert_true(nameless.error().kind == ErrorKind::invalid_settings);
  has(nameless.error().message, "`model`");
  has(nameless.error().message, "`azure`");
}

void kinds_of_sessions() {
  const auto type = SessionType::translation;
  equal(dial(ProviderId::openai, "", "", type),
        "wss://api.openai.com/v1/realtime/translations?model=gpt-realtime-translate");
  equal(dial(ProviderId::openai, "ws://h", "m", type), "ws://h/v1/realtime/translations?model=m");
  equal(dial(ProviderId::openai, "ws://h/v1/realtime", "m", type), "ws://h/v1/realtime/translations?model=m");
  equal(dial(ProviderId::automatic, "ws://h/mine", "", type), "ws://h/mine");
  equal(dial(ProviderId::custom, "ws://h", "m", type), "ws://h?model=m");
  equal(dial(ProviderId::speaches, "ws://h", "m", SessionType::transcription),
        "ws://h/v1/realtime?intent=transcription&model=m");
  equal(dial(ProviderId::azure, "wss://r.openai.azure.com", "", SessionType::transcription),
        "wss://r.openai.azure.com/openai/v1/realtime?intent=transcription");
  for (const auto& [id, none] :
       {std::pair{ProviderId::xai, SessionType::transcription}, {ProviderId::azure, type}}) {
    const auto address = connect_uri(provider(id), "wss://h", "m", none);
    g_assert_true(address.error().kind == ErrorKind::invalid_settings);
    has(address.error().message, "`session-type`");
    has(address.error().message, provider(id).name);
  }
}

std::string update(ProviderId id, const SessionConfig& config) {
  const Provider& row = provider(id);
  return codec_for(row, row.dialect.value()).encode(ClientEvent{"", SessionUpdate{config}});
}

void quirks_are_written() {
  SessionConfig config;
  config.input_format = audio::Format{audio::Encoding::pcm16, 16000};
  config.output_format = audio::pcm16_24k;
  config.turn_detection = TurnDetection{.mode = TurnDetection::Mode::none};
  config.tools = Json{R"([{"type":"function","name":"f","parameters":{}}])"};
  const std::string qwen = update(ProviderId::qwen, config);
  has(qwen, R"("input_audio_format":"pcm")");
  has(qwen, R"("output_audio_format":"pcm")");
  has(qwen, R"("turn_detection":null)");
  has(qwen, R"("tools":[{"type":"function","function":{"name":"f","parameters":{}}}])");
  const std::string glm = update(ProviderId::glm, config);
  has(glm, R"("turn_detection":{"type":"client_vad"})");
  has(glm, R"("input_audio_format":"wav")");
  has(glm, R"("beta_fields":{"chat_mode":"audio")");
  has(update(ProviderId::azure_voice_live, config), R"("input_audio_sampling_rate":16000)");
  has(update(ProviderId::xai, config), R"("turn_detection":{"type":null})");
  config.output_modality = Modality::audio;
  has(update(ProviderId::inworld, config), R"("output_modalities":["audio","text"])");
  config.input_format = audio::ulaw_8k;
  has(update(ProviderId::azure_voice_live, config), R"("input_audio_format":"g711_ulaw")");
  g_assert_true(update(ProviderId::azure_voice_live, config).find("sampling_rate") == std::string::npos);
  // What the user wants beyond the properties wins over what the provider needs.
  SessionConfig own;
  own.extra = Json{R"({"beta_fields":{"chat_mode":"video_passive"}})"};
  has(update(ProviderId::glm, own), R"("chat_mode":"video_passive","tts_source":"e2e")");
}

void responses_have_quirks_too() {
  ResponseCreate create;
  create.options.tools = Json{R"([{"type":"function","name":"f"}])"};
  const Provider& row = provider(ProviderId::qwen);
  has(codec_for(row, Dialect::beta).encode(ClientEvent{"", create}), R"("function":{"name":"f"})");
  equal(codec_for(row, Dialect::beta).encode(ClientEvent{"", ResponseCreate{}}),
        R"({"type":"response.create"})");
}

// A flat format has no rate: it is the provider's.
void flat_formats_are_completed() {
  const auto rates = [](ProviderId id, const char* session) {
    auto event = decode_server(R"({"type":"session.updated","session":)" + std::string(session) + "}");
    SessionInfo info = std::get<SessionUpdated>(event->body).session;
    complete(provider(id), info);
    const auto rate = [](const auto& format) { return format ? format->rate : 0; };
    return std::pair{rate(info.config.input_format), rate(info.config.output_format)};
  };
  const char* flat = R"({"input_audio_format":"pcm16","output_audio_format":"pcm16"})";
  g_assert_true(rates(ProviderId::openai_beta, flat) == std::pair(24000U, 24000U));
  g_assert_true(rates(ProviderId::qwen, flat) == std::pair(16000U, 24000U));
  g_assert_true(rates(ProviderId::qwen, R"({"input_audio_format":"g711_ulaw"})") == std::pair(8000U, 0U));
  const char* told = R"({"input_audio_format":"pcm16","input_audio_sampling_rate":16000})";
  g_assert_true(rates(ProviderId::azure_voice_live, told) == std::pair(16000U, 0U));
  const char* nested = R"({"audio":{"input":{"format":{"type":"audio/pcm","rate":48000}}}})";
  g_assert_true(rates(ProviderId::openai, nested) == std::pair(48000U, 0U));
}

void default_addresses() {
  equal(dial(ProviderId::openai, ""), "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1");
  equal(dial(ProviderId::automatic, ""), "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1");
  equal(dial(ProviderId::openai, "", "gpt-realtime"), "wss://api.openai.com/v1/realtime?model=gpt-realtime");
  const auto beta = connect_uri(provider(ProviderId::openai_beta), "", "");
  g_assert_true(beta.error().kind == ErrorKind::invalid_settings);
  has(beta.error().message, "`uri`");
}

void other_hosts_get_no_model_unasked() {
  equal(dial(ProviderId::automatic, "ws://localhost:8080"), "ws://localhost:8080/v1/realtime");
  equal(dial(ProviderId::automatic, "ws://localhost:8080/", "m"), "ws://localhost:8080/v1/realtime?model=m");
  equal(dial(ProviderId::openai, "ws://localhost"), "ws://localhost/v1/realtime?model=gpt-realtime-2.1");
  equal(dial(ProviderId::openai_beta, "ws://localhost/"), "ws://localhost/v1/realtime");
}

void keeps_what_is_there() {
  equal(dial(ProviderId::openai, "wss://h/openai/v1/realtime?model=dep%20loy"),
        "wss://h/openai/v1/realtime?model=dep%20loy");
  equal(dial(ProviderId::openai, "wss://h/v1?call_id=rtc_1", "m"), "wss://h/v1?call_id=rtc_1");
  equal(dial(ProviderId::openai, "wss://h/v1?intent=transcription", "m"), "wss://h/v1?intent=transcription");
  equal(dial(ProviderId::openai, "wss://h/a%2Fb?x=1&y=%26", "m"), "wss://h/a%2Fb?x=1&y=%26&model=m");
  equal(dial(ProviderId::openai, "wss://h/?my_model=1", "m"), "wss://h/v1/realtime?my_model=1&model=m");
  equal(dial(ProviderId::openai, "wss://h/a b", "m"), "wss://h/a%20b?model=m");
  equal(dial(ProviderId::openai, "wss://h/x?", "m"), "wss://h/x?model=m");
  equal(dial(ProviderId::openai, "WSS://u:p@[::1]:9000/x", "m"), "wss://u:p@[::1]:9000/x?model=m");
}

void models_are_escaped() {
  equal(dial(ProviderId::openai, "ws://h/x", "a b&c=d/é"), "ws://h/x?model=a%20b%26c%3Dd%2F%C3%A9");
}

void transcription_says_its_intent() {
  const auto type = SessionType::transcription;
  equal(dial(ProviderId::openai, "", "m", type), "wss://api.openai.com/v1/realtime?intent=transcription");
  equal(dial(ProviderId::openai, "ws://h/x?intent=other", "", type), "ws://h/x?intent=other");
}

void says_what_is_wrong() {
  has(refusal("https://api.openai.com/v1/realtime"), "`https`");
  has(refusal("api.openai.com"), "wss://");
  has(refusal("localhost:8080"), "wss://");
  has(refusal("wss://"), "host");
  has(refusal("wss:///path"), "host");
  has(refusal("wss://h:port/"), "port");
  has(refusal("wss://h:99999/"), "port");
  has(refusal("wss://h/x#y"), "fragment");
  has(refusal("wss://h/%zz"), "malformed");
  has(refusal(std::string_view("wss://h/\0x", 10)), "NUL");
}

void refusals_do_not_tell_secrets() {
  for (const char* uri :
       {"https://user:sesame@h/?key=sesame", "wss://h:sesame/", "wss://h/%sesame", "wss://h/x#sesame"})
    g_assert_true(refusal(uri).find("sesame") == std::string::npos);
}

void masks_secrets() {
  equal(mask_uri("wss://h/v1?model=m&key=k&api-version=1&deployment=d&call_id=c&intent=i"),
        "wss://h/v1?model=m&key=***&api-version=1&deployment=d&call_id=c&intent=i");
  equal(mask_uri("wss://h/?api-key=1&api_key=2&token=3&access_token=4&signature=5&sig=6&else=7"),
        "wss://h/?api-key=***&api_key=***&token=***&access_token=***&signature=***&sig=***&else=***");
  equal(mask_uri("wss://user:secret@h:1/x"), "wss://***@h:1/x");
  equal(mask_uri("wss://h/x?sk-secret&model=m"), "wss://h/x?***&model=m");
  equal(mask_uri("wss://h/x#access_token=secret"), "wss://h/x#***");
  equal(mask_uri("wss://h/x?a=b#c?d=e"), "wss://h/x?a=***#***");
  equal(mask_uri("wss://h/x"), "wss://h/x");
  equal(mask_uri(""), "");
  equal(mask_uri("user:secret@h?key=k=k&&"), "***@h?key=***&***");
  // A password with a slash is no address, and still a password.
  g_assert_true(mask_uri("wss://user:sec/ret@h/x").find("ret") == std::string::npos);
  // The name may be escaped: it is not one that is known to be harmless.
  equal(mask_uri("wss://h/?%6dodel=secret"), "wss://h/?%6dodel=***");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/provider/rows", rows_are_where_their_ids_say);
  g_test_add_func("/provider/hosts", known_hosts);
  g_test_add_func("/provider/addresses", addresses_of_other_providers);
  g_test_add_func("/provider/kinds", kinds_of_sessions);
  g_test_add_func("/provider/quirks", quirks_are_written);
  g_test_add_func("/provider/response-quirks", responses_have_quirks_too);
  g_test_add_func("/provider/flat-formats", flat_formats_are_completed);
  g_test_add_func("/provider/defaults", default_addresses);
  g_test_add_func("/provider/others", other_hosts_get_no_model_unasked);
  g_test_add_func("/provider/keeps", keeps_what_is_there);
  g_test_add_func("/provider/escapes", models_are_escaped);
  g_test_add_func("/provider/transcription", transcription_says_its_intent);
  g_test_add_func("/provider/refuses", says_what_is_wrong);
  g_test_add_func("/provider/refusal-secrets", refusals_do_not_tell_secrets);
  g_test_add_func("/provider/masks", masks_secrets);
  return g_test_run();
}

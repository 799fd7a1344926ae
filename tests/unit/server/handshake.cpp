// What a client's HTTP request asks for.
#include "server/handshake.h"

#include "harness.h"

#include <glib.h>

#include <map>

namespace {

using namespace rt::server;
using rt::protocol::Dialect;
using rt::protocol::SessionType;
using rt::server::test::equal;

constexpr const char* realtime_path = "/v1/realtime";
constexpr const char* translations_path = "/v1/realtime/translations";

std::optional<Wanted> read_at(const Manner& manner, const char* path, std::string_view query,
                              const std::map<std::string, std::string>& headers = {}) {
  return read_handshake(manner, path, query, [&](const char* name) {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  });
}

Wanted read(std::string_view query, const std::map<std::string, std::string>& headers,
            const char* path = realtime_path) {
  return read_at(plain_manner(), path, query, headers).value();
}

void the_query_names_the_model() {
  equal(read("model=gpt-4o%2Dx", {}).model, "gpt-4o-x");
  equal(read("a=b&model=m&c=d", {}).model, "m");
  equal(read("", {}).model, "gpt-realtime");
}

void the_query_names_the_kind_of_session() {
  const auto written = read("intent=transcription", {});
  g_assert_true(written.type == SessionType::transcription && !written.refusal);
  equal(written.model, "");
  const auto spoken = read("model=m", {});
  g_assert_true(spoken.type == SessionType::conversation && !spoken.refusal);
  g_assert_true(read("model=m&intent=conversation", {}).type == SessionType::conversation);
  const auto both = read("intent=transcription&model=whisper-1", {});
  g_assert_true(both.type == SessionType::transcription);
  equal(both.refusal.value().code, "invalid_model");
  equal(read("model=m&intent=singing", {}).refusal.value().param, "intent");
}

void translation_has_an_address_of_its_own() {
  const auto plain = read("model=m", {}, translations_path);
  g_assert_true(plain.type == SessionType::translation && plain.dialect == Dialect::translation);
  equal(plain.model, "m");
  g_assert_false(plain.refusal.has_value());
  equal(read("", {}, translations_path).model, "gpt-realtime-translate");
  equal(read("model=m&intent=transcription", {}, translations_path).refusal.value().param, "intent");
  const auto beta = read("model=m", {{"OpenAI-Beta", "realtime=v1"}}, translations_path);
  equal(beta.refusal.value().param, "OpenAI-Beta");
  g_assert_true(beta.dialect == Dialect::translation);
}

void providers_have_addresses_of_their_own() {
  const auto& azure = *manner_of("azure");
  g_assert_true(read_at(azure, "/openai/v1/realtime", "model=m").has_value());
  g_assert_false(read_at(azure, realtime_path, "model=m").has_value());
  g_assert_false(read_at(azure, "/openai/v1/realtime/translations", "model=m").has_value());
  g_assert_true(read_at(*manner_of("openai"), translations_path, "model=m").has_value());
  g_assert_false(read_at(plain_manner(), "/v1/realtime/other", "").has_value());
  equal(read_at(*manner_of("xai"), realtime_path, "intent=transcription").value().refusal.value().param,
        "intent");
}

void providers_speak_one_dialect() {
  const std::map<std::string, std::string> beta{{"OpenAI-Beta", "realtime=v1"}};
  equal(read_at(*manner_of("openai"), realtime_path, "model=m", beta).value().refusal.value().code,
        "beta_api_shape_disabled");
  const auto voice_live = read_at(*manner_of("azure-voice-live"), "/voice-live/realtime", "model=m").value();
  g_assert_true(voice_live.dialect == Dialect::beta && !voice_live.refusal);
  g_assert_true(read_at(*manner_of("xai"), realtime_path, "", beta).value().dialect == Dialect::ga);
}

void the_header_chooses_the_dialect() {
  g_assert_true(read("", {}).dialect == Dialect::ga);
  g_assert_true(read("", {{"OpenAI-Beta", "realtime=v1"}}).dialect == Dialect::beta);
  g_assert_true(read("", {{"OpenAI-Beta", "assistants=v2"}}).dialect == Dialect::ga);
  g_assert_true(read("", {{"Sec-WebSocket-Protocol", "realtime, openai-beta.realtime-v1"}}).dialect ==
                Dialect::beta);
}

void keys_come_three_ways() {
  equal(read("", {{"Authorization", "Bearer sk-1"}}).key, "sk-1");
  equal(read("", {{"Authorization", "bearer sk-1"}}).key, "sk-1");
  equal(read("", {{"Authorization", "Basic sk-1"}}).key, "");
  equal(read("", {{"api-key", "sk-2"}}).key, "sk-2");
  equal(read("", {{"Sec-WebSocket-Protocol", "realtime,openai-insecure-api-key.sk-3"}}).key, "sk-3");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/handshake/model", the_query_names_the_model);
  g_test_add_func("/server/handshake/kind", the_query_names_the_kind_of_session);
  g_test_add_func("/server/handshake/translation", translation_has_an_address_of_its_own);
  g_test_add_func("/server/handshake/provider-paths", providers_have_addresses_of_their_own);
  g_test_add_func("/server/handshake/provider-dialects", providers_speak_one_dialect);
  g_test_add_func("/server/handshake/dialect", the_header_chooses_the_dialect);
  g_test_add_func("/server/handshake/key", keys_come_three_ways);
  return g_test_run();
}

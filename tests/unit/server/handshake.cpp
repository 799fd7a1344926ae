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

Wanted read(std::string_view query, const std::map<std::string, std::string>& headers,
            const char* path = realtime_path) {
  return read_handshake(path, query, [&](const char* name) {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  });
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
  g_test_add_func("/server/handshake/dialect", the_header_chooses_the_dialect);
  g_test_add_func("/server/handshake/key", keys_come_three_ways);
  return g_test_run();
}

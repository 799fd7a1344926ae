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

Wanted read(std::string_view query, const std::map<std::string, std::string>& headers) {
  return read_handshake(query, [&](const char* name) {
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
  g_test_add_func("/server/handshake/dialect", the_header_chooses_the_dialect);
  g_test_add_func("/server/handshake/key", keys_come_three_ways);
  return g_test_run();
}

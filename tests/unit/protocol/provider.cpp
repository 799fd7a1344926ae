#include "protocol/provider.h"

#include "support.h"

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
  g_assert_cmpuint(providers().size(), ==, 3);
  for (std::size_t i = 0; i < providers().size(); ++i) {
    const Provider& row = providers()[i];
    g_assert_cmpuint(static_cast<std::size_t>(row.id), ==, i);
    g_assert_true(&provider(row.id) == &row);
    g_assert_true(row.name && *row.name && row.description && *row.description && row.key_variable);
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

#include "transport/secrets.h"

#include "support/texts.h"

#include <glib.h>

#include <string>

namespace {

using rt::test::assert_text;
using rt::transport::Endpoint;
using rt::transport::Secrets;

Secrets of_an_endpoint() {
  Endpoint endpoint;
  endpoint.uri = "wss://me:pass-word@host/path?model=gpt-realtime&api-key=from%2Fquery&access_token=access-1";
  endpoint.headers = {{"Authorization", "Bearer header-token"},
                      {"X-Api-Key", "header-key"},
                      {"Cookie", "session=cookie-value"},
                      {"OpenAI-Beta", "realtime=v1"},
                      {"X-Secret", "abc"}};
  endpoint.proxy = "http://me:proxy-word@proxy:1";
  return Secrets(endpoint);
}

void known_secrets_are_masked_wherever_they_turn_up() {
  const Secrets secrets = of_an_endpoint();
  for (const char* secret : {"header-token", "header-key", "session=cookie-value", "from/query", "access-1",
                             "pass-word", "proxy-word"})
    assert_text(secrets.mask(std::string("it was ") + secret + ", twice: " + secret),
                "it was ***, twice: ***");
  assert_text(secrets.mask("Bearer header-token"), "***");
}

void ordinary_words_stay() {
  const Secrets secrets = of_an_endpoint();
  for (const char* text :
       {"realtime=v1 is not known", "model gpt-realtime", "abc", "risk-free", "task-force-one-hundred"})
    assert_text(secrets.mask(text), text);
}

void whatever_is_shaped_like_a_key_is_masked() {
  const Secrets secrets{Endpoint{}};
  assert_text(secrets.mask("provided: sk-proj-AbC_123456. See"), "provided: *** See");
  assert_text(secrets.mask("(ek_68af296e8e408191a1120ab6383263c2)"), "(***)");
  assert_text(secrets.mask("eyJhbGciOiJIUzI1NiJ9.e30.abc sk-1234567"), "*** sk-1234567");
  assert_text(secrets.mask("sk-abcd****************wxyz"), "***");
}

void what_is_printed_is_one_line_of_utf8() {
  const Secrets secrets{Endpoint{}};
  assert_text(secrets.mask(""), "");
  assert_text(secrets.mask("two\nlines\t\x1b[31m"), "two lines  [31m");
  const std::string valid = secrets.mask("broken \xC3\x28");
  g_assert_true(g_utf8_validate(valid.c_str(), -1, nullptr));
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/transport/secrets/known", known_secrets_are_masked_wherever_they_turn_up);
  g_test_add_func("/transport/secrets/ordinary", ordinary_words_stay);
  g_test_add_func("/transport/secrets/shape", whatever_is_shaped_like_a_key_is_masked);
  g_test_add_func("/transport/secrets/one-line", what_is_printed_is_one_line_of_utf8);
  return g_test_run();
}

// Which key, headers and address a connection is made with, and what is said of unusable ones.
#include "connection_fixture.h"

namespace {

using namespace rt;
using namespace rt::session;
using namespace rt::session::test;
using Fixture = ConnectionFixture;

// Which key is used: asked for, set, from the environment, none.
void key_precedence() {
  Fixture f;
  f.start();
  assert_text(f.header("Authorization"), "");
  f.connection.stop();
  g_setenv("OPENAI_API_KEY", "sk-environment", TRUE);
  f.start();
  assert_text(f.header("Authorization"), "Bearer sk-environment");
  f.connection.stop();
  f.settings.api_key = "sk-property";
  f.start();
  assert_text(f.header("Authorization"), "Bearer sk-property");
  f.connection.stop();
  f.fresh_key = "sk-signal";
  f.start();
  assert_text(f.header("Authorization"), "Bearer sk-signal");
  f.connection.stop();
  f.fresh_key = "";
  f.start();
  assert_text(f.header("Authorization"), "Bearer sk-property");
  g_unsetenv("OPENAI_API_KEY");
}

void fresh_key_for_each_attempt() {
  Fixture f;
  f.settings.retries = 1;
  f.fresh_key = "one";
  f.start();
  f.transport.end(f.refused());
  f.fresh_key = "two";
  f.loop.advance(Nanoseconds(0));
  assert_text(f.header("Authorization"), "Bearer two");
}

void unusable_key() {
  for (const char* key : {"sk-abc\n", "sk abc", "sk-\xc3\xa4", "\tsk"}) {
    Fixture f;
    f.settings.api_key = key;
    f.connection.start(f.settings);
    g_assert_cmpuint(f.lost.size(), ==, 0); // never from within the call
    f.loop.run_until_idle();
    g_assert_cmpuint(f.lost.size(), ==, 1);
    g_assert_true(f.lost[0].kind == ErrorKind::invalid_settings);
    g_assert_true(contains(f.lost[0].message, "'api-key'"));
    g_assert_false(contains(f.lost[0].message, key));
    g_assert_cmpuint(f.transport.opened().size(), ==, 0);
  }
}

void unusable_uri() {
  Fixture f;
  f.settings.uri = "http://127.0.0.1/";
  f.start();
  g_assert_cmpuint(f.lost.size(), ==, 1);
  g_assert_true(f.lost[0].kind == ErrorKind::invalid_uri);
}

void stopped_before_the_bad_news() {
  Fixture f;
  f.settings.uri = "nonsense";
  f.connection.start(f.settings);
  f.connection.stop();
  f.loop.run_until_idle();
  g_assert_cmpuint(f.lost.size(), ==, 0);
}

// The application may close the session while it is asked for a key.
void stopped_while_asked_for_a_key() {
  Fixture f;
  f.on_key = [&] { f.connection.stop(); };
  f.start();
  g_assert_cmpuint(f.transport.opened().size(), ==, 0);
  g_assert_cmpuint(f.loop.timers(), ==, 0);
}

void headers() {
  Fixture f;
  f.settings.api_key = "sk-1";
  f.settings.extra_headers = {{"X-Tenant", "a"}, {"authorization", "Token t"}};
  f.start();
  assert_text(f.header("Authorization"), "Token t");
  assert_text(f.header("X-Tenant"), "a");
  assert_text(f.header("OpenAI-Beta"), "");
  f.connection.stop();
  f.settings.provider = protocol::ProviderId::openai_beta;
  f.start();
  assert_text(f.header("OpenAI-Beta"), "realtime=v1");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/connection/stop/bad-news", stopped_before_the_bad_news);
  g_test_add_func("/connection/stop/key", stopped_while_asked_for_a_key);
  g_test_add_func("/connection/key/precedence", key_precedence);
  g_test_add_func("/connection/key/each-attempt", fresh_key_for_each_attempt);
  g_test_add_func("/connection/key/unusable", unusable_key);
  g_test_add_func("/connection/uri/unusable", unusable_uri);
  g_test_add_func("/connection/headers", headers);
  return g_test_run();
}

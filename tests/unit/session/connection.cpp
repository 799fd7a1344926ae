// Dialling, retrying, giving up.
#include "connection_fixture.h"

namespace {

using namespace rt;
using namespace rt::session;
using namespace rt::session::test;
using Fixture = ConnectionFixture;

void dial_and_speak() {
  Fixture f;
  f.start();
  g_assert_cmpuint(f.transport.opened().size(), ==, 1);
  g_assert_true(contains(f.transport.opened()[0].endpoint.uri, "ws://127.0.0.1:9/v1/realtime"));
  g_assert_true(contains(f.dialed, "ws://127.0.0.1:9/v1/realtime"));
  g_assert_false(f.connection.writable());
  g_assert_false(f.connection.send("too early"));
  f.transport.accept();
  g_assert_true(f.connection.writable());
  g_assert_true(f.connection.send("hello"));
  f.transport.deliver("{}");
  g_assert_cmpuint(f.frames.size(), ==, 1);
  f.transport.set_writable(false);
  g_assert_false(f.connection.writable());
  g_assert_true(f.connection.send("a control event"));
  f.transport.set_writable(true);
  g_assert_cmpuint(f.wanted, ==, 1);
  f.connection.stop();
  g_assert_cmpuint(f.transport.closed().size(), ==, 1);
  g_assert_cmpuint(f.transport.closed()[0].code, ==, 1000);
  g_assert_cmpuint(f.loop.timers(), ==, 0);
  g_assert_cmpuint(f.lost.size(), ==, 0);
}

void options_reach_the_transport() {
  Fixture f;
  f.settings.ssl_strict = false;
  f.settings.proxy = "http://proxy:3128";
  f.settings.keepalive_interval_ms = 1234;
  f.start();
  const auto endpoint = f.transport.opened()[0].endpoint;
  g_assert_false(endpoint.ssl_strict);
  assert_text(endpoint.proxy, "http://proxy:3128");
  g_assert_cmpuint(endpoint.keepalive_interval_ms, ==, 1234);
}

void refused_without_retries() {
  Fixture f;
  f.start();
  f.transport.end(f.refused());
  g_assert_cmpuint(f.lost.size(), ==, 1);
  g_assert_true(f.lost[0].kind == ErrorKind::connection_refused);
  f.loop.advance(std::chrono::hours(1));
  g_assert_cmpuint(f.transport.opened().size(), ==, 1);
  g_assert_cmpuint(f.lost.size(), ==, 1);
}

void retries_with_backoff() {
  Fixture f;
  f.settings.retries = 4;
  f.settings.retry_backoff_factor = 0.5;
  f.settings.retry_backoff_max = 2;
  f.start();
  constexpr double expected[] = {0.5, 1, 2, 2};
  for (std::size_t i = 0; i < 4; ++i) {
    f.transport.end(f.refused());
    g_assert_cmpuint(f.delays.size(), ==, i + 1);
    const double seconds = std::chrono::duration<double>(f.delays[i]).count();
    g_assert_cmpfloat(seconds, >=, expected[i]);
    g_assert_cmpfloat(seconds, <=, expected[i] * 1.25); // jitter
    f.loop.advance(f.delays[i] - Nanoseconds(1));
    g_assert_cmpuint(f.transport.opened().size(), ==, i + 1);
    f.loop.advance(Nanoseconds(1));
    g_assert_cmpuint(f.transport.opened().size(), ==, i + 2);
  }
  f.transport.end(f.refused());
  g_assert_cmpuint(f.lost.size(), ==, 1);
  g_assert_true(f.attempts == (std::vector<unsigned>{1, 2, 3, 4, 5}));
}

void endless_retries() {
  Fixture f;
  f.settings.retries = -1;
  f.start();
  for (int i = 0; i < 100; ++i) {
    f.transport.end(f.refused());
    f.loop.advance(Nanoseconds(0));
  }
  g_assert_cmpuint(f.transport.opened().size(), ==, 101);
  g_assert_cmpuint(f.lost.size(), ==, 0);
}

void fatal_is_not_retried() {
  Fixture f;
  f.settings.retries = -1;
  f.start();
  Error error{ErrorKind::not_authorized, "HTTP 401"};
  error.http_status = 401;
  f.transport.end(error);
  g_assert_cmpuint(f.retried.size(), ==, 0);
  g_assert_cmpuint(f.lost.size(), ==, 1);
  g_assert_cmpuint(f.lost[0].http_status, ==, 401);
}

void timeout_covers_the_first_event() {
  Fixture f;
  f.settings.connect_timeout_ms = 3000;
  f.start();
  f.loop.advance(Milliseconds(2000));
  f.transport.accept();
  f.loop.advance(Milliseconds(999));
  g_assert_cmpuint(f.lost.size(), ==, 0);
  f.loop.advance(Milliseconds(1));
  g_assert_cmpuint(f.lost.size(), ==, 1);
  g_assert_true(f.lost[0].kind == ErrorKind::timed_out);
  g_assert_true(contains(f.lost[0].message, "session.created"));
  g_assert_cmpuint(f.transport.closed().size(), ==, 1);
}

void timeout_while_connecting_is_retried() {
  Fixture f;
  f.settings.connect_timeout_ms = 3000;
  f.settings.retries = 1;
  f.start();
  f.loop.advance(Milliseconds(3000));
  g_assert_cmpuint(f.retried.size(), ==, 1);
  g_assert_true(contains(f.retried[0].message, "connect-timeout"));
  g_assert_cmpuint(f.transport.opened().size(), ==, 2);
  f.transport.accept();
  f.connection.established();
  f.loop.advance(std::chrono::hours(1));
  g_assert_cmpuint(f.lost.size(), ==, 0);
}

// After session.created a loss is final: `retries` is for what comes before it.
void lost_when_established() {
  Fixture f;
  f.settings.retries = -1;
  f.start();
  f.transport.accept();
  f.connection.established();
  g_assert_true(f.connection.is_established());
  f.transport.end({ErrorKind::closed_by_server, "closed"});
  g_assert_cmpuint(f.lost.size(), ==, 1);
  g_assert_false(f.connection.send("x"));
}

void a_reason_explains_the_close() {
  Fixture f;
  f.start();
  f.transport.accept();
  Error reason{ErrorKind::request_failed, "The model does not exist"};
  reason.code = "model_not_there";
  f.connection.remember(reason);
  Error close{ErrorKind::request_rejected, "The connection was closed with code 4000"};
  close.close_code = 4000;
  f.transport.end(close);
  g_assert_cmpuint(f.lost.size(), ==, 1);
  g_assert_true(f.lost[0].kind == ErrorKind::request_rejected);
  assert_text(f.lost[0].message, "The model does not exist");
  assert_text(f.lost[0].code, "model_not_there");
  g_assert_cmpuint(f.lost[0].close_code, ==, 4000);
}

// The words of a benign error do not make the loss of the connection benign.
void a_reason_does_not_change_what_to_do() {
  Fixture f;
  f.settings.retries = 1;
  f.start();
  f.transport.accept();
  f.connection.remember({ErrorKind::request_failed, "Overloaded"});
  f.transport.end({ErrorKind::closed_by_server, "closed"});
  g_assert_cmpuint(f.retried.size(), ==, 1);
  g_assert_true(f.retried[0].kind == ErrorKind::closed_by_server);
  assert_text(f.retried[0].message, "Overloaded");
  f.loop.advance(Nanoseconds(0));
  f.transport.end(f.refused()); // the reason was the first attempt's
  assert_text(f.lost.at(0).message, "refused");
}

// Words of an attempt that was given up, still under way.
void an_older_connection_is_not_heard() {
  Fixture f;
  f.settings.retries = 1;
  f.start();
  f.loop.advance(Milliseconds(f.settings.connect_timeout_ms));
  const auto opened = f.transport.opened();
  g_assert_cmpuint(opened.size(), ==, 2);
  f.listener->on_open(opened[0].generation);
  g_assert_false(f.connection.send("x"));
  f.transport.accept();
  f.listener->on_text(opened[0].generation, "{}");
  f.listener->on_writable(opened[0].generation);
  f.listener->on_closed(opened[0].generation, f.refused());
  g_assert_cmpuint(f.frames.size(), ==, 0);
  g_assert_cmpuint(f.wanted, ==, 0);
  g_assert_cmpuint(f.lost.size(), ==, 0);
  f.listener->on_text(opened[1].generation, "{}");
  g_assert_cmpuint(f.frames.size(), ==, 1);
}

void failed_by_a_frame() {
  Fixture f;
  f.start();
  f.transport.accept();
  f.connection.fail({ErrorKind::not_realtime, "not JSON"});
  g_assert_cmpuint(f.lost.size(), ==, 1);
  g_assert_cmpuint(f.transport.closed().size(), ==, 1);
  f.connection.fail({ErrorKind::not_realtime, "again"});
  g_assert_cmpuint(f.lost.size(), ==, 1);
}

void stopped_while_waiting() {
  Fixture f;
  f.settings.retries = -1;
  f.settings.retry_backoff_factor = 10;
  f.start();
  f.transport.end(f.refused());
  f.connection.stop();
  g_assert_cmpuint(f.loop.timers(), ==, 0);
  f.loop.advance(std::chrono::hours(1));
  g_assert_cmpuint(f.transport.opened().size(), ==, 1);
  f.start(); // and started again
  g_assert_cmpuint(f.transport.opened().size(), ==, 2);
  g_assert_cmpuint(f.attempts.back(), ==, 1);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/connection/dial", dial_and_speak);
  g_test_add_func("/connection/options", options_reach_the_transport);
  g_test_add_func("/connection/refused", refused_without_retries);
  g_test_add_func("/connection/retries/backoff", retries_with_backoff);
  g_test_add_func("/connection/retries/endless", endless_retries);
  g_test_add_func("/connection/retries/fatal", fatal_is_not_retried);
  g_test_add_func("/connection/timeout/first-event", timeout_covers_the_first_event);
  g_test_add_func("/connection/timeout/retried", timeout_while_connecting_is_retried);
  g_test_add_func("/connection/lost", lost_when_established);
  g_test_add_func("/connection/reason/explains", a_reason_explains_the_close);
  g_test_add_func("/connection/reason/kind", a_reason_does_not_change_what_to_do);
  g_test_add_func("/connection/older", an_older_connection_is_not_heard);
  g_test_add_func("/connection/frame", failed_by_a_frame);
  g_test_add_func("/connection/stop/backoff", stopped_while_waiting);
  return g_test_run();
}

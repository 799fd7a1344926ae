// What ends a session, what does not, and what the application is told.
#include "conversation.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

FakeSpeechlessServer::Options with(bool greets, bool acknowledges) {
  FakeSpeechlessServer::Options options;
  options.greets = greets;
  options.acknowledges = acknowledges;
  return options;
}

ErrorEvent error_event(const std::string& code, const std::string& event_id = "") {
  ErrorInfo error;
  error.type = "invalid_request_error";
  error.code = code;
  error.message = "Refused: " + code;
  error.event_id = event_id;
  return {error};
}

// Exactly one error, told once for the pipeline.
Error only_error(Conversation& c) {
  c.run();
  g_assert_cmpuint(c.sink.ear->heard().errors.size(), ==, 0);
  const auto errors = c.src.ear->heard().errors;
  g_assert_cmpuint(errors.size(), ==, 1);
  g_assert_true(c.session->failed());
  // Nobody waits for a session that failed.
  c.begin_drain();
  g_assert_true(c.drained());
  g_assert_true(c.session->drain()); // returns
  const Outcome outcome = c.session->send_text("hello?");
  g_assert_false(outcome.accepted);
  g_assert_true(contains(outcome.why, "failed"));
  Uplink::Input input{};
  g_assert_true(c.session->push(input, false) == Uplink::Pushed::closed);
  return errors[0];
}

void first_update_rejected() {
  Conversation c(with(true, false));
  c.start();
  const auto events = c.take();
  c.server.refuse(events.at(0).event_id, "invalid_value");
  const Error error = only_error(c);
  g_assert_true(error.kind == ErrorKind::configuration_rejected);
  assert_text(error.code, "invalid_value");
  g_assert_true(contains(error.message, "Refused: invalid_value"));
}

// Servers that do not name the event: nothing else was sent.
void first_update_rejected_without_id() {
  Conversation c(with(true, false));
  c.start();
  c.server.refuse("", "invalid_value");
  g_assert_true(only_error(c).kind == ErrorKind::configuration_rejected);
}

void first_update_not_acknowledged() {
  Conversation c(with(true, false));
  c.set([](Settings& s) { s.connect_timeout_ms = 4000; });
  c.start();
  c.pass(3999);
  g_assert_cmpuint(c.src.ear->heard().errors.size(), ==, 0);
  c.pass(1);
  g_assert_true(only_error(c).kind == ErrorKind::configuration_rejected);
}

// Nor the second, which audio waits for: a caller that is not heard is told so.
void second_update_not_acknowledged() {
  Conversation c(with(true, false));
  c.set([](Settings& s) { s.connect_timeout_ms = 4000; });
  c.join(c.sink);
  c.join(c.src);
  c.open(c.sink);
  c.open(c.src);
  c.session->set_output_format(c.output_format);
  c.run();
  c.server.acknowledge(c.take_only<SessionUpdate>().at(0).config);
  c.pass(60'000);
  g_assert_false(c.session->failed());
  c.session->set_input_format(c.input_format);
  c.pass(3999);
  g_assert_false(c.session->failed());
  c.pass(1);
  g_assert_true(only_error(c).kind == ErrorKind::configuration_rejected);
}

void other_format_than_asked() {
  Conversation c(with(true, false));
  c.input_format = audio::ulaw_8k;
  c.start();
  SessionConfig effective = c.take_only<SessionUpdate>().at(0).config;
  effective.input_format = audio::pcm16_24k;
  c.push(100);
  c.server.acknowledge(effective);
  const Error error = only_error(c);
  g_assert_true(error.kind == ErrorKind::configuration_rejected);
  g_assert_true(contains(error.message, "audio/pcmu"));
  g_assert_cmpuint(c.take().size(), ==, 0); // never noise
}

void other_differences_are_warned_of() {
  Conversation c(with(true, false));
  c.set([](Settings& s) { s.voice = "ash"; });
  c.start();
  SessionConfig effective = c.take_only<SessionUpdate>().at(0).config;
  effective.voice = "alloy";
  c.server.acknowledge(effective);
  c.run();
  const auto warnings = c.src.ear->warnings(Warning::Kind::setting_differs);
  g_assert_cmpuint(warnings.size(), ==, 1);
  g_assert_true(contains(warnings[0], "ash"));
  g_assert_false(c.session->failed());
  c.push(100);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 100);
}

void bad_settings_are_found_before_the_dial() {
  Conversation c;
  c.set([](Settings& s) { s.tools = "[{"; });
  c.start();
  g_assert_cmpuint(c.transport.opened().size(), ==, 0);
  const Error error = only_error(c);
  g_assert_true(error.kind == ErrorKind::invalid_settings);
  g_assert_true(contains(error.message, "'tools'"));
}

void error_then_close() {
  Conversation c(with(false, true));
  c.start();
  c.transport.accept();
  c.transport.deliver(error_event("something_wrong"));
  g_assert_cmpuint(c.src.ear->heard().errors.size(), ==, 0);
  Error close{ErrorKind::request_rejected, "closed with 4000"};
  close.close_code = 4000;
  c.transport.end(close);
  const Error error = only_error(c);
  g_assert_true(error.kind == ErrorKind::request_rejected);
  g_assert_cmpuint(error.close_code, ==, 4000);
  assert_text(error.message, "Refused: something_wrong");
  const auto progress = c.src.ear->heard().progress;
  g_assert_true(progress.back().first == ProgressKind::error);
}

void close_3000() {
  Conversation c(with(false, true));
  c.start();
  c.transport.accept();
  Error close{ErrorKind::not_authorized, "closed with 3000"};
  close.close_code = 3000;
  c.transport.end(close);
  g_assert_true(only_error(c).kind == ErrorKind::not_authorized);
}

void bad_key_before_created() {
  Conversation c(with(false, true));
  c.set([](Settings& s) { s.retries = -1; });
  c.start();
  c.transport.accept();
  c.transport.deliver(error_event("invalid_api_key"));
  g_assert_true(only_error(c).kind == ErrorKind::not_authorized);
  g_assert_cmpuint(c.transport.opened().size(), ==, 1);
}

void quota_while_active() {
  Conversation c;
  c.start();
  c.transport.deliver(error_event("insufficient_quota"));
  g_assert_true(only_error(c).kind == ErrorKind::quota_exceeded);
}

void quota_in_a_response() {
  Conversation c;
  c.start();
  Response response;
  response.id = "resp_1";
  c.transport.deliver(ResponseCreated{response});
  response.status = ResponseStatus::failed;
  response.error_type = "insufficient_quota";
  response.error_code = "insufficient_quota";
  response.error_message = "You exceeded your quota";
  c.transport.deliver(ResponseDone{response});
  g_assert_true(only_error(c).kind == ErrorKind::quota_exceeded);
}

void failed_response_goes_on() {
  Conversation c;
  c.start();
  Response response;
  response.id = "resp_1";
  c.transport.deliver(ResponseCreated{response});
  response.status = ResponseStatus::failed;
  response.error_code = "server_error";
  response.error_message = "Something broke";
  c.transport.deliver(ResponseDone{response});
  g_assert_false(c.session->failed());
  const auto done = c.src.ear->notices(NoticeKind::response_done);
  assert_text(text_of(done.at(0), "status"), "failed");
  assert_text(text_of(done.at(0), "error-message"), "Something broke");
  g_assert_true(contains(c.src.ear->warnings(Warning::Kind::response_failed).at(0), "Something broke"));
}

void benign_error() {
  Conversation c;
  c.start();
  c.take();
  c.session->send_event(R"({"type":"conversation.item.delete","item_id":"item_9"})");
  c.run();
  c.transport.deliver(error_event("item_delete_invalid_item_id", c.take().at(0).event_id));
  g_assert_false(c.session->failed());
  const auto errors = c.src.ear->notices(NoticeKind::error);
  g_assert_cmpuint(errors.size(), ==, 1);
  assert_text(text_of(errors[0], "code"), "item_delete_invalid_item_id");
  assert_text(text_of(errors[0], "request"), "send-event");
  g_assert_cmpuint(c.session->stats().errors, ==, 1);
}

// However many requests there were: an error finds the newest.
void many_requests() {
  Conversation c;
  c.start();
  c.take();
  for (int i = 0; i < 1200; ++i)
    c.session->send_event(R"({"type":"conversation.item.retrieve","item_id":"item_1"})");
  c.run();
  const auto events = c.take();
  for (const std::size_t i : {events.size() - 1, events.size() - 200})
    c.transport.deliver(error_event("gone", events[i].event_id));
  for (const Notice& notice : c.src.ear->notices(NoticeKind::error))
    assert_text(text_of(notice, "request"), "send-event");
}

void malformed_before_created() {
  Conversation c(with(false, true));
  c.start();
  c.transport.accept();
  c.transport.deliver("<html>");
  g_assert_true(only_error(c).kind == ErrorKind::not_realtime);
}

// A server that has shown to be one costs us an event, no more.
void malformed_after_created() {
  Conversation c(with(true, false));
  c.start();
  c.transport.deliver("{\"type\":");
  g_assert_false(c.session->failed());
  c.server.acknowledge(c.take_only<SessionUpdate>().at(0).config);
  c.run();
  c.transport.deliver("[]");
  c.transport.deliver("{\"type\":\"response.output_audio.delta\"");
  c.transport.deliver("{\"type\":\"something.new\",\"x\":1}"); // unknown: passes through
  g_assert_false(c.session->failed());
  g_assert_cmpuint(c.src.ear->notices(NoticeKind::error).size(), ==, 3);
}

void lost_while_active() {
  Conversation c;
  c.start();
  Error close{ErrorKind::closed_by_server, "closed with 1006"};
  close.close_code = 1006;
  c.transport.end(close);
  const Error error = only_error(c);
  g_assert_cmpuint(error.close_code, ==, 1006);
  g_assert_true(c.src.ear->heard().progress.back().first == ProgressKind::complete); // it had connected
}

void retried() {
  Conversation c(with(false, true));
  c.set([](Settings& s) { s.retries = 1; });
  c.start();
  c.transport.end({ErrorKind::connection_refused, "refused"});
  c.run();
  g_assert_cmpuint(c.transport.opened().size(), ==, 2);
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::retrying).size(), ==, 1);
  g_assert_cmpuint(c.src.ear->heard().errors.size(), ==, 0);
  c.server.introduce();
  c.run();
  c.push(100);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 100);
}

// A failed session starts anew once everybody has left PAUSED.
void starts_again_after_a_failure() {
  Conversation c;
  c.start();
  c.transport.end({ErrorKind::closed_by_server, "gone"});
  only_error(c);
  c.close(c.sink);
  c.close(c.src);
  c.run();
  c.take();
  c.open(c.sink);
  c.open(c.src);
  c.session->set_output_format(c.output_format);
  c.session->set_input_format(c.input_format);
  c.run();
  g_assert_false(c.session->failed());
  g_assert_false(c.session->downlink().ended());
  g_assert_cmpuint(c.take_only<SessionUpdate>().size(), ==, 1);
  c.push(100);
  g_assert_cmpuint(c.taken_ms(c.take()), ==, 100);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/failures/update-rejected", first_update_rejected);
  g_test_add_func("/session/failures/update-rejected/no-id", first_update_rejected_without_id);
  g_test_add_func("/session/failures/update-not-acknowledged", first_update_not_acknowledged);
  g_test_add_func("/session/failures/update-not-acknowledged/second", second_update_not_acknowledged);
  g_test_add_func("/session/failures/format-mismatch", other_format_than_asked);
  g_test_add_func("/session/failures/differences", other_differences_are_warned_of);
  g_test_add_func("/session/failures/bad-settings", bad_settings_are_found_before_the_dial);
  g_test_add_func("/session/failures/error-then-close", error_then_close);
  g_test_add_func("/session/failures/close-3000", close_3000);
  g_test_add_func("/session/failures/bad-key", bad_key_before_created);
  g_test_add_func("/session/failures/quota", quota_while_active);
  g_test_add_func("/session/failures/quota/response", quota_in_a_response);
  g_test_add_func("/session/failures/response", failed_response_goes_on);
  g_test_add_func("/session/failures/benign", benign_error);
  g_test_add_func("/session/failures/many-requests", many_requests);
  g_test_add_func("/session/failures/malformed/before", malformed_before_created);
  g_test_add_func("/session/failures/malformed/after", malformed_after_created);
  g_test_add_func("/session/failures/lost", lost_while_active);
  g_test_add_func("/session/failures/retried", retried);
  g_test_add_func("/session/failures/again", starts_again_after_a_failure);
  return g_test_run();
}

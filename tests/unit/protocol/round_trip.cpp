// Every event, in both dialects, survives the way to text and back.
#include "samples.h"
#include "support.h"

#include "protocol/event_names.h"
#include "protocol/json_value.h"

#include <glib.h>

#include <set>

namespace {

using namespace rt::protocol;

constexpr Dialect dialects[] = {Dialect::ga, Dialect::beta, Dialect::translation, Dialect::hybrid};

// What a dialect cannot say is not expected back.
void forget(ServerEvent& event) {
  const auto session = [](SessionInfo& info) { info.raw = {}; };
  if (auto* created = std::get_if<SessionCreated>(&event.body)) session(created->session);
  if (auto* updated = std::get_if<SessionUpdated>(&event.body)) session(updated->session);
}

void server_events_come_back() {
  for (const Dialect dialect : dialects) {
    for (const ServerEvent& event : samples::server_events(dialect)) {
      const std::string text = Codec::of(dialect).encode(event);
      auto back = decode_server(text);
      g_assert_true(back.ok());
      forget(back.value());
      if (!(back.value() == event)) g_error("came back changed: %s", text.c_str());
    }
  }
}

void samples_cover_every_event() {
  std::set<std::size_t> server, client;
  for (const Dialect dialect : dialects) {
    for (const ServerEvent& event : samples::server_events(dialect))
      server.insert(event.body.index());
    for (const ClientEvent& event : samples::client_events(dialect))
      client.insert(event.body.index());
  }
  g_assert_cmpuint(server.size(), ==, std::size(server_event_names));
  g_assert_cmpuint(client.size(), ==, std::size(client_event_names));
}

// The samples of a dialect are the events that it has: what has a name there and what has none is said once.
void a_dialect_is_silent_about_what_it_lacks() {
  for (const Dialect dialect : dialects) {
    std::set<std::size_t> server, client;
    for (const ServerEvent& event : samples::server_events(dialect))
      server.insert(event.body.index());
    for (const ClientEvent& event : samples::client_events(dialect))
      client.insert(event.body.index());
    for (const Dialect other : dialects) {
      for (const ServerEvent& event : samples::server_events(other))
        g_assert_true(Codec::of(dialect).encode(event).empty() == !server.contains(event.body.index()));
      for (const ClientEvent& event : samples::client_events(other))
        g_assert_true(Codec::of(dialect).encode(event).empty() == !client.contains(event.body.index()));
    }
  }
}

void a_dialect_refuses_what_it_lacks() {
  const Codec &ga = Codec::of(Dialect::ga), &beta = Codec::of(Dialect::beta),
              &translation = Codec::of(Dialect::translation);
  for (const Codec* codec : {&ga, &beta})
    for (const char* type : {"session.close", "session.input_audio_buffer.append"})
      equal(codec->decode_client(R"({"type":")" + std::string(type) + "\"}").error().code, "unknown_event");
  for (const char* type : {"input_audio_buffer.append", "input_audio_buffer.commit", "response.create"})
    equal(translation.decode_client(R"({"type":")" + std::string(type) + "\"}").error().code,
          "unknown_event");
}

// Beta says of what kind a session is in the event's name.
void beta_transcription_has_names_of_its_own() {
  SessionInfo info;
  info.id = "s";
  info.type = SessionType::transcription;
  const Codec& beta = Codec::of(Dialect::beta);
  has(beta.encode(ServerEvent{"e", SessionCreated{info}}), R"("type":"transcription_session.created")");
  has(beta.encode(ServerEvent{"e", SessionUpdated{info}}), R"("type":"transcription_session.updated")");
}

// A server's strict reader takes all that the client's writer makes.
void client_events_come_back() {
  for (const Dialect dialect : dialects) {
    for (const ClientEvent& event : samples::client_events(dialect)) {
      const std::string text = Codec::of(dialect).encode(event);
      const auto back = Codec::of(dialect).decode_client(text);
      if (!back) g_error("%s: %s", back.error().message.c_str(), text.c_str());
      if (!(back.value() == event)) g_error("came back changed: %s", text.c_str());
    }
  }
}

void unknown_server_event_passes_through() {
  const std::string text =
      R"({"type":"ping","event_id":"e1","timestamp":12345678901234567890,"x":[1.50,{"y":null}]})";
  const auto event = decode_server(text);
  const auto* unknown = std::get_if<UnknownServerEvent>(&event->body);
  g_assert_nonnull(unknown);
  equal(unknown->type, "ping");
  equal(unknown->json.text, text);
  equal(event->event_id, "e1");
  equal(Codec::of(Dialect::ga).encode(event.value()), text);
}

void raw_event_keeps_its_own_id() {
  const Codec& ga = Codec::of(Dialect::ga);
  const RawClientEvent own{"x.y", Json{R"({"type":"x.y","event_id":"mine"})"}};
  equal(ga.encode(ClientEvent{"ours", own}), own.json.text);
  const RawClientEvent bare{"x.y", Json{R"({"type":"x.y","n":1})"}};
  equal(ga.encode(ClientEvent{"ours", bare}), R"({"type":"x.y","n":1,"event_id":"ours"})");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/round-trip/samples-cover-every-event", samples_cover_every_event);
  g_test_add_func("/round-trip/server", server_events_come_back);
  g_test_add_func("/round-trip/client", client_events_come_back);
  g_test_add_func("/round-trip/lacks", a_dialect_is_silent_about_what_it_lacks);
  g_test_add_func("/round-trip/refuses", a_dialect_refuses_what_it_lacks);
  g_test_add_func("/round-trip/beta-transcription", beta_transcription_has_names_of_its_own);
  g_test_add_func("/round-trip/unknown", unknown_server_event_passes_through);
  g_test_add_func("/round-trip/raw", raw_event_keeps_its_own_id);
  return g_test_run();
}

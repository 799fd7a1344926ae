#include "conversation.h"

#include "audio/base64.h"

namespace rt::session::test {

using namespace protocol;

Conversation::Conversation(const FakeSpeechlessServer::Options& options) : server(transport, options) {
  g_unsetenv("OPENAI_API_KEY");
  session = Session::create(loop, transport.factory());
  set([](Settings& s) { s.uri = "ws://127.0.0.1:9/v1/realtime"; });
  began_ = loop->now();
}

Conversation::~Conversation() {
  for (Element* element : {&sink, &src})
    if (element->id) {
      session->close(element->id, element->role);
      leave(*element);
    }
  session.reset();
  pass(1000); // the closing handshake's time
  g_assert_cmpint(loop.use_count(), ==, 1);
  g_assert_cmpuint(loop->timers(), ==, 0);
}

void Conversation::join(Element& element, const void* pipeline) {
  element.id = session->join(element.role, pipeline, element.ear).value();
}

void Conversation::open(Element& element) {
  session->open(element.id, element.role);
}

void Conversation::play(Element& element, bool playing) {
  session->set_playing(element.id, playing);
}

void Conversation::close(Element& element) {
  session->close(element.id, element.role);
}

void Conversation::leave(Element& element) {
  session->leave(element.id);
  element.id = 0;
}

void Conversation::start(bool with_sink, bool with_src) {
  if (with_sink) join(sink);
  if (with_src) join(src);
  if (with_sink) open(sink);
  if (with_src) open(src);
  if (with_src) {
    audio::Playout::Options options;
    options.cushion_ns = 0;
    session->downlink().set_options(options);
    session->set_output_format(output_format);
  }
  if (with_sink) session->set_input_format(input_format);
  if (with_sink) play(sink);
  if (with_src) play(src);
  run();
}

void Conversation::begin_drain() {
  session->begin_drain();
  run();
}

void Conversation::push(std::uint64_t milliseconds) {
  const std::vector<std::uint8_t> bytes(input_format.bytes(input_format.samples_of_ms(milliseconds)), 0x11);
  const auto now = static_cast<std::uint64_t>(loop->now().count());
  session->note_clock(Role::sink, now);
  Uplink::Input input{bytes, 0, now - milliseconds * ms};
  g_assert_true(session->push(input, true) == Uplink::Pushed::ok);
  run();
}

void Conversation::speak(std::uint64_t milliseconds) {
  for (std::uint64_t spoken = 0; spoken < milliseconds; spoken += 20) {
    pass(20);
    push(20);
  }
}

std::uint64_t Conversation::listen(std::uint64_t milliseconds) {
  const std::uint64_t frame = output_format.samples_of_ms(20);
  std::vector<std::uint8_t> bytes(output_format.bytes(frame));
  std::uint64_t reply_samples = 0;
  for (std::uint64_t at = 0; at < milliseconds; at += 20) {
    const auto pts = static_cast<std::uint64_t>((loop->now() - began_).count());
    session->note_clock(Role::src, pts);
    reply_samples += session->downlink().read(bytes, pts).audio_samples;
    pass(20);
    auto marks = session->downlink().advance(pts + 20 * ms, latency);
    if (!marks.empty()) session->report_playback(std::move(marks), 0);
    run();
  }
  return reply_samples;
}

protocol::Response Conversation::begin_aside() {
  session->create_response(R"({"conversation":"none","metadata":{"topic":"mood"}})");
  run();
  protocol::Response response;
  response.id = "resp_aside";
  response.metadata = take_only<protocol::ResponseCreate>().at(0).options.metadata;
  transport.deliver(protocol::ResponseCreated{response});
  return response;
}

std::string Conversation::reply(const std::string& item_id, std::uint64_t milliseconds, bool done) {
  const std::string id = server.begin_response();
  const std::vector<std::uint8_t> bytes(output_format.bytes(output_format.samples_of_ms(milliseconds)), 0x21);
  server.say(id, item_id, bytes);
  if (done) {
    server.end_item(id, item_id);
    server.end_response(id);
  }
  run();
  return id;
}

std::uint64_t Conversation::taken_ms(const std::vector<ClientEvent>& events) {
  std::uint64_t samples = 0;
  for (const InputAudioAppend& append : only<InputAudioAppend>(events)) {
    std::vector<std::uint8_t> bytes(audio::base64_decoded_bound(append.audio.size()));
    samples += input_format.samples(audio::base64_decode(append.audio, bytes.data()).value());
  }
  return input_format.ms_of_samples(samples);
}

} // namespace rt::session::test

#include "support/pipeline.h"

#include "audio/base64.h"
#include "protocol/codec.h"
#include "protocol/json_value.h"

#include <gst/check/gstcheck.h>

#include <unistd.h>

#include <cstring>
#include <utility>

namespace rt::test {

static const char* kind_of(const server::Handshake& handshake) {
  if (handshake.uri.find("/translations") != std::string::npos) return "translation";
  if (!handshake.beta.empty()) return "beta";
  return handshake.uri.find("intent=transcription") != std::string::npos ? "transcription" : "ga";
}

ServerFixture::ServerFixture(server::Scenario scenario, std::string api_key, server::SpeechFactory speech,
                             std::string provider)
    : judged_(provider.empty()), server_(std::make_shared<IoLoop>()) {
  server::WsServerOptions options;
  options.provider = std::move(provider);
  options.scenario = std::move(scenario);
  options.api_key = std::move(api_key);
  options.speech = std::move(speech);
  options.on_traffic = [this](const server::Traffic& frame) {
    auto traffic = traffic_.lock();
    traffic->push_back({frame.from_client, std::string(frame.text)});
    traffic.notify();
  };
  options.on_handshake = [this](const server::Handshake& handshake) {
    kind_ = kind_of(handshake);
    *handshake_.lock() = handshake.uri;
  };
  auto uri = server_.start(std::move(options));
  fail_unless(uri.ok(), "the server did not start");
  uri_ = uri.value();
}

ServerFixture::~ServerFixture() {
  server_.stop();
  dump_traffic();
}

void ServerFixture::dump_traffic() {
  const char* folder = g_getenv("RT_TRAFFIC_DIR");
  if (!folder || !judged_) return;
  static std::atomic<unsigned> number{0};
  std::string lines;
  for (const SentFrame& frame : traffic())
    if (frame.from_client) lines += frame.text + '\n';
  if (lines.empty()) return;
  const std::string path = std::string(folder) + '/' + kind_.load() + '-' + g_get_prgname() + '-' +
                           std::to_string(getpid()) + '-' + std::to_string(++number) + ".jsonl";
  fail_unless(g_file_set_contents(path.c_str(), lines.c_str(), static_cast<gssize>(lines.size()), nullptr));
}

std::vector<SentFrame> ServerFixture::traffic() {
  return *traffic_.lock();
}

std::vector<std::string> ServerFixture::select(const std::vector<SentFrame>& frames, bool by_client,
                                               std::string_view type) {
  const std::string quoted = "\"" + std::string(type) + "\"";
  std::vector<std::string> found;
  for (const SentFrame& frame : frames)
    if (frame.from_client == by_client && frame.text.substr(0, 200).find(quoted) != std::string::npos)
      found.push_back(frame.text);
  return found;
}

std::vector<std::string> ServerFixture::sent(bool by_client, std::string_view type) {
  return select(*traffic_.lock(), by_client, type);
}

std::vector<std::string> ServerFixture::wait_for_sent(bool by_client, std::string_view type,
                                                      std::size_t count) {
  auto traffic = traffic_.lock();
  traffic.wait([&](const auto& frames) { return select(frames, by_client, type).size() >= count; });
  return select(*traffic, by_client, type);
}

static void append_decoded(std::vector<std::uint8_t>& audio, const std::string& base64) {
  std::vector<std::uint8_t> bytes(audio::base64_decoded_bound(base64.size()));
  const auto size = audio::base64_decode(base64, bytes.data());
  fail_unless(size.has_value());
  audio.insert(audio.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(*size));
}

std::vector<std::uint8_t> ServerFixture::input_audio() {
  std::vector<std::uint8_t> audio;
  for (const SentFrame& frame : traffic()) {
    const auto event = protocol::read_json(frame.text);
    if (!frame.from_client || !event) continue;
    if ((*event)["type"].text().ends_with("input_audio_buffer.append"))
      append_decoded(audio, (*event)["audio"].as_string().value_or(""));
  }
  return audio;
}

std::vector<std::uint8_t> ServerFixture::reply_audio() {
  std::vector<std::uint8_t> audio;
  for (const SentFrame& frame : traffic()) {
    if (frame.from_client) continue;
    const auto event = protocol::decode_server(frame.text);
    if (!event.ok()) continue;
    if (const auto* delta = std::get_if<protocol::OutputAudioDelta>(&event.value().body))
      append_decoded(audio, delta->audio);
    if (const auto* delta = std::get_if<protocol::StreamAudioDelta>(&event.value().body))
      append_decoded(audio, delta->audio);
  }
  return audio;
}

std::string ServerFixture::handshake() {
  return *handshake_.lock();
}

std::string Caller::element(const char* properties) {
  return "appsrc name=caller is-live=true format=time caps=audio/x-raw,format=S16LE,layout=interleaved,"
         "rate=24000,channels=1 " +
         std::string(properties) + " ! ";
}

void Caller::push(unsigned ms, std::int16_t amplitude) {
  constexpr unsigned half_wave = 27; // about 440 Hz
  std::vector<std::int16_t> samples(ms * samples_per_ms);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = i / half_wave % 2 ? amplitude : static_cast<std::int16_t>(-amplitude);
  const gsize size = samples.size() * sizeof samples[0];
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, size, nullptr);
  gst_buffer_fill(buffer, 0, samples.data(), size);
  GST_BUFFER_PTS(buffer) = time_;
  GST_BUFFER_DURATION(buffer) = ms * GST_MSECOND;
  time_ += ms * GST_MSECOND;
  GstFlowReturn result = GST_FLOW_OK;
  g_signal_emit_by_name(appsrc_.get(), "push-buffer", buffer, &result);
  gst_buffer_unref(buffer);
  fail_unless_equals_int(result, GST_FLOW_OK);
}

void Caller::end() {
  GstFlowReturn result = GST_FLOW_OK;
  g_signal_emit_by_name(appsrc_.get(), "end-of-stream", &result);
  fail_unless_equals_int(result, GST_FLOW_OK);
}

server::ReplyPart words_of(const char* text, unsigned ms) {
  server::ReplyPart part;
  part.text = text;
  part.sound = {server::Sound::Kind::ramp, std::chrono::milliseconds(ms)};
  return part;
}

server::Scenario ramp_scenario(std::chrono::milliseconds reply) {
  server::Scenario scenario;
  scenario.ears = server::Scenario::Ears::off;
  scenario.detector = server::Scenario::Detector::level;
  scenario.transcripts = {"one", "two", "three", "four"};
  scenario.default_sound = server::Sound{server::Sound::Kind::ramp, reply};
  return scenario;
}

bool is_element_message(GstMessage* message, const char* structure_name) {
  return GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT &&
         gst_structure_has_name(gst_message_get_structure(message), structure_name);
}

Pipeline::Pipeline(const std::string& launch_line) {
  GErrorPtr error;
  GstElement* pipeline = gst_parse_launch(launch_line.c_str(), OutError(error));
  fail_unless(pipeline != nullptr && !error, "%s", error ? error->message : "no pipeline");
  pipeline_ = GRef<GstElement>::adopt(static_cast<GstElement*>(gst_object_ref_sink(pipeline)));
  if (const auto out = element("out")) {
    const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(out.get(), "sink"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, on_buffer, this, nullptr);
  }
}

Pipeline::~Pipeline() {
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

GRef<GstElement> Pipeline::element(const char* name) const {
  return GRef<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
}

void Pipeline::set_state(GstState state) {
  fail_unless(gst_element_set_state(pipeline_.get(), state) != GST_STATE_CHANGE_FAILURE,
              "the state change failed");
}

GRef<GstMessage> Pipeline::wait_for(const std::function<bool(GstMessage*)>& wanted, const char* what,
                                    unsigned seconds) {
  const auto bus = GRef<GstBus>::adopt(gst_element_get_bus(pipeline_.get()));
  const gint64 deadline = g_get_monotonic_time() + seconds * G_TIME_SPAN_SECOND;
  for (;;) {
    const gint64 left = deadline - g_get_monotonic_time();
    fail_unless(left > 0, "%s did not come within %u s", what, seconds);
    auto message =
        GRef<GstMessage>::adopt(gst_bus_timed_pop(bus.get(), static_cast<GstClockTime>(left) * 1000));
    if (!message) continue;
    keep(message);
    if (wanted(message.get())) return message;
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
      GError* raw = nullptr;
      gst_message_parse_error(message.get(), &raw, nullptr);
      const GErrorPtr error(raw);
      fail("waiting for %s: error from %s: %s", what, GST_MESSAGE_SRC_NAME(message.get()), error->message);
    }
  }
}

// As gst-launch does, and any application should.
void Pipeline::keep(const GRef<GstMessage>& message) {
  if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_LATENCY)
    gst_bin_recalculate_latency(GST_BIN(pipeline_.get()));
  messages_.push_back(message);
}

std::vector<GstMessage*> Pipeline::all(GstMessageType type) {
  const auto bus = GRef<GstBus>::adopt(gst_element_get_bus(pipeline_.get()));
  while (GstMessage* message = gst_bus_pop(bus.get()))
    keep(GRef<GstMessage>::adopt(message));
  std::vector<GstMessage*> found;
  for (const auto& message : messages_)
    if (GST_MESSAGE_TYPE(message.get()) == type) found.push_back(message.get());
  return found;
}

GRef<GstMessage> Pipeline::wait_for_element(const char* structure_name, unsigned seconds) {
  return wait_for([&](GstMessage* m) { return is_element_message(m, structure_name); }, structure_name,
                  seconds);
}

void Pipeline::wait_for_eos(unsigned seconds) {
  wait_for([](GstMessage* m) { return GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS; }, "EOS", seconds);
}

GRef<GstMessage> Pipeline::wait_for_error(unsigned seconds) {
  return wait_for([](GstMessage* m) { return GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR; }, "an error",
                  seconds);
}

std::vector<const GstStructure*> Pipeline::seen(const char* structure_name) const {
  std::vector<const GstStructure*> found;
  for (const auto& message : messages_)
    if (is_element_message(message.get(), structure_name))
      found.push_back(gst_message_get_structure(message.get()));
  return found;
}

GstPadProbeReturn Pipeline::on_buffer(GstPad*, GstPadProbeInfo* info, gpointer self) {
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  Captured captured;
  captured.pts = GST_BUFFER_PTS(buffer);
  captured.duration = GST_BUFFER_DURATION(buffer);
  captured.gap = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP);
  captured.discont = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT);
  captured.bytes.resize(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, captured.bytes.data(), captured.bytes.size());
  static_cast<Pipeline*>(self)->captured_.lock()->push_back(std::move(captured));
  return GST_PAD_PROBE_OK;
}

std::vector<Captured> Pipeline::captured() {
  return *captured_.lock();
}

std::optional<Captured> Pipeline::last_captured() {
  const auto captured = captured_.lock();
  if (captured->empty()) return std::nullopt;
  return captured->back();
}

std::vector<std::int16_t> Pipeline::captured_samples() {
  std::vector<std::int16_t> samples;
  for (const Captured& buffer : captured()) {
    const std::size_t at = samples.size();
    samples.resize(at + buffer.bytes.size() / 2);
    std::memcpy(samples.data() + at, buffer.bytes.data(), buffer.bytes.size() / 2 * 2);
  }
  return samples;
}

} // namespace rt::test

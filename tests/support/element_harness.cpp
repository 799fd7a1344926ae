#include "support/element_harness.h"

#include "audio/base64.h"
#include "gst/enums.h"
#include "gst/gstrealtimeimagesink.h"
#include "gst/gstrealtimesink.h"
#include "gst/gstrealtimesrc.h"
#include "gst/gstrealtimetextsrc.h"
#include "gst/log_bridge.h"
#include "session/registry.h"

#include <gst/check/gstcheck.h>

#include <chrono>
#include <utility>

namespace rt::test {

void register_fake_elements() {
  rt::gst::init_log_bridge();
  rt::gst::mark_enums();
  gst_realtime_sink_register(nullptr);
  gst_realtime_src_register(nullptr);
  gst_realtime_text_src_register(nullptr);
  gst_realtime_image_sink_register(nullptr);
}

ElementHarness::ElementHarness(const FakeSpeechlessServer::Options& options) : server(transport, options) {
  static unsigned next_session = 1;
  session_ = "test-" + std::to_string(next_session++);
  session::set_factories({transport.factory(), [loop = std::weak_ptr(loop)] { return loop.lock(); }});
  bus_ = GRef<GstBus>::adopt(gst_bus_new());
  clock_ = GRef<GstClock>::adopt(gst_test_clock_new_with_start_time(0));
}

ElementHarness::~ElementHarness() {
  for (const auto& element : elements_)
    gst_element_set_state(element.get(), GST_STATE_NULL);
  run();
  if (downstream_) gst_harness_teardown(downstream_);
  for (const auto& element : elements_) {
    if (bin_) gst_bin_remove(GST_BIN(bin_.get()), element.get());
    gst_element_set_bus(element.get(), nullptr);
  }
  gst_bus_set_flushing(bus_.get(), TRUE);
  messages_.clear();
  elements_.clear();
  gst_clear_object(&upstream_);
  loop->advance(std::chrono::seconds(1)); // what is left of the session goes
}

GstElement* ElementHarness::make(const char* factory, const PropertyTexts& properties) {
  GstElement* element = gst_element_factory_make(factory, nullptr);
  fail_unless(element != nullptr, "no element %s", factory);
  elements_.push_back(GRef<GstElement>::adopt(static_cast<GstElement*>(gst_object_ref_sink(element))));
  if (bin_) gst_bin_add(GST_BIN(bin_.get()), element); // puts a bus and a clock of its own into it
  gst_element_set_bus(element, bus_.get());
  gst_element_set_clock(element, clock_.get());
  g_object_set(element, "session", session_.c_str(), "uri", "ws://127.0.0.1:1/", "api-key", "test", nullptr);
  for (const auto& [name, value] : properties)
    gst_util_set_object_arg(G_OBJECT(element), name, value.c_str());
  return element;
}

void ElementHarness::use_one_pipeline() {
  bin_ = GRef<GstElement>::adopt(static_cast<GstElement*>(gst_object_ref_sink(gst_bin_new(nullptr))));
}

// ---- realtimesrc ----

GstElement* ElementHarness::add_src(const PropertyTexts& properties, const char* downstream_caps) {
  GstElement* src = make("realtimesrc", properties);
  downstream_ = gst_harness_new_with_element(src, nullptr, "src");
  // The harness brings a clock of its own; ours is shared by both elements.
  gst_element_set_clock(src, clock_.get());
  gst_harness_set_sink_caps_str(downstream_, downstream_caps);
  return src;
}

GstElement* ElementHarness::add_text(const PropertyTexts& properties) {
  GstElement* text = make("realtimetextsrc", properties);
  downstream_ = gst_harness_new_with_element(text, nullptr, "src");
  gst_element_set_clock(text, clock_.get());
  return text;
}

void ElementHarness::play_src() {
  fail_unless(gst_element_set_state(downstream_->element, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE);
}

std::uint64_t ElementHarness::wait_for_frame() {
  GstClockID id = nullptr;
  gst_test_clock_wait_for_next_pending_id(test_clock(), &id);
  const GstClockTime time = gst_clock_id_get_time(id);
  gst_clock_id_unref(id);
  return time;
}

void ElementHarness::crank_no_buffer() {
  const guint before = gst_harness_buffers_received(downstream_);
  fail_unless(gst_test_clock_crank(test_clock()));
  wait_for_frame();
  fail_unless_equals_int(gst_harness_buffers_received(downstream_), before);
}

GRef<GstBuffer> ElementHarness::crank() {
  fail_unless(gst_test_clock_crank(test_clock()));
  GstBuffer* buffer = gst_harness_pull(downstream_);
  fail_unless(buffer != nullptr, "no frame came");
  return GRef<GstBuffer>::adopt(buffer);
}

std::vector<GRef<GstBuffer>> ElementHarness::crank(unsigned frames) {
  std::vector<GRef<GstBuffer>> buffers;
  for (unsigned i = 0; i < frames; ++i)
    buffers.push_back(crank());
  return buffers;
}

// ---- realtimesink ----

gboolean ElementHarness::answer_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  auto* self = static_cast<ElementHarness*>(gst_pad_get_element_private(pad));
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return gst_pad_query_default(pad, parent, query);
  if (!self->upstream_live_) return FALSE;
  gst_query_set_latency(query, *self->upstream_live_, 0, GST_CLOCK_TIME_NONE);
  return TRUE;
}

GstElement* ElementHarness::add_sink(const PropertyTexts& properties, const char* factory) {
  GstElement* sink = make(factory, properties);
  upstream_ = GST_PAD(gst_object_ref_sink(gst_pad_new("src", GST_PAD_SRC)));
  gst_pad_set_element_private(upstream_, this);
  gst_pad_set_query_function(upstream_, answer_query);
  gst_pad_set_active(upstream_, TRUE);
  const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(sink, "sink"));
  fail_unless_equals_int(gst_pad_link(upstream_, pad.get()), GST_PAD_LINK_OK);
  return sink;
}

void ElementHarness::send_start(const char* caps) {
  fail_unless(gst_pad_push_event(upstream_, gst_event_new_stream_start("test")));
  send_caps(caps);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  fail_unless(gst_pad_push_event(upstream_, gst_event_new_segment(&segment)));
}

void ElementHarness::send_caps(const char* text) {
  const auto caps = GRef<GstCaps>::adopt(gst_caps_from_string(text));
  fail_unless(gst_pad_push_event(upstream_, gst_event_new_caps(caps.get())));
}

GstFlowReturn ElementHarness::push(std::vector<std::uint8_t> bytes, std::optional<std::uint64_t> pts,
                                   unsigned flags) {
  GstBuffer* buffer = bytes.empty() ? gst_buffer_new() : gst_buffer_new_memdup(bytes.data(), bytes.size());
  if (pts) GST_BUFFER_PTS(buffer) = *pts;
  GST_BUFFER_FLAG_SET(buffer, flags);
  return gst_pad_push(upstream_, buffer);
}

GstFlowReturn ElementHarness::push_ramp(std::uint64_t first, std::uint64_t samples,
                                        std::optional<std::uint64_t> pts) {
  return push(ramp(samples, first), pts);
}

// ---- the session's side ----

std::vector<std::uint8_t> ElementHarness::sent_audio() {
  std::vector<std::uint8_t> audio;
  for (const std::string& text : transport.sent()) {
    const protocol::ClientEvent event = decode_client(text, transport.dialect());
    const auto* append = std::get_if<protocol::InputAudioAppend>(&event.body);
    if (!append) continue;
    std::vector<std::uint8_t> bytes(audio::base64_decoded_bound(append->audio.size()));
    const auto size = audio::base64_decode(append->audio, bytes.data());
    fail_unless(size.has_value());
    audio.insert(audio.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(*size));
  }
  return audio;
}

std::size_t ElementHarness::count_sent(const char* type) {
  const std::string quoted = "\"" + std::string(type) + "\"";
  std::size_t count = 0;
  for (const std::string& text : transport.sent())
    if (text.find(quoted) != std::string::npos) ++count;
  return count;
}

std::vector<protocol::SessionConfig> ElementHarness::updates() {
  std::vector<protocol::SessionConfig> configs;
  for (const std::string& text : transport.sent()) {
    const protocol::ClientEvent event = decode_client(text, transport.dialect());
    if (const auto* update = std::get_if<protocol::SessionUpdate>(&event.body))
      configs.push_back(update->config);
  }
  return configs;
}

std::string ElementHarness::reply(std::span<const std::uint8_t> audio) {
  static unsigned next_item = 1;
  const std::string item_id = "reply_" + std::to_string(next_item++);
  const std::string id = server.begin_response();
  server.say(id, item_id, audio);
  server.end_item(id, item_id);
  server.end_response(id);
  run();
  return item_id;
}

// ---- the bus ----

std::vector<GRef<GstMessage>>& ElementHarness::messages() {
  while (GstMessage* message = gst_bus_pop(bus_.get()))
    messages_.push_back(GRef<GstMessage>::adopt(message));
  return messages_;
}

const GstStructure* ElementHarness::find(const char* structure_name, std::size_t nth) {
  for (const auto& message : messages()) {
    if (GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_ELEMENT) continue;
    const GstStructure* structure = gst_message_get_structure(message.get());
    if (gst_structure_has_name(structure, structure_name) && nth-- == 0) return structure;
  }
  return nullptr;
}

std::size_t ElementHarness::count(const char* structure_name) {
  std::size_t count = 0;
  while (find(structure_name, count))
    ++count;
  return count;
}

std::vector<std::string> ElementHarness::texts_of(GstMessageType type) {
  std::vector<std::string> texts;
  for (const auto& message : messages()) {
    if (GST_MESSAGE_TYPE(message.get()) != type) continue;
    GErrorPtr error;
    if (type == GST_MESSAGE_ERROR)
      gst_message_parse_error(message.get(), OutError(error), nullptr);
    else
      gst_message_parse_warning(message.get(), OutError(error), nullptr);
    texts.emplace_back(error->message);
  }
  return texts;
}

void ElementHarness::wait_message(const std::function<bool(GstMessage*)>& wanted) {
  for (const auto& message : messages())
    if (wanted(message.get())) return;
  for (;;) {
    GstMessage* message = gst_bus_timed_pop(bus_.get(), 20 * GST_SECOND);
    fail_unless(message != nullptr, "a message does not come");
    messages_.push_back(GRef<GstMessage>::adopt(message));
    if (wanted(message)) return;
  }
}

// ---- helpers ----

bool is_discont(const GRef<GstBuffer>& buffer) {
  return GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
}

bool is_gap(const GRef<GstBuffer>& buffer) {
  return GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_BUFFER_FLAG_GAP);
}

std::vector<std::uint8_t> bytes_of(const GRef<GstBuffer>& buffer) {
  std::vector<std::uint8_t> bytes(gst_buffer_get_size(buffer.get()));
  gst_buffer_extract(buffer.get(), 0, bytes.data(), bytes.size());
  return bytes;
}

std::vector<std::uint8_t> ramp(std::uint64_t samples, std::uint64_t first) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(samples * 2);
  for (std::uint64_t i = first; i < first + samples; ++i) {
    const auto value = static_cast<std::uint16_t>(i % 32767 + 1);
    bytes.push_back(static_cast<std::uint8_t>(value & 0xFF));
    bytes.push_back(static_cast<std::uint8_t>(value >> 8));
  }
  return bytes;
}

std::vector<std::uint8_t> joined(const std::vector<GRef<GstBuffer>>& buffers) {
  std::vector<std::uint8_t> all;
  for (const auto& buffer : buffers) {
    const auto bytes = bytes_of(buffer);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

void assert_whole_but_for_a_fade(const std::vector<GRef<GstBuffer>>& frames,
                                 const std::vector<std::uint8_t>& audio, std::size_t frame) {
  constexpr std::size_t fade_bytes = 240; // 5 ms
  const auto heard = joined(frames);
  const std::size_t from =
      joined({frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(frame)}).size();
  fail_unless_equals_int(heard.size(), audio.size());
  for (std::size_t i = 0; i < heard.size(); ++i)
    if (i < from || i >= from + fade_bytes) fail_unless_equals_int(heard[i], audio[i]);
  fail_unless_equals_int(heard[from], 0);
}

std::uint64_t uint64_field(const GstStructure* structure, const char* field) {
  guint64 value = 0;
  fail_unless(gst_structure_get_uint64(structure, field, &value), "no field %s", field);
  return value;
}

std::string string_field(const GstStructure* structure, const char* field) {
  const char* value = gst_structure_get_string(structure, field);
  fail_unless(value != nullptr, "no field %s", field);
  return value;
}

void assert_text(const std::string& actual, const std::string& expected, std::source_location where) {
  fail_unless(actual == expected, "line %u: '%s' is not '%s'", static_cast<unsigned>(where.line()),
              actual.c_str(), expected.c_str());
}

} // namespace rt::test

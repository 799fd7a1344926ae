#include "media.h"

#include "common/messages.h"

#include <gst/net/net.h>
#include <gst/rtp/rtp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace telephone {
namespace {

// G.711 goes from the telephone to the model and back as it is.
struct Law {
  const char *codec, *caps, *depayloader, *payloader;
};
constexpr std::array<Law, 2> laws{{{"PCMU", "audio/x-mulaw", "rtppcmudepay", "rtppcmupay"},
                                   {"PCMA", "audio/x-alaw", "rtppcmadepay", "rtppcmapay"}}};

const Law& law_of(const Codec& codec) {
  return *std::find_if(laws.begin(), laws.end(), [&](const Law& law) { return codec.name == law.codec; });
}

std::string description(const Codec& codec, const Settings& settings) {
  const Law& law = law_of(codec);
  const std::string pt = std::to_string(codec.payload_type);
  return
      // do-lost: what was lost becomes silence. The buffer delays nothing that comes in order and in time.
      "rtpbin name=rtp latency=" + std::to_string(settings.jitter_buffer_ms) +
      " do-lost=true autoremove=true max-streams=8 "
      "udpsrc name=rtp-in caps=application/x-rtp ! rtp.recv_rtp_sink_0 "
      "udpsrc name=rtcp-in caps=application/x-rtcp ! rtp.recv_rtcp_sink_0 " +
      law.depayloader +
      " name=depay ! realtimesink name=sink "
      // Our answer is heard about as much later as ours is late: the peer has a jitter buffer, too.
      "realtimesrc name=src playout-delay=" +
      std::to_string(settings.jitter_buffer_ms) + " ! " + law.caps + " ! " + law.payloader +
      " name=pay pt=" + pt +
      " ! rtp.send_rtp_sink_0 "
      // realtimesrc keeps the time: nothing waits for the clock again.
      "rtp.send_rtp_src_0 ! multiudpsink name=rtp-out sync=false async=false qos-dscp=46 "
      "rtp.send_rtcp_src_0 ! multiudpsink name=rtcp-out sync=false async=false";
}

void set_properties(GstElement* sink, const Properties& realtime) {
  for (const auto& [name, text] : realtime) {
    GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(sink), name.c_str());
    if (!spec || !(spec->flags & G_PARAM_WRITABLE))
      throw std::runtime_error("realtimesink has no property \"" + name + "\" that can be set");
    GValue value = G_VALUE_INIT;
    g_value_init(&value, spec->value_type);
    const bool is_text = spec->value_type == G_TYPE_STRING;
    if (is_text) g_value_set_string(&value, text.c_str());
    const bool good =
        is_text || (gst_value_deserialize(&value, text.c_str()) && !g_param_value_validate(spec, &value));
    if (good) g_object_set_property(G_OBJECT(sink), name.c_str(), &value);
    g_value_unset(&value);
    if (!good) throw std::runtime_error("\"" + text + "\" is no value of the property \"" + name + "\"");
  }
}

} // namespace

void Media::check(const Properties& realtime) {
  const ElementPtr pipeline(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr))));
  GstElement* sink = gst_element_factory_make("realtimesink", nullptr);
  if (!sink) throw std::runtime_error("the plugin is not found: set GST_PLUGIN_PATH");
  gst_bin_add(GST_BIN(pipeline.get()), sink);
  set_properties(sink, realtime);
  // A value that the element refuses comes as a warning.
  const BusPtr bus(gst_element_get_bus(pipeline.get()));
  const MessagePtr refused(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_WARNING));
  if (refused) throw std::runtime_error(text_of_error(refused.get()));
}

Media::Media(const Settings& settings, const Properties& realtime, RtpSockets sockets, const Codec& codec,
             Listener& listener)
    : listener_(listener), sockets_(std::move(sockets)), codec_(codec),
      silence_us_(gint64{settings.rtp_timeout_s} * G_USEC_PER_SEC) {
  build(settings);
  set_properties(sink_.get(), realtime);
  set_up_sockets();
  const BusPtr bus(gst_element_get_bus(pipeline_.get()));
  // Nobody waits for them, and one that is posted while a short call ends is not always freed (GStreamer
  // 1.22.0: 1 in about 1000 calls on a busy machine), nor is its udpsrc, then.
  gst_bus_set_sync_handler(
      bus.get(),
      [](GstBus*, GstMessage* message, gpointer) {
        if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_STREAM_STATUS) return GST_BUS_PASS;
        gst_message_unref(message);
        return GST_BUS_DROP;
      },
      nullptr, nullptr);
  bus_watch_ = SourceId(gst_bus_add_watch(
      bus.get(),
      [](GstBus*, GstMessage* message, gpointer self) -> gboolean {
        static_cast<Media*>(self)->on_bus(message);
        return G_SOURCE_CONTINUE;
      },
      this));
}

Media::~Media() {
  bus_watch_ = {};
  hold(false); // a locked element would not follow
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  // The ports are free from here on, whoever still holds the sockets.
  g_socket_close(sockets_.rtp.get(), nullptr);
  g_socket_close(sockets_.rtcp.get(), nullptr);
}

void Media::build(const Settings& settings) {
  GError* error = nullptr;
  pipeline_.reset(gst_parse_launch(description(codec_, settings).c_str(), &error));
  const ErrorPtr owned(error);
  if (error) throw std::runtime_error(error->message);
  gst_object_ref_sink(pipeline_.get());
  sink_ = child("sink");
  src_ = child("src");
  const ElementPtr rtp = child("rtp");
  g_signal_connect(rtp.get(), "request-pt-map", G_CALLBACK(on_payload_type), this);
  g_signal_connect(rtp.get(), "pad-added", G_CALLBACK(on_pad_added), this);
}

ElementPtr Media::child(const char* name) const {
  return ElementPtr(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
}

void Media::set_up_sockets() {
  const auto set_up = [this](const char* in, const char* out, GSocket* socket, Flow& flow) {
    const ElementPtr source = child(in), sender = child(out);
    // One socket for both directions: answers come from the address that was announced.
    g_object_set(source.get(), "socket", socket, "close-socket", FALSE, nullptr);
    const bool v6 = g_socket_get_family(socket) == G_SOCKET_FAMILY_IPV6;
    g_object_set(sender.get(), v6 ? "socket-v6" : "socket", socket, "close-socket", FALSE, nullptr);
    flow.out = sender.get(); // lives as long as the pipeline
    const PadPtr pad(gst_element_get_static_pad(source.get(), "src"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, on_packet, &flow, nullptr);
  };
  set_up("rtp-in", "rtp-out", sockets_.rtp.get(), rtp_);
  set_up("rtcp-in", "rtcp-out", sockets_.rtcp.get(), rtcp_);
}

void Media::dial() {
  gst_element_set_state(pipeline_.get(), GST_STATE_PAUSED);
}

void Media::set_remote(const Remote& remote) {
  const int event = remote.telephone_event ? static_cast<int>(*remote.telephone_event) : -1;
  if (telephone_event_.exchange(event) != event) g_signal_emit_by_name(child("rtp").get(), "clear-pt-map");
  if (remote.has_address) { // else the old one stays
    aim(rtp_, remote.rtp);
    aim(rtcp_, remote.rtcp);
  }
  g_object_set(src_.get(), "frame-duration", remote.ptime_ms, nullptr);
}

// A new description with the old address says nothing about where the peer's packets come from.
void Media::aim(Flow& flow, const Endpoint& to) {
  if (flow.announced == to) return;
  flow.announced = to;
  const ObjectPtr<GInetSocketAddress> address(
      G_INET_SOCKET_ADDRESS(g_inet_socket_address_new_from_string(to.address.c_str(), to.port)));
  {
    const std::lock_guard lock(flow.mutex);
    flow.peer.moved(address.get());
  }
  send_to(flow, address.get());
}

void Media::follow(Flow& flow) {
  ObjectPtr<GInetSocketAddress> to;
  {
    const std::lock_guard lock(flow.mutex);
    if (GInetSocketAddress* followed = flow.peer.followed())
      to.reset(G_INET_SOCKET_ADDRESS(g_object_ref(followed)));
  }
  if (to) send_to(flow, to.get());
}

// Only there. The property "clients" could not hold an address of IPv6.
void Media::send_to(Flow& flow, GInetSocketAddress* to) {
  if (flow.target && same_address(flow.target.get(), to)) return;
  flow.target.reset(G_INET_SOCKET_ADDRESS(g_object_ref(to)));
  const StringPtr host(g_inet_address_to_string(g_inet_socket_address_get_address(to)));
  g_signal_emit_by_name(flow.out, "clear");
  g_signal_emit_by_name(flow.out, "add", host.get(), gint{g_inet_socket_address_get_port(to)});
}

void Media::start() {
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
}

bool Media::hold(bool held) {
  if (std::exchange(held_, held) == held) return false;
  g_object_set(sink_.get(), "mute", held, nullptr);
  // Paused, realtimesrc keeps what the model says, and nothing of it counts as heard.
  if (held) {
    gst_element_set_locked_state(src_.get(), TRUE);
    gst_element_set_state(src_.get(), GST_STATE_PAUSED);
  } else {
    gst_element_set_locked_state(src_.get(), FALSE);
    gst_element_sync_state_with_parent(src_.get());
  }
  return true;
}

void Media::expect_audio(bool expected) {
  if (expected == static_cast<bool>(silence_)) return;
  silence_ = {};
  rtp_.heard_us = g_get_monotonic_time();
  if (expected) wait_for_silence(silence_us_);
}

void Media::wait_for_silence(gint64 us) {
  silence_ = SourceId(g_timeout_add(
      static_cast<guint>(us / 1000 + 1),
      [](gpointer self) -> gboolean {
        static_cast<Media*>(self)->silence_.ended();
        static_cast<Media*>(self)->check_silence();
        return G_SOURCE_REMOVE;
      },
      this));
}

void Media::check_silence() {
  const gint64 left = rtp_.heard_us + silence_us_ - g_get_monotonic_time();
  if (left > 0)
    wait_for_silence(left);
  else
    listener_.on_silence();
}

bool Media::send_text(const std::string& text) {
  gboolean accepted = FALSE;
  g_signal_emit_by_name(sink_.get(), "send-text", text.c_str(), &accepted);
  return accepted;
}

bool Media::send_tool_output(const std::string& call_id, const std::string& output) {
  gboolean accepted = FALSE;
  g_signal_emit_by_name(sink_.get(), "send-tool-output", call_id.c_str(), output.c_str(), &accepted);
  return accepted;
}

// ---- RTP, on streaming threads ----

GstCaps* Media::on_payload_type(GstElement*, guint, guint payload_type, gpointer self) {
  const Media& media = *static_cast<Media*>(self);
  const char* encoding = nullptr;
  if (payload_type == media.codec_.payload_type) encoding = media.codec_.name.c_str();
  if (static_cast<int>(payload_type) == media.telephone_event_) encoding = "TELEPHONE-EVENT";
  // What was not agreed upon is still counted and put in order.
  return gst_caps_new_simple("application/x-rtp", "media", G_TYPE_STRING, "audio", "clock-rate", G_TYPE_INT,
                             8000, "encoding-name", G_TYPE_STRING, encoding ? encoding : "X-UNKNOWN",
                             "payload", G_TYPE_INT, static_cast<gint>(payload_type), nullptr);
}

// A pad for each stream of the peer and each payload type in it: recv_rtp_src_SESSION_SSRC_TYPE.
void Media::on_pad_added(GstElement*, GstPad* pad, gpointer self) {
  Media& media = *static_cast<Media*>(self);
  const StringPtr name(gst_pad_get_name(pad));
  if (!g_str_has_prefix(name.get(), "recv_rtp_src_")) return;
  const auto type = static_cast<unsigned>(std::stoul(std::strrchr(name.get(), '_') + 1));
  const auto leave_to_nobody = [&media](GstPad* stream) -> PadPtr {
    GstElement* nobody = gst_element_factory_make("fakesink", nullptr);
    g_object_set(nobody, "sync", FALSE, "async", FALSE, nullptr);
    gst_bin_add(GST_BIN(media.pipeline_.get()), nobody);
    gst_element_sync_state_with_parent(nobody);
    PadPtr sink(gst_element_get_static_pad(nobody, "sink"));
    gst_pad_link(stream, sink.get());
    return sink;
  };
  if (type == media.codec_.payload_type) {
    const PadPtr depay(gst_element_get_static_pad(media.child("depay").get(), "sink"));
    // The peer has begun a new stream, as it does when it was transferred: the newest is heard.
    if (const PadPtr before(gst_pad_get_peer(depay.get())); before) {
      gst_pad_unlink(before.get(), depay.get());
      leave_to_nobody(before.get());
    }
    gst_pad_link(pad, depay.get());
    return;
  }
  // Keys may come to be of this type by a later description.
  const PadPtr sink = leave_to_nobody(pad);
  gst_pad_add_probe(sink.get(), GST_PAD_PROBE_TYPE_BUFFER, on_event_packet, self, nullptr);
}

GstPadProbeReturn Media::on_packet(GstPad*, GstPadProbeInfo* info, gpointer data) {
  Flow& flow = *static_cast<Flow*>(data);
  const GstNetAddressMeta* meta = gst_buffer_get_net_address_meta(GST_PAD_PROBE_INFO_BUFFER(info));
  if (!meta || !G_IS_INET_SOCKET_ADDRESS(meta->addr)) return GST_PAD_PROBE_OK;
  GInetSocketAddress* from = G_INET_SOCKET_ADDRESS(meta->addr);
  const gint64 now_us = g_get_monotonic_time();
  PeerAddress::Verdict verdict;
  {
    const std::lock_guard lock(flow.mutex);
    verdict = flow.peer.packet(from, static_cast<std::uint64_t>(now_us) * 1000);
  }
  if (verdict == PeerAddress::Verdict::drop) return GST_PAD_PROBE_DROP;
  flow.heard_us = now_us;
  if (verdict == PeerAddress::Verdict::follow) // on the main loop, where descriptions change it as well
    gst_element_post_message(
        flow.out, gst_message_new_element(GST_OBJECT(flow.out), gst_structure_new_empty("peer-address")));
  return GST_PAD_PROBE_OK;
}

GstPadProbeReturn Media::on_event_packet(GstPad* pad, GstPadProbeInfo* info, gpointer self) {
  Media& media = *static_cast<Media*>(self);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  if (!gst_rtp_buffer_map(GST_PAD_PROBE_INFO_BUFFER(info), GST_MAP_READ, &rtp)) return GST_PAD_PROBE_OK;
  std::optional<char> key;
  if (gst_rtp_buffer_get_payload_type(&rtp) == media.telephone_event_)
    key = media.keys_.packet(gst_rtp_buffer_get_timestamp(&rtp),
                             {static_cast<const std::uint8_t*>(gst_rtp_buffer_get_payload(&rtp)),
                              gst_rtp_buffer_get_payload_len(&rtp)});
  gst_rtp_buffer_unmap(&rtp);
  if (!key) return GST_PAD_PROBE_OK;
  const char text[] = {*key, '\0'};
  const ElementPtr element(gst_pad_get_parent_element(pad));
  gst_element_post_message(
      element.get(),
      gst_message_new_element(GST_OBJECT(element.get()),
                              gst_structure_new("telephone-event", "key", G_TYPE_STRING, text, nullptr)));
  return GST_PAD_PROBE_OK;
}

// ---- main loop ----

void Media::on_bus(GstMessage* message) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    const GstStructure* details = nullptr;
    gst_message_parse_error_details(message, &details);
    const char* kind = details ? gst_structure_get_string(details, "error-kind") : nullptr;
    listener_.on_failed(kind ? kind : "", text_of_error(message));
  } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) {
    listener_.on_warning(text_of_error(message));
  } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT) {
    const GstStructure* fields = gst_message_get_structure(message);
    const std::string name = gst_structure_get_name(fields);
    if (name.starts_with("realtime/")) listener_.on_message(name.substr(9), fields);
    if (name == "telephone-event") listener_.on_key(gst_structure_get_string(fields, "key")[0]);
    if (name == "peer-address") {
      follow(rtp_);
      follow(rtcp_);
    }
  }
}

Media::Counts Media::counts() const {
  Counts counts;
  const ElementPtr rtp = child("rtp");
  GObject* raw = nullptr;
  g_signal_emit_by_name(rtp.get(), "get-internal-session", 0u, &raw);
  const ObjectPtr<GObject> session(raw);
  if (!session) return counts;
  GstStructure* stats = nullptr;
  g_object_get(session.get(), "stats", &stats, nullptr);
  const std::unique_ptr<GstStructure, FreeWith<gst_structure_free>> owned(stats);
  const GValue* sources = gst_structure_get_value(stats, "source-stats");
  if (!sources) return counts;
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS // rtpbin gives a GValueArray
      const auto* array = static_cast<GValueArray*>(g_value_get_boxed(sources));
  for (guint i = 0; array && i < array->n_values; ++i) {
    const GstStructure* source = gst_value_get_structure(&array->values[i]);
    gboolean ours = FALSE;
    guint64 packets = 0;
    gint lost = 0;
    gst_structure_get_boolean(source, "internal", &ours);
    gst_structure_get_uint64(source, ours ? "packets-sent" : "packets-received", &packets);
    (ours ? counts.sent : counts.received) += packets;
    if (!ours && gst_structure_get_int(source, "packets-lost", &lost) && lost > 0)
      counts.lost += static_cast<guint64>(lost);
  }
  G_GNUC_END_IGNORE_DEPRECATIONS
  return counts;
}

} // namespace telephone

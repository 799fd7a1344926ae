// Replies that leave as RTP: what the server is told was heard is what was sent to the peer, which is what
// the peer plays from its jitter buffer; and with that buffer's length as playout-delay, messages tell when.
#include "support/elements.h"
#include "support/pipeline.h"
#include "support/stepped_conversation.h"
#include "support/tone.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;

namespace {

constexpr std::uint64_t peer_buffer_ms = 60;

struct Medium {
  const char* name;
  const char* launch; // from realtimesrc to packets
  const char* play;   // and from packets to samples
  audio::Format format;
  bool big_endian;
};

const Medium media[] = {
    {"PCMU", "audio/x-mulaw ! rtppcmupay", "rtppcmudepay ! mulawdec", audio::ulaw_8k, false},
    {"PCMA", "audio/x-alaw ! rtppcmapay", "rtppcmadepay ! alawdec", audio::alaw_8k, false},
    {"L16", "audio/x-raw,rate=24000 ! audioconvert ! rtpL16pay", "rtpL16depay ! audioconvert",
     audio::pcm16_24k, true},
};

struct Packet {
  std::uint64_t sent = 0; // running time
  std::vector<std::uint8_t> bytes;
  std::uint32_t timestamp = 0;
  std::vector<std::int16_t> samples;
};

// The peer's end of a network without delay.
class Peer {
 public:
  Peer(const Medium& medium, const GRef<GstElement>& sink) : medium_(medium) {
    g_signal_connect(sink.get(), "handoff", G_CALLBACK(on_packet), this);
  }
  std::vector<Packet> packets() { return *packets_.lock(); }
  bool has_packet_of(std::uint64_t time) {
    const auto packets = packets_.lock();
    return !packets->empty() && packets->back().sent >= time;
  }

 private:
  static void on_packet(GstElement* sink, GstBuffer* buffer, GstPad*, gpointer self) {
    Peer& peer = *static_cast<Peer*>(self);
    std::vector<std::uint8_t> bytes(gst_buffer_get_size(buffer));
    gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
    constexpr std::size_t header = 12;
    fail_unless(bytes.size() > header && bytes[0] == 0x80, "no plain RTP header");
    Packet packet;
    for (std::size_t i = 4; i < 8; ++i)
      packet.timestamp = packet.timestamp << 8 | bytes[i];
    std::vector<std::uint8_t> payload(bytes.begin() + header, bytes.end());
    if (peer.medium_.big_endian)
      for (std::size_t i = 0; i + 1 < payload.size(); i += 2)
        std::swap(payload[i], payload[i + 1]);
    packet.samples = linear(peer.medium_.format, payload);
    const auto clock = GRef<GstClock>::adopt(gst_element_get_clock(sink));
    packet.sent = gst_clock_get_time(clock.get()) - gst_element_get_base_time(sink);
    packet.bytes = std::move(bytes);
    peer.packets_.lock()->push_back(std::move(packet));
  }
  const Medium& medium_;
  Guarded<std::vector<Packet>> packets_;
};

// What a peer plays of packets: a jitter buffer of that length, and an output that plays at the time it says.
class Listener {
 public:
  explicit Listener(const Medium& medium, const std::string& caps)
      : medium_(medium),
        pipeline_("appsrc name=in is-live=true format=time caps=\"" + caps +
                  "\" ! rtpjitterbuffer latency=" + std::to_string(peer_buffer_ms) + " ! " + medium.play +
                  " ! audio/x-raw,format=S16LE ! fakesink name=ear sync=true processing-deadline=0 "
                  "signal-handoffs=true") {
    g_signal_connect(pipeline_.element("ear").get(), "handoff", G_CALLBACK(on_samples), this);
    clock_.drive(pipeline_.get());
  }
  struct Played {
    std::uint64_t time = 0; // running time
    std::vector<std::int16_t> samples;
  };
  // Each comes when it was sent.
  std::vector<Played> play(const std::vector<Packet>& packets) {
    pipeline_.play();
    gst_bin_recalculate_latency(GST_BIN(pipeline_.get()));
    const auto in = pipeline_.element("in");
    std::size_t total = 0;
    for (const Packet& packet : packets) {
      GstBuffer* buffer = gst_buffer_new_memdup(packet.bytes.data(), packet.bytes.size());
      GST_BUFFER_PTS(buffer) = GST_BUFFER_DTS(buffer) = packet.sent;
      GstFlowReturn flow = GST_FLOW_ERROR;
      g_signal_emit_by_name(in.get(), "push-buffer", buffer, &flow);
      gst_buffer_unref(buffer);
      fail_unless_equals_int(flow, GST_FLOW_OK);
      total += packet.samples.size();
    }
    const auto count = [](std::size_t sum, const Played& each) { return sum + each.samples.size(); };
    clock_.run_to(packets.back().sent + GST_SECOND, [&] {
      const auto played = played_.lock();
      return std::accumulate(played->begin(), played->end(), std::size_t{0}, count) == total;
    });
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    return *played_.lock();
  }

 private:
  static void on_samples(GstElement* sink, GstBuffer* buffer, GstPad*, gpointer self) {
    auto& listener = *static_cast<Listener*>(self);
    std::vector<std::uint8_t> bytes(gst_buffer_get_size(buffer));
    gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
    const auto clock = GRef<GstClock>::adopt(gst_element_get_clock(sink));
    const std::uint64_t now = gst_clock_get_time(clock.get()) - gst_element_get_base_time(sink);
    listener.played_.lock()->push_back(
        {now, linear({audio::Encoding::pcm16, listener.medium_.format.rate}, bytes)});
  }
  const Medium& medium_;
  SteppedClock clock_;
  Pipeline pipeline_;
  Guarded<std::vector<Played>> played_;
};

struct Call {
  Call(const Medium& of, unsigned reply_ms, const std::string& src_settings)
      : medium(of), server(scenario(reply_ms)),
        pipeline(Caller::element() + "realtimesink silence-fill-delay=600000 uri=" + server.uri() +
                 "  realtimesrc name=src cushion=0 " + src_settings + " ! " + of.launch +
                 " ! fakesink name=network sync=true signal-handoffs=true"),
        caller(pipeline.element("caller")), peer(of, pipeline.element("network")) {
    clock.drive(pipeline.get());
    pipeline.play();
    pipeline.wait_for_element("realtime/session-updated");
    hear_until(100);
    gst_element_get_state(pipeline.get(), nullptr, nullptr, GST_CLOCK_TIME_NONE);
    gst_bin_recalculate_latency(GST_BIN(pipeline.get()));
    caller.speak(300);
    caller.pause(800);
    pipeline.wait_for_element("realtime/response-done");
  }
  ~Call() { gst_element_set_state(pipeline.get(), GST_STATE_NULL); }
  static server::Scenario scenario(unsigned reply_ms) {
    server::Scenario scenario = ramp_scenario(std::chrono::milliseconds(reply_ms));
    scenario.default_sound->kind = server::Sound::Kind::tone; // survives G.711
    scenario.pace = 0;
    return scenario;
  }
  void hear_until(unsigned ms) {
    for (std::uint64_t time = clock.running_time() / frame_ns * frame_ns; time < ms * GST_MSECOND;) {
      time += frame_ns;
      clock.run_to(time, [&] { return peer.has_packet_of(time - frame_ns); });
    }
  }
  // Of the reply: from the first loud sample to the last, with the time at which that one was sent.
  struct Heard {
    std::int64_t samples = 0;
    std::uint64_t first = 0, last = 0; // running time
  };
  template<typename Piece>
  Heard heard_in(const std::vector<Piece>& pieces, std::uint64_t Piece::*begin) const {
    Heard heard;
    std::int64_t position = 0, first = -1;
    constexpr int loud = 16; // A-law has no zero
    for (const Piece& piece : pieces)
      for (std::size_t i = 0; i < piece.samples.size(); ++i, ++position) {
        if (std::abs(piece.samples[i]) < loud) continue;
        const std::uint64_t time = piece.*begin + medium.format.ns_of_samples(i);
        if (first < 0) {
          first = position;
          heard.first = time;
        }
        heard.samples = position - first + 1;
        heard.last = time;
      }
    return heard;
  }
  Heard sent() { return heard_in(peer.packets(), &Packet::sent); }
  Heard played() {
    const auto pad =
        GRef<GstPad>::adopt(gst_element_get_static_pad(pipeline.element("network").get(), "sink"));
    GstCaps* caps = gst_pad_get_current_caps(pad.get());
    gchar* text = gst_caps_to_string(caps);
    Listener listener(medium, text);
    g_free(text);
    gst_caps_unref(caps);
    return heard_in(listener.play(peer.packets()), &Listener::Played::time);
  }
  std::int64_t frame() const { return static_cast<std::int64_t>(medium.format.samples_of_ms(20)); }

  const Medium& medium;
  ServerFixture server;
  SteppedClock clock;
  Pipeline pipeline;
  Caller caller;
  Peer peer;
};

std::uint64_t time_of(const GstStructure* message, const char* field = "time") {
  guint64 time = 0;
  fail_unless(gst_structure_get_uint64(message, field, &time));
  return time;
}

bool is_truncated(GstMessage* message) {
  gboolean truncated = FALSE;
  return is_element_message(message, "realtime/transcript") &&
         gst_structure_get_boolean(gst_message_get_structure(message), "truncated", &truncated) && truncated;
}

std::uint64_t distance(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : b - a;
}

} // namespace

GST_START_TEST(an_interrupted_reply_was_heard_as_far_as_it_was_sent) {
  for (const Medium& medium : media)
    for (const char* flush : {"false", "true"})
      for (const unsigned at_ms : {400U, 733U}) {
        Call call(medium, 3000,
                  "flush-on-interrupt=" + std::string(flush) +
                      " playout-delay=" + std::to_string(peer_buffer_ms));
        call.hear_until(at_ms);
        call.caller.speak(300);
        call.pipeline.wait_for_element("realtime/speech-started");
        call.hear_until(at_ms + 60); // the network sink holds a frame until its time
        call.pipeline.wait_for_element("realtime/interrupted");
        call.server.wait_for_sent(false, "conversation.item.truncated");
        const auto cuts = sent_by_client<protocol::ItemTruncate>(call.server, "conversation.item.truncate");
        fail_unless_equals_int(cuts.size(), 1);
        call.hear_until(at_ms + 400);
        // All that was sent is played by the peer, whatever stands in its buffer.
        const auto sent = call.sent();
        const auto told = static_cast<std::int64_t>(medium.format.samples_of_ms(cuts[0].audio_end_ms));
        fail_unless(std::abs(told - sent.samples) <= call.frame(), "%s, flush %s: told %d samples, sent %d",
                    medium.name, flush, static_cast<int>(told), static_cast<int>(sent.samples));
        fail_unless(sent.last < (at_ms + 60) * GST_MSECOND, "%s goes on", medium.name);
        fail_unless_equals_int(call.server.sent(false, "error").size(), 0);
      }
}
GST_END_TEST

// By a real jitter buffer, as long as 'playout-delay' says: to the same sample, and until the time that is
// told.
GST_START_TEST(an_interrupted_reply_is_played_by_the_peer_as_far_as_is_told) {
  for (const Medium& medium : media)
    for (const char* flush : {"false", "true"}) {
      Call call(medium, 3000,
                "flush-on-interrupt=" + std::string(flush) +
                    " playout-delay=" + std::to_string(peer_buffer_ms));
      call.hear_until(500);
      call.caller.speak(300);
      call.pipeline.wait_for_element("realtime/speech-started");
      call.hear_until(560);
      call.pipeline.wait_for([](GstMessage* m) { return is_truncated(m); }, "the last words");
      call.server.wait_for_sent(false, "conversation.item.truncated");
      const auto cuts = sent_by_client<protocol::ItemTruncate>(call.server, "conversation.item.truncate");
      fail_unless_equals_int(cuts.size(), 1);
      call.hear_until(800);
      const auto played = call.played();
      const auto told = static_cast<std::int64_t>(medium.format.samples_of_ms(cuts[0].audio_end_ms));
      fail_unless(std::abs(told - played.samples) <= call.frame(), "%s, flush %s: told %d samples, played %d",
                  medium.name, flush, static_cast<int>(told), static_cast<int>(played.samples));
      const GstStructure* words = call.pipeline.seen("realtime/transcript").back();
      fail_unless(distance(time_of(words, "start"), played.first) <= frame_ns,
                  "%s: begun at %" G_GUINT64_FORMAT ", told %" G_GUINT64_FORMAT, medium.name, played.first,
                  time_of(words, "start"));
      fail_unless(distance(time_of(words, "end"), played.last) <= frame_ns);
    }
}
GST_END_TEST

// One timestamp for each sample, through silence, replies and cuts.
GST_START_TEST(timestamps_do_not_jump) {
  for (const Medium& medium : media) {
    Call call(medium, 600, "");
    call.hear_until(400);
    call.caller.speak(300);
    call.pipeline.wait_for_element("realtime/interrupted");
    call.hear_until(800);
    const auto packets = call.peer.packets();
    for (std::size_t i = 1; i < packets.size(); ++i) {
      const std::uint32_t step = packets[i].timestamp - packets[i - 1].timestamp;
      fail_unless_equals_int(step, packets[i - 1].samples.size());
      fail_unless_equals_int(packets[i].samples.size(), call.frame());
    }
  }
}
GST_END_TEST

GST_START_TEST(with_the_peers_buffer_as_delay_messages_tell_when_it_is_heard) {
  for (const Medium& medium : media)
    for (const bool known : {true, false}) {
      Call call(medium, 500, known ? "playout-delay=" + std::to_string(peer_buffer_ms) : "");
      call.hear_until(1200);
      call.pipeline.wait_for_element("realtime/playback-finished");
      const auto sent = call.sent();
      const std::uint64_t buffer = peer_buffer_ms * GST_MSECOND;
      const std::uint64_t started = time_of(call.pipeline.seen("realtime/playback-started")[0]);
      const std::uint64_t finished = time_of(call.pipeline.seen("realtime/playback-finished")[0]);
      fail_unless_equals_int(distance(started, sent.first + buffer) <= frame_ns, known);
      fail_unless_equals_int(distance(finished, sent.last + buffer) <= frame_ns, known);
    }
}
GST_END_TEST

static Suite* rtp_suite() {
  Suite* suite = suite_create("rtp");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 120);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_test(tcase, an_interrupted_reply_was_heard_as_far_as_it_was_sent);
  tcase_add_test(tcase, an_interrupted_reply_is_played_by_the_peer_as_far_as_is_told);
  tcase_add_test(tcase, timestamps_do_not_jump);
  tcase_add_test(tcase, with_the_peers_buffer_as_delay_messages_tell_when_it_is_heard);
  return suite;
}

GST_CHECK_MAIN(rtp)

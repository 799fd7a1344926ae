// One or both elements of a conversation without a network and without real time: the server, the loop and
// the clock are moved by the test, on its thread. Only realtimesrc's streaming thread runs by itself; it
// stops at each frame until the clock is cranked.
#pragma once

#include "gst/gst_refs.h"
#include "support/fake_executor.h"
#include "support/fake_speechless_server.h"
#include "support/fake_transport.h"

#include <gst/check/gstharness.h>
#include <gst/check/gsttestclock.h>
#include <gst/gst.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace rt {
RT_REF_TRAITS(GstMessage, gst_message_ref, gst_message_unref)
RT_REF_TRAITS(GstBus, gst_object_ref, gst_object_unref)
RT_REF_TRAITS(GstEvent, gst_event_ref, gst_event_unref)
} // namespace rt

namespace rt::test {

inline constexpr const char* pcm_caps =
    "audio/x-raw, format=S16LE, layout=interleaved, rate=24000, channels=1";
inline constexpr const char* ulaw_caps = "audio/x-mulaw, rate=8000, channels=1";
inline constexpr const char* alaw_caps = "audio/x-alaw, rate=8000, channels=1";
inline constexpr std::uint64_t ms = 1'000'000; // ns

using PropertyTexts = std::vector<std::pair<const char*, std::string>>;

// Both elements as the plugin registers them. Repeatable.
void register_fake_elements();

class ElementHarness {
 public:
  explicit ElementHarness(const FakeSpeechlessServer::Options& options = {});
  // NULL for every element, and nothing left on the loop.
  ~ElementHarness();
  ElementHarness(const ElementHarness&) = delete;
  ElementHarness& operator=(const ElementHarness&) = delete;

  // The elements that are made from now on are of one pipeline, instead of each its own.
  void use_one_pipeline();
  // An element in NULL on the common bus, clock and session.
  GstElement* make(const char* factory, const PropertyTexts& properties = {});

  // ---- realtimesrc, with a GstHarness downstream ----
  GstElement* add_src(const PropertyTexts& properties = {}, const char* downstream_caps = pcm_caps);
  GstElement* add_text(const PropertyTexts& properties = {}); // realtimetextsrc instead of it
  GstHarness* downstream() { return downstream_; }
  void play_src();
  // Blocks until the streaming thread waits for the clock. Only one element may wait for it.
  std::uint64_t wait_for_frame(); // returns the clock time it waits for
  void crank_no_buffer();         // the frame delivers no buffer
  GRef<GstBuffer> crank();        // the frame's buffer
  std::vector<GRef<GstBuffer>> crank(unsigned frames);

  // ---- realtimesink or another one, with a pad upstream ----
  GstElement* add_sink(const PropertyTexts& properties = {}, const char* factory = "realtimesink");
  void set_upstream_live(std::optional<bool> live) { upstream_live_ = live; } // nothing: no answer
  GstPad* upstream() { return upstream_; }
  void send_start(const char* caps = pcm_caps); // stream-start, caps, segment
  void send_caps(const char* caps);
  GstFlowReturn push(std::vector<std::uint8_t> bytes, std::optional<std::uint64_t> pts = {},
                     unsigned flags = 0);
  // `samples` of PCM: a ramp from `first` that tells its own position.
  GstFlowReturn push_ramp(std::uint64_t first, std::uint64_t samples, std::optional<std::uint64_t> pts = {});

  // ---- the session's side ----
  void run() { loop->run_until_idle(); }
  void connect() { run(); }               // dial, session.created, session.update and its answer
  std::vector<std::uint8_t> sent_audio(); // of all append events so far
  std::size_t count_sent(const char* type);
  std::vector<protocol::SessionConfig> updates(); // of all session.update events so far
  // One whole reply, received at once; returns the item's id.
  std::string reply(std::span<const std::uint8_t> audio);

  // ---- the bus ----
  std::vector<GRef<GstMessage>>& messages(); // every message so far
  const GstStructure* find(const char* structure_name, std::size_t nth = 0);
  std::size_t count(const char* structure_name);
  std::vector<std::string> texts_of(GstMessageType type); // WARNING or ERROR
  // Blocks until a message satisfies `wanted`.
  void wait_message(const std::function<bool(GstMessage*)>& wanted);

  GstClock* clock() { return GST_CLOCK(clock_.get()); }
  GstTestClock* test_clock() { return GST_TEST_CLOCK(clock_.get()); }

  FakeTransport transport;
  std::shared_ptr<FakeExecutor> loop = std::make_shared<FakeExecutor>();
  FakeSpeechlessServer server;

 private:
  static gboolean answer_query(GstPad* pad, GstObject* parent, GstQuery* query);

  GRef<GstBus> bus_;
  GRef<GstClock> clock_;
  std::string session_;
  std::vector<GRef<GstElement>> elements_;
  GRef<GstElement> bin_;
  GstHarness* downstream_ = nullptr;
  GstPad* upstream_ = nullptr;
  std::optional<bool> upstream_live_ = true;
  std::vector<GRef<GstMessage>> messages_;
};

bool is_discont(const GRef<GstBuffer>& buffer);
bool is_gap(const GRef<GstBuffer>& buffer);
std::vector<std::uint8_t> bytes_of(const GRef<GstBuffer>& buffer);
// PCM samples 1, 2, 3 ...: never 0, so that silence is told from them.
std::vector<std::uint8_t> ramp(std::uint64_t samples, std::uint64_t first = 0);
std::vector<std::uint8_t> joined(const std::vector<GRef<GstBuffer>>& buffers);
// All of `audio` (PCM) is there, faded in where the frame begins that comes behind a break.
void assert_whole_but_for_a_fade(const std::vector<GRef<GstBuffer>>& frames,
                                 const std::vector<std::uint8_t>& audio, std::size_t frame);
std::uint64_t uint64_field(const GstStructure* structure, const char* field);
std::string string_field(const GstStructure* structure, const char* field);
// For texts that live no longer than the call.
void assert_text(const std::string& actual, const std::string& expected,
                 std::source_location where = std::source_location::current());

} // namespace rt::test

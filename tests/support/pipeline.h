// Pipelines against the development server in this process: the server with its traffic, the bus with its
// messages, and what a branch delivered.
#pragma once

#include "base/guarded.h"
#include "base/io_loop.h"
#include "gst/gst_refs.h"
#include "server/ws_server.h"

#include <gst/gst.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt {
RT_REF_TRAITS(GstMessage, gst_message_ref, gst_message_unref)
RT_REF_TRAITS(GstBus, gst_object_ref, gst_object_unref)
} // namespace rt

namespace rt::test {

struct SentFrame {
  bool from_client = false;
  std::string text;
};

// The server on a port of its own, with every frame that crossed. With RT_TRAFFIC_DIR in the environment,
// what each client sent is left there as KIND-*.jsonl (KIND as schema_judge.py has it), for a judge that is
// not our codec. A server of another provider's manner has no schema.
class ServerFixture {
 public:
  explicit ServerFixture(server::Scenario scenario, std::string api_key = {},
                         server::SpeechFactory speech = {}, std::string provider = {});
  ~ServerFixture();
  const std::string& uri() const { return uri_; }
  server::WsServer& server() { return server_; }
  std::vector<SentFrame> traffic();
  // The frames of one direction whose type is `type`.
  std::vector<std::string> sent(bool by_client, std::string_view type);
  // The same, once there are `count` of them; when they never come, the test's timeout ends it.
  std::vector<std::string> wait_for_sent(bool by_client, std::string_view type, std::size_t count = 1);
  // PCM or G.711 bytes of all input audio, and of all output audio deltas, in order.
  std::vector<std::uint8_t> input_audio();
  std::vector<std::uint8_t> reply_audio();
  std::string handshake(); // path and query of the last client

 private:
  void dump_traffic();
  static std::vector<std::string> select(const std::vector<SentFrame>& frames, bool by_client,
                                         std::string_view type);
  Guarded<std::vector<SentFrame>> traffic_;
  Guarded<std::string> handshake_;
  std::atomic<const char*> kind_{"ga"};
  const bool judged_;
  server::WsServer server_;
  std::string uri_;
};

// Live input that a test gives itself.
class Caller {
 public:
  // A gst-launch fragment that ends in " ! ": an appsrc named "caller", S16LE at 24 kHz.
  static std::string element(const char* properties = "");
  explicit Caller(GRef<GstElement> appsrc) : appsrc_(std::move(appsrc)) {}
  void speak(unsigned ms) { push(ms, loud); } // what a level detector takes for speech
  void pause(unsigned ms) { push(ms, 0); }
  void end();

 private:
  static constexpr std::int16_t loud = 12000;
  void push(unsigned ms, std::int16_t amplitude);
  GRef<GstElement> appsrc_;
  std::uint64_t time_ = 0;
};

inline constexpr std::int64_t samples_per_ms = 24;
// Part of an answer: words that are heard for so long, as a ramp that tells its own position.
server::ReplyPart words_of(const char* text, unsigned ms);
// A tone is a turn, its transcript is given, and the reply is a ramp that tells its own position.
server::Scenario ramp_scenario(std::chrono::milliseconds reply);

struct Captured { // one buffer that reached the end of a branch
  std::uint64_t pts = 0, duration = 0;
  bool gap = false, discont = false;
  std::vector<std::uint8_t> bytes;
};

class Pipeline {
 public:
  // A gst-launch line; what reaches the sink pad of the element named "out" is captured.
  explicit Pipeline(const std::string& launch_line);
  ~Pipeline(); // to NULL

  GstElement* get() const { return pipeline_.get(); }
  GRef<GstElement> element(const char* name) const;
  void play() { set_state(GST_STATE_PLAYING); }
  void set_state(GstState state);

  // Every message so far and to come until one satisfies `wanted`; fails the test after `seconds`.
  // An ERROR message fails the test unless it is what is waited for.
  GRef<GstMessage> wait_for(const std::function<bool(GstMessage*)>& wanted, const char* what,
                            unsigned seconds = 20);
  GRef<GstMessage> wait_for_element(const char* structure_name, unsigned seconds = 20);
  void wait_for_eos(unsigned seconds = 60);
  GRef<GstMessage> wait_for_error(unsigned seconds = 20);
  // Runs until nothing more is on the bus; then every message of that type that was seen, in order.
  std::vector<GstMessage*> all(GstMessageType type);
  // Messages seen by the waits above, in order, with that structure name.
  std::vector<const GstStructure*> seen(const char* structure_name) const;

  std::vector<Captured> captured();
  std::optional<Captured> last_captured();
  // The samples of all captured buffers.
  std::vector<std::int16_t> captured_samples();

 private:
  void keep(const GRef<GstMessage>& message);
  static GstPadProbeReturn on_buffer(GstPad* pad, GstPadProbeInfo* info, gpointer self);

  GRef<GstElement> pipeline_;
  std::vector<GRef<GstMessage>> messages_;
  Guarded<std::vector<Captured>> captured_;
};

bool is_element_message(GstMessage* message, const char* structure_name);

} // namespace rt::test

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
#include <string>
#include <string_view>
#include <vector>

namespace rt {
RT_REF_TRAITS(GstMessage, gst_message_ref, gst_message_unref)
RT_REF_TRAITS(GstBus, gst_object_ref, gst_object_unref)
} // namespace rt

namespace rt::test {

struct Frame {
  bool from_client = false;
  std::string text;
};

// The server on a port of its own, with every frame that crossed. With RT_TRAFFIC_DIR in the environment,
// what each client sent is left there as ga-*.jsonl or beta-*.jsonl, for a judge that is not our codec.
class ServerFixture {
 public:
  explicit ServerFixture(server::Scenario scenario, std::string api_key = {},
                         server::SpeechFactory speech = {});
  ~ServerFixture();
  const std::string& uri() const { return uri_; }
  server::WsServer& server() { return server_; }
  std::vector<Frame> traffic();
  // The frames of one direction whose type is `type`.
  std::vector<std::string> sent(bool by_client, std::string_view type);
  // PCM or G.711 bytes of all output audio deltas, in order.
  std::vector<std::uint8_t> reply_audio();

 private:
  void dump_traffic();
  Guarded<std::vector<Frame>> traffic_;
  std::atomic<bool> beta_{false};
  server::WsServer server_;
  std::string uri_;
};

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
                            unsigned seconds = 30);
  GRef<GstMessage> wait_for_element(const char* structure_name, unsigned seconds = 30);
  void wait_for_eos(unsigned seconds = 60);
  GRef<GstMessage> wait_for_error(unsigned seconds = 30);
  // Messages seen by the waits above, in order, with that structure name.
  std::vector<const GstStructure*> seen(const char* structure_name) const;

  std::vector<Captured> captured();
  // The samples of all captured buffers.
  std::vector<std::int16_t> captured_samples();

 private:
  static GstPadProbeReturn on_buffer(GstPad* pad, GstPadProbeInfo* info, gpointer self);

  GRef<GstElement> pipeline_;
  std::vector<GRef<GstMessage>> messages_;
  Guarded<std::vector<Captured>> captured_;
};

bool is_element_message(GstMessage* message, const char* structure_name);

} // namespace rt::test

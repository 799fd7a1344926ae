// The audio of one call: a pipeline with RTP on one side and a conversation on the other.
#pragma once

#include "keys.h"
#include "peer_address.h"
#include "rtp_sockets.h"
#include "sdp.h"
#include "settings.h"

#include <atomic>
#include <mutex>
#include <string>

namespace telephone {

class Media {
 public:
  // Called on the main loop, and never from within a method of Media.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_message(const std::string& name, const GstStructure* fields) = 0; // realtime/NAME
    virtual void on_warning(const std::string& text) = 0;
    virtual void on_failed(const std::string& error_kind, const std::string& text) = 0;
    virtual void on_key(char key) = 0;
    virtual void on_silence() = 0; // expected audio did not come for rtp_timeout_s
  };

  // Whether calls can be held with these properties; throws std::runtime_error, whose text names what is
  // wrong.
  static void check(const Properties& realtime);

  // Throws std::runtime_error when an element is missing.
  Media(const Settings& settings, const Properties& realtime, RtpSockets sockets, const Codec& codec,
        Listener& listener);
  ~Media();
  Media(const Media&) = delete;
  Media& operator=(const Media&) = delete;

  unsigned port() const { return sockets_.port; }
  const Codec& codec() const { return codec_; }

  // Opens the conversation; audio does not flow yet.
  void dial();
  // From now on where packets go and which come. May be called again.
  void set_remote(const Remote& remote);
  // The call is answered.
  void start();
  // On hold the model hears nothing, and what it says waits. Whether that changed.
  bool hold(bool held);
  // Whether the peer sends now; the time in which it does not counts from here, or from its last packet.
  void expect_audio(bool expected);

  // Action signals of the plugin; whether they were accepted.
  bool send_text(const std::string& text);
  bool send_tool_output(const std::string& call_id, const std::string& output);

  struct Counts {
    guint64 received = 0, sent = 0, lost = 0; // packets
  };
  Counts counts() const;

 private:
  // One of the two sockets, on its streaming thread.
  struct Flow {
    std::mutex mutex; // of `peer`
    PeerAddress peer;
    std::atomic<gint64> heard_us{0}; // when the latest packet came that was not dropped
    GstElement* out = nullptr;       // multiudpsink
    // Main loop:
    std::optional<Endpoint> announced;
    ObjectPtr<GInetSocketAddress> target; // where packets go
  };

  void build(const Settings& settings);
  void set_up_sockets();
  ElementPtr child(const char* name) const;
  void on_bus(GstMessage* message);
  static void aim(Flow& flow, const Endpoint& to);
  static void follow(Flow& flow);
  static void send_to(Flow& flow, GInetSocketAddress* to);
  void wait_for_silence(gint64 us);
  void check_silence();

  static GstCaps* on_payload_type(GstElement*, guint session, guint payload_type, gpointer self);
  static void on_pad_added(GstElement*, GstPad* pad, gpointer self);
  static GstPadProbeReturn on_packet(GstPad*, GstPadProbeInfo* info, gpointer flow);
  static GstPadProbeReturn on_event_packet(GstPad* pad, GstPadProbeInfo* info, gpointer self);

  Listener& listener_;
  RtpSockets sockets_;
  const Codec codec_;
  std::atomic<int> telephone_event_{-1}; // payload type
  Flow rtp_, rtcp_;
  TelephoneEvents keys_; // streaming thread
  ElementPtr pipeline_, sink_, src_;
  SourceId bus_watch_, silence_;
  const gint64 silence_us_;
  bool held_ = false;
};

} // namespace telephone

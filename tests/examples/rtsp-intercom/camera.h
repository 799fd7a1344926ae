// A camera or door station: its sound goes to the conversation, and its loudspeaker is its ONVIF backchannel.
#pragma once

#include "common/pointers.h"

#include <atomic>
#include <functional>
#include <string>

namespace intercom {

// One connection; a camera that was lost is connected to anew by another.
class Camera {
 public:
  struct Events { // on the main loop
    std::function<void()> connected;
    std::function<void(const std::string& why)> lost;
  };
  // `session` names the conversation. Throws std::runtime_error when an element is missing.
  Camera(const std::string& url, const std::string& session, Events events);
  ~Camera();
  Camera(const Camera&) = delete;
  Camera& operator=(const Camera&) = delete;

  // An RTP packet for the loudspeaker, from any thread. Nothing happens when it has none.
  void play(SamplePtr packet);
  bool has_loudspeaker() const { return channel_ >= 0; }

 private:
  static gboolean on_stream(GstElement*, guint number, GstCaps* caps, gpointer self);
  static void on_pad_added(GstElement*, GstPad* pad, gpointer self);
  static void on_decoded(GstElement*, GstPad* pad, gpointer self);
  static GstPadProbeReturn on_event(GstPad*, GstPadProbeInfo* info, gpointer self);
  static GstPadProbeReturn on_sound(GstPad*, GstPadProbeInfo*, gpointer self);
  static gboolean on_bus(GstBus*, GstMessage* message, gpointer self);
  static gboolean on_tick(gpointer self);
  void report(const char* what);

  const Events events_;
  std::atomic<int> channel_{-1}; // number of the backchannel's stream
  ElementPtr pipeline_, source_, sink_;
  std::atomic<guint> buffers_{0}; // that came
  guint buffers_before_ = 0;
  SourceId watch_, tick_;
};

} // namespace intercom

// What the model says, on its way to a loudspeaker. It holds the conversation while the camera is away.
#pragma once

#include "common/pointers.h"

#include <functional>
#include <map>
#include <string>

namespace intercom {

using Properties = std::map<std::string, std::string>; // of realtimesrc, as gst-launch would write them

class Answers {
 public:
  struct Events {
    std::function<void(SamplePtr audio)> audio;         // u-law, on a streaming thread
    std::function<void(const std::string& why)> failed; // on the main loop
  };
  // `packets`: the audio is told as packets of RTP. Throws std::runtime_error when an element is missing.
  Answers(const std::string& session, const Properties& properties, bool packets, Events events);
  ~Answers();
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  // While nobody listens, what is said waits.
  void listen(bool somebody);

 private:
  static GstFlowReturn on_sample(GstElement* sink, gpointer self);
  static gboolean on_bus(GstBus*, GstMessage* message, gpointer self);

  const Events events_;
  ElementPtr pipeline_;
  SourceId watch_;
};

} // namespace intercom

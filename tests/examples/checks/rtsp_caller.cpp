// An RTSP client with an ONVIF backchannel: rtsp-caller URL SAYS.wav HEARS.wav
// Plays the one into the server and keeps what comes from it, until SIGTERM.
#include "common/messages.h"

#include <glib-unix.h>

#include <string>

namespace {

struct Caller {
  MainLoopPtr loop{g_main_loop_new(nullptr, FALSE)};
  ElementPtr listening, speaking, source;
  guint channel = 0;
};

ElementPtr parsed(const std::string& line) {
  GError* error = nullptr;
  ElementPtr pipeline(gst_parse_launch(line.c_str(), &error));
  if (error) g_error("%s: %s", line.c_str(), error->message);
  gst_object_ref_sink(pipeline.get());
  return pipeline;
}

// The stream that the server calls sendonly is the backchannel; all are set up.
gboolean on_stream(GstElement*, guint number, GstCaps* caps, gpointer data) {
  auto& caller = *static_cast<Caller*>(data);
  if (gst_structure_has_field(gst_caps_get_structure(caps, 0), "a-sendonly")) caller.channel = number;
  return TRUE;
}

void on_connected(GstElement*, GstPad*, gpointer data) {
  say("connected");
  gst_element_set_state(static_cast<Caller*>(data)->speaking.get(), GST_STATE_PLAYING);
}

GstFlowReturn on_sample(GstElement* sink, gpointer data) {
  auto& caller = *static_cast<Caller*>(data);
  GstSample* sample = nullptr;
  g_signal_emit_by_name(sink, "pull-sample", &sample);
  GstFlowReturn result = GST_FLOW_EOS;
  if (sample)
    g_signal_emit_by_name(caller.source.get(), "push-backchannel-sample", caller.channel, sample, &result);
  return GST_FLOW_OK; // the sample is given away
}

gboolean on_bus(GstBus*, GstMessage* message, gpointer data) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) say("error: %s", text_of_error(message).c_str());
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR || GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
    g_main_loop_quit(static_cast<Caller*>(data)->loop.get());
  return G_SOURCE_CONTINUE;
}

void run(const std::string& url, const std::string& says, const std::string& hears) {
  Caller caller;
  caller.listening = parsed("rtspsrc name=source backchannel=onvif latency=50 location=" + url +
                            " ! rtppcmudepay ! mulawdec ! wavenc ! filesink location=" + hears);
  caller.speaking = parsed("filesrc location=" + says +
                           " ! wavparse ! audioconvert ! mulawenc ! rtppcmupay max-ptime=20000000 ! appsink "
                           "name=out emit-signals=true");
  caller.source.reset(gst_bin_get_by_name(GST_BIN(caller.listening.get()), "source"));
  const ElementPtr out(gst_bin_get_by_name(GST_BIN(caller.speaking.get()), "out"));
  g_signal_connect(caller.source.get(), "select-stream", G_CALLBACK(on_stream), &caller);
  g_signal_connect(caller.source.get(), "pad-added", G_CALLBACK(on_connected), &caller);
  g_signal_connect(out.get(), "new-sample", G_CALLBACK(on_sample), &caller);
  const BusPtr bus(gst_element_get_bus(caller.listening.get()));
  const SourceId watch(gst_bus_add_watch(bus.get(), on_bus, &caller));
  const SourceId term(g_unix_signal_add(
      SIGTERM,
      [](gpointer loop) -> gboolean {
        g_main_loop_quit(static_cast<GMainLoop*>(loop));
        return G_SOURCE_CONTINUE;
      },
      caller.loop.get()));
  gst_element_set_state(caller.listening.get(), GST_STATE_PLAYING);
  g_main_loop_run(caller.loop.get());
  gst_element_set_state(caller.speaking.get(), GST_STATE_NULL);
  gst_element_set_state(caller.listening.get(), GST_STATE_NULL);
}

} // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc != 4) return 2;
  run(argv[1], argv[2], argv[3]);
  return 0;
}

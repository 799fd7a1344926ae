#include "answers.h"

#include "common/messages.h"

#include <stdexcept>

namespace intercom {

Answers::Answers(const std::string& session, const Properties& properties, bool packets, Events events)
    : events_(std::move(events)) {
  GError* error = nullptr;
  pipeline_.reset(gst_parse_launch((std::string("realtimesrc name=realtime ! audio/x-mulaw ! ") +
                                    (packets ? "rtppcmupay max-ptime=20000000 ! " : "") +
                                    "appsink name=out sync=false emit-signals=true")
                                       .c_str(),
                                   &error));
  const ErrorPtr owned(error);
  if (error) throw std::runtime_error(error->message);
  gst_object_ref_sink(pipeline_.get());
  const ElementPtr source(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "realtime"));
  const ElementPtr out(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "out"));
  g_object_set(source.get(), "session", session.c_str(), nullptr);
  for (const auto& [name, value] : properties)
    gst_util_set_object_arg(G_OBJECT(source.get()), name.c_str(), value.c_str());
  g_signal_connect(out.get(), "new-sample", G_CALLBACK(on_sample), this);
  const BusPtr bus(gst_element_get_bus(pipeline_.get()));
  watch_ = SourceId(gst_bus_add_watch(bus.get(), on_bus, this));
  gst_element_set_state(pipeline_.get(), GST_STATE_PAUSED);
}

Answers::~Answers() {
  watch_ = {};
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

void Answers::listen(bool somebody) {
  gst_element_set_state(pipeline_.get(), somebody ? GST_STATE_PLAYING : GST_STATE_PAUSED);
}

GstFlowReturn Answers::on_sample(GstElement* sink, gpointer self) {
  GstSample* sample = nullptr;
  g_signal_emit_by_name(sink, "pull-sample", &sample);
  if (sample) static_cast<Answers*>(self)->events_.audio(SamplePtr(sample));
  return GST_FLOW_OK;
}

gboolean Answers::on_bus(GstBus*, GstMessage* message, gpointer self) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    const Events events = static_cast<Answers*>(self)->events_;
    events.failed(text_of_error(message));
    return G_SOURCE_CONTINUE;
  }
  const GstStructure* fields = gst_message_get_structure(message);
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ELEMENT) return G_SOURCE_CONTINUE;
  gboolean complete = FALSE;
  gst_structure_get_boolean(fields, "final", &complete);
  const bool model = g_strcmp0(gst_structure_get_string(fields, "role"), "assistant") == 0;
  if (gst_structure_has_name(fields, "realtime/transcript") && complete)
    say("%s: %s", model ? "model" : "visitor", gst_structure_get_string(fields, "text"));
  if (gst_structure_has_name(fields, "realtime/playback-finished")) say("answer heard");
  return G_SOURCE_CONTINUE;
}

} // namespace intercom

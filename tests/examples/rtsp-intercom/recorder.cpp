#include "recorder.h"

#include "common/messages.h"

#include <stdexcept>

namespace intercom {

Recorder::Recorder(const std::string& url, std::function<void(const std::string& why)> lost)
    : lost_(std::move(lost)) {
  GError* error = nullptr;
  // What comes while nothing is connected yet would be late for ever: the newest is kept.
  pipeline_.reset(
      gst_parse_launch("appsrc name=in is-live=true do-timestamp=true format=time leaky-type=downstream "
                       "max-time=200000000 caps=audio/x-mulaw,rate=8000,channels=1 ! "
                       "rtspclientsink name=out",
                       &error));
  const ErrorPtr owned(error);
  if (error) throw std::runtime_error(error->message);
  gst_object_ref_sink(pipeline_.get());
  input_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "in"));
  const ElementPtr out(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "out"));
  g_object_set(out.get(), "location", url.c_str(), nullptr);
  const BusPtr bus(gst_element_get_bus(pipeline_.get()));
  watch_ = SourceId(gst_bus_add_watch(
      bus.get(),
      [](GstBus*, GstMessage* message, gpointer self) -> gboolean {
        if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return G_SOURCE_CONTINUE;
        const auto tell = static_cast<Recorder*>(self)->lost_; // this may be gone when it returns
        tell(text_of_error(message));
        return G_SOURCE_CONTINUE;
      },
      this));
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
}

Recorder::~Recorder() {
  watch_ = {};
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

void Recorder::play(SamplePtr audio) {
  // Its time is that of another pipeline: appsrc gives it one of this.
  const BufferPtr buffer(gst_buffer_copy(gst_sample_get_buffer(audio.get())));
  GST_BUFFER_PTS(buffer.get()) = GST_BUFFER_DTS(buffer.get()) = GST_CLOCK_TIME_NONE;
  GstFlowReturn result = GST_FLOW_OK;
  g_signal_emit_by_name(input_.get(), "push-buffer", buffer.get(), &result);
}

} // namespace intercom

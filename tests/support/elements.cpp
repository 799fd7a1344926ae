#include "support/elements.h"

#include "gst/gstrealtimesink.h"
#include "gst/gstrealtimesrc.h"
#include "gst/gstrealtimetextsrc.h"
#include "gst/log_bridge.h"
#include "session/registry.h"
#include "transport/soup_transport.h"

namespace rt::test {

void register_elements() {
  rt::gst::init_log_bridge();
  session::set_factories({transport::make_soup_transport, nullptr});
  gst_realtime_sink_register(nullptr);
  gst_realtime_src_register(nullptr);
  gst_realtime_text_src_register(nullptr);
}

} // namespace rt::test

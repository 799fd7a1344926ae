// Debug categories, and the core's log lines in them.
#pragma once

namespace rt::gst {

void init_log_bridge();

} // namespace rt::gst

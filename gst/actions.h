// The action signals that every element of a session has, and need-api-key.
#pragma once

#include <gst/gst.h>

namespace rt::gst {

void install_signals(GObjectClass* klass);

} // namespace rt::gst

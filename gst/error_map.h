// The one place where the core's errors become GStreamer's.
#pragma once

#include "base/error.h"

#include <gst/gst.h>

namespace rt::gst {

struct GstErrorCode {
  GQuark domain;
  gint code;
};
GstErrorCode gst_error_code(ErrorKind kind);

// Posts an ERROR message with the details http-status-code, close-code, error-code and error-kind. No lock
// may be held.
void post_error(GstElement* element, const Error& error);

} // namespace rt::gst

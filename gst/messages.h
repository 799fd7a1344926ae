// Session notices as bus messages. No lock may be held while calling these.
#pragma once

#include "session/notice.h"

#include <gst/gst.h>

namespace rt::gst {

// `pipeline`: the element's, as the session knows it.
void post_notice(GstElement* element, const session::Notice& notice, const void* pipeline = nullptr);
void post_progress(GstElement* element, session::ProgressKind kind, const std::string& text);
void post_warning(GstElement* element, const std::string& text, unsigned suppressed);

} // namespace rt::gst

#include "gst/log_bridge.h"

#include "base/log.h"

#include <gst/gst.h>

#include <string>

namespace rt::gst {
namespace {

GST_DEBUG_CATEGORY_STATIC(core_debug);

GstDebugLevel level_of(LogLevel level) {
  switch (level) {
  case LogLevel::error:
    return GST_LEVEL_ERROR;
  case LogLevel::warning:
    return GST_LEVEL_WARNING;
  case LogLevel::info:
    return GST_LEVEL_INFO;
  case LogLevel::debug:
    return GST_LEVEL_DEBUG;
  case LogLevel::trace:
    return GST_LEVEL_TRACE;
  }
  return GST_LEVEL_NONE;
}

void write_line(LogLevel level, std::string_view area, std::string_view text) {
  GST_CAT_LEVEL_LOG(core_debug, level_of(level), nullptr, "%.*s: %.*s", static_cast<int>(area.size()),
                    area.data(), static_cast<int>(text.size()), text.data());
}

} // namespace

void init_log_bridge() {
  GST_DEBUG_CATEGORY_INIT(core_debug, "realtime", 0, "Realtime sessions");
  set_log_sink(write_line);
  // The category's own threshold decides; it may change at any time.
  set_log_threshold(LogLevel::trace);
}

} // namespace rt::gst

// The code's tables as tab-separated lines, for the comparison of the documentation with them.
#include "base/error.h"
#include "gst/error_map.h"
#include "gst/stats.h"
#include "session/notice.h"

#include <gst/gst.h>

#include <cstdio>
#include <string>

namespace {

std::string text(std::string_view view) {
  return std::string(view);
}

const char* severity_name(rt::Severity severity) {
  switch (severity) {
  case rt::Severity::benign:
    return "benign";
  case rt::Severity::retryable:
    return "retryable";
  case rt::Severity::fatal:
    return "fatal";
  }
  return "";
}

// "RESOURCE/NOT_FOUND", as GST_ELEMENT_ERROR has it.
std::string gst_name(const rt::gst::GstErrorCode& code) {
  const bool library = code.domain == GST_LIBRARY_ERROR, resource = code.domain == GST_RESOURCE_ERROR;
  const GType type = library    ? GST_TYPE_LIBRARY_ERROR
                     : resource ? GST_TYPE_RESOURCE_ERROR
                                : GST_TYPE_STREAM_ERROR;
  const std::string domain = library ? "LIBRARY" : resource ? "RESOURCE" : "STREAM";
  auto* values = static_cast<GEnumClass*>(g_type_class_ref(type));
  const GEnumValue* value = g_enum_get_value(values, code.code);
  const std::string full = value ? value->value_name : "";
  g_type_class_unref(values);
  return domain + '/' + full.substr(("GST_" + domain + "_ERROR_").size());
}

} // namespace

int main() {
  for (const auto& row : rt::session::notices())
    std::printf("notice\t%s\t%s\t%s\n", text(row.name).c_str(),
                row.direction == rt::session::Direction::uplink ? "sink" : "src", text(row.fields).c_str());
  for (const auto& row : rt::gst::stats_rows())
    std::printf("stats\t%s\n", row.name);
  for (int i = 0; i <= static_cast<int>(rt::ErrorKind::internal); ++i) {
    const rt::ErrorKindInfo& row = rt::info(static_cast<rt::ErrorKind>(i));
    std::printf("error\t%s\t%s\t%s\t%s\n", text(row.name).c_str(), severity_name(row.severity),
                gst_name(rt::gst::gst_error_code(row.kind)).c_str(), text(row.advice).c_str());
  }
  return 0;
}

// The code's tables as tab-separated lines, for the comparison of the documentation with them.
#include "base/error.h"
#include "gst/error_map.h"
#include "gst/stats.h"
#include "protocol/provider.h"
#include "session/notice.h"

#include <gst/gst.h>

#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <utility>

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

const char* dialect_name(const std::optional<rt::protocol::Dialect>& dialect) {
  using rt::protocol::Dialect;
  if (!dialect) return "the server's";
  return *dialect == Dialect::ga ? "GA" : *dialect == Dialect::beta ? "beta" : "in between";
}

const char* key_place(const rt::protocol::Provider& row) {
  using rt::protocol::KeyStyle;
  return row.key_style == KeyStyle::api_key ? "api-key"
         : row.key_style == KeyStyle::basic ? "Basic"
                                            : "Bearer";
}

std::string rates(std::span<const std::uint32_t> list) {
  std::string out;
  for (const std::uint32_t rate : list)
    out += (out.empty() ? "" : " ") + std::to_string(rate);
  return out;
}

std::string never_gets(const rt::protocol::Provider& row) {
  const rt::protocol::Abilities& can = row.can;
  const std::pair<bool, const char*> all[] = {{can.truncates, "truncate"},
                                              {can.deletes_items, "delete"},
                                              {can.retrieves_items, "retrieve"},
                                              {can.clears_input, "clear"},
                                              {can.cancels, "cancel"},
                                              {can.semantic_vad, "semantic-vad"},
                                              {can.text_output, "text output"},
                                              {can.images, "images"},
                                              {can.response_tools, "tools of one response"},
                                              {can.noise_reduction, "noise-reduction"},
                                              {can.speed, "speed"},
                                              {can.transcription_sessions, "transcription"},
                                              {row.translation_path != nullptr, "translation"}};
  std::string out;
  for (const auto& [has, name] : all)
    if (!has) out += (out.empty() ? "" : " / ") + std::string(name);
  return out.empty() ? "-" : out;
}

} // namespace

int main() {
  for (const rt::protocol::Provider& row : rt::protocol::providers())
    std::printf("provider\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row.name, row.verified ? "yes" : "no",
                row.key_variable ? row.key_variable : "-", key_place(row), dialect_name(row.dialect),
                rates(row.input_rates).c_str(), rates(row.output_rates).c_str(), never_gets(row).c_str());
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

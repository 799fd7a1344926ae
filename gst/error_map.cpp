#include "gst/error_map.h"

#include <string>

namespace rt::gst {

GstErrorCode gst_error_code(ErrorKind kind) {
  switch (kind) {
  case ErrorKind::invalid_settings:
    return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS};
  case ErrorKind::invalid_uri:
    return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS};
  case ErrorKind::configuration_rejected:
    return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS};
  case ErrorKind::resolve_failed:
    return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND};
  case ErrorKind::not_found:
    return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND};
  case ErrorKind::not_authorized:
    return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED};
  case ErrorKind::request_rejected:
    return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS};
  case ErrorKind::quota_exceeded:
    return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT};
  case ErrorKind::rate_limited:
    return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY};
  case ErrorKind::server_unavailable:
    return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY};
  case ErrorKind::connection_refused:
  case ErrorKind::unreachable:
  case ErrorKind::timed_out:
  case ErrorKind::tls_failed:
  case ErrorKind::redirected:
  case ErrorKind::handshake_rejected:
    return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ_WRITE};
  case ErrorKind::session_expired:
  case ErrorKind::closed_by_server:
    return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ};
  case ErrorKind::not_realtime:
    return {GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE};
  case ErrorKind::message_too_big:
    return {GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE};
  case ErrorKind::cancelled:
  case ErrorKind::response_failed:
  case ErrorKind::request_failed:
  case ErrorKind::internal:
    break;
  }
  return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED};
}

void post_error(GstElement* element, const Error& error) {
  const GstErrorCode code = gst_error_code(error.kind);
  const ErrorKindInfo& kind = info(error.kind);
  std::string text = error.message;
  if (!text.empty() && text.back() != '.') text += '.';
  if (!kind.advice.empty()) text += ' ' + std::string(kind.advice);
  std::string debug(kind.name);
  if (!error.debug.empty()) debug += ": " + error.debug;

  GstStructure* details =
      gst_structure_new("details", "error-kind", G_TYPE_STRING, std::string(kind.name).c_str(), nullptr);
  if (error.http_status)
    gst_structure_set(details, "http-status-code", G_TYPE_UINT, error.http_status, nullptr);
  if (error.close_code) gst_structure_set(details, "close-code", G_TYPE_UINT, error.close_code, nullptr);
  if (!error.code.empty())
    gst_structure_set(details, "error-code", G_TYPE_STRING, error.code.c_str(), nullptr);
  gst_element_message_full_with_details(element, GST_MESSAGE_ERROR, code.domain, code.code,
                                        g_strdup(text.c_str()), g_strdup(debug.c_str()), __FILE__,
                                        GST_FUNCTION, __LINE__, details);
}

} // namespace rt::gst

// What a bus says.
#pragma once

#include "common/pointers.h"

#include <string>

// Of an ERROR or a WARNING.
inline std::string text_of_error(GstMessage* message) {
  GError* error = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
    gst_message_parse_error(message, &error, nullptr);
  else
    gst_message_parse_warning(message, &error, nullptr);
  const ErrorPtr owned(error);
  return error->message;
}

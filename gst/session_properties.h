// The session properties: one table, installed on every element of a session.
#pragma once

#include "gst/property_table.h"

#include <span>

namespace rt::gst {

std::span<const Property<session::Settings>> session_properties();

} // namespace rt::gst

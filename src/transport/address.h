// Where a connection goes, and what of it may be shown: a uri's query, path and user are nobody's business.
#pragma once

#include "base/gptr.h"
#include "base/result.h"

#include <string>
#include <string_view>

namespace rt::transport {

struct Address {
  GRef<GUri> uri;
  std::string shown; // host:port
};

// A ws:// or wss:// uri with a host; otherwise an invalid_uri error.
Result<Address> parse_address(const std::string& uri);

// scheme://host:port of a redirect's target, which may be relative to `base`; empty when it cannot be read.
std::string origin_of(GUri* base, const char* location);

// A proxy's uri, http:// when it names no scheme, as other GStreamer elements read it; or an invalid_settings
// error.
Result<Address> parse_proxy(const std::string& proxy);

} // namespace rt::transport

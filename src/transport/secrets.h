// What must never be printed, and the pen that blackens it: a server's own words may repeat a key.
#pragma once

#include "transport/transport.h"

#include <string>
#include <string_view>
#include <vector>

namespace rt::transport {

class Secrets {
 public:
  // From the headers and the uri (user, password, query) that carry credentials by their names.
  explicit Secrets(const Endpoint& endpoint);

  // `text` with every known secret, and everything shaped like a key, replaced; always valid UTF-8, one line.
  std::string mask(std::string_view text) const;

 private:
  void add(std::string_view secret);
  void add_from_uri(const std::string& uri);

  std::vector<std::string> known_; // longest first: one may contain another
};

} // namespace rt::transport

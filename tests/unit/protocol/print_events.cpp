// Prints what the codec writes, one event a line, for the schema check.
#include "samples.h"

#include <cstdio>
#include <cstring>

int main(int argc, char** argv) {
  using namespace rt::protocol;
  if (argc != 3) return 2;
  const Dialect dialect = std::strcmp(argv[1], "beta") == 0          ? Dialect::beta
                          : std::strcmp(argv[1], "translation") == 0 ? Dialect::translation
                                                                     : Dialect::ga;
  const Codec& codec = Codec::of(dialect);
  if (std::strcmp(argv[2], "client") == 0) {
    for (const ClientEvent& event : samples::client_events(dialect))
      std::puts(codec.encode(event).c_str());
    std::string append;
    const std::uint8_t audio[] = {1, 2, 3, 4};
    encode_append(append, audio, {dialect});
    std::puts(append.c_str());
  } else {
    for (const ServerEvent& event : samples::server_events(dialect))
      if (const std::string text = codec.encode(event); !text.empty()) std::puts(text.c_str());
  }
  return 0;
}

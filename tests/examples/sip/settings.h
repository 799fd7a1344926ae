// What the agent is told by its settings file, see README.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace telephone {

// Properties of realtimesink, as gst-launch would write them.
using Properties = std::map<std::string, std::string>;

struct Tool {
  std::string name;
  std::vector<std::string> command; // gets the arguments as JSON on stdin; what it prints is the output
};

// How calls to one number are answered.
struct Number {
  Properties realtime; // with the defaults of all numbers in it, and `tools`
  std::vector<Tool> tools;
  bool hang_up = true;
};

struct Registrar {
  std::string address; // a SIP URI
  std::string user;    // the password is in the environment: SIP_PASSWORD
  unsigned expires_s = 300;
};

struct Settings {
  std::string address = "127.0.0.1";  // where callers reach us: of SIP and RTP, and in the SDP
  unsigned port = 5060;               // 0: the system chooses
  unsigned rtp_low = 0, rtp_high = 0; // even ports from low to high; 0: the system chooses
  unsigned jitter_buffer_ms = 60;
  unsigned max_calls = 100;
  unsigned rtp_timeout_s = 30;   // without a packet, the caller is gone
  unsigned drain_s = 60;         // for running calls, at SIGTERM
  unsigned keys_pause_ms = 1500; // after which the keys pressed so far are told to the model
  std::optional<Registrar> registrar;
  std::map<std::string, Number> numbers; // by called number; "*": all others

  std::string host() const; // the address, as it stands in SIP
};

// The text says where in the file and what to change.
struct SettingsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

Settings parse_settings(std::string_view json); // throws SettingsError

inline constexpr const char* hang_up_tool = "hang_up";

} // namespace telephone

// Session descriptions of a call with one audio stream of G.711: what a peer's offer says, and what is
// answered.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace telephone {

struct Codec {
  std::string name; // as in SDP: PCMU, PCMA
  unsigned payload_type = 0;
  bool operator==(const Codec&) const = default;
};

// In order of preference where we choose.
inline const std::vector<Codec> known_codecs{{"PCMU", 0}, {"PCMA", 8}};

struct Endpoint {
  std::string address; // an IP address
  unsigned port = 0;
  bool operator==(const Endpoint&) const = default;
};

// The peer's side of the call.
struct Remote {
  Codec codec;
  std::optional<unsigned> telephone_event; // payload type
  Endpoint rtp, rtcp;
  bool has_address = true; // false for one of zeros, which says no more than that we are not to send
  bool sends = true;       // audio of its own; false or on hold: it may still send music
  bool receives = true;    // wants ours
  unsigned ptime_ms = 20;

  // For the answer: one line for each of the offer's, ours at `audio_line`.
  struct Line {
    std::string media, protocol, formats;
  };
  std::vector<Line> lines;
  std::size_t audio_line = 0;
};

// Why an offer cannot be answered: a SIP status, and a Warning code of RFC 3261, 20.43 (0: none).
struct Refusal {
  int status = 0;
  const char* phrase = ""; // a literal: SIP is answered later
  int warning = 0;
  std::string text;
};

// `codecs`: those that may be chosen; the peer's order counts. `our_address`: the peer's must be of its kind,
// IPv4 or IPv6.
std::variant<Remote, Refusal> read_description(std::string_view sdp, const std::vector<Codec>& codecs,
                                               const std::string& our_address);

// Our side of the call.
struct Local {
  Endpoint rtp;
  std::uint64_t session_id = 0, version = 0;
};

std::string write_answer(const Remote& remote, const Local& local);

// For a call that comes without an offer: the peer answers this one.
std::string write_offer(const Codec& codec, const Local& local);

inline constexpr unsigned offered_telephone_event = 101;

} // namespace telephone

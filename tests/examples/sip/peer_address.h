// Symmetric RTP: audio is sent to where the peer's audio comes from, which behind a NAT is not where its SDP
// says.
#pragma once

#include "common/pointers.h"

#include <cstdint>
#include <optional>

namespace telephone {

bool same_address(GInetSocketAddress* a, GInetSocketAddress* b);

// Of one socket. Called with a lock of its owner.
class PeerAddress {
 public:
  enum class Verdict { accept, follow, drop }; // follow: accept, and send to this address from now on

  // A packet that came from `from` at `now_ns`.
  Verdict packet(GInetSocketAddress* from, std::uint64_t now_ns);
  // The peer has named another address: the next packet from anywhere but the old one decides anew.
  void moved(GInetSocketAddress* to);

  GInetSocketAddress* followed() const { return followed_.get(); } // null: nobody yet

  // Only the peer that is followed may speak, unless it has been silent for so long.
  static constexpr std::uint64_t silence_ns = 1'000'000'000;

 private:
  ObjectPtr<GInetSocketAddress> followed_, left_; // left_: late packets come from there
  std::uint64_t last_ns_ = 0;
};

} // namespace telephone

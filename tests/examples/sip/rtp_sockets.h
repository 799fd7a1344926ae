// The two sockets of a call's audio: RTP on an even port, RTCP on the next.
#pragma once

#include "common/pointers.h"

#include <optional>
#include <string>

namespace telephone {

struct RtpSockets {
  ObjectPtr<GSocket> rtp, rtcp;
  unsigned port = 0; // of RTP
};

// Even ports from low to high; 0: the system chooses. Nothing when none is free.
std::optional<RtpSockets> open_rtp_sockets(const std::string& address, unsigned low, unsigned high);

} // namespace telephone

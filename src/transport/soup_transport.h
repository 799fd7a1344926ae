// The real transport: a WebSocket over libsoup, which lives in this room's one source file.
#pragma once

#include "transport/transport.h"

namespace rt::transport {

// The largest message a server may send.
inline constexpr std::size_t max_message_bytes = 16 * 1024 * 1024;

// `executor.context()` must be the thread-default main context of the executor's thread. Both arguments
// outlive the transport. The listener is never called from within a call of the transport.
std::unique_ptr<Transport> make_soup_transport(Executor& executor, Listener& listener);

} // namespace rt::transport

#include "rtp_sockets.h"

namespace telephone {
namespace {

ObjectPtr<GSocket> bound(GInetAddress* address, unsigned port) {
  ObjectPtr<GSocket> socket(g_socket_new(g_inet_address_get_family(address), G_SOCKET_TYPE_DATAGRAM,
                                         G_SOCKET_PROTOCOL_UDP, nullptr));
  if (!socket) return nullptr;
  const ObjectPtr<GSocketAddress> local(g_inet_socket_address_new(address, static_cast<guint16>(port)));
  if (!g_socket_bind(socket.get(), local.get(), FALSE, nullptr)) return nullptr;
  return socket;
}

unsigned port_of(GSocket* socket) {
  const ObjectPtr<GSocketAddress> local(g_socket_get_local_address(socket, nullptr));
  return local ? g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(local.get())) : 0;
}

} // namespace

std::optional<RtpSockets> open_rtp_sockets(const std::string& text, unsigned low, unsigned high) {
  const ObjectPtr<GInetAddress> address(g_inet_address_new_from_string(text.c_str()));
  if (!address) return std::nullopt;
  const bool any = low == 0;
  // Where the system chooses, every second port is odd, and the next one may be taken.
  const unsigned attempts = any ? 64 : (high - low) / 2 + 1;
  // Not always from the lowest: packets of a call that has just ended may still come there.
  const unsigned start =
      any ? 0 : static_cast<unsigned>(g_random_int_range(0, static_cast<gint32>(attempts)));
  for (unsigned i = 0; i < attempts; ++i) {
    const unsigned wanted = any ? 0 : (low + 1) / 2 * 2 + (start + i) % attempts * 2;
    if (wanted + 1 > (any ? 65535 : high)) continue;
    ObjectPtr<GSocket> rtp = bound(address.get(), wanted);
    const unsigned port = rtp ? port_of(rtp.get()) : 1;
    if (port % 2 != 0 || port > 65534) continue;
    ObjectPtr<GSocket> rtcp = bound(address.get(), port + 1);
    if (rtcp) return RtpSockets{std::move(rtp), std::move(rtcp), port};
  }
  return std::nullopt;
}

} // namespace telephone

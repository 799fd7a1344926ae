#include "peer_address.h"

namespace telephone {
namespace {

bool equal(GInetSocketAddress* a, GInetSocketAddress* b) {
  return g_inet_socket_address_get_port(a) == g_inet_socket_address_get_port(b) &&
         g_inet_address_equal(g_inet_socket_address_get_address(a), g_inet_socket_address_get_address(b));
}

} // namespace

PeerAddress::Verdict PeerAddress::packet(GInetSocketAddress* from, std::uint64_t now_ns) {
  if (followed_ && equal(followed_.get(), from)) {
    last_ns_ = now_ns;
    return Verdict::accept;
  }
  if (followed_ && now_ns < last_ns_ + silence_ns) return Verdict::drop;
  followed_.reset(G_INET_SOCKET_ADDRESS(g_object_ref(from)));
  last_ns_ = now_ns;
  return Verdict::follow;
}

void PeerAddress::forget() {
  followed_.reset();
}

} // namespace telephone

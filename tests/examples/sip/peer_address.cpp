#include "peer_address.h"

namespace telephone {

bool same_address(GInetSocketAddress* a, GInetSocketAddress* b) {
  return g_inet_socket_address_get_port(a) == g_inet_socket_address_get_port(b) &&
         g_inet_address_equal(g_inet_socket_address_get_address(a), g_inet_socket_address_get_address(b));
}

PeerAddress::Verdict PeerAddress::packet(GInetSocketAddress* from, std::uint64_t now_ns) {
  if (followed_ && same_address(followed_.get(), from)) {
    last_ns_ = now_ns;
    return Verdict::accept;
  }
  if (left_ && same_address(left_.get(), from)) return Verdict::drop;
  if (followed_ && now_ns < last_ns_ + silence_ns) return Verdict::drop;
  followed_.reset(G_INET_SOCKET_ADDRESS(g_object_ref(from)));
  last_ns_ = now_ns;
  return Verdict::follow;
}

void PeerAddress::moved(GInetSocketAddress* to) {
  if (left_ && same_address(left_.get(), to)) left_.reset();
  if (!followed_ || same_address(followed_.get(), to)) return;
  left_ = std::move(followed_);
}

} // namespace telephone

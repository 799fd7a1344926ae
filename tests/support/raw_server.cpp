#include "support/raw_server.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace rt::test {
namespace {

GRef<GSocket> listen_on_loopback(int receive_buffer, std::uint16_t& port) {
  GErrorPtr error;
  auto socket = GRef<GSocket>::adopt(
      g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, OutError(error)));
  g_assert_no_error(error.get());
  // Set before listening, so that the window is small from the first segment.
  if (receive_buffer > 0) g_socket_set_option(socket.get(), SOL_SOCKET, SO_RCVBUF, receive_buffer, nullptr);
  auto address = GRef<GSocketAddress>::adopt(g_inet_socket_address_new_from_string("127.0.0.1", 0));
  g_socket_bind(socket.get(), address.get(), TRUE, OutError(error));
  g_assert_no_error(error.get());
  auto bound = GRef<GSocketAddress>::adopt(g_socket_get_local_address(socket.get(), nullptr));
  port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound.get()));
  return socket;
}

std::string header_value(std::string_view head, std::string_view name) {
  const std::string key = "\r\n" + std::string(name) + ": ";
  const auto start = head.find(key);
  if (start == head.npos) return {};
  const auto value = head.substr(start + key.size());
  return std::string(value.substr(0, value.find("\r\n")));
}

void copy_stream(GIOStream* from, GIOStream* to, GCancellable* cancellable) {
  char buffer[4096];
  gssize size;
  while ((size = g_input_stream_read(g_io_stream_get_input_stream(from), buffer, sizeof buffer, cancellable,
                                     nullptr)) > 0)
    if (!g_output_stream_write_all(g_io_stream_get_output_stream(to), buffer, static_cast<gsize>(size),
                                   nullptr, cancellable, nullptr))
      break;
}

} // namespace

std::string server_frame(int opcode, std::string_view payload, bool final) {
  std::string frame;
  const auto put = [&](std::size_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
      frame += static_cast<char>(value >> shift);
  };
  put(static_cast<std::size_t>((final ? 0x80 : 0) | opcode), 1);
  if (payload.size() < 126) {
    put(payload.size(), 1);
  } else if (payload.size() < 65536) {
    put(126, 1);
    put(payload.size(), 2);
  } else {
    put(127, 1);
    put(payload.size(), 8);
  }
  return frame.append(payload);
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return payload.append(reason);
}

RawPeer::RawPeer(GRef<GSocket> socket, GRef<GIOStream> stream, GCancellable* cancellable)
    : socket_(std::move(socket)), stream_(std::move(stream)), cancellable_(cancellable) {}

std::size_t RawPeer::read_some(char* buffer, std::size_t size) {
  if (!unread_.empty()) {
    const std::size_t count = std::min(size, unread_.size());
    std::copy_n(unread_.begin(), count, buffer);
    unread_.erase(0, count);
    return count;
  }
  const gssize count =
      g_input_stream_read(g_io_stream_get_input_stream(stream_.get()), buffer, size, cancellable_, nullptr);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::string RawPeer::read_head() {
  constexpr std::string_view empty_line = "\r\n\r\n";
  std::string head;
  char buffer[1024];
  while (true) {
    if (const auto end = head.find(empty_line); end != head.npos) {
      unread_.insert(0, head.substr(end + empty_line.size()));
      head.resize(end + empty_line.size());
      return head;
    }
    const std::size_t size = read_some(buffer, sizeof buffer);
    if (size == 0) return head;
    head.append(buffer, size);
  }
}

std::optional<std::string> RawPeer::read_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size;) {
    const std::size_t count = read_some(bytes.data() + at, size - at);
    if (count == 0) return std::nullopt;
    at += count;
  }
  return bytes;
}

std::optional<Frame> RawPeer::read_frame() {
  const auto number = [this](std::size_t bytes) -> std::optional<std::uint64_t> {
    const auto text = read_bytes(bytes);
    if (!text) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : *text)
      value = value << 8 | static_cast<unsigned char>(c);
    return value;
  };
  const auto head = number(2);
  if (!head) return std::nullopt;
  Frame frame{.opcode = static_cast<int>(*head >> 8 & 0x0F),
              .final = (*head & 0x8000) != 0,
              .masked = (*head & 0x80) != 0};
  std::optional<std::uint64_t> size = *head & 0x7F;
  if (*size == 126)
    size = number(2);
  else if (*size == 127)
    size = number(8);
  if (!size) return std::nullopt;
  const auto mask = frame.masked ? read_bytes(4) : std::string(4, '\0');
  auto payload = mask ? read_bytes(*size) : std::nullopt;
  if (!payload) return std::nullopt;
  for (std::size_t i = 0; i < payload->size(); ++i)
    (*payload)[i] = static_cast<char>((*payload)[i] ^ (*mask)[i % 4]);
  frame.payload = std::move(*payload);
  return frame;
}

bool RawPeer::write(std::string_view bytes) {
  return g_output_stream_write_all(g_io_stream_get_output_stream(stream_.get()), bytes.data(), bytes.size(),
                                   nullptr, cancellable_, nullptr);
}

std::string RawPeer::accept_header(std::string_view request_head) {
  const std::string key =
      header_value(request_head, "Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  GChecksum* checksum = g_checksum_new(G_CHECKSUM_SHA1);
  g_checksum_update(checksum, reinterpret_cast<const guchar*>(key.data()), static_cast<gssize>(key.size()));
  guint8 digest[20];
  gsize size = sizeof digest;
  g_checksum_get_digest(checksum, digest, &size);
  g_checksum_free(checksum);
  const GCharPtr coded(g_base64_encode(digest, size));
  return "Sec-WebSocket-Accept: " + std::string(coded.get()) + "\r\n";
}

std::string RawPeer::accept_websocket(std::string_view behind) {
  std::string head = read_head();
  write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        accept_header(head) + "\r\n" + std::string(behind));
  return head;
}

void RawPeer::wait_for_end() {
  char buffer[4096];
  while (read_some(buffer, sizeof buffer) > 0) {
  }
}

void RawPeer::break_off() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(g_socket_get_fd(socket_.get()), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  g_socket_close(socket_.get(), nullptr);
}

void RawPeer::wait_for_server_end() {
  GPollFD poll{};
  if (!g_cancellable_make_pollfd(cancellable_, &poll)) return;
  while (!g_cancellable_is_cancelled(cancellable_))
    g_poll(&poll, 1, -1);
  g_cancellable_release_fd(cancellable_);
}

void RawPeer::relay_to(std::uint16_t port) {
  auto client = GRef<GSocketClient>::adopt(g_socket_client_new());
  g_socket_client_set_enable_proxy(client.get(), FALSE);
  auto other = GRef<GSocketConnection>::adopt(
      g_socket_client_connect_to_host(client.get(), "127.0.0.1", port, cancellable_, nullptr));
  if (!other) return;
  std::jthread back([&] {
    copy_stream(G_IO_STREAM(other.get()), stream_.get(), cancellable_);
    g_socket_shutdown(socket_.get(), TRUE, TRUE, nullptr);
  });
  copy_stream(stream_.get(), G_IO_STREAM(other.get()), cancellable_);
  g_socket_shutdown(g_socket_connection_get_socket(other.get()), TRUE, TRUE, nullptr);
}

RawServer::RawServer(Script script, RawServerOptions options)
    : script_(std::move(script)), options_(std::move(options)),
      cancellable_(GRef<GCancellable>::adopt(g_cancellable_new())) {
  GErrorPtr error;
  if (!options_.certificate_file.empty()) {
    certificate_ = GRef<GTlsCertificate>::adopt(
        g_tls_certificate_new_from_file(options_.certificate_file.c_str(), OutError(error)));
    g_assert_no_error(error.get());
  }
  listening_ = listen_on_loopback(options_.receive_buffer, port_);
  g_socket_listen(listening_.get(), OutError(error));
  g_assert_no_error(error.get());
  acceptor_ = std::jthread([this] { accept_until_end(); });
}

RawServer::~RawServer() {
  g_cancellable_cancel(cancellable_.get());
  acceptor_.join();
}

void RawServer::accept_until_end() {
  while (auto socket = GRef<GSocket>::adopt(g_socket_accept(listening_.get(), cancellable_.get(), nullptr)))
    connections_.emplace_back([this, accepted = std::move(socket)]() mutable { serve(std::move(accepted)); });
  connections_.clear(); // joins
}

void RawServer::serve(GRef<GSocket> socket) {
  auto plain =
      GRef<GIOStream>::adopt(G_IO_STREAM(g_socket_connection_factory_create_connection(socket.get())));
  GRef<GIOStream> stream = plain;
  if (certificate_) {
    stream = GRef<GIOStream>::adopt(g_tls_server_connection_new(plain.get(), certificate_.get(), nullptr));
    if (!g_tls_connection_handshake(G_TLS_CONNECTION(stream.get()), cancellable_.get(), nullptr)) return;
  }
  RawPeer peer(socket, stream, cancellable_.get());
  script_(peer);
  g_socket_shutdown(socket.get(), FALSE, TRUE, nullptr);
  g_io_stream_close(plain.get(), nullptr, nullptr);
}

std::uint16_t closed_port() {
  std::uint16_t port = 0;
  const auto bound_but_not_listening = listen_on_loopback(0, port);
  return port;
}

} // namespace rt::test

// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/connect.hh"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace websocket::apache {

namespace {

using Clock = ConnectClock;
using tunnel::Descriptor;

ConnectError::Kind kind_of(int error) {
  switch (error) {
    case ETIMEDOUT: return ConnectError::Kind::timed_out;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EADDRNOTAVAIL:
    case EAGAIN: return ConnectError::Kind::no_descriptor;
    default: return ConnectError::Kind::unreachable;
  }
}

// Never 0 before `until`.
std::chrono::milliseconds left(ConnectTime until) {
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()),
                  std::chrono::milliseconds(0));
}

// 0, or the errno that tells why not.
int wait_until_connected(const Descriptor& socket, const sockaddr* address, socklen_t address_size,
                         ConnectTime until) {
  // A connection within the machine is there by now though the first call could not say so: asking
  // again is one call where poll() and getsockopt() are two.
  if (::connect(socket.get(), address, address_size) == 0 || errno == EISCONN) return 0;
  if (errno != EALREADY && errno != EINPROGRESS && errno != EINTR) return errno;
  if (!wait_until_ready(socket.get(), POLLOUT, until)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

tl::expected<Descriptor, int> connect_one(const sockaddr* address, socklen_t size,
                                          ConnectTime until) {
  Descriptor socket(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return tl::unexpected(errno);
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.get(), address, size) != 0) {
    if (errno != EINPROGRESS && errno != EINTR) return tl::unexpected(errno);
    const int error = wait_until_connected(socket, address, size, until);
    if (error != 0) return tl::unexpected(error);
  }
  return socket;
}

// A Unix socket has no connection under way: a full queue is met as EAGAIN, which no poll() would
// see the end of. A blocking connect() waits for room, for as long as this option says.
tl::expected<Descriptor, int> connect_unix(const sockaddr_un& address, ConnectTime until) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return tl::unexpected(errno);
  while (true) {
    const auto time = left(until).count();
    if (time == 0) return tl::unexpected(ETIMEDOUT);
    const timeval limit{.tv_sec = time / 1000, .tv_usec = time % 1000 * 1000};
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      if (errno == EINTR) continue;
      return tl::unexpected(errno == EAGAIN ? ETIMEDOUT : errno);
    }
    if (::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0) return tl::unexpected(errno);
    return socket;
  }
}

sockaddr_storage socket_address(const ::policy::Address& address, std::uint16_t port,
                                socklen_t& size) {
  sockaddr_storage storage{};
  const auto bytes = address.bytes();
  if (address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, bytes.data(), bytes.size());
    size = sizeof v4;
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
    size = sizeof v6;
  }
  return storage;
}

std::string describe(int error) { return std::generic_category().message(error); }

}  // namespace

Connected connect_to(std::span<const ::policy::Address> addresses, std::uint16_t port,
                     ConnectTime until) {
  ConnectError failure{ConnectError::Kind::unreachable, ""};
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const ::policy::Address& address = addresses[i];
    // An address that does not answer leaves the others their share of the time; this machine's own
    // two names for itself are no alternatives to each other.
    const auto now = Clock::now();
    const auto others = address.is_loopback() ? 1 : static_cast<long>(addresses.size() - i);
    const auto share = (until - now) / others;
    socklen_t size = 0;
    const sockaddr_storage storage = socket_address(address, port, size);
    auto socket = connect_one(reinterpret_cast<const sockaddr*>(&storage), size, now + share);
    if (socket) return std::move(*socket);
    if (!failure.log.empty()) failure.log += "; ";
    failure.log += (address.is_v4() ? address.to_string() : "[" + address.to_string() + "]") + ":" +
                   std::to_string(port) + ": " + describe(socket.error());
    const auto kind = kind_of(socket.error());
    if (kind != ConnectError::Kind::unreachable) failure.kind = kind;
    if (kind == ConnectError::Kind::no_descriptor) break;
  }
  return tl::unexpected(std::move(failure));
}

Connected connect_to_unix(const std::string& path, ConnectTime until) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return tl::unexpected(ConnectError{ConnectError::Kind::unreachable, path + ": too long"});
  }
  path.copy(address.sun_path, path.size());
  auto socket = connect_unix(address, until);
  if (socket) return std::move(*socket);
  const bool queue_is_full = socket.error() == ETIMEDOUT;
  return tl::unexpected(
      ConnectError{kind_of(socket.error()), "unix:" + path + ": " + describe(socket.error()) +
                                                (queue_is_full ? " (its queue is full)" : "")});
}

bool wait_until_ready(int socket, short events, ConnectTime until) {
  while (true) {
    const auto time = left(until).count();
    if (time == 0) return false;
    pollfd polled = {.fd = socket, .events = events, .revents = 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(std::min<long>(time, 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;  // no memory to wait with
  }
}

tl::expected<void, ConnectError> send_whole(const Descriptor& socket,
                                            std::span<const std::byte> bytes, ConnectTime until) {
  using Kind = ConnectError::Kind;
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_until_ready(socket.get(), POLLOUT, until)) {
        return tl::unexpected(ConnectError{Kind::timed_out, describe(ETIMEDOUT)});
      }
    } else if (errno != EINTR) {
      return tl::unexpected(ConnectError{Kind::unreachable, describe(errno)});
    }
  }
  return {};
}

}  // namespace websocket::apache

// SPDX-License-Identifier: Apache-2.0
#include "test/unit/support/socket_pair.hh"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <stdexcept>

#include "test/unit/catch.hh"

namespace websocket::tunnel::test {

void expect(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

namespace {

void set_up(const SocketPair& pair) {
  REQUIRE(fcntl(pair.near.get(), F_SETFL, O_NONBLOCK) == 0);
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  REQUIRE(setsockopt(pair.far.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  REQUIRE(setsockopt(pair.far.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
}

}  // namespace

SocketPair unix_pair() {
  std::array<int, 2> fds{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) == 0);
  SocketPair pair{Descriptor(fds[0]), Descriptor(fds[1])};
  set_up(pair);
  return pair;
}

SocketPair tcp_pair() {
  const Descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(bind(listener.get(), generic, size) == 0);
  REQUIRE(listen(listener.get(), 1) == 0);
  REQUIRE(getsockname(listener.get(), generic, &size) == 0);
  Descriptor far(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(connect(far.get(), generic, size) == 0);
  SocketPair pair{Descriptor(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)),
                  std::move(far)};
  REQUIRE(pair.near);
  const int at_once = 1;
  for (const Descriptor* const socket : {&pair.near, &pair.far}) {
    REQUIRE(setsockopt(socket->get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once) == 0);
  }
  set_up(pair);
  return pair;
}

void send_all(const Descriptor& far, const Bytes& bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t sent = send(far.get(), bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    expect(sent > 0, "the far side cannot send");
    at += static_cast<std::size_t>(sent);
  }
}

void send_until_full(const Descriptor& far) {
  const timeval limit{.tv_sec = 0, .tv_usec = 200'000};
  expect(setsockopt(far.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0,
         "the far side has no time-out");
  const Bytes part(1U << 20U);
  while (send(far.get(), part.data(), part.size(), MSG_NOSIGNAL) > 0) {
  }
}

Bytes receive(const Descriptor& far, std::size_t size) {
  Bytes all(size);
  std::size_t at = 0;
  while (at < size) {
    const ssize_t got = recv(far.get(), all.data() + at, size - at, 0);
    expect(got > 0, "the far side receives less than it should");
    at += static_cast<std::size_t>(got);
  }
  return all;
}

Bytes receive_to_the_end(const Descriptor& far) {
  Bytes all;
  std::array<std::byte, 65536> buffer;
  while (true) {
    const ssize_t got = recv(far.get(), buffer.data(), buffer.size(), 0);
    expect(got >= 0, "the far side cannot receive");
    if (got == 0) return all;
    all.insert(all.end(), buffer.begin(), buffer.begin() + got);
  }
}

void finish_sending(const Descriptor& far) {
  expect(shutdown(far.get(), SHUT_WR) == 0, "the far side cannot end");
}

void reset_connection(Descriptor& far) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  expect(setsockopt(far.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0,
         "the far side cannot reset");
  far.reset();
}

bool is_readable(const Descriptor& socket, std::chrono::milliseconds wait) {
  pollfd polled{.fd = socket.get(), .events = POLLIN, .revents = 0};
  return poll(&polled, 1, static_cast<int>(wait.count())) == 1;
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator open("/proc/self/fd");
  // The one that reads the directory is there only now.
  return static_cast<std::size_t>(std::distance(begin(open), end(open))) - 1;
}

void raise_descriptor_limit() {
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

}  // namespace websocket::tunnel::test

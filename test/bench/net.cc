// SPDX-License-Identifier: Apache-2.0
#include "test/bench/net.hh"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <system_error>

namespace bench {

namespace {

sockaddr_in loopback(std::uint16_t port, std::uint8_t last = 1) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~0xFFU) | last);
  return address;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

void set_option(int fd, int level, int option) {
  const int on = 1;
  if (setsockopt(fd, level, option, &on, sizeof on) != 0) fail("setsockopt");
}

Descriptor new_socket() {
  Descriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) fail("socket");
  return fd;
}

Moved moved(ssize_t bytes) {
  if (bytes >= 0) return {bytes, false};
  return {-1, errno != EAGAIN && errno != EINTR};
}

}  // namespace

void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) fail("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) fail("setrlimit");
}

Descriptor listen_and_say_where() {
  Descriptor fd = new_socket();
  sockaddr_in address = loopback(0);
  if (bind(fd.get(), generic(address), sizeof address) != 0) fail("bind");
  if (listen(fd.get(), 4096) != 0) fail("listen");
  socklen_t size = sizeof address;
  if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) fail("getsockname");
  std::printf("%u\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return fd;
}

Descriptor accept_next(int listener) {
  Descriptor fd(accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd) {
    set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY);
  } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
    fail("accept4");
  }
  return fd;
}

Descriptor connect_to(std::uint16_t port, std::uint8_t source) {
  Descriptor fd = new_socket();
  set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY);
  if (source != 0) {
    // The port is chosen by connect(), for the pair of addresses: each source has them all.
    set_option(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    const sockaddr_in from = loopback(0, source);
    if (bind(fd.get(), generic(from), sizeof from) != 0) fail("bind");
  }
  const sockaddr_in to = loopback(port);
  if (connect(fd.get(), generic(to), sizeof to) != 0 && errno != EINPROGRESS) fail("connect");
  return fd;
}

Moved receive(int fd, std::span<std::byte> into) {
  return moved(recv(fd, into.data(), into.size(), 0));
}

Moved send(int fd, std::span<const std::byte> bytes) {
  return moved(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

std::uint64_t parse_number(std::string_view text, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > most) {
    throw std::invalid_argument("not a number up to " + std::to_string(most) + ": '" +
                                std::string(text) + "'");
  }
  return number;
}

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) fail("epoll_create1");
}

void Poller::add(int fd, std::uint32_t events, void* whose) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = whose;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

void Poller::change(int fd, std::uint32_t events, void* whose) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = whose;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0) fail("epoll_ctl");
}

std::span<const epoll_event> Poller::wait(int timeout_ms) {
  const int count =
      epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
  if (count < 0 && errno != EINTR) fail("epoll_wait");
  return {events_.data(), count < 0 ? 0U : static_cast<std::size_t>(count)};
}

}  // namespace bench

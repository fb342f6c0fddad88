// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/tunnel/socket_end.hh"

#include <sys/socket.h>

#include <cerrno>

#include "mod_websocket/tunnel/send.hh"

namespace websocket::tunnel {

namespace {

IoResult failure(int error) noexcept {
  if (error == EAGAIN || error == EWOULDBLOCK) return {IoStatus::would_block};
  return {IoStatus::failed};
}

}  // namespace

IoResult SocketEnd::read(std::span<std::byte> into) noexcept {
  while (true) {
    const ssize_t got = ::recv(socket_.get(), into.data(), into.size(), 0);
    if (got > 0) return {IoStatus::done, static_cast<std::size_t>(got)};
    if (got == 0) return {IoStatus::ended};
    if (errno != EINTR) return failure(errno);
  }
}

IoResult SocketEnd::write(std::span<const std::byte> from) noexcept {
  const ssize_t sent = send_some(socket_.get(), from);
  if (sent < 0) return failure(errno);
  return {IoStatus::done, static_cast<std::size_t>(sent)};
}

void SocketEnd::finish_writing() noexcept { ::shutdown(socket_.get(), SHUT_WR); }

}  // namespace websocket::tunnel

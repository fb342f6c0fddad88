// SPDX-License-Identifier: Apache-2.0
// send(2), for every end that writes to a socket.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <span>

namespace websocket::tunnel {

// Once more where a signal interrupted it. A peer that is gone must not raise SIGPIPE, whatever the
// process made of that signal.
inline ssize_t send_some(int socket, std::span<const std::byte> bytes) noexcept {
  while (true) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0 || errno != EINTR) return sent;
  }
}

}  // namespace websocket::tunnel

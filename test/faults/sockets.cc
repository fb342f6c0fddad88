// SPDX-License-Identifier: Apache-2.0
// Connections that cut reads and writes short, have nothing or no room when they were said to, and
// break at a given call. A connection is a client's (accepted) or a target's (connected to); other
// descriptors are left alone.
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <span>

#include "test/faults/plan.hh"
#include "test/faults/real.hh"

namespace {

using faults::plan;
using faults::Plan;
using faults::Real;
using faults::Side;

constinit Real<ssize_t(int, void*, size_t, int)> real_recv{"recv"};
constinit Real<ssize_t(int, const void*, size_t, int)> real_send{"send"};
constinit Real<ssize_t(int, void*, size_t)> real_read{"read"};
constinit Real<ssize_t(int, const void*, size_t)> real_write{"write"};
constinit Real<ssize_t(int, const iovec*, int)> real_writev{"writev"};
constinit Real<ssize_t(int, int, off_t*, size_t)> real_sendfile{"sendfile"};
constinit Real<int(int, sockaddr*, socklen_t*, int)> real_accept4{"accept4"};
constinit Real<int(int, const sockaddr*, socklen_t)> real_connect{"connect"};
constinit Real<int(int, int)> real_shutdown{"shutdown"};
constinit Real<int(int)> real_close{"close"};
constinit Real<int(int, int, ...)> real_fcntl{"fcntl"};

// By descriptor. A duplicate goes on with the count of what it was made from.
struct Connection {
  std::atomic<Side> side{Side::none};
  std::atomic<std::uint32_t> calls{0};
  std::atomic<bool> broken{false};
};
constinit std::array<Connection, 16384> connections;

Connection* connection_at(int descriptor) noexcept {
  if (descriptor < 0 || static_cast<std::size_t>(descriptor) >= connections.size()) return nullptr;
  return &connections[static_cast<std::size_t>(descriptor)];
}

void begin(int descriptor, Side side) noexcept {
  if (Connection* const connection = connection_at(descriptor)) {
    connection->calls = 0;
    connection->broken = false;
    connection->side = side;
  }
}

// A socket that is disconnected says RST to its peer, and is gone for polls too.
void reset(int descriptor) noexcept {
  const int kept = errno;
  const sockaddr nowhere{.sa_family = AF_UNSPEC, .sa_data = {}};
  if (real_connect(descriptor, &nowhere, socklen_t{sizeof nowhere}) != 0) {
    real_shutdown(descriptor, int{SHUT_RDWR});  // a Unix socket
  }
  errno = kept;
}

// Whether a call on this connection goes wrong; then errno is set.
bool fails(int descriptor, int error_when_broken) noexcept {
  Plan* const faults = plan();
  Connection* const connection = faults == nullptr ? nullptr : connection_at(descriptor);
  if (connection == nullptr || connection->side == Side::none) return false;
  ++faults->calls;
  if (!connection->broken && connection->side == faults->reset_side &&
      ++connection->calls == faults->reset_at) {
    connection->broken = true;
    ++faults->resets;
    reset(descriptor);
  }
  if (connection->broken) {
    errno = error_when_broken;
    return true;
  }
  if (faults::strikes(faults->interrupt_chance, faults->interrupted)) {
    errno = EINTR;
    return true;
  }
  // Who waits inside the call is never told to come again.
  if ((real_fcntl(descriptor, int{F_GETFL}) & O_NONBLOCK) != 0 &&
      faults::strikes(faults->again_chance, faults->again)) {
    errno = EAGAIN;
    // A handler that runs here may leave another errno to the caller.
    if (const int number = faults->signal_with_again.exchange(0)) std::raise(number);
    return true;
  }
  return false;
}

std::size_t shortened(int descriptor, std::size_t size) noexcept {
  Plan* const faults = plan();
  const Connection* const connection = faults == nullptr ? nullptr : connection_at(descriptor);
  if (connection == nullptr || connection->side == Side::none || size < 2) return size;
  if (!faults::strikes(faults->short_chance, faults->cut_short)) return size;
  return std::min(size, faults::one_to(faults->most_octets));
}

}  // namespace

extern "C" {

ssize_t recv(int descriptor, void* into, size_t size, int flags) {
  if (fails(descriptor, ECONNRESET)) return -1;
  return real_recv(descriptor, into, shortened(descriptor, size), flags);
}

ssize_t read(int descriptor, void* into, size_t size) {
  if (fails(descriptor, ECONNRESET)) return -1;
  return real_read(descriptor, into, shortened(descriptor, size));
}

ssize_t send(int descriptor, const void* from, size_t size, int flags) {
  if (fails(descriptor, EPIPE)) return -1;
  return real_send(descriptor, from, shortened(descriptor, size), flags);
}

ssize_t write(int descriptor, const void* from, size_t size) {
  if (fails(descriptor, EPIPE)) return -1;
  return real_write(descriptor, from, shortened(descriptor, size));
}

ssize_t writev(int descriptor, const iovec* pieces, int count) {
  if (fails(descriptor, EPIPE)) return -1;
  std::size_t whole = 0;
  for (const iovec& each : std::span(pieces, static_cast<std::size_t>(count))) {
    whole += each.iov_len;
  }
  std::size_t left = shortened(descriptor, whole);
  if (left == whole) return real_writev(descriptor, pieces, count);
  std::array<iovec, 32> some{};
  int used = 0;
  for (; used < std::min(count, 32) && left != 0; ++used) {
    iovec& piece = some[static_cast<std::size_t>(used)] = pieces[used];
    piece.iov_len = std::min(piece.iov_len, left);
    left -= piece.iov_len;
  }
  return real_writev(descriptor, some.data(), used);
}

ssize_t sendfile(int descriptor, int file, off_t* at, size_t size) noexcept {
  if (fails(descriptor, EPIPE)) return -1;
  return real_sendfile(descriptor, file, at, shortened(descriptor, size));
}

int shutdown(int descriptor, int how) noexcept {
  if (fails(descriptor, ENOTCONN) && errno == ENOTCONN) return -1;  // it never waits
  return real_shutdown(descriptor, how);
}

int accept4(int listener, sockaddr* peer, socklen_t* size, int flags) {
  const int accepted = real_accept4(listener, peer, size, flags);
  begin(accepted, Side::client);
  return accepted;
}

// An interrupted connect goes on by itself.
int connect(int descriptor, const sockaddr* address, socklen_t size) {
  const int result = real_connect(descriptor, address, size);
  const int error = errno;
  int type = 0;
  socklen_t type_size = sizeof type;
  if (plan() == nullptr || ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &type_size) != 0 ||
      type != SOCK_STREAM || address->sa_family == AF_UNSPEC) {
    errno = error;
    return result;
  }
  if (result == 0 || error == EINPROGRESS) {
    begin(descriptor, Side::target);
    if (address->sa_family != AF_UNIX &&
        faults::strikes(plan()->interrupt_chance, plan()->interrupted)) {
      errno = EINTR;
      return -1;
    }
  }
  errno = error;
  return result;
}

int close(int descriptor) {
  begin(descriptor, Side::none);
  return real_close(descriptor);
}

int fcntl(int descriptor, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void* const argument = va_arg(rest, void*);
  va_end(rest);
  const Connection* const original = connection_at(descriptor);
  if ((command == F_DUPFD_CLOEXEC || command == F_DUPFD) && original != nullptr &&
      original->side == Side::client && faults::starves(faults::Call::duplicate)) {
    return -1;
  }
  const int result = real_fcntl(descriptor, command, argument);
  if (result < 0 || (command != F_DUPFD_CLOEXEC && command != F_DUPFD)) return result;
  Connection* const made = connection_at(result);
  if (original != nullptr && made != nullptr) {
    made->calls = original->calls.load();
    made->broken = original->broken.load();
    made->side = original->side.load();
  }
  return result;
}

}  // extern "C"

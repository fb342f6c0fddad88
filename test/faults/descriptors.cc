// SPDX-License-Identifier: Apache-2.0
// Calls that find no descriptor: of sockets, and of the documents that endpoints are. (sockets.cc
// has those of duplicates.)
#include <fcntl.h>
#include <sys/socket.h>

#include <cstdarg>
#include <string_view>

#include "test/faults/plan.hh"
#include "test/faults/real.hh"

namespace {

constinit faults::Real<int(int, int, int)> real_socket{"socket"};
constinit faults::Real<int(const char*, int, mode_t)> real_open{"open"};

}  // namespace

extern "C" {

int socket(int family, int type, int protocol) noexcept {
  const int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (kind == SOCK_STREAM && faults::starves(faults::Call::socket)) return -1;
  if (kind == SOCK_DGRAM && faults::starves(faults::Call::datagram)) return -1;
  return real_socket(family, type, protocol);
}

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const bool makes = (flags & (O_CREAT | O_TMPFILE)) != 0;
  const auto mode = makes ? static_cast<mode_t>(va_arg(rest, int)) : mode_t{0};
  va_end(rest);
  // The plan itself is opened by the first call that asks for it.
  if (std::string_view(path).ends_with(".xml") && faults::starves(faults::Call::open_document)) {
    return -1;
  }
  return real_open(path, flags, mode);
}

}  // extern "C"

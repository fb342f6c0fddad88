// SPDX-License-Identifier: Apache-2.0
// Sockets and epoll for the benchmark's programs: loopback, non-blocking, level-triggered.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "mod_websocket/tunnel/descriptor.hh"

namespace bench {

using websocket::tunnel::Descriptor;

// Throws std::system_error with errno.
[[noreturn]] void fail(const char* what);

// As many descriptors as the hard limit lets this process have.
void raise_descriptor_limit();

// A listener on 127.0.0.1 at a port that the kernel chose; its number is written to standard
// output, a line of its own, for whoever started the program.
Descriptor listen_and_say_where();

// The next waiting connection without Nagle's delay, or an empty Descriptor.
Descriptor accept_next(int listener);

// A connection begun to 127.0.0.1:`port`, from 127.0.0.`source` (0: the kernel chooses).
Descriptor connect_to(std::uint16_t port, std::uint8_t source = 0);

// recv() and send(): bytes moved; 0 at the peer's end; -1 where it would block or the peer is gone
// in another way, which `gone` tells.
struct Moved {
  std::int64_t bytes = -1;
  bool gone = false;
};
Moved receive(int fd, std::span<std::byte> into);
Moved send(int fd, std::span<const std::byte> bytes);

// A whole decimal number in [0, most], or std::invalid_argument.
std::uint64_t parse_number(std::string_view text, std::uint64_t most);

class Poller {
 public:
  Poller();
  void add(int fd, std::uint32_t events, void* whose);
  void change(int fd, std::uint32_t events, void* whose);
  // What has happened, at most `timeout_ms` later (-1: however long it takes).
  std::span<const epoll_event> wait(int timeout_ms);

 private:
  Descriptor epoll_;
  std::array<epoll_event, 256> events_;
};

}  // namespace bench

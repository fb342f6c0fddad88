// SPDX-License-Identifier: Apache-2.0
// Real sockets for tests: two ends of one connection, the far one in the test's own hand.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "mod_websocket/tunnel/descriptor.hh"
#include "test/unit/frame/bytes.hh"

namespace websocket::tunnel::test {

using frame::test::Bytes;

// `near` does not block and goes into an end; `far` blocks, for ten seconds at most.
struct SocketPair {
  Descriptor near;
  Descriptor far;
};

SocketPair unix_pair();
// Over the loopback interface, where a connection can be reset.
SocketPair tcp_pair();

// The far side's own ways, on any thread. Each throws where it goes wrong or takes too long.
void expect(bool holds, const char* what);
void send_all(const Descriptor& far, const Bytes& bytes);
// Sends until nobody has taken anything for 200 ms.
void send_until_full(const Descriptor& far);
Bytes receive(const Descriptor& far, std::size_t size);
Bytes receive_to_the_end(const Descriptor& far);
void finish_sending(const Descriptor& far);
// Ends a TCP connection with RST.
void reset_connection(Descriptor& far);

bool is_readable(const Descriptor& socket, std::chrono::milliseconds wait);

// Descriptors that this process has open.
std::size_t open_descriptors();
// So that tests of thousands of tunnels fit.
void raise_descriptor_limit();

}  // namespace websocket::tunnel::test

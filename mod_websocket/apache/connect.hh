// SPDX-License-Identifier: Apache-2.0
// From addresses that were judged to a connected socket.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <tl/expected.hpp>

#include "mod_websocket/tunnel/descriptor.hh"
#include "policy/address.hh"

namespace websocket::apache {

using ConnectClock = std::chrono::steady_clock;
using ConnectTime = ConnectClock::time_point;

struct ConnectError {
  enum class Kind {
    unreachable,  // refused, no route, reset ...
    timed_out,
    no_descriptor,  // this process has no descriptor, or no port, left
  };
  Kind kind;
  std::string log;  // the address and what happened, for each that was tried
};

using Connected = tl::expected<tunnel::Descriptor, ConnectError>;

// Tries the addresses one after the other, until `until` in all, and gives a non-blocking socket.
// The calling thread waits. No name is looked up: these very addresses were judged.
Connected connect_to(std::span<const ::policy::Address> addresses, std::uint16_t port,
                     ConnectTime until);

// Waits for room in the queue of the one who listens there.
Connected connect_to_unix(const std::string& path, ConnectTime until);

// Waits until the socket is ready for one of `events` (of poll), or has failed; false where the
// time is up.
bool wait_until_ready(int socket, short events, ConnectTime until);

// Sends all of it, or says why not.
tl::expected<void, ConnectError> send_whole(const tunnel::Descriptor& socket,
                                            std::span<const std::byte> bytes, ConnectTime until);

}  // namespace websocket::apache

// SPDX-License-Identifier: Apache-2.0
// From addresses that were judged to a connected socket.
#pragma once

#include <chrono>
#include <span>
#include <string>

#include <tl/expected.hpp>

#include "mod_websocket/tunnel/descriptor.hh"
#include "policy/address.hh"

namespace websocket::apache {

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

// Tries the addresses one after the other, `limit` in all, and gives a non-blocking socket. The
// calling thread waits. No name is looked up: these very addresses were judged.
Connected connect_to(std::span<const ::policy::Address> addresses, std::uint16_t port,
                     std::chrono::milliseconds limit);

Connected connect_to_unix(const std::string& path, std::chrono::milliseconds limit);

}  // namespace websocket::apache

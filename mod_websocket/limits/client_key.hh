// SPDX-License-Identifier: Apache-2.0
// Who counts as one client: an IPv4 address, or an IPv6 /64. A subscriber's network is given a /64
// or more (RFC 6177), so that whoever has one has 2^64 addresses to come from, and a limit by
// address would limit nobody. The price: the machines of one such network count together, as
// those behind one IPv4 NAT do.
#pragma once

#include <cstdint>

#include "policy/address.hh"

namespace websocket::limits {

enum class ClientKey : std::uint64_t {
  none = 0,  // all whose address is not known count as one; also ::/64, where nobody comes from but
             // ::1, and that is this machine
};

ClientKey client_key(const ::policy::Address& address) noexcept;

}  // namespace websocket::limits

// SPDX-License-Identifier: Apache-2.0
//
// Where a target is: the addresses of its host, from /etc/hosts and then from the DNS, until a
// deadline. The C library's own lookup promises none, and whoever names a host in a policy would
// choose how long a thread waits.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "policy/address.hh"
#include "policy/dns_server.hh"
#include "policy/endpoint.hh"

namespace policy {

struct HostFault {
  enum class Kind {
    unknown,        ///< there is no such name, or it has no address
    timed_out,      ///< nobody answered in time
    no_descriptor,  ///< this process has no descriptor left to ask with
    failed,         ///< the servers said so, or cannot be reached
  };
  Kind kind;
  std::string text;  ///< for the log
};

using HostAddresses = tl::expected<std::vector<Address>, HostFault>;
using HostClock = std::chrono::steady_clock;

/// Of a name with more addresses the others are passed over: whoever owns it shall not choose how
/// many are judged and tried.
inline constexpr std::size_t k_most_host_addresses = 32;

/// Those of each name, all asked at once, in the order of RFC 6724 6, each address once. Names of
/// one label, and no others, are tried in the domains that resolv.conf's `search` names. `servers`:
/// those of resolv.conf where there are none. The calling thread waits, until `until` at most.
std::vector<HostAddresses> look_up_hosts(std::span<const std::string> names,
                                         std::span<const DnsServer> servers,
                                         HostClock::time_point until);

/// The addresses to judge, each once, in the order to try them: those of a name as above; a
/// literal's own; loopback for this host; none for a Unix socket.
HostAddresses addresses_of(const Endpoint& endpoint, std::span<const DnsServer> servers,
                           HostClock::time_point until);

}  // namespace policy

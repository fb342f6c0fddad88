// SPDX-License-Identifier: Apache-2.0
//
// What this machine knows: the addresses of names, and its own.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "policy/address.hh"
#include "policy/endpoint.hh"

namespace policy {

/// The addresses to judge, each once, in the order to try them: those of a name by getaddrinfo, for
/// which the caller waits; a literal's own; loopback for this host; none for a Unix socket. The
/// error is the resolver's text.
tl::expected<std::vector<Address>, std::string> addresses_of(const Endpoint& endpoint);

/// Those of this machine's interfaces at this moment.
std::vector<Address> interface_addresses();

}  // namespace policy

// SPDX-License-Identifier: Apache-2.0
// Names and texts of DNS that are not host names (those are host_name.hh).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/address.hh"

namespace policy {

/// The name whose PTR records name the hosts at an address (RFC 1035 3.5, RFC 3596 2.5), without a
/// trailing dot.
std::string reverse_name(const Address& address);

/// Somebody else's octets for a log line or a report: what is not printable ASCII becomes \xNN, a
/// backslash is doubled, and what is longer than `limit` octets is cut and ends in "...".
std::string printable(std::string_view text, std::size_t limit = 256);

/// The same of a name that is escaped already (RFC 1035 5.1): its backslashes stay as they are, so
/// that it can be given to dig.
std::string printable_name(std::string_view escaped);

}  // namespace policy

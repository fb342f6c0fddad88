// SPDX-License-Identifier: Apache-2.0
//
// Owners for what ldns hands out. ldns is used for the wire format, for zone files and for
// signatures; these parts of it keep no state between calls, so they may be used from any thread.
// Its resolver and its sockets are not used: see exchange.hh.
#pragma once

#include <cstdlib>
#include <string>

// First, or ldns defines bool, true and false as macros, even for C++.
#include <stdbool.h>

#include <ldns/ldns.h>

#include "policy/handle.hh"

namespace policy {

using PacketPtr = Handle<ldns_pkt, ldns_pkt_free>;
using RrPtr = Handle<ldns_rr, ldns_rr_free>;
using RdfPtr = Handle<ldns_rdf, ldns_rdf_deep_free>;
/// Owns its records.
using RrListPtr = Handle<ldns_rr_list, ldns_rr_list_deep_free>;
/// Owns the list and none of the records in it.
using RrListView = Handle<ldns_rr_list, ldns_rr_list_free>;

/// A name of ldns's as text: lower case, no trailing dot, odd octets escaped (RFC 1035 5.1). The
/// root is "".
std::string name_text(const ldns_rdf* name);

}  // namespace policy

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/ldns_handles.hh"

namespace policy {

enum class Denial {
  none,
  /// The zone is delegated without a DS record, so that all below is unsigned by intent (RFC 4035
  /// 5.2, RFC 5155 8.9): the name itself has NS and neither DS nor SOA, or lies in an opt-out span.
  shown,
  /// To know what it says the name would have to be hashed too often. What is proven so counts as
  /// unsigned, here as with resolvers (RFC 9276 3.2).
  too_dear,
};

/// What an NSEC or NSEC3 record says of the zone's DS record, once its signature is checked.
Denial denies_delegation_signer(const ldns_rr* denial, const ldns_rdf* zone);

}  // namespace policy

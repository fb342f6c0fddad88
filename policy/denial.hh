// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/ldns_handles.hh"

namespace policy {

/// True where an NSEC or NSEC3 record, once its signature is checked, says that the zone is
/// delegated without a DS record, so that all below is unsigned by intent (RFC 4035 5.2, RFC 5155
/// 8.9): the name itself has NS and neither DS nor SOA, or lies in an opt-out span.
bool denies_delegation_signer(const ldns_rr* denial, const ldns_rdf* zone);

}  // namespace policy

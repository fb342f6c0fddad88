// SPDX-License-Identifier: Apache-2.0
//
// One signature, one key, one digest: the steps of dnssec.hh that need no network.
#pragma once

#include <chrono>
#include <ctime>
#include <string>

#include <tl/expected.hpp>

#include "policy/ldns_handles.hh"
#include "policy/lookup.hh"

namespace policy {

/// RSA with SHA-2, ECDSA and EdDSA (RFC 8624 3.1); SHA-1, MD5, DSA and GOST are refused.
bool is_supported_algorithm(unsigned algorithm);
/// SHA-256 and SHA-384 (RFC 8624 3.3).
bool is_supported_digest(unsigned digest);

/// "TXT irc.example.org", for details.
std::string set_text(const ldns_rr_list* records);

/// All that can be said of a signature without its key (RFC 4035 5.3.1), cheapest first: algorithm,
/// wildcard, time. Who signed is left to the caller.
tl::expected<void, ChainFault> check_shape(const ldns_rr_list* records, const ldns_rr* signature,
                                           std::time_t now);

/// The signature against those of the keys that it names. Few of them are tried (CVE-2023-50387).
/// Secure: how long the answer may be kept.
tl::expected<std::chrono::seconds, ChainFault> check_with_keys(const ldns_rr_list* records,
                                                               const ldns_rr* signature,
                                                               const ldns_rr_list* keys,
                                                               std::time_t now, Budget& budget);

/// Those of a zone's keys that a trusted DS or DNSKEY record names. They stay the caller's.
tl::expected<RrListView, ChainFault> select_trusted(const ldns_rr_list* keys,
                                                    const ldns_rr_list* trusted, Budget& budget);

}  // namespace policy

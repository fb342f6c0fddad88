// SPDX-License-Identifier: Apache-2.0
//
// Our own DNSSEC validation (RFC 4035 5) of positive answers, from trust anchors down. Stricter
// than a resolver may be, as all that it guards is consent: "insecure" is refused like "bogus", and
// so are answers made from wildcards, aliases made from a DNAME, and algorithms and digests that
// lean on SHA-1. A negative answer is never validated, because it never grants.
#pragma once

#include <chrono>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "policy/exchange.hh"
#include "policy/ldns_handles.hh"
#include "policy/lookup.hh"
#include "policy/trust_anchors.hh"

namespace policy {

/// Checks RRsets, and asks for the DS and DNSKEY records that this needs. Keeps the keys of the
/// zones that it has met: one object for one judgement, not shared between threads.
class Validator {
 public:
  using TimePoint = std::chrono::system_clock::time_point;

  /// Both must outlive the validator. `now` is the time that signatures are checked against.
  Validator(const TrustAnchors& anchors, Exchange& exchange, TimePoint now);

  /// `records`: one RRset, at least one record; `signatures`: the RRSIGs that came with it. Secure:
  /// how long the signature lets the answer be kept (RFC 4035 5.3.3), and those of the chain of
  /// trust and their TTLs: a key or a DS record that is taken away takes along what rests on it.
  tl::expected<std::chrono::seconds, ChainFault> validate(const ldns_rr_list* records,
                                                          const ldns_rr_list* signatures,
                                                          Budget& budget);

 private:
  template <typename Value>
  using Result = tl::expected<Value, ChainFault>;
  /// DNSKEY records, or DS records.
  struct Link {
    std::shared_ptr<const ldns_rr_list> records;  // which it owns
    std::chrono::seconds kept;                    // how long they count, and all above them
  };

  Result<std::chrono::seconds> check_signature(const ldns_rr_list* records,
                                               const ldns_rr* signature, Budget& budget);
  Result<Link> keys_of(const ldns_rdf* zone, Budget& budget);
  Result<Link> fetch_keys(const ldns_rdf* zone, Budget& budget);
  Result<Link> fetch_delegation(const ldns_rdf* zone, Budget& budget);
  Result<PacketPtr> fetch(const ldns_rdf* name, RecordType type, Budget& budget);
  ChainFault why_unsigned(const ldns_rdf* name, Budget& budget);
  std::optional<ChainFault> unsigned_delegation(const ldns_pkt* negative, const ldns_rdf* zone,
                                                Budget& budget);

  const TrustAnchors& anchors_;
  Exchange& exchange_;
  std::time_t now_;
  std::map<std::string, Result<Link>> keys_;  // by the zone's name_text; faults are kept as well
};

}  // namespace policy

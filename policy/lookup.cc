// SPDX-License-Identifier: Apache-2.0
#include "policy/lookup.hh"

namespace policy {

std::string_view name_of(RecordType type) {
  switch (type) {
    case RecordType::a: return "A";
    case RecordType::cname: return "CNAME";
    case RecordType::ptr: return "PTR";
    case RecordType::txt: return "TXT";
    case RecordType::aaaa: return "AAAA";
    case RecordType::ds: return "DS";
    case RecordType::dnskey: return "DNSKEY";
  }
  return "?";
}

std::string_view name_of(LookupStatus status) {
  switch (status) {
    case LookupStatus::ok: return "ok";
    case LookupStatus::no_such_name: return "no such name (NXDOMAIN)";
    case LookupStatus::no_data: return "no such record";
    case LookupStatus::server_failure: return "server failure (SERVFAIL)";
    case LookupStatus::refused: return "the resolver refused";
    case LookupStatus::lame: return "the resolver answered with a referral";
    case LookupStatus::timed_out: return "no answer in time";
    case LookupStatus::unreachable: return "the resolver is unreachable";
    case LookupStatus::malformed: return "malformed answer";
    case LookupStatus::too_large: return "an answer of too many records";
    case LookupStatus::no_tcp: return "an answer too long for UDP, and none over TCP";
    case LookupStatus::cname_loop: return "endless or too many aliases (CNAME)";
    case LookupStatus::over_budget: return "too many queries";
    case LookupStatus::no_descriptor: return "there is no descriptor left";
    case LookupStatus::not_validated: return "not validated";
  }
  return "?";
}

std::string_view name_of(Security security) {
  switch (security) {
    case Security::indeterminate: return "indeterminate";
    case Security::insecure: return "insecure";
    case Security::secure: return "secure";
    case Security::bogus: return "bogus";
  }
  return "?";
}

std::string_view name_of(SecurityFault fault) {
  switch (fault) {
    case SecurityFault::none: return "none";
    case SecurityFault::unsigned_zone: return "the zone is unsigned";
    case SecurityFault::bogus: return "the answer is bogus";
    case SecurityFault::expired: return "the signature has expired";
    case SecurityFault::not_yet_valid: return "the signature is not yet valid";
    case SecurityFault::unsupported: return "the algorithm is not supported";
    case SecurityFault::no_anchor: return "no trust anchor covers the name";
    case SecurityFault::wildcard: return "the answer is made from a wildcard";
    case SecurityFault::untrusted_resolver: return "the resolver is not on loopback";
    case SecurityFault::too_much_work: return "too many signatures to check";
    case SecurityFault::chain_unavailable: return "the chain of trust could not be fetched";
    case SecurityFault::dname: return "the alias is made from a DNAME";
    case SecurityFault::not_vouched_for: return "the resolver does not vouch for the answer";
  }
  return "?";
}

}  // namespace policy

// SPDX-License-Identifier: Apache-2.0
//
// DNS questions and their answers, as values: what consent.hh is written over, and what a test can
// script.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/address.hh"

namespace policy {

/// Numbers as on the wire (RFC 1035, 3596, 4034, 5155).
enum class RecordType : std::uint16_t {
  a = 1,
  cname = 5,
  ptr = 12,
  txt = 16,
  aaaa = 28,
  ds = 43,
  dnskey = 48,
};

/// What one judgement may spend, across everything it asks. Each bound stops an attack by the owner
/// of some zone: slow servers, long chains of names and zones, and signatures that are dear to
/// check (CVE-2023-50387, "KeyTrap").
class Budget {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Budget(Clock::time_point deadline, unsigned queries = 40, unsigned signatures = 48)
      : deadline_(deadline), queries_(queries), signatures_(signatures) {}

  Clock::time_point deadline() const { return deadline_; }
  bool is_late() const { return Clock::now() >= deadline_; }
  /// Takes one; false when none is left.
  bool take_query() { return queries_ > 0 && queries_-- > 0; }
  bool take_signature() { return signatures_ > 0 && signatures_-- > 0; }
  /// The process has no descriptor left to ask with: what comes of the judgement says nothing of
  /// the zones.
  void lack_descriptor() { lacks_descriptor_ = true; }
  bool lacks_descriptor() const { return lacks_descriptor_; }

 private:
  Clock::time_point deadline_;
  unsigned queries_;
  unsigned signatures_;  // checks of a signature, and of a DS digest
  bool lacks_descriptor_ = false;
};

enum class LookupStatus {
  ok,              ///< at least one record
  no_such_name,    ///< NXDOMAIN
  no_data,         ///< the name exists, without such records
  server_failure,  ///< SERVFAIL
  refused,         ///< REFUSED, NOTIMP, FORMERR and the others
  lame,            ///< a referral instead of an answer: the resolver does not resolve
  timed_out,       ///< nobody answered in time
  unreachable,     ///< nobody could be asked
  malformed,       ///< what came is no answer to the question
  too_large,       ///< more records than are looked at
  no_tcp,          ///< too long for a datagram, and nothing came over TCP
  cname_loop,      ///< the aliases lead back, or there are more than k_max_aliases of them
  over_budget,     ///< a Budget's queries are spent
  no_descriptor,   ///< this process has none left to ask with
  not_validated,   ///< DNSSEC was asked for and `fault` says why the answer is not taken
};

/// How far DNSSEC vouches for an answer (RFC 4033 5).
enum class Security { indeterminate, insecure, secure, bogus };

/// Why a validated answer was asked for and not had.
enum class SecurityFault {
  none,
  unsigned_zone,       ///< there is no signature, provably so or as far as the resolver says
  bogus,               ///< a signature, key or proof is missing or does not fit
  expired,             ///< the signature's time has passed
  not_yet_valid,       ///< the signature's time has not come (or this machine's clock is wrong)
  unsupported,         ///< only algorithms or digests that are not accepted here
  no_anchor,           ///< no trust anchor at or above the name
  wildcard,            ///< made from a wildcard; the proof that it may be is not checked here
  untrusted_resolver,  ///< no trust anchor, and the resolver is not on loopback
  too_much_work,       ///< a Budget's signature checks are spent, or too many keys look alike
  chain_unavailable,   ///< a key or DS record on the way could not be had
  dname,               ///< made from a DNAME; that it follows from that record is not checked here
  not_vouched_for,  ///< signed, but without the AD bit of the resolver that should have checked it
};

/// Why something is not secure.
struct ChainFault {
  SecurityFault kind;
  std::string detail;  ///< which zone or record, for a report
};

struct HostPointer {
  std::string name;  ///< lower case, no trailing dot, odd octets escaped (RFC 1035 5.1)
};

struct Text {
  std::string joined;  ///< raw octets, the strings of one record joined
};

using Record = std::variant<Address, HostPointer, Text>;

struct Answer {
  LookupStatus status = LookupStatus::no_data;
  std::vector<Record> records;  ///< empty unless ok
  /// The least along the chain of aliases; of a negative answer RFC 2308 5's, 0 where it has none;
  /// of a failure 0.
  std::chrono::seconds ttl{0};
  Security security = Security::indeterminate;
  SecurityFault fault = SecurityFault::none;
  std::vector<std::string> aliases;  ///< the names that CNAME records led to, in order
  std::string detail;                ///< for a report, where there is more to say

  /// The records of one kind, in the order they came.
  template <typename Kind>
  std::vector<Kind> all() const {
    std::vector<Kind> found;
    for (const auto& record : records) {
      if (const auto* kind = std::get_if<Kind>(&record)) found.push_back(*kind);
    }
    return found;
  }
};

class Lookup {
 public:
  virtual ~Lookup() = default;
  /// `name`: text without a trailing dot, escaped where its octets are odd. `type`: a, aaaa, ptr or
  /// txt.
  virtual Answer query(const std::string& name, RecordType type, Budget& budget) = 0;
};

inline constexpr unsigned k_max_aliases = 8;

/// "PTR"
std::string_view name_of(RecordType type);
/// "no such name (NXDOMAIN)"
std::string_view name_of(LookupStatus status);
/// "secure"
std::string_view name_of(Security security);
/// "the signature has expired"
std::string_view name_of(SecurityFault fault);

}  // namespace policy

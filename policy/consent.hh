// SPDX-License-Identifier: Apache-2.0
//
// Does the owner of a target agree to be reached through this virtual host's WebSocket? The answer
// is in the owner's DNS, found from nothing but the address that will be connected to:
//
//   PTR(address) -> names; A or AAAA(name) holds the address; TXT(name) or TXT(_websocket.name)
//
// and one TXT record (txt_record.hh) grants both the port and the virtual host. Whoever holds the
// address holds its reverse zone, so nobody can consent for addresses of others; the forward lookup
// shows that the owner of the name means this address.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address.hh"
#include "policy/lookup.hh"

namespace policy {

enum class ConsentMode {
  dns,    ///< answers as they come
  dnssec  ///< every answer that leads to a grant is validated
};

/// Each is there against owners of zones, who can make their part as slow and large as they like.
struct ConsentLimits {
  std::chrono::milliseconds time{5000};  ///< in all
  unsigned queries = 40;                 ///< to the resolver, DNSSEC's own among them
  unsigned signatures = 48;              ///< checks of signatures and digests
  unsigned names = 8;                    ///< reverse names looked at, in the order they came
};

/// From the least to the most telling: of several refusals the last of these is given.
enum class ConsentReason {
  granted,
  bad_served_by,          ///< the virtual host is neither a name nor an address
  no_reverse_name,        ///< no PTR record
  bad_reverse_name,       ///< PTR records, none of them a host name
  no_forward_address,     ///< the reverse name has no address
  other_forward_address,  ///< the reverse name has other addresses
  no_record,              ///< no `v=websocket1` at the name or at _websocket.
  nothing_granted,        ///< records, of which none grants the port or the host
  not_in_one_record,      ///< one grants the port, another the host
  port_not_granted,       ///< the host is granted, this port is not
  host_not_granted,       ///< the port is granted, this host is not
  bad_record,             ///< a `v=websocket1` that is ignored for a fault in it
  lookup_failed,          ///< no answer of use: see the verdict's `status`
  not_validated,          ///< DNSSEC: see the verdict's `fault`
  out_of_time,            ///< ConsentLimits::time
  too_many_queries,       ///< ConsentLimits::queries
  no_descriptor,          ///< this process has none left to ask with: not to be remembered
};

/// "no-reverse-name", for logs and JSON.
std::string_view name_of(ConsentReason reason);

struct SeenRecord {
  std::string text;    ///< fit for a log line
  std::string remark;  ///< what was made of it, may be empty
};

/// One lookup and what was made of it.
struct ConsentStep {
  std::string question;  ///< "TXT _websocket.irc.example.org"
  LookupStatus status;
  Security security;
  std::chrono::seconds ttl;
  std::vector<std::string> aliases;  ///< fit for a log line
  std::vector<SeenRecord> records;
  std::string conclusion;
};

/// Is told of each step as it is done, for a report that does not wait for the end.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  virtual void step_done(const ConsentStep& step) = 0;
};

struct ConsentVerdict {
  ConsentReason reason;
  /// One line for the error log: why, and what would change it (the very record to publish).
  std::string text;
  /// How long this may be remembered: 5 s to 1 h, at most 30 s where a lookup failed, and not at
  /// all where no_descriptor.
  std::chrono::seconds ttl;
  LookupStatus status = LookupStatus::ok;     ///< where lookup_failed
  SecurityFault fault = SecurityFault::none;  ///< where not_validated
  std::vector<ConsentStep> steps;

  bool is_granted() const { return reason == ConsentReason::granted; }
};

/// Of a name with several addresses: the owner of one hardly thinks otherwise of the next, and a
/// name with very many shall not cost a lookup for each.
inline constexpr std::size_t k_most_owners_asked = 3;

inline constexpr std::chrono::seconds k_least_consent_ttl{5};
inline constexpr std::chrono::seconds k_most_consent_ttl{3600};
inline constexpr std::chrono::seconds k_failed_consent_ttl{30};

/// Blocks while it asks, at most ConsentLimits::time. `served_by`: the virtual host that served the
/// policy, as httpd matched it. The address that was judged is the one to connect to.
ConsentVerdict judge_consent(const Address& target, std::uint16_t port, std::string_view served_by,
                             Lookup& lookup, ConsentMode mode, const ConsentLimits& limits = {},
                             StepObserver* observer = nullptr);

}  // namespace policy

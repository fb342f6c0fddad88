// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "policy/dnssec.hh"
#include "policy/exchange.hh"
#include "policy/lookup.hh"
#include "policy/trust_anchors.hh"

namespace policy {

/// Whose word makes an answer `secure`.
enum class Validation {
  off,          ///< nobody's: every answer is indeterminate
  by_resolver,  ///< the AD bit of a resolver whose address is loopback (RFC 4035 4.9.3)
  by_chain,     ///< our own: the chain of trust from configured anchors
};

/// Lookup over an Exchange: follows aliases, validates, gives each record its type. With
/// validation, what is not secure is not handed on: LookupStatus::not_validated, and why. Negative
/// answers are handed on as they come. One object for one judgement, as a chain of trust keeps the
/// keys of the zones that it has met; not shared between threads.
class Resolver final : public Lookup {
 public:
  /// off or by_resolver. `exchange` must outlive the resolver.
  Resolver(Exchange& exchange, Validation validation);
  /// by_chain. `anchors` must outlive the resolver too; signatures are checked against `now`.
  Resolver(Exchange& exchange, const TrustAnchors& anchors,
           Validator::TimePoint now = std::chrono::system_clock::now());

  Answer query(const std::string& name, RecordType type, Budget& budget) override;

 private:
  tl::expected<std::chrono::seconds, ChainFault> validate(const Reply& reply,
                                                          const Question& question,
                                                          const RrListView& records,
                                                          Budget& budget);
  PacketPtr ask_unchecked(Question question, Budget& budget);
  ChainFault explain_no_word(const Reply& reply, const Question& question, Budget& budget);
  Answer explain_failure(const Reply& reply, const Question& question, Budget& budget);

  Exchange& exchange_;
  Validation validation_;
  std::optional<Validator> validator_;  // where by_chain
};

}  // namespace policy

// SPDX-License-Identifier: Apache-2.0
//
// What a check finds, and who hears of it while it is walked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/consent.hh"
#include "policy/decide.hh"
#include "policy/dns_server.hh"
#include "policy/document.hh"
#include "policy/tool/arguments.hh"
#include "policy/tool/document_file.hh"

namespace policy::tool {

enum class Verdict {
  valid,     ///< the document is, and nothing more was asked
  granted,   ///< the module would connect
  refused,   ///< it would not
  unusable,  ///< there is no document, or no trust anchor, to decide by
};

/// "granted"
inline std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::valid: return "valid";
    case Verdict::granted: return "granted";
    case Verdict::refused: return "refused";
    case Verdict::unusable: return "unusable";
  }
  return "?";
}

struct Conclusion {
  Verdict verdict;
  std::string reason;  ///< of a refusal: "origin-not-listed", "no-record", ...; else empty
  std::string text;    ///< one line: by what, and what would change it
  std::vector<std::string> connect_to = {};  ///< what the module would connect to, in its order
};

/// One owner who is asked.
struct ConsentQuestion {
  Address address;
  std::uint16_t port;
  std::vector<DnsServer> resolvers;
};

struct AskedOwner {
  ConsentQuestion question;
  ConsentVerdict verdict;
};

/// All that a check has found. What was not reached is empty.
struct CheckResult {
  std::optional<FileFault> fault;
  std::optional<Document> document;
  std::optional<Decision> origin;
  std::optional<TargetDecision> target;
  std::vector<AskedOwner> owners;
  Conclusion conclusion;
};

/// Is told of a check as it is walked, for those who do not wait for the result. Calls come in the
/// order of the walk; what is not reached is not called. concluded() is the last.
class Report : public StepObserver {
 public:
  virtual void document_failed(const FileFault& /*fault*/) {}
  virtual void document_read(const Document& /*document*/) {}
  /// Only where an origin was asked for.
  virtual void origin_judged(const Decision& /*decision*/) {}
  virtual void target_judged(const Document& /*document*/, const TargetDecision& /*decision*/) {}
  virtual void consent_asked(const ConsentQuestion& /*question*/) {}
  void step_done(const ConsentStep& /*step*/) override {}
  virtual void consent_judged(const ConsentVerdict& /*verdict*/) {}
  virtual void concluded(const Conclusion& /*conclusion*/) {}
};

}  // namespace policy::tool

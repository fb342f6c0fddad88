// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/check.hh"

#include <optional>
#include <utility>

#include "policy/consent.hh"
#include "policy/host_lookup.hh"
#include "policy/machine.hh"
#include "policy/resolver.hh"
#include "policy/tool/document_file.hh"
#include "policy/trust_anchors.hh"

namespace policy::tool {
namespace {

// As long as WebSocketConnectTimeout has it by itself.
constexpr std::chrono::seconds k_longest_lookup{5};

std::string with_port(const Address& address, std::uint16_t port) {
  return DnsServer{address, port}.to_string();
}

class Walk {
 public:
  Walk(const CheckArguments& arguments, CheckResult& result, Report& report)
      : arguments_(arguments), document_(*result.document), result_(result), report_(report) {}

  Conclusion run() {
    if (arguments_.trust_anchor) {
      auto anchors = TrustAnchors::load(*arguments_.trust_anchor);
      if (!anchors)
        return {Verdict::unusable, "trust-anchor", "--trust-anchor: " + anchors.error()};
      anchors_ = std::move(*anchors);
    }
    if (auto refused = judge_origin()) return std::move(*refused);
    return judge_target();
  }

 private:
  std::optional<Conclusion> judge_origin() {
    if (!arguments_.origin) return std::nullopt;
    const auto& header = arguments_.origin->header;
    const auto& decision = result_.origin.emplace(
        decide_origin(document_, header ? std::optional<std::string_view>(*header) : std::nullopt,
                      arguments_.served_by->own));
    report_.origin_judged(decision);
    if (decision) return std::nullopt;
    return refused(decision.error());
  }

  Conclusion judge_target() {
    const auto& target = document_.target;
    const auto addresses =
        addresses_of(target, arguments_.resolvers, HostClock::now() + k_longest_lookup);
    if (!addresses) {
      return {Verdict::refused, "target-unresolved",
              "target " + target.to_string() + ": " + addresses.error().text};
    }
    const Surroundings surroundings{interface_addresses(), arguments_.own_listeners};
    const auto& decision = result_.target.emplace(decide_target(
        target, *addresses, arguments_.rules, surroundings, arguments_.administrators));
    report_.target_judged(document_, decision);
    if (const auto refusal = decision.refusal()) return refused(*refusal);
    if (decision.unix_socket_allowed()) {
      return {Verdict::granted, "", decision.judgements.front().log_text, {target.to_string()}};
    }
    if (!decision.any_allowed()) return ask_owners(decision.needs_consent());
    Conclusion granted{Verdict::granted, "", ""};
    for (const auto& judgement : decision.judgements) {
      if (judgement.verdict != policy::Verdict::allowed) continue;
      if (granted.text.empty()) granted.text = judgement.log_text;
      granted.connect_to.push_back(with_port(*judgement.address, target.port));
    }
    return granted;
  }

  Conclusion ask_owners(const std::vector<Address>& candidates) {
    Conclusion refusal{Verdict::refused, "", ""};
    for (std::size_t i = 0; i < candidates.size() && i < k_most_owners_asked; ++i) {
      if (arguments_.consent == ConsentAsked::off) {
        return {Verdict::refused, "consent-off",
                candidates[i].to_string() + ": WebSocketConsent is off, so that no owner is asked"};
      }
      const auto& verdict = ask_owner(candidates[i]);
      report_.consent_judged(verdict);
      if (verdict.is_granted()) {
        return {
            Verdict::granted, "", verdict.text, {with_port(candidates[i], document_.target.port)}};
      }
      if (refusal.reason.empty()) refusal.reason = name_of(verdict.reason);
      refusal.text.append(refusal.text.empty() ? "" : "; ").append(verdict.text);
    }
    return refusal;
  }

  const ConsentVerdict& ask_owner(const Address& address) {
    const ConsentQuestion question{address, document_.target.port,
                                   dns_servers_or_system(arguments_.resolvers)};
    report_.consent_asked(question);
    SocketExchange exchange(question.resolvers);
    const bool validates = arguments_.consent == ConsentAsked::dnssec;
    Resolver resolver =
        validates && anchors_
            ? Resolver(exchange, *anchors_)
            : Resolver(exchange, validates ? Validation::by_resolver : Validation::off);
    auto verdict = judge_consent(address, question.port, arguments_.served_by->host, resolver,
                                 validates ? ConsentMode::dnssec : ConsentMode::dns, {}, &report_);
    return result_.owners.emplace_back(AskedOwner{question, std::move(verdict)}).verdict;
  }

  static Conclusion refused(const Refusal& refusal) {
    return {Verdict::refused, std::string(name_of(refusal.rule)), refusal.log_text};
  }

  const CheckArguments& arguments_;
  const Document& document_;
  CheckResult& result_;
  Report& report_;
  std::optional<TrustAnchors> anchors_;
};

Conclusion conclude(const CheckArguments& arguments, CheckResult& result, Report& report) {
  auto file = read_document_file(arguments.file);
  if (!file) {
    result.fault = std::move(file.error());
    report.document_failed(*result.fault);
    return {Verdict::unusable, result.fault->fault, result.fault->message};
  }
  result.document = std::move(file->document);
  report.document_read(*result.document);
  if (!arguments.served_by) return {Verdict::valid, "", "the policy is valid"};
  return Walk(arguments, result, report).run();
}

}  // namespace

CheckResult check(const CheckArguments& arguments, Report& report) {
  CheckResult result;
  result.conclusion = conclude(arguments, result, report);
  report.concluded(result.conclusion);
  return result;
}

ExitStatus exit_status(Verdict verdict) {
  switch (verdict) {
    case Verdict::valid:
    case Verdict::granted: return ExitStatus::good;
    case Verdict::refused: return ExitStatus::refused;
    case Verdict::unusable: break;
  }
  return ExitStatus::unusable;
}

}  // namespace policy::tool

// SPDX-License-Identifier: Apache-2.0
// Target rules and the decision over them. The input is a port, a host, addresses and rules, one a
// line; what is allowed is held against the promises of decide.hh.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "policy/decide.hh"

namespace {

using policy::Address;
using policy::Endpoint;
using policy::Judgement;
using policy::TargetRule;
using policy::TargetRules;
using policy::Verdict;
using Kind = policy::TargetRule::Kind;

void require(bool condition) {
  if (!condition) std::abort();
}

const policy::Surroundings& surroundings() {
  static const policy::Surroundings here{
      {*Address::parse("192.0.2.10"), *Address::parse("2001:db8::10")},
      {{std::nullopt, 80}, {Address::parse("192.0.2.10"), 443}}};
  return here;
}

bool is_own(const Address& address) {
  const auto& own = surroundings().own_addresses;
  return address.is_loopback() || std::find(own.begin(), own.end(), address) != own.end();
}

void check_address(const Address& address) {
  require(Address::parse(address.to_string()) == address);
  for (const Address& inner : address.embedded_v4()) {
    require(inner.is_v4());
    require(policy::special_use(inner) == policy::SpecialUse::none ||
            policy::special_use(address) != policy::SpecialUse::none);
  }
}

void check_allowed(const Judgement& judgement, const TargetRules& rules) {
  const auto all = rules.rules();
  const auto speaks = [&](const TargetRule& rule) {
    return rule.text == judgement.rule && rule.ports.contains(judgement.port) &&
           rule.kind != Kind::consent && rule.kind != Kind::none;
  };
  require(std::any_of(all.begin(), all.end(), speaks));
  const Address& address = *judgement.address;
  const bool listener =
      is_own(address) &&
      (judgement.port == 80 || (judgement.port == 443 && address == *Address::parse("192.0.2.10")));
  if (listener || policy::special_use(address) != policy::SpecialUse::none) {
    require(std::any_of(all.begin(), all.end(), [&](const TargetRule& rule) {
      return speaks(rule) && rule.matches_address(address) && rule.range->prefix_length() >= 4;
    }));
  }
}

void check_judgement(const Judgement& judgement, const TargetRules& rules) {
  require(judgement.log_text.find_first_of("\r\n") == std::string::npos);
  require((judgement.verdict == Verdict::refused) == judgement.refused_by.has_value());
  if (!judgement.address) {
    return;
  }
  check_address(*judgement.address);
  if (judgement.verdict == Verdict::allowed) {
    check_allowed(judgement, rules);
  } else if (judgement.verdict == Verdict::needs_consent) {
    require(!is_own(*judgement.address));
    require(policy::special_use(*judgement.address) == policy::SpecialUse::none);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto next_line = [&text] {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
  };

  const std::string_view port_text = next_line();
  Endpoint requested = policy::parse_endpoint_host(next_line()).value_or(Endpoint{});
  requested.port = requested.kind == Endpoint::Kind::unix_socket
                       ? std::uint16_t{0}
                       : policy::parse_port(port_text).value_or(std::uint16_t{80});
  std::vector<Address> resolved;
  TargetRules rules;
  while (!text.empty()) {
    const std::string_view line = next_line();
    if (const auto address = Address::parse(line)) {
      resolved.push_back(*address);
    } else if (auto rule = policy::parse_target_rule(line)) {
      const auto again = policy::parse_target_rule(rule->text);
      require(again.has_value() && again->ports == rule->ports && again->range == rule->range);
      rules.add(std::move(*rule));
    }
  }
  require(TargetRules::merge(TargetRules{}, rules).rules().size() <= rules.rules().size());

  const policy::TargetDecision decision =
      policy::decide_target(requested, resolved, rules, surroundings(), false);
  for (const Judgement& judgement : decision.judgements) {
    check_judgement(judgement, rules);
  }
  require(decision.refusal().has_value() !=
          (decision.any_allowed() || decision.any_needs_consent()));
  require(decision.allowed().size() + decision.needs_consent().size() <= resolved.size());
  require(!policy::decide_target(requested, resolved, TargetRules{}, surroundings(), false)
               .any_allowed());
  return 0;
}

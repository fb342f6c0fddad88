// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "policy/decide.hh"
#include "policy/host_name.hh"

namespace policy {
namespace {

using Kind = TargetRule::Kind;

std::string with_port(const Address& address, std::uint16_t port) {
  const std::string text = address.to_string();
  return (address.is_v4() ? text : "[" + text + "]") + ":" + std::to_string(port);
}

bool is_unspecified(const Address& address) {
  return std::all_of(address.bytes().begin(), address.bytes().end(),
                     [](std::uint8_t byte) { return byte == 0; });
}

bool is_localhost(std::string_view name) {  // RFC 6761 6.3
  return name == "localhost" || is_below(name, "localhost");
}

/// Judges the addresses of one endpoint, one by one.
class Judge {
 public:
  Judge(const Endpoint& requested, const TargetRules& rules, const Surroundings& surroundings)
      : requested_(requested), rules_(rules), surroundings_(surroundings) {}

  Judgement judge(const Address& address) const;
  Judgement judge_unix_socket() const;

  Judgement allowed(const std::optional<Address>& address, std::string_view rule) const;

 private:
  Judgement refused(const std::optional<Address>& address, RefusalRule rule,
                    std::string fault) const;
  Judgement needs_consent(const Address& address, std::string_view rule) const;
  Judgement refuse_ungranted(const Address& address) const;

  std::string subject(const std::optional<Address>& address) const;
  bool is_own(const Address& address) const;
  bool leads_here(const Address& address) const;
  bool is_own_listener(const Address& address) const;
  bool names_the_host(const TargetRule& rule, const Address& address) const;
  std::optional<RefusalRule> beyond_the_name(const TargetRule& rule, const Address& address) const;
  const TargetRule* listing(const Address& address, const std::optional<Range>& special) const;

  const Endpoint& requested_;
  const TargetRules& rules_;
  const Surroundings& surroundings_;
};

std::string Judge::subject(const std::optional<Address>& address) const {
  if (!address) {
    return requested_.to_string();
  }
  const std::string text = with_port(*address, requested_.port);
  return requested_.kind == Endpoint::Kind::name ? text + " (" + requested_.text + ")" : text;
}

Judgement Judge::allowed(const std::optional<Address>& address, std::string_view rule) const {
  return {Verdict::allowed,  address,
          requested_.port,   std::nullopt,
          std::string(rule), subject(address) + ", allowed by " + std::string(rule)};
}

Judgement Judge::needs_consent(const Address& address, std::string_view rule) const {
  return {Verdict::needs_consent, address,           requested_.port,
          std::nullopt,           std::string(rule), subject(address) + ", if its owner consents"};
}

Judgement Judge::refused(const std::optional<Address>& address, RefusalRule rule,
                         std::string fault) const {
  return {Verdict::refused, address, requested_.port, rule, {}, subject(address) + " " + fault};
}

/// The address itself, and those that a packet to it may end up at.
std::vector<Address> forms_of(const Address& address) {
  std::vector<Address> forms = address.embedded_v4();
  forms.push_back(address);
  return forms;
}

bool Judge::is_own(const Address& address) const {
  const std::vector<Address>& own = surroundings_.own_addresses;
  return address.is_loopback() || std::find(own.begin(), own.end(), address) != own.end();
}

/// Looks through NAT64, 6to4 and the like: a packet to those may come back here.
bool Judge::leads_here(const Address& address) const {
  return std::ranges::any_of(forms_of(address), [&](const Address& form) { return is_own(form); });
}

/// As above, with the port.
bool Judge::is_own_listener(const Address& address) const {
  return std::ranges::any_of(forms_of(address), [&](const Address& form) {
    return std::any_of(surroundings_.own_listeners.begin(), surroundings_.own_listeners.end(),
                       [&](const Listener& listener) {
                         const bool everywhere =
                             !listener.address || is_unspecified(*listener.address);
                         return listener.port == requested_.port &&
                                (everywhere ? is_own(form) : *listener.address == form);
                       });
  });
}

/// The rule speaks for this address, whatever the port.
bool Judge::names_the_host(const TargetRule& rule, const Address& address) const {
  switch (rule.kind) {
    case Kind::same_host: return is_own(address);
    case Kind::range: return rule.matches_address(address);
    case Kind::name:
    case Kind::subdomains:
      return requested_.kind == Endpoint::Kind::name && rule.matches_name(requested_.text);
    case Kind::consent:
    case Kind::none:
    case Kind::unix_socket: return false;
  }
  return false;
}

/// What a rule by name does not stand for, though the name matches. Whoever owns the name chooses
/// where it leads: to this machine, whose services may trust their neighbours, or, where a star
/// lets others than the administrator choose the name as well, into private networks.
std::optional<RefusalRule> Judge::beyond_the_name(const TargetRule& rule,
                                                  const Address& address) const {
  if (rule.kind != Kind::name && rule.kind != Kind::subdomains) return std::nullopt;
  if (address.is_loopback()) {
    return is_localhost(requested_.text) ? std::nullopt
                                         : std::optional(RefusalRule::loopback_by_name);
  }
  if (leads_here(address)) return RefusalRule::same_host_not_listed;
  if (rule.kind == Kind::subdomains && std::ranges::any_of(forms_of(address), is_private)) {
    return RefusalRule::private_by_name;
  }
  return std::nullopt;
}

/// The rule that lists the address by itself: 0.0.0.0/0 was not written with the cloud's metadata
/// service in mind, nor with this server's own ports. A network will do where it lies within
/// `special`.
const TargetRule* Judge::listing(const Address& address,
                                 const std::optional<Range>& special) const {
  const std::span<const TargetRule> rules = rules_.rules();
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const TargetRule& rule) {
    return rule.matches_address(address) && rule.ports.contains(requested_.port) &&
           (rule.range->is_single() ||
            (special && special->prefix_length() <= rule.range->prefix_length()));
  });
  return found == rules.end() ? nullptr : &*found;
}

Judgement Judge::judge(const Address& address) const {
  const std::string advice =
      "; write `WebSocketTarget " + with_port(address, requested_.port) + "` if that is meant";
  const SpecialUse use = special_use(address);
  const bool listener = is_own_listener(address);
  if (use != SpecialUse::none || listener) {
    const TargetRule* rule =
        listing(address, listener ? std::nullopt : special_use_network(address));
    if (rule != nullptr) {
      return allowed(address, rule->text);
    }
    return listener ? refused(address, RefusalRule::own_listener,
                              "is this server's own listener" + advice)
                    : refused(address, RefusalRule::special_use,
                              "is " + std::string(name_of(use)) + advice);
  }
  for (const TargetRule& rule : rules_.rules()) {
    if (names_the_host(rule, address) && rule.ports.contains(requested_.port) &&
        !beyond_the_name(rule, address)) {
      return allowed(address, rule.text);
    }
  }
  if (!leads_here(address)) {
    for (const TargetRule& rule : rules_.rules()) {
      if (rule.kind == Kind::consent && rule.ports.contains(requested_.port)) {
        return needs_consent(address, rule.text);
      }
    }
  }
  return refuse_ungranted(address);
}

/// Nothing grants it: the reason that helps most.
Judgement Judge::refuse_ungranted(const Address& address) const {
  const std::string exact = "`WebSocketTarget " + with_port(address, requested_.port) + "`";
  const std::string own = "`WebSocketTarget same-host:" + std::to_string(requested_.port) + "`";
  // `same-host` does not stand for what only leads here.
  const std::string& advised = is_own(address) ? own : exact;
  const bool is_here = leads_here(address);
  bool consent = false;
  const TargetRule* other_port = nullptr;
  for (const TargetRule& rule : rules_.rules()) {
    consent = consent || rule.kind == Kind::consent;
    const bool speaks = names_the_host(rule, address) || (rule.kind == Kind::consent && !is_here);
    if (speaks && rule.ports.contains(requested_.port)) {
      const auto reason = beyond_the_name(rule, address).value();
      if (reason == RefusalRule::private_by_name) {
        return refused(address, reason,
                       "is a private address, for which " + rule.text +
                           " does not stand, since others may choose the name; write " + exact +
                           " if that is meant");
      }
      return refused(address, reason,
                     "is this host, to which the name in " + rule.text + " led; write " + advised +
                         " if that is meant");
    }
    if (speaks && other_port == nullptr) {
      other_port = &rule;
    }
  }
  if (other_port != nullptr) {
    return refused(address, RefusalRule::port_not_listed,
                   "has another port than WebSocketTarget " + other_port->text + " allows; write " +
                       exact + " too if that is meant");
  }
  if (is_here) {
    return consent ? refused(address, RefusalRule::same_host_not_listed,
                             "is this host, and `consent` is about other hosts; write " + advised)
                   : refused(address, RefusalRule::target_not_listed,
                             "is allowed by no WebSocketTarget; write " + advised);
  }
  return refused(address, RefusalRule::target_not_listed,
                 "is allowed by no WebSocketTarget; write " + exact +
                     ", or `WebSocketTarget consent` to let its owner decide");
}

Judgement Judge::judge_unix_socket() const {
  for (const TargetRule& rule : rules_.rules()) {
    if (rule.matches_path(requested_.text)) {
      return allowed(std::nullopt, rule.text);
    }
  }
  return refused(
      std::nullopt, RefusalRule::target_not_listed,
      "is allowed by no WebSocketTarget; write `WebSocketTarget " + requested_.to_string() + "`");
}

}  // namespace

namespace {

/// Loopback has two addresses, and a port of this server on one of them is not to be had by way of
/// the other.
void refuse_all_if_own_listener(TargetDecision& decision) {
  const auto own = std::ranges::find(decision.judgements, std::optional(RefusalRule::own_listener),
                                     &Judgement::refused_by);
  if (own == decision.judgements.end()) return;
  const Judgement refusal = *own;
  for (Judgement& judgement : decision.judgements) {
    if (judgement.verdict == Verdict::refused) continue;
    const auto address = judgement.address;
    judgement = refusal;
    judgement.address = address;
  }
}

}  // namespace

TargetDecision decide_target(const Endpoint& requested, std::span<const Address> resolved,
                             const TargetRules& rules, const Surroundings& surroundings,
                             bool administrators_own) {
  constexpr std::string_view k_administrators_own = "WebSocketPolicyFile, the administrator's own";
  const Judge judge(requested, rules, surroundings);
  TargetDecision decision;
  if (requested.kind == Endpoint::Kind::unix_socket) {
    decision.judgements.push_back(administrators_own
                                      ? judge.allowed(std::nullopt, k_administrators_own)
                                      : judge.judge_unix_socket());
    return decision;
  }
  for (const Address& address : resolved) {
    decision.judgements.push_back(administrators_own ? judge.allowed(address, k_administrators_own)
                                                     : judge.judge(address));
  }
  if (requested.kind == Endpoint::Kind::this_host) refuse_all_if_own_listener(decision);
  if (resolved.empty()) {
    decision.judgements.push_back({Verdict::refused,
                                   std::nullopt,
                                   requested.port,
                                   RefusalRule::no_address,
                                   {},
                                   requested.to_string() + " has no address; look at its DNS"});
  }
  return decision;
}

bool TargetDecision::any_allowed() const {
  return std::any_of(judgements.begin(), judgements.end(), [](const Judgement& judgement) {
    return judgement.verdict == Verdict::allowed;
  });
}

bool TargetDecision::any_needs_consent() const { return !needs_consent().empty(); }

bool TargetDecision::unix_socket_allowed() const {
  return any_allowed() && !judgements.front().address;
}

namespace {

std::vector<Address> addresses_with(const TargetDecision& decision, Verdict verdict) {
  std::vector<Address> addresses;
  for (const Judgement& judgement : decision.judgements) {
    if (judgement.verdict == verdict && judgement.address) {
      addresses.push_back(*judgement.address);
    }
  }
  return addresses;
}

}  // namespace

std::vector<Address> TargetDecision::allowed() const {
  return addresses_with(*this, Verdict::allowed);
}

std::vector<Address> TargetDecision::needs_consent() const {
  return addresses_with(*this, Verdict::needs_consent);
}

std::optional<Refusal> TargetDecision::refusal() const {
  if (any_allowed() || any_needs_consent()) {
    return std::nullopt;
  }
  for (const Judgement& judgement : judgements) {
    if (judgement.refused_by) {
      return Refusal{*judgement.refused_by, judgement.log_text};
    }
  }
  return std::nullopt;
}

}  // namespace policy

// SPDX-License-Identifier: Apache-2.0
#include "policy/target.hh"

#include <algorithm>
#include <cstddef>

#include "policy/ascii.hh"
#include "policy/endpoint.hh"
#include "policy/glob.hh"
#include "policy/host_name.hh"
#include "policy/quoted.hh"

namespace policy {
namespace {

using Kind = TargetRule::Kind;
using Parsed = tl::expected<TargetRule, std::string>;

constexpr std::string_view k_unix = "unix:";

/// `same-host` and `consent`, whose ports may be left out.
Parsed parse_keyword(Kind kind, std::string_view text, std::string_view ports_text) {
  TargetRule rule{.kind = kind, .text = std::string(text)};
  if (!ports_text.empty()) {
    tl::expected<Ports, std::string> ports = Ports::parse(ports_text.substr(1));
    if (!ports) {
      return tl::unexpected(ports.error());
    }
    rule.ports = std::move(*ports);
  }
  return rule;
}

Parsed parse_unix(std::string_view text) {
  const std::string_view glob = text.substr(k_unix.size());
  std::optional<std::string> fault = unix_path_fault(glob);
  if (!fault) {
    fault = glob_fault(glob);
  }
  if (fault) {
    return tl::unexpected(*fault);
  }
  return TargetRule{
      .kind = Kind::unix_socket, .text = std::string(text), .pattern = std::string(glob)};
}

/// Where the colon before the ports is; the error says how to write it.
tl::expected<std::size_t, std::string> ports_colon(std::string_view text) {
  if (ascii::equal_without_case(text.substr(0, k_unix.size()), k_unix)) {
    return tl::unexpected(quoted(text) + " is no rule; write unix: in small letters");
  }
  if (text == "*" || text.starts_with("*:")) {
    return tl::unexpected(
        std::string("* would be every host; write `consent`, or the networks that "
                    "are meant"));
  }
  if (text.find("://") != std::string_view::npos) {
    return tl::unexpected(quoted(text) + " is a URL; write irc.example.org:6667");
  }
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  const std::size_t colon = bracket == std::string_view::npos ? bracket : text.find(':', bracket);
  const bool bare_v6 = bracket == 0 && colon != std::string_view::npos &&
                       text.find(':', colon + 1) != std::string_view::npos;
  if (bare_v6) {
    return tl::unexpected(quoted(text) +
                          " has no brackets; write IPv6 as [2001:db8::1]:6667 or "
                          "[2001:db8::]/32:*");
  }
  if (colon == std::string_view::npos) {
    return tl::unexpected(quoted(text) + " has no port; write " + std::string(text.substr(0, 80)) +
                          ":6667, or :* for every port");
  }
  return colon;
}

Parsed parse_host_and_ports(std::string_view text) {
  const tl::expected<std::size_t, std::string> colon = ports_colon(text);
  if (!colon) {
    return tl::unexpected(colon.error());
  }
  const std::string_view host = text.substr(0, *colon);
  tl::expected<Ports, std::string> ports = Ports::parse(text.substr(*colon + 1));
  if (!ports) {
    return tl::unexpected(ports.error());
  }
  TargetRule rule{.kind = Kind::name, .text = std::string(text), .ports = std::move(*ports)};

  const bool is_range = host.find('/') != std::string_view::npos;
  if (is_range || Address::parse(host)) {
    const tl::expected<Range, std::string> range = Range::parse(host);
    if (!range) {
      return tl::unexpected(range.error());
    }
    rule.kind = Kind::range;
    rule.range = *range;
    return rule;
  }
  const bool below = host.starts_with("*.");
  tl::expected<std::string, std::string> name =
      parse_host_name(below ? host.substr(2) : host, HostNameStyle::ldh);
  if (!name) {
    return tl::unexpected(host.find('*', below ? 1 : 0) == std::string_view::npos
                              ? name.error()
                              : quoted(host) +
                                    " has a star where none can be; write it as the "
                                    "whole first label: *.example.org");
  }
  rule.kind = below ? Kind::subdomains : Kind::name;
  rule.pattern = std::move(*name);
  return rule;
}

}  // namespace

bool TargetRule::matches_name(std::string_view name) const {
  return (kind == Kind::name && name == pattern) ||
         (kind == Kind::subdomains && is_below(name, pattern));
}

bool TargetRule::matches_address(const Address& address) const {
  return kind == Kind::range && range && range->contains(address);
}

bool TargetRule::matches_path(std::string_view path) const {
  return kind == Kind::unix_socket && glob_matches(pattern, path);
}

tl::expected<TargetRule, std::string> parse_target_rule(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), ascii::is_visible)) {
    return tl::unexpected(quoted(text) +
                          " is empty or holds a space, a control or a letter that is "
                          "not ASCII; write one rule an argument");
  }
  const std::size_t colon = text.find(':');
  const std::string_view word = text.substr(0, colon);
  const std::string_view rest =
      colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  if (ascii::equal_without_case(text, "none")) {
    return TargetRule{.kind = Kind::none, .text = std::string(text)};
  }
  if (ascii::equal_without_case(word, "same-host")) {
    return parse_keyword(Kind::same_host, text, rest);
  }
  if (ascii::equal_without_case(word, "consent")) {
    return parse_keyword(Kind::consent, text, rest);
  }
  if (text.starts_with(k_unix)) {
    return parse_unix(text);
  }
  return parse_host_and_ports(text);
}

void TargetRules::add(TargetRule rule) {
  if (rule.kind == Kind::none) {
    rules_.clear();
    cleared_ = true;
    return;
  }
  rules_.push_back(std::move(rule));
}

TargetRules TargetRules::merge(const TargetRules& outer, const TargetRules& inner) {
  TargetRules merged;
  merged.cleared_ = outer.cleared_ || inner.cleared_;
  if (!inner.cleared_) {
    merged.rules_ = outer.rules_;
  }
  for (const TargetRule& rule : inner.rules_) {
    const bool known =
        std::any_of(merged.rules_.begin(), merged.rules_.end(),
                    [&](const TargetRule& other) { return other.text == rule.text; });
    if (!known) {
      merged.rules_.push_back(rule);
    }
  }
  return merged;
}

}  // namespace policy

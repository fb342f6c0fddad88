// SPDX-License-Identifier: Apache-2.0
//
// What the administrator allows policies to reach: the arguments of WebSocketTarget.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "policy/address.hh"
#include "policy/ports.hh"

namespace policy {

/// One argument of WebSocketTarget. Several may be needed to see what is allowed; none forbids but
/// by clearing (`none`).
struct TargetRule {
  enum class Kind {
    none,        ///< forgets what was allowed before it, outer sections included
    same_host,   ///< an address of this machine
    consent,     ///< another host whose owner consents (section 5)
    range,       ///< an address or network
    name,        ///< a host that the document names so
    subdomains,  ///< any name below this one, at any depth
    unix_socket  ///< a glob over paths
  };

  Kind kind;
  /// As the administrator wrote it, for reports.
  std::string text;
  /// All of them where the text has none (`same-host`, `consent`).
  Ports ports = Ports::all();
  /// range: the network; nothing otherwise.
  std::optional<Range> range = std::nullopt;
  /// name: the name. subdomains: the parent. unix_socket: the glob.
  std::string pattern = {};

  /// These look at the one thing named and never at the port.
  bool matches_name(std::string_view name) const;
  bool matches_address(const Address& address) const;
  bool matches_path(std::string_view path) const;
};

/// `same-host` · `same-host:6667` · `consent` · `consent:6660-6669` · `10.0.0.0/8:6660-6669` ·
/// `[2001:db8::]/32:*` · `192.0.2.1:25` · `irc.example.org:*` · `*.example.org:6667,6697` ·
/// `unix:/run/app/*.sock` · `none`. The error is one sentence that says what to write.
tl::expected<TargetRule, std::string> parse_target_rule(std::string_view text);

/// The rules that hold in one place of the configuration.
class TargetRules {
 public:
  /// In the order written. `none` drops the rules before it.
  void add(TargetRule rule);

  /// The rules of a section together with those of the section round it: outer first, those said
  /// twice once. An inner `none` leaves the outer ones out.
  static TargetRules merge(const TargetRules& outer, const TargetRules& inner);

  std::span<const TargetRule> rules() const { return rules_; }
  bool empty() const { return rules_.empty(); }

 private:
  std::vector<TargetRule> rules_;
  bool cleared_ = false;  // `none` was among them
};

}  // namespace policy

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "policy/decide.hh"
#include "policy/dns_server.hh"
#include "policy/origin.hh"
#include "policy/target.hh"
#include "policy/tool/record.hh"

namespace policy::tool {

/// WebSocketConsent.
enum class ConsentAsked { off, dns, dnssec };

/// "dnssec", as the directive has it.
std::string_view name_of(ConsentAsked asked);

struct ServedBy {
  std::string host;  ///< the virtual host's name, as it was written
  Origin own;        ///< the origin of its pages
};

/// The Origin header to judge.
struct OriginAsked {
  std::optional<std::string> header;  ///< nothing: the request has none
};

struct CheckArguments {
  std::string file;
  bool as_json = false;
  /// Set where the decision is to be walked, not only the document read.
  std::optional<ServedBy> served_by;
  std::optional<OriginAsked> origin;
  std::vector<DnsServer> resolvers;  ///< none: the system's
  std::optional<std::string> trust_anchor;
  ConsentAsked consent = ConsentAsked::dns;
  TargetRules rules;
  bool rules_assumed = false;  ///< none were given
  std::vector<Listener> own_listeners;
  bool administrators = false;  ///< WebSocketPolicyFile
};

struct LintArguments {
  std::string file;
  bool as_json = false;
};

struct RecordArguments {
  RecordRequest request;
  bool as_json = false;
};

struct HelpAsked {};
struct VersionAsked {};

using Command =
    std::variant<CheckArguments, LintArguments, RecordArguments, HelpAsked, VersionAsked>;

/// The words behind the program's name. The error says what to write.
tl::expected<Command, std::string> parse_arguments(std::span<const std::string_view> words);

}  // namespace policy::tool

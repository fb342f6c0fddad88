// SPDX-License-Identifier: Apache-2.0
// What somebody would try who may write a policy, own a name, run a DNS server or open a page, and
// wants a socket that nobody has granted.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

/// One attempt, whole: everything that a decision looks at. What a row leaves out is as favourable
/// to it as can be.
struct HostileCase {
  std::string group;
  std::string story;                  ///< the input that is tried, short
  std::string document;               ///< the policy's text
  std::optional<std::string> origin;  ///< the request's header
  std::vector<std::string> resolved;  ///< what the resolver says of the document's name
  std::vector<std::string> rules;     ///< WebSocketTarget
  /// "PTR name" -> a record; several of one question stand in their order. A record of "!SERVFAIL",
  /// "!TIMEOUT", "!LOOP" is that failure.
  std::vector<std::pair<std::string, std::string>> dns;
  std::string served_by;
  std::string reason;   ///< the name of the rule that must refuse
  std::string because;  ///< part of the line for the log
};

std::vector<HostileCase> hostile_cases();

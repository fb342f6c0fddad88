// SPDX-License-Identifier: Apache-2.0
//
// The decisions, pure: facts in, a value out that carries its reason. Nothing here looks up a name
// or opens a socket.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "policy/address.hh"
#include "policy/document.hh"
#include "policy/endpoint.hh"
#include "policy/origin.hh"
#include "policy/target.hh"

namespace policy {

/// The rule that refused.
enum class RefusalRule {
  // Origin
  origin_missing,     ///< no Origin header, and no `*`
  origin_several,     ///< more than one origin in it
  origin_malformed,   ///< not an origin as browsers send it
  origin_null,        ///< opaque, and `null` is not written
  origin_not_own,     ///< no allow-origin at all, and not the page's own origin
  origin_not_listed,  ///< no allow-origin matches
  // Target
  target_not_listed,     ///< no WebSocketTarget allows it
  port_not_listed,       ///< the host is allowed, this port is not
  same_host_not_listed,  ///< an address of this machine; only `consent` or a name speaks for it
  special_use,           ///< link-local, multicast, ... and not listed by address
  own_listener,          ///< a port of this very server, and not listed by address
  loopback_by_name,      ///< a listed name gave a loopback address (DNS rebinding)
  private_by_name,       ///< a name under `*.` led to a private address
  no_address             ///< the name has no address
};

/// "own-listener", for logs and JSON.
std::string_view name_of(RefusalRule rule);
/// What the client may read: one sentence, names no host.
std::string_view client_text(RefusalRule rule);

struct Grant {
  /// Which rule granted; for the log.
  std::string log_text;
};

struct Refusal {
  RefusalRule rule;
  /// One line: who was refused, by which rule, and what would change it. May name inner hosts, so
  /// it is for the error log only.
  std::string log_text;
};

using Decision = tl::expected<Grant, Refusal>;

/// The Origin header against allow-origin. Without allow-origin only `own`, the origin of the page
/// that the same virtual host would serve (scheme http or https, as the client sees it), is
/// granted. `header` is the field's value, several fields joined by commas as httpd does; nothing
/// where the request had none.
Decision decide_origin(const Document& document, const std::optional<std::string_view>& header,
                       const Origin& own);

/// One thing that httpd listens on.
struct Listener {
  std::optional<Address> address;  ///< nothing: a wildcard address
  std::uint16_t port;
};

/// What the machine is at this moment.
struct Surroundings {
  std::vector<Address> own_addresses;  ///< of its interfaces; loopback counts without being listed
  std::vector<Listener> own_listeners;
};

enum class Verdict { allowed, needs_consent, refused };

/// What was found for one address, or for a Unix socket.
struct Judgement {
  Verdict verdict;
  std::optional<Address> address;         ///< nothing for a Unix socket, and where a name had none
  std::uint16_t port;                     ///< 0 for a Unix socket
  std::optional<RefusalRule> refused_by;  ///< where refused
  std::string rule;                       ///< allowed, needs_consent: text of the rule that says so
  std::string log_text;                   ///< one line
};

/// The addresses in the order they came. Connect to none but those that `allowed` lists.
struct TargetDecision {
  std::vector<Judgement> judgements;

  bool any_allowed() const;
  bool any_needs_consent() const;
  std::vector<Address> allowed() const;
  std::vector<Address> needs_consent() const;
  /// The Unix socket was allowed.
  bool unix_socket_allowed() const;
  /// The first refusal, for the log and the answer; nothing where something is allowed or still
  /// waits for consent.
  std::optional<Refusal> refusal() const;
};

/// May `requested` be reached? `resolved` are the addresses to judge: of the name, the literal
/// itself, or loopback_addresses() for this host; it is not looked at for a Unix socket.
/// `administrators_own`: the policy comes from WebSocketPolicyFile, so its target is allowed as it
/// stands.
TargetDecision decide_target(const Endpoint& requested, std::span<const Address> resolved,
                             const TargetRules& rules, const Surroundings& surroundings,
                             bool administrators_own);

}  // namespace policy

// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/route.hh"

#include <vector>

#include "mod_websocket/apache/connect.hh"
#include "mod_websocket/apache/surroundings.hh"
#include "policy/decide.hh"
#include "policy/machine.hh"

namespace websocket::apache {

namespace {

using ::policy::Address;
using ::policy::Endpoint;

Refusal unresolved(const Endpoint& endpoint, const std::string& why) {
  return {HTTP_BAD_GATEWAY, Severity::refused, "target-unresolved",
          "target " + endpoint.to_string() + ": " + why,
          "The target of this endpoint cannot be reached."};
}

Refusal not_connected(const Endpoint& endpoint, const ConnectError& error) {
  const std::string log = "target " + endpoint.to_string() + ": " + error.log;
  switch (error.kind) {
    case ConnectError::Kind::timed_out:
      return {HTTP_GATEWAY_TIME_OUT, Severity::refused, "connect-timeout",
              log + "; see WebSocketConnectTimeout",
              "The target of this endpoint does not answer."};
    case ConnectError::Kind::no_descriptor:
      return {HTTP_SERVICE_UNAVAILABLE, Severity::broken, "no-descriptor", log,
              "The server has no room for another connection."};
    case ConnectError::Kind::unreachable: break;
  }
  return {HTTP_BAD_GATEWAY, Severity::refused, "connect-failed", log,
          "The target of this endpoint cannot be reached."};
}

Refusal forbidden(const ::policy::Refusal& refusal) {
  return {HTTP_FORBIDDEN, Severity::refused, ::policy::name_of(refusal.rule), refusal.log_text,
          std::string(::policy::client_text(refusal.rule))};
}

tl::expected<std::vector<Address>, Refusal> consenting(const request_rec* r,
                                                       const ConsentConfig& config,
                                                       const std::vector<Address>& candidates,
                                                       std::uint16_t port) {
  std::string refusals;
  for (std::size_t i = 0; i < candidates.size() && i < ::policy::k_most_owners_asked; ++i) {
    const ConsentAnswer answer =
        ask_consent(config, candidates[i], port, matched_name(r), r->server, r->pool);
    if (answer.granted) {
      ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "consent: %s", answer.text.c_str());
      return std::vector<Address>{candidates[i]};
    }
    refusals.append(refusals.empty() ? "" : "; ").append(answer.text);
  }
  return tl::unexpected(Refusal{HTTP_FORBIDDEN, Severity::refused, "consent", std::move(refusals),
                                "The target of this endpoint is not allowed."});
}

// The addresses that may be connected to: what the administrator allows, or else what the owner
// of the target agrees to.
tl::expected<std::vector<Address>, Refusal> allowed_addresses(const request_rec* r,
                                                              const SectionConfig& config,
                                                              const Endpoint& endpoint) {
  const auto resolved = ::policy::addresses_of(endpoint);
  if (!resolved) return tl::unexpected(unresolved(endpoint, resolved.error()));
  static const ::policy::TargetRules nothing;
  const auto decision = ::policy::decide_target(
      endpoint, *resolved, config.targets != nullptr ? *config.targets : nothing, *surroundings(),
      config.policy_file != nullptr);
  if (const auto refused = decision.refusal()) return tl::unexpected(forbidden(*refused));
  if (decision.any_allowed()) return decision.allowed();
  return consenting(r, config.consent, decision.needs_consent(), endpoint.port);
}

}  // namespace

tl::expected<Target, Refusal> connect_target(const request_rec* r, const SectionConfig& config,
                                             const ::policy::Document& document) {
  const Endpoint& endpoint = document.target;
  const auto allowed = allowed_addresses(r, config, endpoint);
  if (!allowed) return tl::unexpected(allowed.error());
  auto connected = endpoint.kind == Endpoint::Kind::unix_socket
                       ? connect_to_unix(endpoint.text, config.connect_time())
                       : connect_to(*allowed, endpoint.port, config.connect_time());
  if (!connected) return tl::unexpected(not_connected(endpoint, connected.error()));
  return Target{std::move(*connected), endpoint.to_string()};
}

}  // namespace websocket::apache

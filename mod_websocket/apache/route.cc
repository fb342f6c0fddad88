// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/route.hh"

#include <vector>

#include "mod_websocket/apache/connect.hh"
#include "mod_websocket/apache/proxy_header.hh"
#include "mod_websocket/apache/surroundings.hh"
#include "mod_websocket/apache/target_tls.hh"
#include "mod_websocket/tunnel/socket_end.hh"
#include "policy/decide.hh"
#include "policy/machine.hh"

namespace websocket::apache {

namespace {

using ::policy::Address;
using ::policy::Endpoint;

std::string log_of(const Endpoint& endpoint, const std::string& what) {
  return "target " + endpoint.to_string() + ": " + what;
}

Refusal unreachable(const Endpoint& endpoint, std::string_view rule, const std::string& log) {
  return {HTTP_BAD_GATEWAY, Severity::refused, rule, log_of(endpoint, log),
          "The target of this endpoint cannot be reached."};
}

Refusal unresolved(const Endpoint& endpoint, const std::string& why) {
  return unreachable(endpoint, "target-unresolved", why);
}

Refusal too_late(const Endpoint& endpoint, std::string_view rule, const std::string& log) {
  return {HTTP_GATEWAY_TIME_OUT, Severity::refused, rule,
          log_of(endpoint, log) + "; see WebSocketConnectTimeout",
          "The target of this endpoint does not answer."};
}

Refusal not_connected(const Endpoint& endpoint, const ConnectError& error) {
  switch (error.kind) {
    case ConnectError::Kind::timed_out: return too_late(endpoint, "connect-timeout", error.log);
    case ConnectError::Kind::no_descriptor:
      return no_room(Severity::broken, "no-descriptor", log_of(endpoint, error.log));
    case ConnectError::Kind::unreachable: break;
  }
  return unreachable(endpoint, "connect-failed", error.log);
}

// The policy itself, or the file that it names, needs mending.
Refusal unusable_authorities(const Endpoint& endpoint, const std::string& why) {
  Refusal refusal = unreachable(endpoint, "target-tls", "the file in <tls>: " + why);
  refusal.severity = Severity::broken;
  return refusal;
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

using Socket = tl::expected<tunnel::Descriptor, Refusal>;
using EndHandle = std::unique_ptr<tunnel::End>;

Socket connect(const Endpoint& endpoint, const std::vector<Address>& addresses, ConnectTime until) {
  auto connected = endpoint.kind == Endpoint::Kind::unix_socket
                       ? connect_to_unix(endpoint.text, until)
                       : connect_to(addresses, endpoint.port, until);
  if (!connected) return tl::unexpected(not_connected(endpoint, connected.error()));
  return std::move(*connected);
}

// The first bytes on the connection, before those of TLS.
tl::expected<void, Refusal> introduce(const request_rec* r, const ::policy::Document& document,
                                      const tunnel::Descriptor& socket, ConnectTime until) {
  if (!document.proxy_protocol) return {};
  const Endpoint& endpoint = document.target;
  const auto header = proxy_header(r, *document.proxy_protocol);
  if (!header) {
    return tl::unexpected(unreachable(endpoint, "proxy-protocol",
                                      "the client has no address that a PROXY header could tell"));
  }
  auto sent = send_whole(socket, *header, until);
  if (sent) return {};
  sent.error().log.insert(0, "the PROXY header: ");
  return tl::unexpected(not_connected(endpoint, sent.error()));
}

tl::expected<EndHandle, Refusal> make_end(const request_rec* r, const Endpoint& endpoint,
                                          const std::optional<CertificateWanted>& certificate,
                                          tunnel::Descriptor socket, ConnectTime until) {
  if (!certificate) return std::make_unique<tunnel::SocketEnd>(std::move(socket));
  auto secured = secure(std::move(socket), *certificate, until);
  if (!secured) {
    const TlsError& error = secured.error();
    return tl::unexpected(error.timed_out ? too_late(endpoint, "target-tls", error.log)
                                          : unreachable(endpoint, "target-tls", error.log));
  }
  ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "target %s: TLS for the name %s: %s",
                endpoint.to_string().c_str(), certificate->name.c_str(),
                secured->description.c_str());
  return std::move(secured->end);
}

tl::expected<std::optional<CertificateWanted>, Refusal> certificate_wanted(
    const ::policy::Document& document) {
  const auto& tls = document.tls;
  if (!tls) return std::nullopt;
  // Where there is no host to go by, the document has a name.
  CertificateWanted wanted{tls->name.empty() ? document.target.text : tls->name, nullptr};
  if (tls->ca_file.empty()) return wanted;
  auto authorities = authorities_in(tls->ca_file);
  if (!authorities) {
    return tl::unexpected(unusable_authorities(document.target, authorities.error()));
  }
  wanted.authorities = std::move(*authorities);
  return wanted;
}

}  // namespace

tl::expected<std::vector<Address>, Refusal> find_route(const request_rec* r,
                                                       const SectionConfig& config,
                                                       const ::policy::Document& document) {
  return allowed_addresses(r, config, document.target);
}

tl::expected<Target, Refusal> connect_target(const request_rec* r, const SectionConfig& config,
                                             const ::policy::Document& document,
                                             const std::vector<Address>& addresses) {
  const Endpoint& endpoint = document.target;
  const auto certificate = certificate_wanted(document);
  if (!certificate) return tl::unexpected(certificate.error());
  const ConnectTime until = ConnectClock::now() + config.connect_time();
  auto socket = connect(endpoint, addresses, until);
  if (!socket) return tl::unexpected(socket.error());
  if (const auto introduced = introduce(r, document, *socket, until); !introduced) {
    return tl::unexpected(introduced.error());
  }
  auto end = make_end(r, endpoint, *certificate, std::move(*socket), until);
  if (!end) return tl::unexpected(end.error());
  return Target{std::move(*end), endpoint.to_string()};
}

}  // namespace websocket::apache

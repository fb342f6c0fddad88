// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/route.hh"

#include <vector>

#include "mod_websocket/apache/connect.hh"
#include "mod_websocket/apache/proxy_header.hh"
#include "mod_websocket/apache/surroundings.hh"
#include "mod_websocket/apache/target_tls.hh"
#include "mod_websocket/apache/virtual_host.hh"
#include "mod_websocket/tunnel/socket_end.hh"
#include "policy/decide.hh"
#include "policy/host_lookup.hh"

namespace websocket::apache {

namespace {

using ::policy::Address;
using ::policy::Endpoint;

std::string log_of(const Endpoint& endpoint, const std::string& what) {
  return "target " + endpoint.to_string() + ": " + what;
}

Refusal unreachable(const Endpoint& endpoint, const refusal::Rule& rule, const std::string& log) {
  return {HTTP_BAD_GATEWAY, Severity::refused, rule, log_of(endpoint, log),
          "The target of this endpoint cannot be reached."};
}

Refusal too_late(const Endpoint& endpoint, const refusal::Rule& rule, const std::string& log) {
  return {HTTP_GATEWAY_TIME_OUT, Severity::refused, rule,
          log_of(endpoint, log) + "; see WebSocketConnectTimeout",
          "The target of this endpoint does not answer."};
}

Refusal unresolved(const Endpoint& endpoint, const ::policy::HostFault& fault) {
  switch (fault.kind) {
    case ::policy::HostFault::Kind::timed_out:
      return too_late(endpoint, refusal::k_lookup_timeout, fault.text);
    case ::policy::HostFault::Kind::no_descriptor:
      return no_room(Severity::broken, refusal::k_no_descriptor, log_of(endpoint, fault.text));
    case ::policy::HostFault::Kind::unknown:
    case ::policy::HostFault::Kind::failed: break;
  }
  return unreachable(endpoint, refusal::k_target_unresolved, fault.text);
}

Refusal not_connected(const Endpoint& endpoint, const ConnectError& error) {
  switch (error.kind) {
    case ConnectError::Kind::timed_out:
      return too_late(endpoint, refusal::k_connect_timeout, error.log);
    case ConnectError::Kind::no_descriptor:
      return no_room(Severity::broken, refusal::k_no_descriptor, log_of(endpoint, error.log));
    case ConnectError::Kind::unreachable: break;
  }
  return unreachable(endpoint, refusal::k_connect_failed, error.log);
}

// The policy itself, or the file that it names, needs mending.
Refusal unusable_authorities(const Endpoint& endpoint, const std::string& why) {
  Refusal refusal = unreachable(endpoint, refusal::k_target_tls_file, "the file in <tls>: " + why);
  refusal.severity = Severity::broken;
  return refusal;
}

Refusal forbidden(const ::policy::Refusal& refusal) {
  return {HTTP_FORBIDDEN, Severity::refused, refusal::rule_of(refusal.rule), refusal.log_text,
          std::string(::policy::client_text(refusal.rule))};
}

tl::expected<std::vector<Address>, Refusal> consenting(const request_rec* r,
                                                       const ConsentConfig& config,
                                                       const std::vector<Address>& candidates,
                                                       std::uint16_t port) {
  std::string refusals;
  for (std::size_t i = 0; i < candidates.size() && i < ::policy::k_most_owners_asked; ++i) {
    const ConsentAnswer answer =
        ask_consent(config, candidates[i], port, written_name(r), r->server, r->pool);
    if (answer.granted) {
      ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "WS0214: consent: %s", answer.text.c_str());
      return std::vector<Address>{candidates[i]};
    }
    if (answer.no_descriptor) {
      return tl::unexpected(
          no_room(Severity::broken, refusal::k_no_descriptor, "consent: " + answer.text));
    }
    refusals.append(refusals.empty() ? "" : "; ").append(answer.text);
  }
  return tl::unexpected(Refusal{HTTP_FORBIDDEN, Severity::refused, refusal::k_consent,
                                std::move(refusals),
                                "The target of this endpoint is not allowed."});
}

using Socket = tl::expected<tunnel::Descriptor, Refusal>;

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
    return tl::unexpected(unreachable(endpoint, refusal::k_proxy_protocol,
                                      "the client has no address that a PROXY header could tell"));
  }
  auto sent = send_whole(socket, *header, until);
  if (sent) return {};
  sent.error().log.insert(0, "the PROXY header: ");
  return tl::unexpected(not_connected(endpoint, sent.error()));
}

tl::expected<Target, Refusal> make_target(const request_rec* r, const Endpoint& endpoint,
                                          const std::optional<CertificateWanted>& certificate,
                                          tunnel::Descriptor socket, ConnectTime until) {
  const std::string name = endpoint.to_string();
  if (!certificate) return Target{std::make_unique<tunnel::SocketEnd>(std::move(socket)), name};
  auto secured = secure(std::move(socket), *certificate, until);
  if (!secured) {
    const TlsError& error = secured.error();
    return tl::unexpected(error.timed_out
                              ? too_late(endpoint, refusal::k_target_tls_timeout, error.log)
                              : unreachable(endpoint, refusal::k_target_tls, error.log));
  }
  ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "WS0215: target %s: TLS for the name %s: %s",
                name.c_str(), certificate->name.c_str(), secured->description.c_str());
  return Target{std::move(secured->end), name, std::move(secured->description)};
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

tl::expected<Route, Refusal> find_route(const request_rec* r, const SectionConfig& config,
                                        const ::policy::Document& document) {
  const Endpoint& endpoint = document.target;
  const ConnectTime begin = ConnectClock::now();
  const auto resolved =
      ::policy::addresses_of(endpoint, config.consent.servers(), begin + config.connect_time());
  const auto looked_up_in = ConnectClock::now() - begin;
  if (!resolved) return tl::unexpected(unresolved(endpoint, resolved.error()));
  static const ::policy::TargetRules nothing;
  const auto decision = ::policy::decide_target(
      endpoint, *resolved, config.targets != nullptr ? *config.targets : nothing, *surroundings(),
      config.policy_file != nullptr);
  if (const auto refused = decision.refusal()) return tl::unexpected(forbidden(*refused));
  if (decision.any_allowed()) return Route{decision.allowed(), looked_up_in};
  auto agreed = consenting(r, config.consent, decision.needs_consent(), endpoint.port);
  if (!agreed) return tl::unexpected(std::move(agreed.error()));
  return Route{std::move(*agreed), looked_up_in};
}

tl::expected<Target, Refusal> connect_target(const request_rec* r, const SectionConfig& config,
                                             const ::policy::Document& document,
                                             const Route& route) {
  const Endpoint& endpoint = document.target;
  const auto certificate = certificate_wanted(document);
  if (!certificate) return tl::unexpected(certificate.error());
  const ConnectTime begin = ConnectClock::now();
  const ConnectTime until = begin + config.connect_time() - route.looked_up_in;
  auto socket = connect(endpoint, route.addresses, until);
  if (!socket) return tl::unexpected(socket.error());
  if (const auto introduced = introduce(r, document, *socket, until); !introduced) {
    return tl::unexpected(introduced.error());
  }
  auto target = make_target(r, endpoint, *certificate, std::move(*socket), until);
  if (target) {
    target->connected_in =
        std::chrono::duration_cast<std::chrono::microseconds>(ConnectClock::now() - begin);
  }
  return target;
}

}  // namespace websocket::apache

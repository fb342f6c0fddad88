// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/proxy_header.hh"

#include <http_ssl.h>

#include "mod_websocket/proxy_protocol/header.hh"
#include "policy/host_name.hh"

namespace websocket::apache {

namespace {

using proxy_protocol::ClientCertificate;
using proxy_protocol::ClientTls;
using proxy_protocol::Endpoint;

std::optional<Endpoint> endpoint_of(const apr_sockaddr_t* socket) {
  if (socket == nullptr) return std::nullopt;
  const auto address = ::policy::Address::from_sockaddr(
      reinterpret_cast<const sockaddr*>(&socket->sa), static_cast<std::size_t>(socket->salen));
  if (!address) return std::nullopt;
  return Endpoint{*address, socket->port};
}

// What the client called us, where that is a name at all.
std::string authority_of(const request_rec* r) {
  if (r->hostname == nullptr) return {};
  return ::policy::parse_host_name(r->hostname, ::policy::HostNameStyle::ldh).value_or("");
}

std::string ssl_variable(const request_rec* r, const char* name) {
  const char* const value = ap_ssl_var_lookup(r->pool, r->server, r->connection, nullptr, name);
  return value != nullptr ? value : "";
}

std::optional<ClientTls> tls_of(const request_rec* r) {
  if (ap_ssl_conn_is_ssl(r->connection) == 0) return std::nullopt;
  ClientTls tls{.version = ssl_variable(r, "SSL_PROTOCOL"),
                .cipher = ssl_variable(r, "SSL_CIPHER"),
                .resumed = ssl_variable(r, "SSL_SESSION_RESUMED") == "Resumed"};
  const std::string verified = ssl_variable(r, "SSL_CLIENT_VERIFY");
  if (verified == "SUCCESS") {
    tls.certificate = ClientCertificate::verified;
    tls.common_name = ssl_variable(r, "SSL_CLIENT_S_DN_CN");
  } else if (!verified.empty() && verified != "NONE") {
    tls.certificate = ClientCertificate::unverified;
  }
  return tls;
}

}  // namespace

std::optional<std::vector<std::byte>> proxy_header(const request_rec* r,
                                                   ::policy::ProxyProtocol version) {
  const auto source = endpoint_of(r->useragent_addr);
  const auto destination = endpoint_of(r->connection->local_addr);
  if (!source || !destination) return std::nullopt;
  if (version == ::policy::ProxyProtocol::v1) {
    return proxy_protocol::header_v1(*source, *destination);
  }
  return proxy_protocol::header_v2({*source, *destination, authority_of(r), tls_of(r)});
}

}  // namespace websocket::apache
